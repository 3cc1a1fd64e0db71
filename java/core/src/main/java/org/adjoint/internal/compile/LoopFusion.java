package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Primitive;

/**
 * Runs loops of as many turns in the same direction as one, if they begin with a common carry or
 * read a common sequence and none depends on another. Carries that begin equal and stay equal
 * become one: a loop and the loop that stacks values for its derivative compute everything once.
 */
final class LoopFusion {
  private static final int NONE = Contraction.NONE;

  private final Graph graph;

  /** By node how many loops lie before it, one behind the other. */
  private final int[] depths;

  private final int[] groupOf;
  private final List<List<Graph.Node>> groups = new ArrayList<>();

  private record Pace(int depth, long turns, long reverse) {}

  private LoopFusion(Graph graph) {
    this.graph = graph;
    this.depths = new int[graph.nodes().size()];
    this.groupOf = new int[depths.length];
    Arrays.fill(groupOf, NONE);
  }

  static Graph apply(Graph graph) {
    long loops = graph.nodes().stream().filter(node -> node.op().loop().isPresent()).count();
    return loops > 1 ? new LoopFusion(graph).run() : graph;
  }

  private Graph run() {
    int[] producers = Contraction.producers(graph);
    Map<Pace, List<Integer>> byPace = new LinkedHashMap<>();
    for (int at = 0; at < depths.length; at++) {
      Graph.Node node = graph.nodes().get(at);
      for (int input : node.inputs()) {
        int from = producers[input];
        if (from != NONE) {
          int behind = graph.nodes().get(from).op().loop().isPresent() ? 1 : 0;
          depths[at] = Math.max(depths[at], depths[from] + behind);
        }
      }
      // Loops that stop by themselves need not stop together.
      if (node.op().loop().isPresent() && node.attrs()[Loop.WHILE] == 0) {
        long[] attrs = node.attrs();
        Pace pace = new Pace(depths[at], attrs[Loop.TURNS], attrs[Loop.REVERSE]);
        byPace.computeIfAbsent(pace, p -> new ArrayList<>()).add(at);
      }
    }
    byPace.values().forEach(this::group);
    if (groups.isEmpty()) {
      return graph;
    }
    return Contraction.contract(
        graph, groupOf, groups, (group, builder) -> new Merge(group).emit(builder));
  }

  /** Puts loops of one pace together that share a carry at the start or a sequence. */
  private void group(List<Integer> loops) {
    int[] leader = new int[loops.size()];
    Map<Integer, Integer> firstReader = new HashMap<>();
    for (int i = 0; i < leader.length; i++) {
      leader[i] = i;
      Graph.Node node = graph.nodes().get(loops.get(i));
      Loop loop = node.op().loop().orElseThrow();
      for (int input = 0; input < loop.carries() + loop.sequences(); input++) {
        Integer other = firstReader.putIfAbsent(node.inputs()[input], i);
        if (other != null) {
          int mine = find(leader, i);
          leader[mine] = find(leader, other);
        }
      }
    }
    Map<Integer, List<Integer>> together = new LinkedHashMap<>();
    for (int i = 0; i < leader.length; i++) {
      together.computeIfAbsent(find(leader, i), l -> new ArrayList<>()).add(loops.get(i));
    }
    for (List<Integer> members : together.values()) {
      if (members.size() > 1) {
        members.forEach(at -> groupOf[at] = groups.size());
        groups.add(members.stream().map(graph.nodes()::get).toList());
      }
    }
  }

  private static int find(int[] leader, int i) {
    int at = i;
    while (leader[at] != at) {
      at = leader[at];
    }
    return at;
  }

  /** Loops on the way to becoming one. */
  private static final class Merge {
    private final List<Graph.Node> loops;

    /** The inputs of the merged loop, as values of the graph: one for each carry of each loop. */
    private final List<Integer> carries = new ArrayList<>();

    private final Map<Integer, Integer> sequences = new LinkedHashMap<>();
    private final Map<Integer, Integer> invariants = new LinkedHashMap<>();

    Merge(List<Graph.Node> loops) {
      this.loops = loops;
      for (Graph.Node node : loops) {
        Loop loop = node.op().loop().orElseThrow();
        int end = loop.carries() + loop.sequences();
        for (int i = 0; i < node.inputs().length; i++) {
          int input = node.inputs()[i];
          if (i < loop.carries()) {
            carries.add(input);
          } else {
            Map<Integer, Integer> shared = i < end ? sequences : invariants;
            shared.putIfAbsent(input, shared.size());
          }
        }
      }
    }

    void emit(Graph.Builder builder) {
      Map<Integer, Integer> classes = new HashMap<>();
      int[] classOf = new int[carries.size()];
      for (int i = 0; i < classOf.length; i++) {
        classes.putIfAbsent(carries.get(i), classes.size());
        classOf[i] = classes.get(carries.get(i));
      }
      // Carries of a class begin equal; if one turn takes them apart, so are their classes.
      int count = classes.size();
      Numbering numbering = number(classOf, count);
      for (int[] finer = numbering.refined(classOf); ; finer = numbering.refined(classOf)) {
        int now = Arrays.stream(finer).max().orElse(-1) + 1;
        if (now == count) {
          break;
        }
        classOf = finer;
        count = now;
        numbering = number(classOf, count);
      }
      put(builder, numbering, classOf, count);
    }

    private Numbering number(int[] classOf, int count) {
      Numbering numbering = new Numbering(count + sequences.size() + invariants.size());
      int nextCarry = 0;
      for (Graph.Node node : loops) {
        Loop loop = node.op().loop().orElseThrow();
        int end = loop.carries() + loop.sequences();
        int[] leaves = new int[node.inputs().length];
        for (int i = 0; i < leaves.length; i++) {
          int input = node.inputs()[i];
          if (i < loop.carries()) {
            leaves[i] = classOf[nextCarry++];
          } else if (i < end) {
            leaves[i] = count + sequences.get(input);
          } else {
            leaves[i] = count + sequences.size() + invariants.get(input);
          }
        }
        numbering.add(loop, leaves);
      }
      return numbering;
    }

    private void put(Graph.Builder builder, Numbering numbering, int[] classOf, int count) {
      Integer[] starts = new Integer[count];
      Type[] carryTypes = new Type[count];
      int[] roots = new int[count];
      int nextCarry = 0;
      Map<Integer, Integer> stacks = new LinkedHashMap<>();
      List<Type> outputs = new ArrayList<>();
      Map<Integer, Type> sequenceTypes = new HashMap<>();
      Map<Integer, Type> invariantTypes = new HashMap<>();
      for (int n = 0; n < loops.size(); n++) {
        Graph.Node node = loops.get(n);
        Loop loop = node.op().loop().orElseThrow();
        List<Type> leaves = loop.body().leaves();
        for (int i = 0; i < leaves.size(); i++) {
          if (i < loop.carries()) {
            int at = classOf[nextCarry];
            starts[at] = carries.get(nextCarry++);
            carryTypes[at] = leaves.get(i);
            roots[at] = numbering.roots(n)[i];
          } else {
            boolean element = i < loop.carries() + loop.sequences();
            (element ? sequenceTypes : invariantTypes).put(node.inputs()[i], leaves.get(i));
          }
        }
        for (int j = loop.carries(); j < node.outputs().length; j++) {
          int root = numbering.roots(n)[j];
          if (stacks.putIfAbsent(root, stacks.size()) == null) {
            outputs.add(node.outputs()[j]);
          }
        }
      }
      List<Type> types = new ArrayList<>(List.of(carryTypes));
      List<Integer> inputs = new ArrayList<>(List.of(starts));
      sequences.keySet().forEach(value -> types.add(sequenceTypes.get(value)));
      inputs.addAll(sequences.keySet());
      invariants.keySet().forEach(value -> types.add(invariantTypes.get(value)));
      inputs.addAll(invariants.keySet());
      int[] allRoots = Arrays.copyOf(roots, count + stacks.size());
      stacks.forEach((root, place) -> allRoots[count + place] = root);
      int[] donors = new int[allRoots.length];
      Arrays.fill(donors, NONE);
      Graph body = new Graph(types, List.of(), numbering.nodes(), allRoots, donors);
      List<Type> all = new ArrayList<>(List.of(carryTypes));
      all.addAll(outputs);
      int first =
          builder.add(
              Primitive.of(NONE, new Loop(body, count, sequences.size())),
              loops.get(0).attrs(),
              inputs.stream().mapToInt(builder::map).toArray(),
              all.toArray(new Type[0]));
      nextCarry = 0;
      for (int n = 0; n < loops.size(); n++) {
        Graph.Node node = loops.get(n);
        int own = node.op().loop().orElseThrow().carries();
        for (int i = 0; i < node.outputs().length; i++) {
          int place = i < own ? classOf[nextCarry++] : count + stacks.get(numbering.roots(n)[i]);
          builder.replace(node.first() + i, first + place);
        }
      }
    }
  }

  /** The nodes of several bodies over common leaves, equal ones once. */
  private static final class Numbering {
    private final Map<CommonSubexpressions.Expression, Integer> known = new HashMap<>();
    private final List<Graph.Node> nodes = new ArrayList<>();
    private final List<int[]> roots = new ArrayList<>();
    private final List<Integer> next = new ArrayList<>();
    private int values;

    Numbering(int leaves) {
      this.values = leaves;
    }

    void add(Loop loop, int... leaves) {
      Graph body = loop.body();
      int[] map = Arrays.copyOf(leaves, body.values());
      Type[] types = body.types();
      for (Graph.Node node : body.nodes()) {
        int[] inputs = Arrays.stream(node.inputs()).map(input -> map[input]).toArray();
        int first;
        if (CommonSubexpressions.changesNothing(node, types)) {
          first = inputs[0];
        } else {
          var expression = new CommonSubexpressions.Expression(node.op(), node.attrs(), inputs);
          Integer same = known.get(expression);
          first = same == null ? values : same;
          if (same == null) {
            // Primitives that passes made have no identity.
            if (node.op().id() != NONE) {
              known.put(expression, first);
            }
            nodes.add(new Graph.Node(node.op(), node.attrs(), inputs, node.outputs(), first));
            values += node.outputs().length;
          }
        }
        for (int i = 0; i < node.outputs().length; i++) {
          map[node.first() + i] = first + i;
        }
      }
      int[] mapped = Arrays.stream(body.roots()).map(root -> map[root]).toArray();
      roots.add(mapped);
      for (int i = 0; i < loop.carries(); i++) {
        next.add(mapped[i]);
      }
    }

    List<Graph.Node> nodes() {
      return nodes;
    }

    /** Returns the roots of the body that was added as number {@code n}. */
    int[] roots(int n) {
      return roots.get(n);
    }

    /** Returns classes of carries that were in one class and have equal values in the next turn. */
    int[] refined(int... classOf) {
      Map<List<Integer>, Integer> found = new HashMap<>();
      int[] finer = new int[classOf.length];
      for (int i = 0; i < finer.length; i++) {
        List<Integer> key = List.of(classOf[i], next.get(i));
        found.putIfAbsent(key, found.size());
        finer[i] = found.get(key);
      }
      return finer;
    }
  }
}

package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Makes one instruction of elementwise ops that feed each other, and of sums, means, extremes and
 * logSumExps of their results: values between them stay in cache instead of going through memory,
 * and a value with other readers is written on the way. The kernel's contract stands in
 * native/src/kernels/README.md; a backend without it runs the ops one by one.
 *
 * <p>Invariant: {@code height(reader) < height(node)}, and all nodes of a region have one height.
 * So a path that leaves a region only descends and cannot come back. Nodes are visited from the
 * last to the first, and an op joins its highest reader if that reader is a region, or, of few
 * elements, any region of its height.
 */
public final class ElementwiseFusion {
  /** The kernel that a backend must have. */
  public static final String KERNEL = FusedRegion.KERNEL;

  private final Graph graph;
  private final Type[] types;
  private final List<List<Integer>> readers = new ArrayList<>();
  private final boolean[] isRoot;

  /** By node, its fold; empty for a node that is no fold. */
  private final List<Optional<Fold>> folds = new ArrayList<>();

  /** By node, whether it divides a fold by a number, and so joins the region of that fold. */
  private final boolean[] divides;

  private final FusedRegion[] regions;
  private final int[] heights;

  /** The newest small regions. */
  private final Map<Place, FusedRegion> open = new HashMap<>();

  private record Place(Shape shape, int height) {}

  private ElementwiseFusion(Graph graph) {
    this.graph = graph;
    this.types = graph.types();
    this.isRoot = new boolean[graph.values()];
    this.divides = new boolean[graph.nodes().size()];
    this.regions = new FusedRegion[graph.nodes().size()];
    this.heights = new int[graph.nodes().size()];
    for (int i = 0; i < graph.values(); i++) {
      readers.add(List.of());
    }
    for (int root : graph.roots()) {
      isRoot[root] = true;
    }
    for (int at = 0; at < graph.nodes().size(); at++) {
      for (int input : graph.nodes().get(at).inputs()) {
        List<Integer> before = readers.get(input);
        List<Integer> list = before.isEmpty() ? new ArrayList<>(2) : before;
        list.add(at);
        readers.set(input, list);
      }
    }
    int[] producers = Contraction.producers(graph);
    for (Graph.Node node : graph.nodes()) {
      Optional<Fold> fold =
          Fold.of(node, types)
              .filter(f -> isElementwise(graph, producers[node.inputs()[0]]))
              .map(this::withQuotient);
      folds.add(fold);
    }
  }

  /** Adds the division by a number, if that alone reads the fold. */
  private Fold withQuotient(Fold fold) {
    int value = fold.node().first();
    if (isRoot[value] || readers.get(value).size() != 1) {
      return fold;
    }
    int at = readers.get(value).get(0);
    Graph.Node reader = graph.nodes().get(at);
    boolean quotient =
        reader.op().name().equals("div")
            && reader.inputs()[0] == value
            && isGivenNumber(reader.inputs()[1]);
    divides[at] |= quotient;
    return quotient ? fold.dividedBy(reader) : fold;
  }

  private boolean isGivenNumber(int value) {
    int given = graph.leaves().size() + graph.scalars().size();
    return value < given && types[value].shape().equals(Shape.SCALAR);
  }

  static Graph apply(Graph graph) {
    return new ElementwiseFusion(graph).run();
  }

  private Graph run() {
    for (int at = graph.nodes().size() - 1; at >= 0; at--) {
      Graph.Node node = graph.nodes().get(at);
      if (isElementwise(node) && !divides[at]) {
        place(at, node);
      } else {
        for (int i = 0; i < node.outputs().length; i++) {
          heights[at] = Math.max(heights[at], 1 + highest(readers.get(node.first() + i)));
        }
      }
    }
    List<FusedRegion> groups = new ArrayList<>();
    Map<FusedRegion, Integer> numbers = new IdentityHashMap<>();
    int[] groupOf = new int[regions.length];
    for (int at = 0; at < regions.length; at++) {
      FusedRegion region = regions[at];
      groupOf[at] = Contraction.NONE;
      if (region != null && region.size() > 1) {
        Integer number = numbers.putIfAbsent(region, groups.size());
        groupOf[at] = number == null ? groups.size() : number;
        if (number == null) {
          groups.add(region);
        }
      }
    }
    return Contraction.contract(graph, groupOf, groups, FusedRegion::emit);
  }

  private static boolean isElementwise(Graph graph, int at) {
    return at != Contraction.NONE && isElementwise(graph.nodes().get(at));
  }

  /** Returns whether a region can compute a node. */
  static boolean isElementwise(Graph.Node node) {
    return !(node.op().kernel().scalar() instanceof ScalarFunction.None)
        && node.outputs()[0].shape().rank() <= FusedRegion.MOST_AXES;
  }

  private int highest(List<Integer> nodes) {
    int highest = 0;
    for (int node : nodes) {
      highest = Math.max(highest, heights[node]);
    }
    return highest;
  }

  /** Puts an elementwise op into the region of its highest reader, or into one of its own. */
  private void place(int at, Graph.Node node) {
    List<Integer> others = new ArrayList<>();
    List<Integer> folding = new ArrayList<>();
    for (int reader : readers.get(node.first())) {
      boolean joins =
          folding.size() < FusedRegion.MOST_OUTPUTS - 1 && folds.get(reader).isPresent();
      (joins ? folding : others).add(reader);
    }
    List<Fold> joining = new ArrayList<>(folding.size());
    folding.forEach(reader -> joining.add(folds.get(reader).orElseThrow()));
    // Heights only increase, so height(reader) < height(node) still holds for every fold's readers.
    FusedRegion region = regionOf(node, others, folding, joining);
    if (region == null) {
      int height = Math.max(1 + highest(others), highest(folding));
      region = beside(node, others, joining, height);
    }
    region.add(node, leaves(node, others, region), joining);
    join(at, region);
    for (int i = 0; i < folding.size(); i++) {
      join(folding.get(i), region);
      if (joining.get(i).quotient().isPresent()) {
        join(readers.get(joining.get(i).node().first()).get(0), region);
      }
    }
  }

  /**
   * Returns a region for an op that joins no reader: of few elements one that stands beside it, as
   * nothing of a height depends on anything of the same height, else a new one.
   */
  private FusedRegion beside(
      Graph.Node node, List<Integer> others, List<Fold> joining, int height) {
    Shape shape = node.outputs()[0].shape();
    FusedRegion made = new FusedRegion(shape, height);
    if (!made.isSmall(joining)) {
      return made;
    }
    FusedRegion known = open.get(new Place(shape, height));
    if (known != null && known.takes(node, leaves(node, others, known), joining)) {
      return known;
    }
    open.put(new Place(shape, height), made);
    return made;
  }

  private void join(int at, FusedRegion region) {
    regions[at] = region;
    heights[at] = region.height();
  }

  private boolean leaves(Graph.Node node, List<Integer> others, FusedRegion region) {
    for (int reader : others) {
      if (regions[reader] != region) {
        return true;
      }
    }
    return isRoot[node.first()];
  }

  /** Returns the region of the highest readers if it is one and takes the op, else null. */
  private FusedRegion regionOf(
      Graph.Node node, List<Integer> others, List<Integer> folding, List<Fold> joining) {
    int highest = highest(others);
    FusedRegion region = null;
    for (int reader : others) {
      if (heights[reader] < highest) {
        continue;
      }
      FusedRegion one = regions[reader];
      if (one == null || (region != null && one != region)) {
        return null;
      }
      region = one;
    }
    boolean joins =
        region != null
            && highest(folding) <= region.height()
            && region.takes(node, leaves(node, others, region), joining);
    return joins ? region : null;
  }
}

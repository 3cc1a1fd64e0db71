package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.NodeTable;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.Batch;
import org.adjoint.op.Call;
import org.adjoint.op.Custom;
import org.adjoint.op.Fused;
import org.adjoint.op.LoopOp;
import org.adjoint.op.ShapeOps;

/**
 * What a loop does in one turn: a graph over stand-ins, without values and without numbers. What
 * was derived from a body is kept with it, so that a loop that is built again is not differentiated
 * again.
 */
final class LoopBody implements LoopOp.Body {
  private final List<Tensor> arguments;
  private final List<Tensor> results;
  private final int carries;
  private final int sequences;

  /** Each after its inputs. */
  private final List<Node> nodes;

  /** By result the arguments that the result depends on differentiably. */
  private final List<BitSet> reached;

  private final Map<Object, Object> derived = new ConcurrentHashMap<>();

  /**
   * Makes a body.
   *
   * @param arguments stand-ins: carries, then an element of each sequence, then invariants
   * @param results the carries of the next turn, then an element of each stack
   * @param nodes all ops between arguments and results, each after its inputs
   */
  LoopBody(
      List<Tensor> arguments, List<Tensor> results, int carries, int sequences, List<Node> nodes) {
    this.arguments = List.copyOf(arguments);
    this.results = List.copyOf(results);
    this.carries = carries;
    this.sequences = sequences;
    this.nodes = List.copyOf(nodes);
    this.reached = reach();
  }

  @Override
  public List<Tensor> arguments() {
    return arguments;
  }

  @Override
  public List<Tensor> results() {
    return results;
  }

  int carries() {
    return carries;
  }

  int sequences() {
    return sequences;
  }

  /** Returns where the invariants begin among the arguments. */
  int firstInvariant() {
    return carries + sequences;
  }

  /** Returns the nodes of the arguments, which no derivative goes beyond. */
  List<Node> boundary() {
    return arguments.stream().map(Access::node).toList();
  }

  /** Returns what {@code make} makes for {@code key}, made once. */
  <T> T derived(Class<T> type, Object key, Supplier<T> make) {
    Object found = derived.get(List.of(type, key));
    if (found == null) {
      found = make.get();
      derived.put(List.of(type, key), found);
    }
    return type.cast(found);
  }

  // ---- what depends on what ----

  private List<BitSet> reach() {
    NodeTable<BitSet> known = new NodeTable<>();
    for (int i = 0; i < arguments.size(); i++) {
      BitSet self = new BitSet();
      self.set(i, arguments.get(i).dtype().isFloating());
      known.put(Access.node(arguments.get(i)), self);
    }
    for (Node node : nodes) {
      BitSet all = new BitSet();
      Node[] inputs = node.inputs();
      for (int i = 0; i < inputs.length; i++) {
        if (node.passes(inputs, i)) {
          all.or(known.get(inputs[i]).orElseThrow());
        }
      }
      known.put(node, all);
    }
    List<BitSet> found = new ArrayList<>();
    for (Tensor result : results) {
      boolean floating = result.dtype().isFloating();
      found.add(floating ? known.get(Access.node(result)).orElseThrow() : new BitSet());
    }
    return found;
  }

  /** Returns whether a result depends differentiably on one of some arguments. */
  boolean reaches(int result, BitSet from) {
    return reached.get(result).intersects(from);
  }

  /** Returns the inputs that move, with all carries that move because of them. */
  BitSet spread(BitSet moving) {
    BitSet all = (BitSet) moving.clone();
    for (boolean grows = true; grows; ) {
      grows = false;
      for (int i = 0; i < carries; i++) {
        if (!all.get(i) && reaches(i, all)) {
          all.set(i);
          grows = true;
        }
      }
    }
    return all;
  }

  /**
   * Returns the results that matter, with all carries that matter because of them.
   *
   * @param within the carries that may matter at all
   */
  BitSet spreadBack(BitSet mattering, BitSet within) {
    BitSet all = (BitSet) mattering.clone();
    for (boolean grows = true; grows; ) {
      grows = false;
      for (int i = 0; i < carries; i++) {
        if (!all.get(i) && within.get(i) && matters(i, all)) {
          all.set(i);
          grows = true;
        }
      }
    }
    return all;
  }

  /** Returns whether one of some results depends differentiably on an argument. */
  boolean matters(int argument, BitSet results) {
    return results.stream().anyMatch(r -> reached.get(r).get(argument));
  }

  @Override
  public boolean isDifferentiable(int input) {
    if (input < carries) {
      return arguments.get(input).dtype().isFloating(); // of no turns the carry is the result
    }
    return reached.stream().anyMatch(result -> result.get(input));
  }

  /** Returns whether an op of it brings a rule of its own, which no equal body has. */
  boolean bringsRules() {
    for (Node node : nodes) {
      boolean inner = node.op() instanceof LoopOp loop && ((LoopBody) loop.body()).bringsRules();
      if (inner || node.op() instanceof Custom) {
        return true;
      }
    }
    return false;
  }

  // ---- as the compiler sees it ----

  /** Returns the body as the compiler sees it. */
  Loop loop() {
    List<Type> leaves = arguments.stream().map(Tensor::type).toList();
    NodeMap firsts = new NodeMap(2 * (leaves.size() + nodes.size()));
    for (int i = 0; i < arguments.size(); i++) {
      firsts.put(Access.node(arguments.get(i)), i);
    }
    int next = leaves.size();
    Map<Long, Long> regions = new HashMap<>();
    List<Graph.Node> all = new ArrayList<>(nodes.size());
    for (Node node : nodes) {
      Node[] from = node.inputs();
      int[] inputs = new int[from.length];
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = firsts.get(from[i]) + node.index(i);
      }
      long[] attrs = node.attrs();
      if (node.op() == ShapeOps.BARRIER) {
        // A region's id means nothing beyond the body.
        attrs = new long[] {regions.computeIfAbsent(attrs[0], id -> (long) regions.size())};
      }
      firsts.put(node, next);
      all.add(new Graph.Node(node.op().primitive(), attrs, inputs, node.types(), next));
      next += node.outputs();
    }
    int[] roots = new int[results.size()];
    int[] donors = new int[roots.length];
    for (int i = 0; i < roots.length; i++) {
      roots[i] = firsts.get(Access.node(results.get(i))) + Access.index(results.get(i));
      donors[i] = -1;
    }
    return new Loop(new Graph(leaves, List.of(), all, roots, donors), carries, sequences);
  }

  // ---- built again ----

  /** Returns the results of a turn on other tensors. */
  List<Tensor> turn(List<Tensor> inputs) {
    return build(inputs, node -> false, kernel -> true);
  }

  private List<Tensor> build(
      List<Tensor> inputs, Predicate<Node> lacks, Predicate<String> supported) {
    NodeTable<List<Tensor>> built = new NodeTable<>();
    for (int i = 0; i < inputs.size(); i++) {
      built.put(Access.node(arguments.get(i)), List.of(inputs.get(i)));
    }
    for (Node node : nodes) {
      Node[] from = node.inputs();
      Tensor[] mapped = new Tensor[from.length];
      for (int i = 0; i < from.length; i++) {
        mapped[i] = built.get(from[i]).orElseThrow().get(node.index(i));
      }
      List<Tensor> outputs;
      if (!lacks.test(node)) {
        outputs = Graphs.apply(node.op(), node.attrs(), mapped);
      } else if (node.op() instanceof Fused fused) {
        outputs = fused.expand(List.of(mapped), node.attrs());
      } else {
        outputs = ((LoopOp) node.op()).body().expand(List.of(mapped), node.attrs(), supported);
      }
      built.put(node, outputs);
    }
    return results.stream()
        .map(y -> built.get(Access.node(y)).orElseThrow().get(Access.index(y)))
        .toList();
  }

  @Override
  public boolean lacks(Predicate<String> supported) {
    return nodes.stream().anyMatch(node -> lacks(node, supported));
  }

  private static boolean lacks(Node node, Predicate<String> supported) {
    return node.op() instanceof LoopOp loop
        ? loop.body().lacks(supported)
        : node.op() instanceof Fused && !supported.test(node.op().primitive().kernel().name());
  }

  @Override
  public List<Tensor> expand(List<Tensor> inputs, long[] attrs, Predicate<String> supported) {
    if (!supported.test(Loop.KERNEL.name())) {
      return unroll(inputs, attrs);
    }
    List<Tensor> expanded = build(arguments, node -> lacks(node, supported), supported);
    Derived loop =
        Derived.close(
            arguments.subList(0, carries),
            arguments.subList(carries, firstInvariant()),
            expanded,
            arguments.subList(firstInvariant(), arguments.size()));
    return loop.apply(
        attrs,
        inputs.subList(0, carries),
        inputs.subList(carries, firstInvariant()),
        inputs.subList(firstInvariant(), inputs.size()));
  }

  @Override
  public List<Tensor> unroll(List<Tensor> inputs, long[] attrs) {
    return Unrolled.of(this, inputs, attrs);
  }

  @Override
  public List<Tensor> push(Call call, List<Optional<Tensor>> tangents) {
    return LoopTangents.push(this, call, tangents);
  }

  @Override
  public List<Tensor> pull(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    if (call.attrs()[Loop.WHILE] != 0) {
      throw new IllegalStateException(
          "grad: a loop that ends by itself has no reverse mode; give the most turns that it may"
              + " take, Loop.whileTrue(condition, body, carry, most), or differentiate forwards");
    }
    return LoopCotangents.pull(this, call, inputs, cotangents);
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    return LoopBatch.of(this, batch);
  }
}

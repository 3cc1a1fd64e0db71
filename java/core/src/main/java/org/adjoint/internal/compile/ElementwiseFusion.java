package org.adjoint.internal.compile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Makes one instruction of elementwise ops that feed each other: values between them stay in cache
 * instead of going through memory. An op joins the region of its readers if all of them are in it
 * and the shapes are equal, so no path leaves a region and comes back. The kernel's contract stands
 * in native/src/kernels/README.md; a backend without it runs the ops one by one.
 */
public final class ElementwiseFusion {
  /** The kernel that a backend must have. */
  public static final String KERNEL = "fused";

  // What the kernel takes: see native/src/kernels/contract/loops.h.
  private static final int MOST_OPS = 20;
  private static final int MOST_INPUTS = 9;
  private static final int MOST_AXES = 6;
  private static final int NAME_WORDS = 3;
  private static final int OP_WORDS = NAME_WORDS + 4;
  private static final int NONE = -1;

  private static final Primitive PRIMITIVE =
      new Primitive(
          NONE,
          KERNEL,
          false,
          new Kernel(KERNEL, ScalarFunction.NONE, Kernel.ANY),
          (emitter, attrs, in, out) -> {
            Ref[] views = new Ref[in.length];
            for (int i = 0; i < in.length; i++) {
              views[i] = in[i].broadcast(out[0].shape());
            }
            Ref[] y = {emitter.allocate(out[0])};
            emitter.call(ElementwiseFusion.PRIMITIVE.kernel(), attrs, views, y);
            return y;
          });

  private final Graph graph;
  private final List<List<Integer>> readers = new ArrayList<>();
  private final boolean[] isRoot;
  private final Region[] regions;

  /** Ops that become one, each after its inputs; the last one's result leaves. */
  private static final class Region {
    private final Shape shape;
    private final List<Graph.Node> ops = new ArrayList<>();

    Region(Shape shape) {
      this.shape = shape;
    }

    /** Returns the values that come from outside, if {@code extra} belonged to it too. */
    Set<Integer> inputs(List<Graph.Node> extra) {
      Set<Integer> inputs = new LinkedHashSet<>();
      List<Graph.Node> all = new ArrayList<>(extra);
      all.addAll(ops);
      all.forEach(op -> Arrays.stream(op.inputs()).forEach(inputs::add));
      all.forEach(op -> inputs.remove(op.first()));
      return inputs;
    }
  }

  private ElementwiseFusion(Graph graph) {
    this.graph = graph;
    this.isRoot = new boolean[graph.values()];
    this.regions = new Region[graph.nodes().size()];
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
  }

  static Graph apply(Graph graph) {
    return new ElementwiseFusion(graph).run();
  }

  private Graph run() {
    for (int at = graph.nodes().size() - 1; at >= 0; at--) {
      Graph.Node node = graph.nodes().get(at);
      if (isElementwise(node)) {
        regions[at] = regionOf(node);
        regions[at].ops.add(0, node);
      }
    }
    Graph.Builder builder = new Graph.Builder(graph);
    for (int at = 0; at < graph.nodes().size(); at++) {
      Graph.Node node = graph.nodes().get(at);
      Region region = regions[at];
      if (region == null || region.ops.size() == 1) {
        builder.keep(node);
      } else if (node == region.ops.get(region.ops.size() - 1)) {
        emit(builder, region);
      }
    }
    return builder.build();
  }

  private static boolean isElementwise(Graph.Node node) {
    return !(node.op().kernel().scalar() instanceof ScalarFunction.None)
        && node.outputs()[0].shape().rank() <= MOST_AXES;
  }

  /**
   * Returns the region that all readers of a node belong to if the node may join it, else a new
   * one.
   */
  private Region regionOf(Graph.Node node) {
    Shape shape = node.outputs()[0].shape();
    List<Integer> uses = readers.get(node.first());
    Region region = uses.isEmpty() || isRoot[node.first()] ? null : regions[uses.get(0)];
    for (int use : uses) {
      region = regions[use] == region ? region : null;
    }
    boolean joins =
        region != null
            && region.shape.equals(shape)
            && region.ops.size() < MOST_OPS
            && region.inputs(List.of(node)).size() <= MOST_INPUTS;
    return joins ? region : new Region(shape);
  }

  private static void emit(Graph.Builder builder, Region region) {
    List<Integer> values = new ArrayList<>(region.inputs(List.of()));
    int[] inputs = values.stream().mapToInt(builder::map).toArray();
    long[] words = new long[1 + OP_WORDS * region.ops.size()];
    words[0] = region.ops.size();
    for (int k = 0; k < region.ops.size(); k++) {
      Graph.Node op = region.ops.get(k);
      int at = 1 + k * OP_WORDS;
      System.arraycopy(name(op.op().kernel().name()), 0, words, at, NAME_WORDS);
      words[at + NAME_WORDS] = op.outputs()[0].dtype().code();
      Arrays.fill(words, at + NAME_WORDS + 1, at + OP_WORDS, NONE);
      for (int i = 0; i < op.inputs().length; i++) {
        words[at + NAME_WORDS + 1 + i] = values.indexOf(op.inputs()[i]);
      }
      values.add(op.first());
    }
    Graph.Node last = region.ops.get(region.ops.size() - 1);
    builder.replace(last, builder.add(PRIMITIVE, words, inputs, new Type[] {last.outputs()[0]}));
  }

  private static long[] name(String name) {
    byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer padded = ByteBuffer.allocate(NAME_WORDS * Long.BYTES).order(ByteOrder.nativeOrder());
    padded.put(letters).rewind();
    long[] words = new long[NAME_WORDS];
    padded.asLongBuffer().get(words);
    return words;
  }
}

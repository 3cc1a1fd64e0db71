package org.adjoint.internal.compile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Makes one instruction of elementwise ops that feed each other, and of sums of their results over
 * leading axes: values between them stay in cache instead of going through memory, and what is read
 * elsewhere too is written on the way. The kernel's contract stands in
 * native/src/kernels/README.md; a backend without it runs the ops one by one.
 *
 * <p>Every node has a height, larger than that of all its readers; a region has one for all its
 * nodes. So a path that leaves a region only gets lower and cannot come back. Nodes are looked at
 * from the last to the first, and an op joins its highest reader if that is a region.
 */
public final class ElementwiseFusion {
  /** The kernel that a backend must have. */
  public static final String KERNEL = "fused";

  // What the kernel takes: see native/src/kernels/contract/loops.h.
  private static final int MOST_OPS = 32;
  private static final int MOST_INPUTS = 12;
  private static final int MOST_OUTPUTS = 3;
  private static final int MOST_AXES = 6;
  private static final int NAME_WORDS = 3;
  private static final int OP_WORDS = NAME_WORDS + 4;
  private static final int OUTPUT_WORDS = 2;
  private static final int NONE = -1;

  /** A sum of fewer rows than this gains nothing: the parts' own sums are as large as the rows. */
  private static final int LEAST_SUMMED = 16;

  private static final String SUM = "sum";

  /** Attributes are the kernel's ints, then the region's dims. */
  private static final Primitive PRIMITIVE =
      new Primitive(
          NONE,
          KERNEL,
          false,
          new Kernel(KERNEL, ScalarFunction.NONE, Kernel.ANY, Kernel.ANY, Kernel.ANY),
          (emitter, attrs, in, out) -> {
            int ints = 1 + OP_WORDS * (int) attrs[0] + OUTPUT_WORDS * out.length;
            Shape shape = Shape.of(Arrays.copyOfRange(attrs, ints, attrs.length));
            Ref[] views = new Ref[in.length];
            for (int i = 0; i < in.length; i++) {
              views[i] = in[i].broadcast(shape);
            }
            Ref[] y = new Ref[out.length];
            for (int i = 0; i < out.length; i++) {
              y[i] = emitter.allocate(out[i]);
            }
            Kernel kernel = ElementwiseFusion.PRIMITIVE.kernel();
            emitter.call(kernel, Arrays.copyOf(attrs, ints), views, y);
            return y;
          });

  private final Graph graph;
  private final Type[] types;
  private final List<List<Integer>> readers = new ArrayList<>();
  private final boolean[] isRoot;
  private final Region[] regions;
  private final int[] heights;

  /** What becomes one node. */
  private static final class Region {
    private final Shape shape;
    private final int height;

    /** Its elementwise ops, the last one first. */
    private final List<Graph.Node> ops = new ArrayList<>();

    /** Its ops whose results leave as they are. */
    private final List<Graph.Node> leaving = new ArrayList<>();

    private final List<Graph.Node> sums = new ArrayList<>();

    /** The values that come from outside. */
    private final Set<Integer> inputs = new LinkedHashSet<>();

    Region(Shape shape, int height) {
      this.shape = shape;
      this.height = height;
    }

    boolean takes(Graph.Node op, boolean leaves, int moreSums) {
      Set<Integer> all = new LinkedHashSet<>(inputs);
      all.remove(op.first());
      Arrays.stream(op.inputs()).forEach(all::add);
      int outputs = leaving.size() + sums.size() + moreSums + (leaves ? 1 : 0);
      return shape.equals(op.outputs()[0].shape())
          && ops.size() < MOST_OPS
          && all.size() <= MOST_INPUTS
          && outputs <= MOST_OUTPUTS;
    }

    void add(Graph.Node op, boolean leaves) {
      ops.add(op);
      inputs.remove(op.first());
      Arrays.stream(op.inputs()).forEach(inputs::add);
      if (leaves) {
        leaving.add(op);
      }
    }
  }

  private ElementwiseFusion(Graph graph) {
    this.graph = graph;
    this.types = graph.types();
    this.isRoot = new boolean[graph.values()];
    this.regions = new Region[graph.nodes().size()];
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
  }

  static Graph apply(Graph graph) {
    return new ElementwiseFusion(graph).run();
  }

  private Graph run() {
    for (int at = graph.nodes().size() - 1; at >= 0; at--) {
      Graph.Node node = graph.nodes().get(at);
      if (isElementwise(node)) {
        place(at, node);
      } else {
        for (int i = 0; i < node.outputs().length; i++) {
          heights[at] = Math.max(heights[at], 1 + highest(readers.get(node.first() + i)));
        }
      }
    }
    List<Region> groups = new ArrayList<>();
    Map<Region, Integer> numbers = new IdentityHashMap<>();
    int[] groupOf = new int[regions.length];
    for (int at = 0; at < regions.length; at++) {
      Region region = regions[at];
      groupOf[at] = Contraction.NONE;
      if (region != null && region.ops.size() + region.sums.size() > 1) {
        Integer number = numbers.putIfAbsent(region, groups.size());
        groupOf[at] = number == null ? groups.size() : number;
        if (number == null) {
          groups.add(region);
        }
      }
    }
    Graph.Builder builder = new Graph.Builder(graph);
    Contraction.visit(
        graph,
        groupOf,
        groups.size(),
        at -> builder.keep(graph.nodes().get(at)),
        group -> emit(builder, groups.get(group)));
    return builder.build();
  }

  private static boolean isElementwise(Graph.Node node) {
    return !(node.op().kernel().scalar() instanceof ScalarFunction.None)
        && node.outputs()[0].shape().rank() <= MOST_AXES;
  }

  /** Returns whether a node sums enough rows over leading axes for a region to do it. */
  private boolean isSum(Graph.Node node) {
    long[] axes = node.attrs();
    if (!node.op().name().equals(SUM) || axes.length == 0) {
      return false;
    }
    for (int i = 0; i < axes.length; i++) {
      if (axes[i] != i) {
        return false;
      }
    }
    long elements = types[node.inputs()[0]].shape().size();
    return elements >= LEAST_SUMMED * node.outputs()[0].shape().size();
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
    List<Integer> sums = new ArrayList<>();
    for (int reader : readers.get(node.first())) {
      boolean joins = sums.size() < MOST_OUTPUTS - 1 && isSum(graph.nodes().get(reader));
      (joins ? sums : others).add(reader);
    }
    // A sum may rise to the height of what it sums, never sink: its readers are lower than it was.
    Region region = regionOf(node, others, sums);
    if (region == null) {
      int height = Math.max(1 + highest(others), highest(sums));
      region = new Region(node.outputs()[0].shape(), height);
    }
    region.add(node, leaves(node, others, region));
    regions[at] = region;
    heights[at] = region.height;
    for (int sum : sums) {
      region.sums.add(graph.nodes().get(sum));
      regions[sum] = region;
      heights[sum] = region.height;
    }
  }

  private boolean leaves(Graph.Node node, List<Integer> others, Region region) {
    for (int reader : others) {
      if (regions[reader] != region) {
        return true;
      }
    }
    return isRoot[node.first()];
  }

  /** Returns the region of the highest readers if it is one and takes the op, else null. */
  private Region regionOf(Graph.Node node, List<Integer> others, List<Integer> sums) {
    int highest = highest(others);
    Region region = null;
    for (int reader : others) {
      if (heights[reader] < highest) {
        continue;
      }
      Region one = regions[reader];
      if (one == null || (region != null && one != region)) {
        return null;
      }
      region = one;
    }
    boolean joins =
        region != null
            && highest(sums) <= region.height
            && region.takes(node, leaves(node, others, region), sums.size());
    return joins ? region : null;
  }

  private void emit(Graph.Builder builder, Region region) {
    List<Graph.Node> ops = new ArrayList<>(region.ops);
    Collections.reverse(ops);
    Map<Integer, Integer> places = new HashMap<>();
    for (int input : region.inputs) {
      places.put(input, places.size());
    }
    int[] inputs = region.inputs.stream().mapToInt(builder::map).toArray();
    int count = region.leaving.size() + region.sums.size();
    int ints = 1 + OP_WORDS * ops.size() + OUTPUT_WORDS * count;
    long[] dims = region.shape.dims();
    long[] words = Arrays.copyOf(new long[] {ops.size()}, ints + dims.length);
    System.arraycopy(dims, 0, words, ints, dims.length);
    for (int k = 0; k < ops.size(); k++) {
      Graph.Node op = ops.get(k);
      int at = 1 + k * OP_WORDS;
      System.arraycopy(name(op.op().kernel().name()), 0, words, at, NAME_WORDS);
      words[at + NAME_WORDS] = op.outputs()[0].dtype().code();
      Arrays.fill(words, at + NAME_WORDS + 1, at + OP_WORDS, NONE);
      for (int i = 0; i < op.inputs().length; i++) {
        words[at + NAME_WORDS + 1 + i] = places.get(op.inputs()[i]);
      }
      places.put(op.first(), places.size());
    }
    List<Graph.Node> outputs = new ArrayList<>(region.leaving);
    outputs.addAll(region.sums);
    Type[] made = new Type[count];
    for (int i = 0; i < count; i++) {
      Graph.Node output = outputs.get(i);
      boolean sums = i >= region.leaving.size();
      int at = 1 + OP_WORDS * ops.size() + OUTPUT_WORDS * i;
      words[at] = places.get(sums ? output.inputs()[0] : output.first());
      words[at + 1] = sums ? output.attrs().length : 0;
      made[i] = output.outputs()[0];
    }
    int first = builder.add(PRIMITIVE, words, inputs, made);
    for (int i = 0; i < count; i++) {
      builder.replace(outputs.get(i), first + i);
    }
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

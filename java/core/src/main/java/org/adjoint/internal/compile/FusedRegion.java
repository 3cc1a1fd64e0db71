package org.adjoint.internal.compile;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
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
 * Elementwise ops of one shape, and folds of their results, that become one call of the kernel
 * {@code fused}: the kernel's limits, and the encoding of its attributes. Which ops belong together
 * is {@link ElementwiseFusion}'s business.
 */
final class FusedRegion {
  static final String KERNEL = "fused";

  // What the kernel takes: see native/src/contract/region.h.
  private static final int MOST_OPS = 32;
  private static final int MOST_INPUTS = 12;
  static final int MOST_OUTPUTS = 3;
  static final int MOST_AXES = 6;

  // What it takes of a small region, without folds.
  private static final long SMALL = 128;
  private static final int MOST_OPS_OF_SMALL = 64;
  private static final int MOST_INPUTS_OF_SMALL = 32;
  private static final int MOST_OUTPUTS_OF_SMALL = 16;

  private static final int NAME_WORDS = 3;
  private static final int OP_WORDS = NAME_WORDS + 4;
  private static final int OUTPUT_WORDS = 4;
  private static final int NONE = -1;

  /** The words of an array of bytes, as the kernel reads them. */
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

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
            Kernel kernel = FusedRegion.PRIMITIVE.kernel();
            emitter.call(kernel, Arrays.copyOf(attrs, ints), views, y);
            return y;
          });

  private final Shape shape;
  private final int height;

  /** Its elementwise ops, the last one first. */
  private final List<Graph.Node> ops = new ArrayList<>();

  /** Its ops whose results leave as they are. */
  private final List<Graph.Node> leaving = new ArrayList<>();

  private final List<Fold> folds = new ArrayList<>();

  /** The values that come from outside. */
  private final Set<Integer> inputs = new LinkedHashSet<>();

  FusedRegion(Shape shape, int height) {
    this.shape = shape;
    this.height = height;
  }

  int height() {
    return height;
  }

  /** Returns how many nodes it makes one of. */
  int size() {
    return ops.size() + folds.size();
  }

  /** Returns whether an op fits, whose result leaves or not, with these folds of it. */
  boolean takes(Graph.Node op, boolean leaves, List<Fold> more) {
    int outputs = leaving.size() + folds.size() + more.size() + (leaves ? 1 : 0);
    boolean small = isSmall(more);
    return shape.equals(op.outputs()[0].shape())
        && ops.size() < (small ? MOST_OPS_OF_SMALL : MOST_OPS)
        && outputs <= (small ? MOST_OUTPUTS_OF_SMALL : MOST_OUTPUTS)
        && inputsWith(op, more) <= (small ? MOST_INPUTS_OF_SMALL : MOST_INPUTS);
  }

  /** Returns how many values come from outside once an op is inside, and these folds of it. */
  private int inputsWith(Graph.Node op, List<Fold> more) {
    int[] values = Arrays.copyOf(op.inputs(), op.inputs().length + more.size());
    int count = op.inputs().length;
    for (Fold fold : more) {
      if (fold.divisor().isPresent()) {
        values[count++] = fold.divisor().get();
      }
    }
    int added = 0;
    for (int i = 0; i < count; i++) {
      boolean known = inputs.contains(values[i]);
      for (int j = 0; j < i; j++) {
        known |= values[j] == values[i];
      }
      added += known ? 0 : 1;
    }
    return inputs.size() - (inputs.contains(op.first()) ? 1 : 0) + added;
  }

  /** Returns whether it has few elements and, with {@code more}, no folds. */
  boolean isSmall(List<Fold> more) {
    return shape.size() <= SMALL && folds.isEmpty() && more.isEmpty();
  }

  void add(Graph.Node op, boolean leaves, List<Fold> more) {
    ops.add(op);
    inputs.remove(op.first());
    for (int input : op.inputs()) {
      inputs.add(input);
    }
    if (leaves) {
      leaving.add(op);
    }
    folds.addAll(more);
    more.forEach(fold -> fold.divisor().ifPresent(inputs::add));
  }

  /** Appends the fused node, and maps the outputs of its ops and folds to the fused outputs. */
  void emit(Graph.Builder builder) {
    List<Graph.Node> ordered = new ArrayList<>(ops);
    Collections.reverse(ordered);
    Map<Integer, Integer> places = new HashMap<>();
    for (int input : inputs) {
      places.put(input, places.size());
    }
    int[] from = inputs.stream().mapToInt(builder::map).toArray();
    int count = leaving.size() + folds.size();
    int ints = 1 + OP_WORDS * ordered.size() + OUTPUT_WORDS * count;
    long[] dims = shape.dims();
    long[] words = Arrays.copyOf(new long[] {ordered.size()}, ints + dims.length);
    System.arraycopy(dims, 0, words, ints, dims.length);
    int at = 1;
    for (Graph.Node op : ordered) {
      System.arraycopy(name(op.op().kernel().name()), 0, words, at, NAME_WORDS);
      words[at + NAME_WORDS] = op.outputs()[0].dtype().code();
      Arrays.fill(words, at + NAME_WORDS + 1, at + OP_WORDS, NONE);
      for (int i = 0; i < op.inputs().length; i++) {
        words[at + NAME_WORDS + 1 + i] = places.get(op.inputs()[i]);
      }
      places.put(op.first(), places.size());
      at += OP_WORDS;
    }
    List<Graph.Node> outputs = new ArrayList<>();
    for (Graph.Node op : leaving) {
      at = put(words, at, places.get(op.first()), 0, 0, NONE);
      outputs.add(op);
    }
    for (Fold fold : folds) {
      int divisor = fold.divisor().map(places::get).orElse(NONE);
      int value = places.get(fold.node().inputs()[0]);
      at = put(words, at, value, fold.code(), fold.axes(), divisor);
      outputs.add(fold.last());
    }
    Type[] made = outputs.stream().map(output -> output.outputs()[0]).toArray(Type[]::new);
    int first = builder.add(PRIMITIVE, words, from, made);
    for (int i = 0; i < count; i++) {
      builder.replace(outputs.get(i), first + i);
    }
  }

  /** Returns the names of the ops of a region, in order, from the attributes of its kernel call. */
  static List<String> names(long... ints) {
    List<String> names = new ArrayList<>();
    for (int op = 0; op < ints[0]; op++) {
      ByteBuffer letters =
          ByteBuffer.allocate(NAME_WORDS * Long.BYTES).order(ByteOrder.nativeOrder());
      letters.asLongBuffer().put(ints, 1 + OP_WORDS * op, NAME_WORDS);
      names.add(new String(letters.array(), StandardCharsets.US_ASCII).trim());
    }
    return names;
  }

  private static int put(long[] words, int at, long... more) {
    System.arraycopy(more, 0, words, at, more.length);
    return at + more.length;
  }

  private static long[] name(String name) {
    byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
    byte[] padded = Arrays.copyOf(letters, NAME_WORDS * Long.BYTES);
    long[] words = new long[NAME_WORDS];
    for (int i = 0; i < NAME_WORDS; i++) {
      words[i] = (long) WORDS.get(padded, i * Long.BYTES);
    }
    return words;
  }
}

package org.adjoint.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Convolution, as the field calls a correlation, and its partners. All three are slots of one form
 * that is linear in an image x, a kernel w and a result y: Σ y[n, o, p] · w[o, c, t] · x[n, c, p·s
 * + t·d − b], summed over everything, channels of a group only. Each op leaves one of the three
 * out, so its transposes are the other two with the same attributes, and derivatives of any order
 * stay among them. Attributes are those of a {@link ConvGeometry}.
 *
 * <p>Under vmap a batched operand alone widens its examples (conv and convInput: the image's or the
 * result's) or its channels, and two batched operands become groups: gradients of each example are
 * one call.
 */
public final class ConvolutionOps {
  /** The spatial axes that kernels have; fewer are filled up with axes of size 1. */
  private static final int KERNEL_AXES = 3;

  /** Before the geometry, a compile pass puts whether a bias follows and which activation. */
  private static final int EPILOGUE_WORDS = 2;

  /** x [n, g·c, image…], w [g·o, c, kernel…] to y [n, g·o, result…]. */
  public static final Linear CONV =
      row("conv", ConvolutionOps::convType, ConvolutionOps::convPull, ConvolutionOps::batchConv);

  /** y [n, g·o, result…], w [g·o, c, kernel…] to x [n, g·c, image…]: the transposed convolution. */
  public static final Linear CONV_INPUT =
      row(
          "convInput",
          ConvolutionOps::inputType,
          ConvolutionOps::inputPull,
          ConvolutionOps::batchInput);

  /** x [n, g·c, image…], y [n, g·o, result…] to w [g·o, c, kernel…]. */
  public static final Linear CONV_WEIGHT =
      row(
          "convWeight",
          ConvolutionOps::weightType,
          ConvolutionOps::weightPull,
          ConvolutionOps::batchWeight);

  /** All rows. */
  public static final List<Op> ALL = List.of(CONV, CONV_INPUT, CONV_WEIGHT);

  private ConvolutionOps() {}

  private static Linear row(
      String name,
      BiFunction<List<Type>, long[], Type> rule,
      Linear.Transpose transpose,
      Function<Batch, Tensor> batching) {
    Kernel kernel = new Kernel(name, ScalarFunction.NONE, -1);
    Lowering lowering = (emitter, attrs, in, out) -> lower(kernel, emitter, attrs, in, out);
    return Linear.of(
        name,
        kernel,
        rule,
        lowering,
        transpose,
        b -> b.size() == 0 ? ofNoExamples(b, rule) : batching.apply(b));
  }

  /** Returns the result for an empty batch, whose sizes say nothing of the channels. */
  private static Tensor ofNoExamples(Batch b, BiFunction<List<Type>, long[], Type> rule) {
    List<Type> one = new ArrayList<>();
    for (int i = 0; i < b.inputs().size(); i++) {
      long[] dims = b.x(i).shape().dims();
      Shape shape = Shape.of(b.isBatched(i) ? Arrays.copyOfRange(dims, 1, dims.length) : dims);
      one.add(new Type(b.x(i).dtype(), shape));
    }
    Type y = rule.apply(one, b.attrs());
    return Tensor.zeros(y.dtype(), Batch.before(0, y.shape().dims()));
  }

  private static Tensor call(Linear op, long[] attrs, Tensor a, Tensor b) {
    return op.apply(attrs, a, b).get(0);
  }

  // ---- types ----

  private static Type convType(List<Type> in, long[] attrs) {
    ConvGeometry g = geometry("conv", in, attrs);
    long[] x = in.get(0).shape().dims();
    long[] w = in.get(1).shape().dims();
    fits("conv", in, 0, g.image(x[0], x[1]));
    fits("conv", in, 1, g.kernel(w[0], w[1]));
    channels("conv", in, g, x[1], w[0], w[1]);
    return new Type(in.get(0).dtype(), Shape.of(g.result(x[0], w[0])));
  }

  private static Type inputType(List<Type> in, long[] attrs) {
    ConvGeometry g = geometry("convInput", in, attrs);
    long[] y = in.get(0).shape().dims();
    long[] w = in.get(1).shape().dims();
    fits("convInput", in, 0, g.result(y[0], w[0]));
    fits("convInput", in, 1, g.kernel(w[0], w[1]));
    long channels = Math.multiplyExact(g.groups(), w[1]);
    channels("convInput", in, g, channels, w[0], w[1]);
    return new Type(in.get(0).dtype(), Shape.of(g.image(y[0], channels)));
  }

  private static Type weightType(List<Type> in, long[] attrs) {
    ConvGeometry g = geometry("convWeight", in, attrs);
    long[] x = in.get(0).shape().dims();
    long[] y = in.get(1).shape().dims();
    fits("convWeight", in, 0, g.image(x[0], x[1]));
    fits("convWeight", in, 1, g.result(x[0], y[1]));
    channels("convWeight", in, g, x[1], y[1], x[1] / g.groups());
    return new Type(in.get(0).dtype(), Shape.of(g.kernel(y[1], x[1] / g.groups())));
  }

  private static ConvGeometry geometry(String op, List<Type> in, long[] attrs) {
    if (in.size() != 2 || !ConvGeometry.isWhole(attrs)) {
      throw new IllegalArgumentException(
          op + ": takes two inputs and a geometry, got " + in + ", " + Arrays.toString(attrs));
    }
    Type a = in.get(0);
    if (!a.dtype().isArithmetic()) {
      throw new IllegalArgumentException(op + ": needs F32 or F64, got " + a + "; cast it");
    }
    if (a.dtype() != in.get(1).dtype()) {
      throw new IllegalArgumentException(
          op + ": dtypes differ: " + a + " and " + in.get(1) + "; cast one of them");
    }
    ConvGeometry g = ConvGeometry.of(attrs);
    for (Type type : in) {
      if (type.shape().rank() != 2 + g.axes().size()) {
        throw new IllegalArgumentException(
            op + ": needs " + (2 + g.axes().size()) + " axes, got " + type.shape());
      }
    }
    boolean valid = g.groups() > 0;
    for (ConvGeometry.Axis axis : g.axes()) {
      valid &= axis.stride() > 0 && axis.dilation() > 0 && axis.before() >= 0;
      valid &= axis.image() >= 0 && axis.kernel() > 0 && axis.result() >= 0;
    }
    if (!valid) {
      throw new IllegalArgumentException(op + ": no geometry: " + g);
    }
    return g;
  }

  private static void fits(String op, List<Type> in, int input, long[] dims) {
    if (!Arrays.equals(in.get(input).shape().dims(), dims)) {
      throw new IllegalArgumentException(
          op
              + ": input "
              + input
              + " is "
              + in.get(input).shape()
              + ", its geometry needs "
              + Arrays.toString(dims));
    }
  }

  private static void channels(
      String op, List<Type> in, ConvGeometry g, long image, long result, long each) {
    if (result % g.groups() != 0 || image % g.groups() != 0 || image / g.groups() != each) {
      throw new IllegalArgumentException(
          op
              + ": channels of "
              + in.get(0).shape()
              + " and "
              + in.get(1).shape()
              + " do not go together in "
              + g.groups()
              + " groups");
    }
  }

  // ---- derivatives ----

  private static Tensor convPull(Call c, int input, Tensor g) {
    return input == 0
        ? call(CONV_INPUT, c.attrs(), g, c.x(1))
        : call(CONV_WEIGHT, c.attrs(), c.x(0), g);
  }

  private static Tensor inputPull(Call c, int input, Tensor g) {
    return input == 0 ? call(CONV, c.attrs(), g, c.x(1)) : call(CONV_WEIGHT, c.attrs(), g, c.x(0));
  }

  private static Tensor weightPull(Call c, int input, Tensor g) {
    return input == 0 ? call(CONV_INPUT, c.attrs(), c.x(1), g) : call(CONV, c.attrs(), c.x(0), g);
  }

  // ---- batches ----

  private static Tensor batchConv(Batch b) {
    if (!b.isBatched(1)) {
      return split(call(CONV, b.attrs(), b.x(0).flatten(0, 1), b.x(1)), 0, b.size());
    }
    if (!b.isBatched(0)) {
      Tensor y = call(CONV, b.attrs(), b.x(0), intoGroups(b, b.x(1), 0));
      return outOfGroups(b, y, 1);
    }
    Tensor y = call(CONV, groups(b), intoChannels(b.x(0)), b.x(1).flatten(0, 1));
    return outOfChannels(b, y);
  }

  private static Tensor batchInput(Batch b) {
    if (!b.isBatched(1)) {
      return split(call(CONV_INPUT, b.attrs(), b.x(0).flatten(0, 1), b.x(1)), 0, b.size());
    }
    if (!b.isBatched(0)) {
      Tensor x = call(CONV_INPUT, b.attrs(), b.x(0), intoChannels(b.x(1)));
      return outOfGroups(b, x, 1);
    }
    Tensor x = call(CONV_INPUT, groups(b), intoChannels(b.x(0)), b.x(1).flatten(0, 1));
    return outOfChannels(b, x);
  }

  private static Tensor batchWeight(Batch b) {
    if (!b.isBatched(1)) {
      Tensor w = call(CONV_WEIGHT, b.attrs(), intoGroups(b, b.x(0), 1), b.x(1));
      return split(w, 1, b.size()).moveAxis(1, 0);
    }
    if (!b.isBatched(0)) {
      Tensor w = call(CONV_WEIGHT, b.attrs(), b.x(0), intoGroups(b, b.x(1), 1));
      return outOfGroups(b, w, 0);
    }
    Tensor w = call(CONV_WEIGHT, groups(b), intoChannels(b.x(0)), intoChannels(b.x(1)));
    return split(w, 0, b.size());
  }

  /** The attributes where each example has groups of its own. */
  private static long[] groups(Batch b) {
    ConvGeometry g = ConvGeometry.of(b.attrs());
    return g.inGroups(Math.multiplyExact(b.size(), g.groups())).attrs();
  }

  /** [batch, n, channels, …] to [n, batch·channels, …]. */
  private static Tensor intoChannels(Tensor x) {
    return x.moveAxis(0, 1).flatten(1, 2);
  }

  /** [n, batch·channels, …] to [batch, n, channels, …]. */
  private static Tensor outOfChannels(Batch b, Tensor x) {
    return split(x, 1, b.size()).moveAxis(1, 0);
  }

  /**
   * Puts the batch between the groups and the channels of each: with the channels on {@code axis},
   * [batch, …, groups·channels, …] to […, groups·batch·channels, …].
   */
  private static Tensor intoGroups(Batch b, Tensor x, int axis) {
    Tensor apart = split(x, axis + 1, ConvGeometry.of(b.attrs()).groups());
    return apart.moveAxis(0, axis + 1).flatten(axis, axis + 2);
  }

  /** The reverse of {@link #intoGroups}. */
  private static Tensor outOfGroups(Batch b, Tensor x, int axis) {
    Tensor apart = split(split(x, axis, ConvGeometry.of(b.attrs()).groups()), axis + 1, b.size());
    return apart.moveAxis(axis + 1, 0).flatten(axis + 1, axis + 2);
  }

  /** Cuts an axis into two, of which the first has that size. */
  private static Tensor split(Tensor x, int axis, long first) {
    long[] dims = x.shape().dims();
    long[] apart = new long[dims.length + 1];
    System.arraycopy(dims, 0, apart, 0, axis);
    apart[axis] = first;
    apart[axis + 1] = dims[axis] / first;
    System.arraycopy(dims, axis + 1, apart, axis + 2, dims.length - axis - 1);
    return x.reshape(apart);
  }

  // ---- kernels ----

  /**
   * Calls a kernel on contiguous operands of three spatial axes. Its ints: for conv and convInput
   * whether a bias follows and the activation, for all three the groups, strides, zeros before, and
   * dilations.
   */
  private static Ref[] lower(
      Kernel kernel, Lowering.Emitter emitter, long[] attrs, Ref[] in, Type[] out) {
    boolean bare = ConvGeometry.isWhole(attrs);
    int words = bare ? 0 : EPILOGUE_WORDS;
    ConvGeometry g =
        ConvGeometry.of(Arrays.copyOfRange(attrs, words, attrs.length)).over(KERNEL_AXES);
    int lead = kernel.name().equals("convWeight") ? 0 : EPILOGUE_WORDS;
    long[] ints = new long[lead + 1 + 3 * KERNEL_AXES];
    System.arraycopy(attrs, 0, ints, 0, words);
    ints[lead] = g.groups();
    for (int i = 0; i < KERNEL_AXES; i++) {
      ints[lead + 1 + i] = g.axes().get(i).stride();
      ints[lead + 1 + KERNEL_AXES + i] = g.axes().get(i).before();
      ints[lead + 1 + 2 * KERNEL_AXES + i] = g.axes().get(i).dilation();
    }
    Ref[] operands = new Ref[in.length];
    for (int i = 0; i < 2; i++) {
      operands[i] = spatial(emitter.contiguous(in[i]));
    }
    if (in.length > 2) {
      Ref bias = emitter.contiguous(in[2]);
      operands[2] = bias.as(bias.size());
    }
    Ref y = emitter.allocate(out[0]);
    emitter.call(kernel, ints, operands, new Ref[] {spatial(y)});
    return new Ref[] {y};
  }

  /** Returns a contiguous operand with the spatial axes that kernels have. */
  private static Ref spatial(Ref x) {
    long[] dims = x.dims();
    long[] wide = new long[2 + KERNEL_AXES];
    Arrays.fill(wide, 1);
    wide[0] = dims[0];
    wide[1] = dims[1];
    System.arraycopy(dims, 2, wide, wide.length - (dims.length - 2), dims.length - 2);
    return x.as(wide);
  }
}

package org.adjoint;

import java.nio.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.IndexOps;
import org.adjoint.op.Op;
import org.adjoint.op.ProductOps;
import org.adjoint.op.ReductionOps;
import org.adjoint.op.ShapeOps;
import org.adjoint.op.SoftmaxOps;

/**
 * A multidimensional array that is computed when its value is asked for. Each method appends one
 * node to a graph and checks shapes and dtypes at once; {@link #item}, {@link #toArray} and {@link
 * #eval} run the pending graph. Immutable: state is a {@link Parameter}.
 *
 * <p>Shapes broadcast by NumPy's rule. Dtypes never mix: two of them are an error that names both,
 * only Java numbers adapt. Axes may be negative: −1 is the last. Any thread may evaluate any
 * tensor.
 */
public sealed class Tensor permits Parameter {
  private static final long[] NO_ATTRS = {};

  private final Node node;
  private final int index;

  Tensor(Node node, int index) {
    this.node = node;
    this.index = index;
  }

  /** Returns the node to build on: for a parameter, that of its current version. */
  Node node() {
    return node;
  }

  final int index() {
    return index;
  }

  // ---- making tensors ----

  /**
   * Returns an F32 tensor with a copy of {@code data}, in row-major order.
   *
   * @throws IllegalArgumentException if the dims do not hold exactly {@code data.length} elements;
   *     all {@code of} alike
   */
  public static Tensor of(float[] data, long... dims) {
    return Values.copyOf(DType.F32, data, data.length, dims);
  }

  /** Returns an F64 tensor with a copy of {@code data}, in row-major order. */
  public static Tensor of(double[] data, long... dims) {
    return Values.copyOf(DType.F64, data, data.length, dims);
  }

  /** Returns an I32 tensor with a copy of {@code data}, in row-major order. */
  public static Tensor of(int[] data, long... dims) {
    return Values.copyOf(DType.I32, data, data.length, dims);
  }

  /** Returns an I64 tensor with a copy of {@code data}, in row-major order. */
  public static Tensor of(long[] data, long... dims) {
    return Values.copyOf(DType.I64, data, data.length, dims);
  }

  /** Returns a BOOL tensor with a copy of {@code data}, in row-major order. */
  public static Tensor of(boolean[] data, long... dims) {
    return Values.copyOf(DType.BOOL, data, data.length, dims);
  }

  /** Returns an F32 scalar. */
  public static Tensor scalar(float value) {
    return scalar(value, DType.F32);
  }

  /** Returns an F64 scalar. */
  public static Tensor scalar(double value) {
    return scalar(value, DType.F64);
  }

  /** Returns an I32 scalar. */
  public static Tensor scalar(int value) {
    return new Tensor(Node.scalar(DType.I32, value & 0xFFFFFFFFL), 0);
  }

  /** Returns an I64 scalar. */
  public static Tensor scalar(long value) {
    return new Tensor(Node.scalar(DType.I64, value), 0);
  }

  /**
   * Returns a scalar of that dtype; for integers the value is cut as Java casts do, for BOOL it is
   * value ≠ 0.
   */
  public static Tensor scalar(double value, DType dtype) {
    return new Tensor(Node.scalar(dtype, Values.word(dtype, value)), 0);
  }

  /** Returns a tensor that is 0 everywhere. It takes no memory until it must. */
  public static Tensor zeros(DType dtype, long... dims) {
    return full(0, dtype, dims);
  }

  /** Returns a tensor that is 1 everywhere. It takes no memory until it must. */
  public static Tensor ones(DType dtype, long... dims) {
    return full(1, dtype, dims);
  }

  /** Returns a tensor that is {@code value} everywhere. It takes no memory until it must. */
  public static Tensor full(double value, DType dtype, long... dims) {
    return scalar(value, dtype).broadcastTo(dims);
  }

  /**
   * Returns a tensor that reads a direct buffer in place, from its position to its limit: Float-,
   * Double-, Int- or LongBuffer, or a ByteBuffer as BOOL. The contents must not change until {@link
   * #release()}; the memory is never written.
   *
   * @throws IllegalArgumentException if the buffer is on the heap or in foreign byte order (with
   *     the cure), or the dims do not hold exactly its remaining elements
   */
  public static Tensor wrap(Buffer buffer, long... dims) {
    return Values.wrap(buffer, dims);
  }

  /**
   * Ends this tensor's hold on its value: a wrapped buffer may change again, own memory is freed.
   * Using it then throws.
   */
  public void release() {
    Values.release(this);
  }

  // ---- what it is ----

  /** Returns dtype and shape. */
  public Type type() {
    return node().type(index);
  }

  /** Returns the shape. */
  public Shape shape() {
    return type().shape();
  }

  /** Returns the dtype. */
  public DType dtype() {
    return type().dtype();
  }

  /** Returns how many axes there are. */
  public int rank() {
    return shape().rank();
  }

  /** Returns the size of an axis. */
  public long dim(int axis) {
    return shape().dim(axis);
  }

  /** Returns the number of elements. */
  public long size() {
    return shape().size();
  }

  // ---- values ----

  /** Computes the value now, and returns this. */
  public Tensor eval() {
    Evaluator.evaluate(List.of(this));
    return this;
  }

  /** Computes several values in one program. */
  public static void evalAll(Tensor... tensors) {
    Evaluator.evaluate(List.of(tensors));
  }

  /**
   * Returns the value of an F32 tensor with one element.
   *
   * @throws IllegalStateException if it has another size or dtype
   */
  public float item() {
    return Values.one(this, "item", DType.F32).getFloat(0);
  }

  /** Returns the value of an F64 or F32 tensor with one element. */
  public double doubleItem() {
    return dtype() == DType.F32 ? item() : Values.one(this, "doubleItem", DType.F64).getDouble(0);
  }

  /** Returns the value of an I64 or I32 tensor with one element. */
  public long longItem() {
    return dtype() == DType.I32
        ? Values.one(this, "longItem", DType.I32).getInt(0)
        : Values.one(this, "longItem", DType.I64).getLong(0);
  }

  /** Returns the value of a BOOL tensor with one element. */
  public boolean booleanItem() {
    return Values.one(this, "booleanItem", DType.BOOL).get(0) != 0;
  }

  /** Returns a copy of the elements of an F32 tensor, in row-major order. */
  public float[] toArray() {
    return Values.floats(this);
  }

  /** Returns a copy of the elements of an F64 or F32 tensor, in row-major order. */
  public double[] toDoubleArray() {
    return Values.doubles(this);
  }

  /** Returns a copy of the elements of an I32 tensor, in row-major order. */
  public int[] toIntArray() {
    return Values.ints(this);
  }

  /** Returns a copy of the elements of an I64 or I32 tensor, in row-major order. */
  public long[] toLongArray() {
    return Values.longs(this);
  }

  /** Returns a copy of the elements of a BOOL tensor, in row-major order. */
  public boolean[] toBooleanArray() {
    return Values.booleans(this);
  }

  // ---- graph ----

  /** Returns new tensors, the outputs of {@code op} over {@code inputs}. */
  public static List<Tensor> apply(Op op, long[] attrs, Tensor... inputs) {
    return Graphs.apply(op, attrs, inputs);
  }

  /**
   * Returns the same value as a constant: differentiation does not look behind it, and it keeps no
   * history.
   */
  public Tensor detach() {
    return ShapeOps.DETACH.apply(this);
  }

  /**
   * Marks this tensor as one that gradients are taken by, also after evaluation, and returns it.
   */
  public Tensor variable() {
    node().markVariable();
    return this;
  }

  /**
   * Adds the gradient of this scalar by every trainable {@link Parameter} it reaches to that
   * parameter's {@link Parameter#grad}. The gradients are graphs until they are asked for.
   *
   * @throws IllegalArgumentException if this is not a floating scalar
   * @throws IllegalStateException if an optimizer step has consumed its graph
   */
  public void backward() {
    Backward.run(this);
  }

  // ---- elementwise ----

  /** Returns −x. */
  public Tensor neg() {
    return ElementwiseOps.NEG.apply(this);
  }

  /** Returns −x (Kotlin's operator). */
  public Tensor unaryMinus() {
    return neg();
  }

  /** Returns |x|; the derivative at 0 is 0. */
  public Tensor abs() {
    return ElementwiseOps.ABS.apply(this);
  }

  /** Returns eˣ. */
  public Tensor exp() {
    return ElementwiseOps.EXP.apply(this);
  }

  /** Returns the natural logarithm. */
  public Tensor log() {
    return ElementwiseOps.LOG.apply(this);
  }

  /** Returns the square root; the derivative at 0 is +∞. */
  public Tensor sqrt() {
    return ElementwiseOps.SQRT.apply(this);
  }

  /** Returns x². */
  public Tensor square() {
    return ElementwiseOps.SQUARE.apply(this);
  }

  /** Returns the hyperbolic tangent. */
  public Tensor tanh() {
    return ElementwiseOps.TANH.apply(this);
  }

  /** Returns the logistic function 1 / (1 + e⁻ˣ). */
  public Tensor sigmoid() {
    return ElementwiseOps.SIGMOID.apply(this);
  }

  /** Returns max(x, 0); the derivative at 0 is 0. */
  public Tensor relu() {
    return ElementwiseOps.RELU.apply(this);
  }

  /** Returns x where x &gt; 0, else slope·x. */
  public Tensor leakyRelu(double slope) {
    return ElementwiseOps.LEAKY_RELU.apply(this, number(slope));
  }

  /** Returns x + y. */
  public Tensor plus(Tensor y) {
    return ElementwiseOps.PLUS.apply(this, y);
  }

  /** Returns x + y. */
  public Tensor plus(double y) {
    return plus(number(y));
  }

  /** Returns x − y. */
  public Tensor minus(Tensor y) {
    return ElementwiseOps.MINUS.apply(this, y);
  }

  /** Returns x − y. */
  public Tensor minus(double y) {
    return minus(number(y));
  }

  /** Returns x · y, elementwise. */
  public Tensor times(Tensor y) {
    return ElementwiseOps.TIMES.apply(this, y);
  }

  /** Returns x · y. */
  public Tensor times(double y) {
    return y == 1 && dtype().isFloating() ? fixed() : times(number(y));
  }

  /** Returns x / y, elementwise. */
  public Tensor div(Tensor y) {
    return ElementwiseOps.DIV.apply(this, y);
  }

  /** Returns x / y. */
  public Tensor div(double y) {
    return div(number(y));
  }

  /** Returns xʸ, elementwise. */
  public Tensor pow(Tensor y) {
    return ElementwiseOps.POW.apply(this, y);
  }

  /** Returns xʸ; for y = 2 this is {@link #square}, for y = 1 x itself. */
  public Tensor pow(double y) {
    if (y == 2) {
      return square();
    }
    return y == 1 && dtype().isFloating() ? fixed() : pow(number(y));
  }

  /** Returns the larger of x and y; NaN if either is. At a tie each gets half the gradient. */
  public Tensor max(Tensor y) {
    return ElementwiseOps.MAXIMUM.apply(this, y);
  }

  /** Returns the smaller of x and y; NaN if either is. At a tie each gets half the gradient. */
  public Tensor min(Tensor y) {
    return ElementwiseOps.MINIMUM.apply(this, y);
  }

  /**
   * Returns 0 where x is 0, else x·d: the product of a (co)tangent with a derivative that may be
   * infinite or NaN.
   */
  public Tensor scale(Tensor d) {
    return ElementwiseOps.SCALE.apply(this, d);
  }

  /** Returns whether x = y, as BOOL. */
  public Tensor eq(Tensor y) {
    return ElementwiseOps.EQUAL.apply(this, y);
  }

  /** Returns whether x = y, as BOOL. */
  public Tensor eq(double y) {
    return eq(number(y));
  }

  /** Returns whether x ≠ y, as BOOL. */
  public Tensor ne(Tensor y) {
    return ElementwiseOps.NOT_EQUAL.apply(this, y);
  }

  /** Returns whether x ≠ y, as BOOL. */
  public Tensor ne(double y) {
    return ne(number(y));
  }

  /** Returns whether x &lt; y, as BOOL. */
  public Tensor lt(Tensor y) {
    return ElementwiseOps.LESS.apply(this, y);
  }

  /** Returns whether x &lt; y, as BOOL. */
  public Tensor lt(double y) {
    return lt(number(y));
  }

  /** Returns whether x ≤ y, as BOOL. */
  public Tensor le(Tensor y) {
    return ElementwiseOps.LESS_EQUAL.apply(this, y);
  }

  /** Returns whether x ≤ y, as BOOL. */
  public Tensor le(double y) {
    return le(number(y));
  }

  /** Returns whether x &gt; y, as BOOL. */
  public Tensor gt(Tensor y) {
    return ElementwiseOps.GREATER.apply(this, y);
  }

  /** Returns whether x &gt; y, as BOOL. */
  public Tensor gt(double y) {
    return gt(number(y));
  }

  /** Returns whether x ≥ y, as BOOL. */
  public Tensor ge(Tensor y) {
    return ElementwiseOps.GREATER_EQUAL.apply(this, y);
  }

  /** Returns whether x ≥ y, as BOOL. */
  public Tensor ge(double y) {
    return ge(number(y));
  }

  /**
   * Returns a where the BOOL condition holds, else b; nothing of the branch not taken reaches a
   * gradient.
   */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return ElementwiseOps.WHERE.apply(condition, a, b);
  }

  /**
   * Returns the elements converted: float to integer toward zero and saturating, anything to BOOL
   * as x ≠ 0.
   */
  public Tensor cast(DType dtype) {
    return dtype == dtype() ? fixed() : ShapeOps.CAST.apply(new long[] {dtype.code()}, this).get(0);
  }

  // ---- reductions ----

  /**
   * Returns the sum over {@code axes}, over all of them if none are given. Of no elements it is 0.
   */
  public Tensor sum(int... axes) {
    return Graphs.reduce(ReductionOps.SUM, this, false, axes);
  }

  /** Returns the sum, with the summed axes kept at size 1 if {@code keepDims}. */
  public Tensor sum(boolean keepDims, int... axes) {
    return Graphs.reduce(ReductionOps.SUM, this, keepDims, axes);
  }

  /**
   * Returns the mean over {@code axes}, over all of them if none are given. Of no elements it is
   * NaN.
   */
  public Tensor mean(int... axes) {
    return mean(false, axes);
  }

  /** Returns the mean, with the folded axes kept at size 1 if {@code keepDims}. */
  public Tensor mean(boolean keepDims, int... axes) {
    Tensor sum = sum(keepDims, axes);
    return sum.div((double) Graphs.folded(this, axes));
  }

  /**
   * Returns the maximum over {@code axes}, over all of them if none are given. Ties share the
   * gradient evenly.
   */
  public Tensor max(int... axes) {
    return Graphs.reduce(ReductionOps.MAX, this, false, axes);
  }

  /** Returns the maximum, with the folded axes kept at size 1 if {@code keepDims}. */
  public Tensor max(boolean keepDims, int... axes) {
    return Graphs.reduce(ReductionOps.MAX, this, keepDims, axes);
  }

  /**
   * Returns the minimum over {@code axes}, over all of them if none are given. Ties share the
   * gradient evenly.
   */
  public Tensor min(int... axes) {
    return Graphs.reduce(ReductionOps.MIN, this, false, axes);
  }

  /** Returns the minimum, with the folded axes kept at size 1 if {@code keepDims}. */
  public Tensor min(boolean keepDims, int... axes) {
    return Graphs.reduce(ReductionOps.MIN, this, keepDims, axes);
  }

  /**
   * Returns the index of the first maximum along {@code axis}, as I64; the first NaN counts as the
   * maximum.
   */
  public Tensor argmax(int axis) {
    return ReductionOps.ARGMAX.apply(new long[] {shape().axis(axis)}, this).get(0);
  }

  /**
   * Returns the sum down to {@code target}, which broadcasts to this shape: the transpose of {@link
   * #broadcastTo}.
   */
  public Tensor sumTo(Shape target) {
    return Graphs.sumTo(this, target);
  }

  // ---- shape ----

  /**
   * Returns the same elements in row-major order under other dims; one of them may be −1, meaning
   * whatever is left.
   */
  public Tensor reshape(long... dims) {
    long[] known = Graphs.inferDim(shape(), dims);
    return shape().equals(Shape.of(known)) ? fixed() : ShapeOps.RESHAPE.apply(known, this).get(0);
  }

  /** Returns the elements repeated into {@code dims} by NumPy's rule. */
  public Tensor broadcastTo(long... dims) {
    Shape to = Shape.of(dims);
    return shape().equals(to) ? fixed() : ShapeOps.BROADCAST_TO.apply(to.dims(), this).get(0);
  }

  /** Returns the last two axes swapped: each matrix transposed. */
  public Tensor transpose() {
    return transpose(-2, -1);
  }

  /** Returns two axes swapped. */
  public Tensor transpose(int a, int b) {
    return permute(Graphs.swap(shape(), a, b));
  }

  /** Returns the tensor whose axis i is axis {@code axes[i]} of this one. */
  public Tensor permute(int... axes) {
    return ShapeOps.PERMUTE.apply(Graphs.permutation(shape(), axes), this).get(0);
  }

  /** Returns elements {@code from} … {@code to} − 1 along {@code axis}. */
  public Tensor slice(int axis, long from, long to) {
    return slice(axis, from, to, 1);
  }

  /**
   * Returns every {@code step}-th element from {@code from} to before {@code to} along {@code
   * axis}; step ≥ 1.
   */
  public Tensor slice(int axis, long from, long to, long step) {
    return ShapeOps.SLICE.apply(Graphs.slice(shape(), axis, from, to, step), this).get(0);
  }

  /** Returns the part at {@code index} on the leading axes: {@code x.get(i)} is row i. */
  public Tensor get(long... index) {
    if (index.length > rank()) {
      throw new IllegalArgumentException("get: " + index.length + " indices for shape " + shape());
    }
    Tensor part = fixed();
    for (int axis = 0; axis < index.length; axis++) {
      long i = index[axis] < 0 ? index[axis] + dim(axis) : index[axis];
      if (i < 0 || i >= dim(axis)) {
        throw new IndexOutOfBoundsException(
            "get: index " + index[axis] + " is outside axis " + axis + " of " + shape());
      }
      part = part.slice(axis, i, i + 1);
    }
    long[] rest = Arrays.copyOfRange(shape().dims(), index.length, rank());
    return part.reshape(rest);
  }

  /** Returns the tensors joined along {@code axis}; all other sizes are equal. */
  public static Tensor concat(int axis, Tensor... tensors) {
    if (tensors.length == 0) {
      throw new IllegalArgumentException("concat: needs at least one tensor");
    }
    long[] attrs = {tensors[0].shape().axis(axis)};
    return ShapeOps.CONCAT.apply(attrs, tensors).get(0);
  }

  /**
   * Returns the parts of this tensor at the places of {@code index} along {@code axis} (NumPy's
   * take): the index' axes stand where {@code axis} was. Indices are I32 or I64 in 0 … dim(axis) −
   * 1 and are checked when it runs.
   */
  public Tensor gather(int axis, Tensor index) {
    long[] attrs = {shape().axis(axis), 0};
    return IndexOps.GATHER.apply(attrs, this, index).get(0);
  }

  /**
   * Returns zeros of shape {@code target} with {@code updates} added at the places of {@code index}
   * along {@code axis}: the transpose of {@link #gather}. Equal indices add up.
   */
  public static Tensor scatterAdd(Shape target, int axis, Tensor index, Tensor updates) {
    long[] attrs = new long[2 + target.rank()];
    attrs[0] = target.axis(axis);
    System.arraycopy(target.dims(), 0, attrs, 2, target.rank());
    return IndexOps.SCATTER_ADD.apply(attrs, index, updates).get(0);
  }

  // ---- products ----

  /**
   * Returns the matrix product of [batch…, m, k] and [batch…, k, n]; batch axes broadcast. A vector
   * on the left is a row, on the right a column, and its axis is dropped from the result.
   */
  public Tensor matmul(Tensor y) {
    return Graphs.matmul(ProductOps.MATMUL, this, y);
  }

  // ---- softmax ----

  /** Returns eˣ / Σ eˣ along {@code axis}. */
  public Tensor softmax(int axis) {
    return Graphs.alongLast(SoftmaxOps.SOFTMAX, this, axis);
  }

  /** Returns x − log Σ eˣ along {@code axis}. */
  public Tensor logSoftmax(int axis) {
    return Graphs.alongLast(SoftmaxOps.LOG_SOFTMAX, this, axis);
  }

  /** Returns log Σ eˣ along {@code axis}; −∞ for a row of −∞ alone. */
  public Tensor logSumExp(int axis) {
    int last = rank() - 1;
    Tensor x = shape().axis(axis) == last ? this : permute(Graphs.toLast(shape(), axis));
    return SoftmaxOps.LOG_SUM_EXP.apply(x);
  }

  /**
   * Returns the cross-entropy of softmax(this) against class labels, one loss a row: logits [rows…,
   * classes], labels [rows…] as I32 or I64 in 0 … classes − 1, checked when it runs.
   */
  public Tensor softmaxCrossEntropy(Tensor labels) {
    return SoftmaxOps.SOFTMAX_CROSS_ENTROPY.apply(this, labels);
  }

  /** Returns this, of a parameter the version that is current now. */
  final Tensor fixed() {
    return this instanceof Parameter ? new Tensor(node(), index()) : this;
  }

  /** Returns a Java number as a scalar of this dtype; one that it cannot hold is an error. */
  private Tensor number(double value) {
    DType dtype = dtype();
    boolean holds =
        switch (dtype) {
          case F32, F64 -> true;
          case I32 -> value == (int) value;
          case I64 -> value == (long) value && Math.abs(value) <= 0x1p53;
          case BOOL -> value == 0 || value == 1;
        };
    if (!holds) {
      throw new IllegalArgumentException(
          "number " + value + " is no " + dtype + "; cast() the tensor " + type() + " first");
    }
    return scalar(value, dtype);
  }

  /** Returns dtype and shape, such as {@code F32[64, 10]}; never runs anything. */
  @Override
  public String toString() {
    return type().toString();
  }

  static List<Tensor> outputs(Node node) {
    List<Tensor> outputs = new ArrayList<>(node.outputs());
    for (int i = 0; i < node.outputs(); i++) {
      outputs.add(new Tensor(node, i));
    }
    return outputs;
  }
}

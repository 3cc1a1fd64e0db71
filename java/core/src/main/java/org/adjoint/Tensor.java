package org.adjoint;

import static java.util.Objects.requireNonNull;

import java.nio.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import org.adjoint.internal.compose.Arrangements;
import org.adjoint.internal.compose.ArrayText;
import org.adjoint.internal.compose.Axial;
import org.adjoint.internal.compose.Convolutions;
import org.adjoint.internal.compose.Counting;
import org.adjoint.internal.compose.Elements;
import org.adjoint.internal.compose.Literals;
import org.adjoint.internal.compose.Normalization;
import org.adjoint.internal.compose.Ranges;
import org.adjoint.internal.compose.Rearrangement;
import org.adjoint.internal.compose.Resampling;
import org.adjoint.internal.compose.Scalars;
import org.adjoint.internal.compose.ShapeRules;
import org.adjoint.internal.compose.Slicing;
import org.adjoint.internal.compose.Statistics;
import org.adjoint.internal.compose.Wholes;
import org.adjoint.internal.compose.Windows;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Seed;
import org.adjoint.internal.ir.Words;
import org.adjoint.internal.run.Backpropagation;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.Values;
import org.adjoint.op.ActivationOps;
import org.adjoint.op.Custom;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.IndexOps;
import org.adjoint.op.IntegerOps;
import org.adjoint.op.Op;
import org.adjoint.op.ProductOps;
import org.adjoint.op.ReductionOps;
import org.adjoint.op.ScanOps;
import org.adjoint.op.ShapeOps;
import org.adjoint.op.SoftmaxOps;
import org.adjoint.op.SpecialOps;
import org.adjoint.op.TrigonometricOps;

/**
 * A multidimensional array that is computed when its value is asked for. Each method appends one
 * node to a graph and checks shapes and dtypes at once; {@link #item}, {@link #toArray} and {@link
 * #eval} run the pending graph. Immutable: state is a {@link Parameter}.
 *
 * <p>Shapes broadcast by NumPy's rule. Dtypes never mix: two of them are an error that names both,
 * only Java numbers adapt. Axes may be negative: −1 is the last. Any thread may evaluate any
 * tensor. An argument that is null is a NullPointerException that names the method and the
 * argument.
 *
 * <p>In the order of the source:
 *
 * <ul>
 *   <li>making tensors: {@code of}, {@code scalar}, {@link #zeros}, {@link #full}, {@code arange},
 *       {@link #linspace}, {@link #wrap}
 *   <li>what it is: {@link #type}, {@link #shape}, {@link #dtype}
 *   <li>values: {@link #eval}, {@link #item}, {@link #toArray}, {@link #print} and their kin
 *   <li>graph: {@link #detach}, {@link #hook}, {@link #variable}, {@link #backward}
 *   <li>elementwise: functions, arithmetic, comparisons, {@link #where}, {@link #cast}
 *   <li>reductions: {@code sum}, {@code mean}, {@code max}, {@code var}, {@code norm}, …
 *   <li>scans and order: {@code cumsum}, {@code sort}, {@link #topK}
 *   <li>shape: {@link #reshape}, {@link #permute}, {@link #squeeze}, {@code at}, {@code slice},
 *       {@link #get}, {@link #concat}, {@link #gather}, {@code pad}, {@code diagonal}, …
 *   <li>products: {@link #einsum}, {@link #dot}, {@link #matmul}
 *   <li>images: {@link #conv}, {@link #maxPool}, {@link #avgPool}, {@link #im2col}, {@code
 *       upsampleLinear}, …
 *   <li>softmax: {@link #softmax}, {@link #logSumExp}, {@link #softmaxCrossEntropy}
 *   <li>normalisation: {@link #layerNorm(int, double)}, {@link #rmsNorm(int, double)}, {@link
 *       #standardize(int[], double)}
 * </ul>
 */
public sealed class Tensor permits Parameter {
  static {
    Access.install(new Doors());
  }

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

  /** Returns the node to look at, not to build on. */
  Node look() {
    return node();
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
    requireNonNull(data, "of: data is null");
    return Values.copyOf(DType.F32, data, data.length, dims);
  }

  /**
   * Returns an F64 tensor with a copy of {@code data}, in row-major order.
   *
   * @throws IllegalArgumentException if the elements do not fill the shape or a size is negative
   */
  public static Tensor of(double[] data, long... dims) {
    requireNonNull(data, "of: data is null");
    return Values.copyOf(DType.F64, data, data.length, dims);
  }

  /**
   * Returns an I32 tensor with a copy of {@code data}, in row-major order.
   *
   * @throws IllegalArgumentException if the elements do not fill the shape or a size is negative
   */
  public static Tensor of(int[] data, long... dims) {
    requireNonNull(data, "of: data is null");
    return Values.copyOf(DType.I32, data, data.length, dims);
  }

  /**
   * Returns an I64 tensor with a copy of {@code data}, in row-major order.
   *
   * @throws IllegalArgumentException if the elements do not fill the shape or a size is negative
   */
  public static Tensor of(long[] data, long... dims) {
    requireNonNull(data, "of: data is null");
    return Values.copyOf(DType.I64, data, data.length, dims);
  }

  /**
   * Returns a BOOL tensor with a copy of {@code data}, in row-major order.
   *
   * @throws IllegalArgumentException if the elements do not fill the shape or a size is negative
   */
  public static Tensor of(boolean[] data, long... dims) {
    requireNonNull(data, "of: data is null");
    return Values.copyOf(DType.BOOL, data, data.length, dims);
  }

  /** Returns an F32 vector with these elements. */
  public static Tensor of(float... data) {
    return of(data, data.length);
  }

  /** Returns an F64 vector with these elements. */
  public static Tensor of(double... data) {
    return of(data, data.length);
  }

  /** Returns an I32 vector with these elements. */
  public static Tensor of(int... data) {
    return of(data, data.length);
  }

  /** Returns an I64 vector with these elements. */
  public static Tensor of(long... data) {
    return of(data, data.length);
  }

  /** Returns a BOOL vector with these elements. */
  public static Tensor of(boolean... data) {
    return of(data, data.length);
  }

  /**
   * Returns an F32 matrix [rows, columns] with a copy of {@code rows}.
   *
   * @throws IllegalArgumentException if the rows have different lengths; all {@code of} rows alike
   */
  public static Tensor of(float[][] rows) {
    Elements.require("of", "rows", rows);
    return Literals.matrix(rows);
  }

  /** Returns an F64 matrix [rows, columns] with a copy of {@code rows}. */
  public static Tensor of(double[][] rows) {
    Elements.require("of", "rows", rows);
    return Literals.matrix(rows);
  }

  /**
   * Returns an I32 matrix [rows, columns] with a copy of {@code rows}.
   *
   * @throws IllegalArgumentException if the rows have different lengths
   */
  public static Tensor of(int[][] rows) {
    Elements.require("of", "rows", rows);
    return Literals.matrix(rows);
  }

  /**
   * Returns an I64 matrix [rows, columns] with a copy of {@code rows}.
   *
   * @throws IllegalArgumentException if the rows have different lengths
   */
  public static Tensor of(long[][] rows) {
    Elements.require("of", "rows", rows);
    return Literals.matrix(rows);
  }

  /** Returns a BOOL matrix [rows, columns] with a copy of {@code rows}. */
  public static Tensor of(boolean[][] rows) {
    Elements.require("of", "rows", rows);
    return Literals.matrix(rows);
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
    requireNonNull(dtype, "scalar: dtype is null");
    return new Tensor(Node.scalar(dtype, Words.of(dtype, value)), 0);
  }

  /**
   * Returns an F64 scalar that every run reads anew from {@code source}: a learning rate, a
   * temperature. A {@link Compiled} function that uses it sees each new value without compiling
   * again. The supplier runs on the thread that evaluates, before the program.
   */
  public static Tensor scalar(DoubleSupplier source) {
    requireNonNull(source, "scalar: source is null");
    return new Tensor(Node.scalar(DType.F64, source), 0);
  }

  /**
   * Returns a tensor that is 0 everywhere. It takes no memory until it must.
   *
   * @throws IllegalArgumentException if a size is negative
   */
  public static Tensor zeros(DType dtype, long... dims) {
    return full(0, dtype, dims);
  }

  /**
   * Returns a tensor that is 1 everywhere. It takes no memory until it must.
   *
   * @throws IllegalArgumentException if a size is negative
   */
  public static Tensor ones(DType dtype, long... dims) {
    return full(1, dtype, dims);
  }

  /**
   * Returns a tensor that is {@code value} everywhere. It takes no memory until it must.
   *
   * @throws IllegalArgumentException if a size is negative
   */
  public static Tensor full(double value, DType dtype, long... dims) {
    return scalar(value, dtype).broadcastTo(dims);
  }

  /** Returns a tensor of this shape and dtype that is 0 everywhere. */
  public Tensor zerosLike() {
    return fullLike(0);
  }

  /** Returns a tensor of this shape and dtype that is 1 everywhere. */
  public Tensor onesLike() {
    return fullLike(1);
  }

  /**
   * Returns a tensor of this shape and dtype that is {@code value} everywhere.
   *
   * @throws IllegalArgumentException if the dtype cannot hold the value
   */
  public Tensor fullLike(double value) {
    return scalarLike(value).broadcastTo(shape().dims());
  }

  /**
   * Returns {@code value} as a scalar [] of this dtype.
   *
   * @throws IllegalArgumentException if the dtype cannot hold the value
   */
  public Tensor scalarLike(double value) {
    return number(value);
  }

  /**
   * Returns the identity matrix [n, n].
   *
   * @throws IllegalArgumentException if n is negative
   */
  public static Tensor eye(DType dtype, long n) {
    return eye(dtype, n, n);
  }

  /**
   * Returns the matrix [rows, columns] with 1 where row and column are equal, else 0.
   *
   * @throws IllegalArgumentException if a size is negative
   */
  public static Tensor eye(DType dtype, long rows, long columns) {
    requireNonNull(dtype, "eye: dtype is null");
    return Literals.eye(dtype, rows, columns);
  }

  /** Returns 0, 1, …, to − 1 as I64. */
  public static Tensor arange(long to) {
    return Ranges.arange(0, to, 1);
  }

  /**
   * Returns from, from + step, … up to and without {@code to}, as I64; a negative step counts down.
   *
   * @throws IllegalArgumentException if the step is 0
   */
  public static Tensor arange(long from, long to, long step) {
    return Ranges.arange(from, to, step);
  }

  /**
   * Returns from + i·step for i = 0, 1, … up to and without {@code to}: ⌈(to − from) / step⌉
   * numbers, each computed in F64 from its own index and rounded to {@code dtype}. Where the number
   * of elements must not hang on a rounding, use {@link #linspace}.
   *
   * @throws IllegalArgumentException if the range is not finite or the dtype not floating
   */
  public static Tensor arange(double from, double to, double step, DType dtype) {
    requireNonNull(dtype, "arange: dtype is null");
    return Ranges.arange(from, to, step, dtype);
  }

  /**
   * Returns {@code count} evenly spaced numbers, from {@code from} to {@code to} with both ends
   * exact; {@code from} alone if the count is 1. Computed in F64 and rounded to {@code dtype}.
   *
   * @throws IllegalArgumentException if a bound is not finite or the dtype not floating
   */
  public static Tensor linspace(double from, double to, long count, DType dtype) {
    requireNonNull(dtype, "linspace: dtype is null");
    return Ranges.linspace(from, to, count, dtype);
  }

  /**
   * Returns a BF16 tensor of these {@link Bfloat16} bits, row by row, each kept as it is, NaNs
   * included.
   *
   * @throws IllegalArgumentException if the dims do not hold exactly as many elements
   */
  public static Tensor ofBfloat16(short[] bits, long... dims) {
    requireNonNull(bits, "ofBfloat16: bits is null");
    return Values.copyOf(DType.BF16, bits, bits.length, dims);
  }

  /**
   * Returns a tensor that reads a direct buffer in place, from its position to its limit: Float-,
   * Double-, Int- or LongBuffer, a ShortBuffer as BF16, or a ByteBuffer as BOOL. The contents must
   * not change until {@link #release()}; the memory is never written.
   *
   * @throws IllegalArgumentException if the buffer is on the heap or in foreign byte order (with
   *     the cure), or the dims do not hold exactly its remaining elements
   */
  public static Tensor wrap(Buffer buffer, long... dims) {
    requireNonNull(buffer, "wrap: buffer is null");
    return Values.wrap(buffer, dims);
  }

  /**
   * Gives up this tensor's value: the memory is freed, or a wrapped buffer may change once this
   * returns. Using the tensor afterwards throws.
   *
   * @throws IllegalStateException if this is a parameter
   */
  public void release() {
    Values.release(this);
  }

  // ---- what it is ----

  /** Returns dtype and shape. */
  public Type type() {
    return look().type(index);
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

  /**
   * Returns the size of an axis.
   *
   * @throws IllegalArgumentException if the axis is none of x's
   */
  public long dim(int axis) {
    return shape().dim(axis);
  }

  /** Returns the number of elements. */
  public long size() {
    return shape().size();
  }

  // ---- values ----

  /**
   * Computes the value now, and returns this.
   *
   * @throws ArithmeticException if an integer is divided by 0; names its position
   * @throws IndexOutOfBoundsException if an index is outside its axis; names its position
   * @throws NativeMemoryException if the memory budget does not suffice
   * @throws IllegalStateException if a tensor that is read was closed, or a parameter's version
   *     superseded
   */
  public Tensor eval() {
    Evaluator.evaluate(List.of(this));
    return this;
  }

  /**
   * Computes several values in one program; all or none are there afterwards.
   *
   * @throws ArithmeticException as {@link #eval}
   * @throws IndexOutOfBoundsException as {@link #eval}
   * @throws NativeMemoryException as {@link #eval}
   * @throws IllegalStateException as {@link #eval}
   */
  public static void evalAll(Tensor... tensors) {
    Elements.require("evalAll", "tensors", tensors);
    Evaluator.evaluate(List.of(tensors));
  }

  /**
   * Computes the values of a list of tensors in one program, as {@link #evalAll(Tensor...)}.
   *
   * @throws IllegalStateException as {@link #eval}
   */
  public static void evalAll(List<? extends Tensor> tensors) {
    requireNonNull(tensors, "evalAll: tensors is null");
    evalAll(tensors.toArray(new Tensor[0]));
  }

  /**
   * Returns the value of a tensor with one element, of dtype F32, BF16 or F64, all of which a
   * double holds exactly.
   *
   * @throws IllegalStateException if it has another size or dtype
   */
  public double item() {
    return Values.item(this);
  }

  /** Returns the value of an I64 or I32 tensor with one element. */
  public long longItem() {
    return dtype() == DType.I32
        ? (int) Values.one(this, "longItem", DType.I32)
        : Values.one(this, "longItem", DType.I64);
  }

  /** Returns the value of a BOOL tensor with one element. */
  public boolean booleanItem() {
    return Values.one(this, "booleanItem", DType.BOOL) != 0;
  }

  /** Returns a copy of the elements of an F32 or BF16 tensor, in row-major order. */
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

  /**
   * Returns a copy of the {@link Bfloat16} bits of a BF16 tensor's elements, row by row, each as it
   * is; runs what is pending.
   *
   * @throws IllegalArgumentException if the dtype is another; the message names it
   */
  public short[] toBfloat16Array() {
    return Values.shorts(this);
  }

  /** Returns a copy of the elements of a BOOL tensor, in row-major order. */
  public boolean[] toBooleanArray() {
    return Values.booleans(this);
  }

  /**
   * Computes the value and returns its elements as text, as NumPy lays them out, with at most 8
   * decimals; of more than 1000 elements the edges of each axis. Independent of the locale.
   */
  public String format() {
    return format(8);
  }

  /**
   * Computes the value and returns its elements as text, with at most {@code precision} decimals.
   *
   * @throws IllegalArgumentException if the precision is negative
   */
  public String format(int precision) {
    return ArrayText.of(this, precision);
  }

  /** Computes the value and prints it to {@link System#out}, as {@link #format()} writes it. */
  public void print() {
    System.out.println(format());
  }

  // ---- graph ----

  /**
   * Returns new tensors, the outputs of {@code op} over {@code inputs}.
   *
   * @throws IllegalArgumentException if the op does not take inputs of these types
   */
  public static List<Tensor> apply(Op op, long[] attrs, Tensor... inputs) {
    requireNonNull(op, "apply: op is null");
    requireNonNull(attrs, "apply: attrs is null");
    requireNonNull(inputs, "apply: inputs is null");
    // A copy: users hand their array in, and may use it for another op.
    return Graphs.apply(op, attrs.length == 0 ? attrs : attrs.clone(), inputs);
  }

  /**
   * Returns the same value as a constant: differentiation does not look behind it, and it keeps no
   * history.
   */
  public Tensor detach() {
    return ShapeOps.DETACH.apply(this);
  }

  /**
   * Returns the same value; the cotangent that reverse mode brings back to it goes through {@code
   * change} first: to clip, scale or record it. Forward mode passes by.
   *
   * @param change takes the cotangent, of this tensor's type, and returns one of that type, as a
   *     graph of the cotangent and constants; what it captured from around the call does not follow
   *     when a transformation applies it to other tensors
   * @throws IllegalArgumentException if this is not floating
   */
  public Tensor hook(UnaryOperator<Tensor> change) {
    requireNonNull(change, "hook: change is null");
    if (!dtype().isFloating()) {
      throw new IllegalArgumentException("hook: " + type() + " has no gradient");
    }
    return Custom.of("hook", List.of(this), List.of(this), new Hook(change)).get(0);
  }

  /** The rule of {@link #hook}. */
  private record Hook(UnaryOperator<Tensor> change) implements Custom.Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      return List.of(change.apply(gs.get(0)));
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      return List.of(tangents.get(0).orElseThrow());
    }
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
   * @throws IllegalStateException if an optimizer step has consumed its graph, if an evaluation or
   *     an assignment has ended the way to a parameter, or inside a function that {@link Vmap},
   *     {@link Checkpoint} or {@link Scan} is writing down
   */
  public void backward() {
    Backpropagation.run(this);
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

  /** Returns log(1 + x), accurate for small x; the derivative at −1 is +∞. */
  public Tensor log1p() {
    return ElementwiseOps.LOG1P.apply(this);
  }

  /** Returns eˣ − 1, accurate for small x. */
  public Tensor expm1() {
    return ElementwiseOps.EXPM1.apply(this);
  }

  /** Returns the square root; the derivative at 0 is +∞. */
  public Tensor sqrt() {
    return ElementwiseOps.SQRT.apply(this);
  }

  /** Returns 1/√x; the derivative at 0 is −∞. */
  public Tensor rsqrt() {
    return ElementwiseOps.RSQRT.apply(this);
  }

  /** Returns 1/x; the derivative at 0 is −∞. */
  public Tensor reciprocal() {
    return ElementwiseOps.RECIPROCAL.apply(this);
  }

  /** Returns x². */
  public Tensor square() {
    return ElementwiseOps.SQUARE.apply(this);
  }

  /** Returns the hyperbolic tangent. */
  public Tensor tanh() {
    return ElementwiseOps.TANH.apply(this);
  }

  /** Returns the sine of an angle in radians. */
  public Tensor sin() {
    return TrigonometricOps.SIN.apply(this);
  }

  /** Returns the cosine of an angle in radians. */
  public Tensor cos() {
    return TrigonometricOps.COS.apply(this);
  }

  /** Returns the tangent of an angle in radians. */
  public Tensor tan() {
    return TrigonometricOps.TAN.apply(this);
  }

  /** Returns the arc sine in [−π/2, π/2], NaN outside [−1, 1]; the derivative at ±1 is +∞. */
  public Tensor asin() {
    return TrigonometricOps.ASIN.apply(this);
  }

  /** Returns the arc cosine in [0, π], NaN outside [−1, 1]; the derivative at ±1 is −∞. */
  public Tensor acos() {
    return TrigonometricOps.ACOS.apply(this);
  }

  /** Returns the arc tangent in [−π/2, π/2]. */
  public Tensor atan() {
    return TrigonometricOps.ATAN.apply(this);
  }

  /**
   * Returns the angle in [−π, π] of the points (x, y) of which this is y, elementwise, as {@link
   * Math#atan2}; its derivatives at (0, 0) are 0.
   *
   * @throws IllegalArgumentException if the dtypes differ or are not F32 or F64, or the shapes do
   *     not broadcast
   */
  public Tensor atan2(Tensor x) {
    return TrigonometricOps.ATAN2.apply(this, x);
  }

  /** Returns the hyperbolic sine. */
  public Tensor sinh() {
    return TrigonometricOps.SINH.apply(this);
  }

  /** Returns the hyperbolic cosine. */
  public Tensor cosh() {
    return TrigonometricOps.COSH.apply(this);
  }

  /** Returns the inverse of {@link #sinh}. */
  public Tensor asinh() {
    return TrigonometricOps.ASINH.apply(this);
  }

  /** Returns the inverse of {@link #cosh} in [0, ∞), NaN below 1; the derivative at 1 is +∞. */
  public Tensor acosh() {
    return TrigonometricOps.ACOSH.apply(this);
  }

  /** Returns the inverse of {@link #tanh}, NaN outside [−1, 1]; the derivative at ±1 is +∞. */
  public Tensor atanh() {
    return TrigonometricOps.ATANH.apply(this);
  }

  /** Returns the error function 2/√π · ∫₀ˣ exp(−t²) dt (DLMF 7.2.1). */
  public Tensor erf() {
    return SpecialOps.ERF.apply(this);
  }

  /** Returns 1 − erf(x), with all its digits for large x (DLMF 7.2.2). */
  public Tensor erfc() {
    return SpecialOps.ERFC.apply(this);
  }

  /** Returns log |Γ(x)| (DLMF 5.2.1); +∞ at 0, −1, −2, …. Its derivative is {@link #digamma}. */
  public Tensor lgamma() {
    return SpecialOps.LGAMMA.apply(this);
  }

  /**
   * Returns ψ(x) = Γ′(x)/Γ(x) (DLMF 5.2.2); −∞ at 0, NaN at −1, −2, …. Its derivative is {@code
   * polygamma(1)}.
   */
  public Tensor digamma() {
    return SpecialOps.DIGAMMA.apply(this);
  }

  /**
   * Returns ψ⁽ⁿ⁾(x), the n-th derivative of {@link #digamma} (DLMF 5.15); for n = 0 that is digamma
   * itself. At 0, −1, −2, … it is +∞ for odd n; for even n −∞ at 0 and NaN at the others. Its
   * derivative is {@code polygamma(n + 1)}.
   *
   * @throws IllegalArgumentException if n is negative
   */
  public Tensor polygamma(int n) {
    if (n < 0) {
      throw new IllegalArgumentException("polygamma: the order must be 0 or more, got " + n);
    }
    return n == 0 ? digamma() : SpecialOps.POLYGAMMA.apply(number(n), this);
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

  /**
   * Returns x·Φ(x), Φ the standard normal distribution function ½(1 + erf(x/√2)): the exact gelu of
   * Hendrycks and Gimpel 2016.
   */
  public Tensor gelu() {
    return ActivationOps.GELU.apply(this);
  }

  /**
   * Returns ½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation of {@link #gelu} that many
   * trained models use.
   */
  public Tensor geluTanh() {
    return ActivationOps.GELU_TANH.apply(this);
  }

  /** Returns x·σ(x), σ the {@link #sigmoid}; also called swish. */
  public Tensor silu() {
    return ActivationOps.SILU.apply(this);
  }

  /** Returns x where x &gt; 0, else α(eˣ − 1); the derivative at 0 is α. */
  public Tensor elu(double alpha) {
    return ActivationOps.ELU.apply(this, number(alpha));
  }

  /**
   * Returns λ·elu(x, α) with the λ = 1.0507… and α = 1.6733… that keep mean 0 and variance 1
   * (Klambauer, Unterthiner, Mayr, Hochreiter 2017); the derivative at 0 is λα.
   */
  public Tensor selu() {
    return Scalars.floating("selu", this).elu(1.6732632423543772848).times(1.0507009873554804934);
  }

  /** Returns log(1 + eˣ), which never overflows. */
  public Tensor softplus() {
    return ActivationOps.SOFTPLUS.apply(this);
  }

  /**
   * Returns log σ(x) = −log(1 + e⁻ˣ), which never overflows and keeps its digits where σ(x) rounds
   * to 0 or 1; the derivative is σ(−x).
   */
  public Tensor logSigmoid() {
    return neg().softplus().neg();
  }

  /**
   * Returns the cross-entropy of two classes, element by element, in nats: −t·log σ(x) − (1 −
   * t)·log σ(−x), where x, this, is the first class's logit less the second's, and t the first
   * one's probability. Where a class has probability 0, x may be infinite on the other one's side.
   *
   * @param t probabilities in [0, 1], of x's dtype, broadcast against x
   * @throws IllegalArgumentException if the dtypes differ or are not F32 or F64, or the shapes do
   *     not broadcast
   */
  public Tensor sigmoidCrossEntropy(Tensor t) {
    return ActivationOps.SIGMOID_CROSS_ENTROPY.apply(this, t);
  }

  /** Returns x·tanh(softplus(x)) (Misra 2019). */
  public Tensor mish() {
    return ActivationOps.MISH.apply(this);
  }

  /** Returns x within [−1, 1]: {@code clamp(−1, 1)}, so the derivative is 1 at ±1 too. */
  public Tensor hardTanh() {
    return clamp(-1, 1);
  }

  /**
   * Returns x where it lies in [low, high], else the bound that it exceeds; NaN stays NaN. The
   * derivative is 1 at the bounds too.
   *
   * @throws IllegalArgumentException unless low ≤ high
   */
  public Tensor clamp(double low, double high) {
    return Scalars.clamp(this, low, high);
  }

  /**
   * Returns x where it lies in [low, high], elementwise, else the bound that it exceeds; where low
   * &gt; high, one of them; NaN where x or a bound is NaN. The derivative is 1 at the bounds too;
   * beyond, it is the bound's.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor clamp(Tensor low, Tensor high) {
    requireNonNull(low, "clamp: low is null");
    requireNonNull(high, "clamp: high is null");
    return where(low.ne(low), low, where(high.ne(high), high, Scalars.within(this, low, high)));
  }

  /** Returns −1, 0 or 1 by the sign; NaN of NaN. The derivative is 0, at 0 too. */
  public Tensor sign() {
    return dtype().isInteger() ? Wholes.sign(this) : ElementwiseOps.SIGN.apply(this);
  }

  /** Returns the largest whole number ≤ x. The derivative is 0. */
  public Tensor floor() {
    return ElementwiseOps.FLOOR.apply(this);
  }

  /** Returns the smallest whole number ≥ x. The derivative is 0. */
  public Tensor ceil() {
    return ElementwiseOps.CEIL.apply(this);
  }

  /**
   * Returns the nearest whole number, halves to the even one, as NumPy and IEEE 754's
   * roundTiesToEven ({@link Math#rint}, not {@link Math#round}). The derivative is 0.
   */
  public Tensor round() {
    return ElementwiseOps.ROUND.apply(this);
  }

  /** Returns whether x is NaN, as BOOL. */
  public Tensor isNan() {
    return ne(this);
  }

  /**
   * Returns whether x is +∞ or −∞, as BOOL.
   *
   * @throws IllegalArgumentException if x is not F32 or F64
   */
  public Tensor isInf() {
    return Scalars.floating("isInf", this).abs().eq(Double.POSITIVE_INFINITY);
  }

  /**
   * Returns whether x is neither infinite nor NaN, as BOOL.
   *
   * @throws IllegalArgumentException if x is not F32 or F64
   */
  public Tensor isFinite() {
    return Scalars.floating("isFinite", this).abs().lt(Double.POSITIVE_INFINITY);
  }

  /**
   * Returns {@code value} where the BOOL mask holds, else x; no gradient passes where it holds.
   *
   * @throws IllegalArgumentException if the mask is not BOOL or the shapes do not broadcast
   */
  public Tensor maskedFill(Tensor mask, double value) {
    return where(mask, number(value), this);
  }

  /**
   * Returns x + y.
   *
   * @throws IllegalArgumentException if the dtypes differ, are BOOL, or the shapes do not broadcast
   */
  public Tensor plus(Tensor y) {
    return ElementwiseOps.PLUS.apply(this, y);
  }

  /** Returns x + y. */
  public Tensor plus(double y) {
    return plus(number(y));
  }

  /**
   * Returns x − y.
   *
   * @throws IllegalArgumentException if the dtypes differ, are BOOL, or the shapes do not broadcast
   */
  public Tensor minus(Tensor y) {
    return ElementwiseOps.MINUS.apply(this, y);
  }

  /** Returns x − y. */
  public Tensor minus(double y) {
    return minus(number(y));
  }

  /**
   * Returns x · y, elementwise.
   *
   * @throws IllegalArgumentException if the dtypes differ, are BOOL, or the shapes do not broadcast
   */
  public Tensor times(Tensor y) {
    return ElementwiseOps.TIMES.apply(this, y);
  }

  /** Returns x · y. */
  public Tensor times(double y) {
    return y == 1 && dtype().isArithmetic() ? ShapeOps.renamed(this) : times(number(y));
  }

  /**
   * Returns x / y, elementwise.
   *
   * @throws IllegalArgumentException if the dtypes differ or are not F32 or F64, or the shapes do
   *     not broadcast
   */
  public Tensor div(Tensor y) {
    return ElementwiseOps.DIV.apply(this, y);
  }

  /** Returns x / y. */
  public Tensor div(double y) {
    return div(number(y));
  }

  /**
   * Returns xʸ, elementwise.
   *
   * @throws IllegalArgumentException if the dtypes differ or are not F32 or F64, or the shapes do
   *     not broadcast
   */
  public Tensor pow(Tensor y) {
    return ElementwiseOps.POW.apply(this, y);
  }

  /** Returns xʸ; for y = 2 this is {@link #square}, for y = 1 x itself. */
  public Tensor pow(double y) {
    if (y == 2) {
      return square();
    }
    return y == 1 && dtype().isArithmetic() ? ShapeOps.renamed(this) : pow(number(y));
  }

  /**
   * Returns the larger of x and y; NaN if either is. At a tie each gets half the gradient.
   *
   * @throws IllegalArgumentException if the dtypes differ, are BOOL, or the shapes do not broadcast
   */
  public Tensor maximum(Tensor y) {
    return ElementwiseOps.MAXIMUM.apply(this, y);
  }

  /**
   * Returns the smaller of x and y; NaN if either is. At a tie each gets half the gradient.
   *
   * @throws IllegalArgumentException if the dtypes differ, are BOOL, or the shapes do not broadcast
   */
  public Tensor minimum(Tensor y) {
    return ElementwiseOps.MINIMUM.apply(this, y);
  }

  /** Returns the larger of x and y; NaN if either is. At a tie x gets half the gradient. */
  public Tensor maximum(double y) {
    return maximum(number(y));
  }

  /** Returns the smaller of x and y; NaN if either is. At a tie x gets half the gradient. */
  public Tensor minimum(double y) {
    return minimum(number(y));
  }

  /**
   * Returns x − ⌊x/y⌋·y, elementwise, which has the sign of y, as Python's {@code %}; of F32, F64,
   * I32 or I64. Of floating y = 0 it is NaN. The derivative by y is −⌊x/y⌋.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   * @throws ArithmeticException when it runs, if an integer y is 0; names its position
   */
  public Tensor remainder(Tensor y) {
    requireNonNull(y, "remainder: y is null");
    return Wholes.remainder(this, y);
  }

  /**
   * Returns x − ⌊x/y⌋·y, which has the sign of y.
   *
   * @throws ArithmeticException if x is integer and y is 0
   */
  public Tensor remainder(double y) {
    return Wholes.remainder(this, y);
  }

  /**
   * Returns {@link #remainder(Tensor)} under its other name.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   * @throws ArithmeticException when it runs, if an integer y is 0
   */
  public Tensor mod(Tensor y) {
    return remainder(y);
  }

  /**
   * Returns {@link #remainder(double)} under its other name.
   *
   * @throws ArithmeticException if x is integer and y is 0
   */
  public Tensor mod(double y) {
    return remainder(y);
  }

  /**
   * Returns ⌊x/y⌋, elementwise, in the dtype of both: F32, F64, I32 or I64. The least integer
   * divided by −1 is itself, as in Java. The derivative is 0.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   * @throws ArithmeticException when it runs, if an integer y is 0; names its position
   */
  public Tensor floorDiv(Tensor y) {
    requireNonNull(y, "floorDiv: y is null");
    return Wholes.floorDiv(this, y);
  }

  /**
   * Returns ⌊x/y⌋ in this dtype.
   *
   * @throws ArithmeticException if x is integer and y is 0
   */
  public Tensor floorDiv(double y) {
    return Wholes.floorDiv(this, y);
  }

  /**
   * Returns x·2ʸ of I32 or I64; the low five or six bits of y count, as in Java.
   *
   * @throws IllegalArgumentException if the dtypes differ or are no integers
   */
  public Tensor shiftLeft(Tensor y) {
    return IntegerOps.SHIFT_LEFT.apply(this, y);
  }

  /**
   * Returns x·2ʸ of I32 or I64.
   *
   * @throws IllegalArgumentException if x is not I32 or I64
   */
  public Tensor shiftLeft(int y) {
    return shiftLeft(number(y));
  }

  /**
   * Returns ⌊x/2ʸ⌋ of I32 or I64; the low five or six bits of y count, as in Java.
   *
   * @throws IllegalArgumentException if the dtypes differ or are no integers
   */
  public Tensor shiftRight(Tensor y) {
    return IntegerOps.SHIFT_RIGHT.apply(this, y);
  }

  /**
   * Returns ⌊x/2ʸ⌋ of I32 or I64.
   *
   * @throws IllegalArgumentException if x is not I32 or I64
   */
  public Tensor shiftRight(int y) {
    return shiftRight(number(y));
  }

  /**
   * Returns x of I32 or I64 moved down by y bits, with zeros from above (Java's {@code >>>}).
   *
   * @throws IllegalArgumentException if the dtypes differ or are no integers
   */
  public Tensor shiftRightUnsigned(Tensor y) {
    return IntegerOps.SHIFT_RIGHT_UNSIGNED.apply(this, y);
  }

  /**
   * Returns x of I32 or I64 moved down by y bits, with zeros from above.
   *
   * @throws IllegalArgumentException if x is not I32 or I64
   */
  public Tensor shiftRightUnsigned(int y) {
    return shiftRightUnsigned(number(y));
  }

  /**
   * Returns whether both are true, of BOOL; of I32 or I64 the bits that both have.
   *
   * @throws IllegalArgumentException if the dtypes differ or are floating
   */
  public Tensor and(Tensor y) {
    return IntegerOps.AND.apply(this, y);
  }

  /**
   * Returns whether one is true, or both are, of BOOL; of I32 or I64 the bits that either has.
   *
   * @throws IllegalArgumentException if the dtypes differ or are floating
   */
  public Tensor or(Tensor y) {
    return IntegerOps.OR.apply(this, y);
  }

  /**
   * Returns whether just one is true, of BOOL; of I32 or I64 the bits that just one has.
   *
   * @throws IllegalArgumentException if the dtypes differ or are floating
   */
  public Tensor xor(Tensor y) {
    return IntegerOps.XOR.apply(this, y);
  }

  /**
   * Returns whether x is false, of BOOL; of I32 or I64 all bits the other way.
   *
   * @throws IllegalArgumentException if x is floating
   */
  public Tensor not() {
    return IntegerOps.NOT.apply(this);
  }

  /**
   * Returns whether |x − y| ≤ absolute + relative·|y|, as BOOL; equal infinities are close, NaN is
   * close to nothing.
   *
   * @throws IllegalArgumentException if the dtypes differ, the shapes do not broadcast or a
   *     tolerance is negative
   */
  public Tensor isClose(Tensor y, double relative, double absolute) {
    requireNonNull(y, "isClose: y is null");
    return Wholes.isClose(this, y, relative, absolute);
  }

  /**
   * Computes whether all elements are close, within 1e-5 of y's size and 1e-8 (NumPy's allclose).
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public boolean allClose(Tensor y) {
    return allClose(y, 1e-5, 1e-8);
  }

  /**
   * Computes whether all elements are close as {@link #isClose} says.
   *
   * @throws IllegalArgumentException if the dtypes differ, the shapes do not broadcast or a
   *     tolerance is negative
   */
  public boolean allClose(Tensor y, double relative, double absolute) {
    return isClose(y, relative, absolute).all().booleanItem();
  }

  /**
   * Returns 0 where x or d is 0, else x·d: the product of a (co)tangent with a derivative, either
   * of which may be infinite or NaN.
   *
   * @throws IllegalArgumentException if the dtypes differ or are not F32 or F64, or the shapes do
   *     not broadcast
   */
  public Tensor scale(Tensor d) {
    requireNonNull(d, "scale: d is null");
    return Seed.times(this, d).orElseGet(() -> ElementwiseOps.SCALE.apply(this, d));
  }

  /**
   * Returns whether x = y, as BOOL.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor eq(Tensor y) {
    return ElementwiseOps.EQUAL.apply(this, y);
  }

  /** Returns whether x = y, as BOOL. */
  public Tensor eq(double y) {
    return eq(number(y));
  }

  /**
   * Returns whether x ≠ y, as BOOL.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor ne(Tensor y) {
    return ElementwiseOps.NOT_EQUAL.apply(this, y);
  }

  /** Returns whether x ≠ y, as BOOL. */
  public Tensor ne(double y) {
    return ne(number(y));
  }

  /**
   * Returns whether x &lt; y, as BOOL.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor lt(Tensor y) {
    return ElementwiseOps.LESS.apply(this, y);
  }

  /** Returns whether x &lt; y, as BOOL. */
  public Tensor lt(double y) {
    return lt(number(y));
  }

  /**
   * Returns whether x ≤ y, as BOOL.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor le(Tensor y) {
    return ElementwiseOps.LESS_EQUAL.apply(this, y);
  }

  /** Returns whether x ≤ y, as BOOL. */
  public Tensor le(double y) {
    return le(number(y));
  }

  /**
   * Returns whether x &gt; y, as BOOL.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor gt(Tensor y) {
    return ElementwiseOps.GREATER.apply(this, y);
  }

  /** Returns whether x &gt; y, as BOOL. */
  public Tensor gt(double y) {
    return gt(number(y));
  }

  /**
   * Returns whether x ≥ y, as BOOL.
   *
   * @throws IllegalArgumentException if the dtypes differ or the shapes do not broadcast
   */
  public Tensor ge(Tensor y) {
    return ElementwiseOps.GREATER_EQUAL.apply(this, y);
  }

  /** Returns whether x ≥ y, as BOOL. */
  public Tensor ge(double y) {
    return ge(number(y));
  }

  /**
   * Returns a where the BOOL condition holds, else b. Nothing of the branch not taken reaches a
   * gradient of any order, whatever infinities and NaN that branch has met: where nothing flows,
   * nothing is passed on. The exceptions are products: {@link #matmul}, {@link Einsum}, {@link
   * #conv} and {@link Attention}. Their derivatives add up 0 · ∞ = NaN of a hidden row with all the
   * other rows. Mask what goes in as well as what comes out:
   *
   * <pre>{@code
   * Tensor safe = Tensor.where(kept, x, Tensor.scalar(0, x.dtype())); // kept: [rows, 1]
   * Tensor y = Tensor.where(kept, safe.matmul(w), other);
   * }</pre>
   *
   * @throws IllegalArgumentException if the condition is not BOOL, the dtypes of a and b differ, or
   *     the shapes do not broadcast
   */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return ElementwiseOps.WHERE.apply(condition, a, b);
  }

  /**
   * Returns the elements converted: float to integer toward zero and saturating, anything to BOOL
   * as x ≠ 0.
   *
   * @throws NullPointerException if the dtype is null
   */
  public Tensor cast(DType dtype) {
    requireNonNull(dtype, "cast: dtype is null");
    return dtype == dtype()
        ? ShapeOps.renamed(this)
        : ShapeOps.CAST.apply(new long[] {dtype.code()}, this).get(0);
  }

  // ---- reductions ----

  /**
   * Returns the sum over {@code axes}, over all of them if none are given. Of no elements it is 0.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is BOOL
   */
  public Tensor sum(int... axes) {
    return ShapeRules.reduce(ReductionOps.SUM, this, false, axes);
  }

  /**
   * Returns the sum, with the summed axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is BOOL
   */
  public Tensor sum(boolean keepDims, int... axes) {
    return ShapeRules.reduce(ReductionOps.SUM, this, keepDims, axes);
  }

  /**
   * Returns the mean over {@code axes}, over all of them if none are given. Of no elements it is
   * NaN.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not
   *     floating
   */
  public Tensor mean(int... axes) {
    return mean(false, axes);
  }

  /**
   * Returns the mean, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not
   *     floating
   */
  public Tensor mean(boolean keepDims, int... axes) {
    Tensor mean = sum(false, axes).div((double) ShapeRules.folded(this, axes));
    return keepDims ? mean.reshape(ShapeRules.kept(this, axes)) : mean;
  }

  /**
   * Returns the maximum over {@code axes}, over all of them if none are given. Ties share the
   * gradient evenly.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice or has no
   *     elements, or x is BOOL
   */
  public Tensor max(int... axes) {
    return ShapeRules.reduce(ReductionOps.MAX, this, false, axes);
  }

  /**
   * Returns the maximum, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice or has no
   *     elements, or x is BOOL
   */
  public Tensor max(boolean keepDims, int... axes) {
    return ShapeRules.reduce(ReductionOps.MAX, this, keepDims, axes);
  }

  /**
   * Returns the minimum over {@code axes}, over all of them if none are given. Ties share the
   * gradient evenly.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice or has no
   *     elements, or x is BOOL
   */
  public Tensor min(int... axes) {
    return ShapeRules.reduce(ReductionOps.MIN, this, false, axes);
  }

  /**
   * Returns the minimum, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice or has no
   *     elements, or x is BOOL
   */
  public Tensor min(boolean keepDims, int... axes) {
    return ShapeRules.reduce(ReductionOps.MIN, this, keepDims, axes);
  }

  /**
   * Returns the index of the first maximum along {@code axis}, as I64; the first NaN counts as the
   * maximum.
   *
   * @throws IllegalArgumentException if the axis is none of x's or has no elements
   */
  public Tensor argmax(int axis) {
    return ReductionOps.ARGMAX.apply(new long[] {shape().axis(axis)}, Wholes.ordered(this)).get(0);
  }

  /**
   * Returns the index of the first minimum along {@code axis}, as I64; the first NaN counts as the
   * minimum.
   *
   * @throws IllegalArgumentException if the axis is none of x's or has no elements
   */
  public Tensor argmin(int axis) {
    return Wholes.reversed(this).argmax(axis);
  }

  /**
   * Returns the product over {@code axes}, over all of them if none are given. Of no elements it is
   * 1. The gradient is the product of all other elements, without a division: zeros, one or many,
   * are exact at every order.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is BOOL
   */
  public Tensor prod(int... axes) {
    return prod(false, axes);
  }

  /**
   * Returns the product, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is BOOL
   */
  public Tensor prod(boolean keepDims, int... axes) {
    return Statistics.product(this, keepDims, axes);
  }

  /**
   * Returns the variance over {@code axes}, over all of them if none are given: the sum of squared
   * distances from the mean, divided by n − ddof. NaN or ∞ if n ≤ ddof.
   *
   * @param ddof 0 for the variance of these elements, 1 for the unbiased estimate from a sample
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not
   *     floating
   */
  public Tensor var(int ddof, int... axes) {
    return var(ddof, false, axes);
  }

  /**
   * Returns the variance, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not
   *     floating
   */
  public Tensor var(int ddof, boolean keepDims, int... axes) {
    return Statistics.variance(this, ddof, keepDims, axes);
  }

  /**
   * Returns the standard deviation, the square root of {@link #var}; of equal elements it is 0 and
   * so is its derivative.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not
   *     floating
   */
  public Tensor std(int ddof, int... axes) {
    return std(ddof, false, axes);
  }

  /**
   * Returns the standard deviation, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not
   *     floating
   */
  public Tensor std(int ddof, boolean keepDims, int... axes) {
    return Statistics.deviation(this, ddof, keepDims, axes);
  }

  /**
   * Returns (Σ |x|ᵖ)^(1/p) over {@code axes}, over all of them if none are given; for p = ∞ the
   * largest |x|, whose gradient ties share evenly. Squares and powers do not overflow. The
   * derivative of the norm of zeros is 0. Of no elements it is 0.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, p is not
   *     positive, or x is not F32 or F64
   */
  public Tensor norm(double p, int... axes) {
    return norm(p, false, axes);
  }

  /**
   * Returns the norm, with the folded axes kept at size 1 if {@code keepDims}.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, p is not
   *     positive, or x is not F32 or F64
   */
  public Tensor norm(double p, boolean keepDims, int... axes) {
    return Statistics.norm(this, p, keepDims, axes);
  }

  /**
   * Returns whether any of the BOOL elements over {@code axes} is true; of none, false.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not BOOL
   */
  public Tensor any(int... axes) {
    return Statistics.any(this, axes);
  }

  /**
   * Returns whether all of the BOOL elements over {@code axes} are true; of none, true.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice, or x is not BOOL
   */
  public Tensor all(int... axes) {
    return Statistics.all(this, axes);
  }

  /**
   * Returns the median along {@code axis}: the middle element in order, and of an even number the
   * mean of the middle two, as NumPy and JAX have it. NaN if any element is. The gradient goes to
   * the element in the middle, of equal ones to that whose turn it is in a stable order.
   *
   * @throws IllegalArgumentException if there are no elements
   */
  public Tensor median(int axis) {
    return Statistics.median(this, axis);
  }

  // ---- scans and order ----

  /**
   * Returns the running sums along {@code axis}: x₀, x₀ + x₁, …
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is BOOL
   */
  public Tensor cumsum(int axis) {
    return cumsum(axis, false);
  }

  /**
   * Returns the running sums along {@code axis}, from its end if {@code reverse}.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is BOOL
   */
  public Tensor cumsum(int axis, boolean reverse) {
    return ScanOps.cumsum(this, axis, reverse);
  }

  /**
   * Returns the running products along {@code axis}: x₀, x₀·x₁, … The gradient needs no division,
   * so zeros are exact at every order.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is BOOL
   */
  public Tensor cumprod(int axis) {
    return ScanOps.cumprod(this, axis, false);
  }

  /**
   * Returns the running products along {@code axis}, from its end if {@code reverse}.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is BOOL
   */
  public Tensor cumprod(int axis, boolean reverse) {
    return ScanOps.cumprod(this, axis, reverse);
  }

  /**
   * Returns the largest element so far along {@code axis}, of F32, F64, I32 or I64; NaN from the
   * first one on. The gradient goes to the element that is the largest, of equal ones the first.
   *
   * @throws IllegalArgumentException if there is no such axis, or of BOOL or BF16
   */
  public Tensor cumMax(int axis) {
    return Counting.cumExtreme("cumMax", this, axis, true);
  }

  /**
   * Returns the smallest element so far along {@code axis}, of F32, F64, I32 or I64; NaN from the
   * first one on. The gradient goes to the element that is the smallest, of equal ones the first.
   *
   * @throws IllegalArgumentException if there is no such axis, or of BOOL or BF16
   */
  public Tensor cumMin(int axis) {
    return Counting.cumExtreme("cumMin", this, axis, false);
  }

  /**
   * Returns for each of {@code values} how many elements of this ascending vector are less than the
   * value, as I64: where it would be inserted before its equals. NaN is more than everything else.
   *
   * @throws IllegalArgumentException if this is no vector or the dtypes differ
   */
  public Tensor searchSorted(Tensor values) {
    return searchSorted(values, false);
  }

  /**
   * Returns where each of {@code values} would be inserted into this ascending vector: before its
   * equals, or behind them if {@code right}; as I64.
   *
   * @throws IllegalArgumentException if this is no vector or the dtypes differ
   */
  public Tensor searchSorted(Tensor values, boolean right) {
    requireNonNull(values, "searchSorted: values is null");
    return Counting.searchSorted(this, values, right);
  }

  /**
   * Returns how often each of 0 … bins − 1 occurs among these I32 or I64 elements, as I64 [bins].
   *
   * @throws IllegalArgumentException of another dtype
   * @throws IndexOutOfBoundsException when it runs, if an element lies outside; names its position
   */
  public Tensor bincount(long bins) {
    return Counting.bincount(this, bins);
  }

  /**
   * Returns how many elements lie in each of {@code bins} equal parts of [low, high], as I64
   * [bins]. A part has its lower bound, the last one its upper bound too; what lies outside, and
   * NaN, is not counted.
   *
   * @throws IllegalArgumentException unless bins ≥ 1 and low &lt; high, both finite
   */
  public Tensor histogram(long bins, double low, double high) {
    return Counting.histogram(this, bins, low, high);
  }

  /**
   * Returns how many elements lie between each two of {@code edges}, an ascending vector of this
   * dtype (F64 for integers), as I64 [edges − 1].
   *
   * @throws IllegalArgumentException if there are fewer than two edges, or the dtypes differ
   */
  public Tensor histogram(Tensor edges) {
    requireNonNull(edges, "histogram: edges is null");
    return Counting.histogram(this, edges);
  }

  /**
   * Refuses: how many elements are not zero only their values know, and the size of a tensor is
   * known before them.
   *
   * @throws UnsupportedOperationException always, with what to do instead
   */
  public Tensor nonZero() {
    throw new UnsupportedOperationException(
        "nonZero: the size would depend on values; keep all elements and pick with where(), count"
            + " with ne(0).cast(DType.I64).sum(), or read the values: toArray()");
  }

  /**
   * Refuses: how many elements differ only their values know, and the size of a tensor is known
   * before them.
   *
   * @throws UnsupportedOperationException always, with what to do instead
   */
  public Tensor unique() {
    throw new UnsupportedOperationException(
        "unique: the size would depend on values; sort() and compare neighbours, count known values"
            + " with bincount(), or read the values: toArray()");
  }

  /**
   * Returns log Σ eˣ of each element and those before it along {@code axis}, without overflow. As
   * long as all of them are −∞ it is −∞, with derivative 0.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is not F32 or F64
   */
  public Tensor logCumSumExp(int axis) {
    return ScanOps.logCumSumExp(this, axis, false);
  }

  /**
   * Returns the elements in ascending order along {@code axis}; NaN comes last. Gradients go back
   * to where each element stood; equal elements keep their order.
   *
   * @throws IllegalArgumentException if the axis is none of x's
   */
  public Tensor sort(int axis) {
    return sort(axis, false);
  }

  /**
   * Returns the elements in order along {@code axis}, descending on request; NaN comes last either
   * way.
   *
   * @throws IllegalArgumentException if the axis is none of x's
   */
  public Tensor sort(int axis, boolean descending) {
    return takeAlongAxis(axis, argsort(axis, descending));
  }

  /**
   * Returns the places of the elements in ascending order along {@code axis}, as I64; equal
   * elements keep their order, NaN comes last.
   *
   * @throws IllegalArgumentException if the axis is none of x's
   */
  public Tensor argsort(int axis) {
    return argsort(axis, false);
  }

  /**
   * Returns the places of the elements in order along {@code axis}, as I64, descending on request;
   * equal elements keep their order and NaN comes last either way.
   *
   * @throws IllegalArgumentException if the axis is none of x's
   */
  public Tensor argsort(int axis, boolean descending) {
    long[] attrs = {shape().axis(axis), descending ? 1 : 0};
    return ScanOps.ARGSORT.apply(attrs, Wholes.ordered(this)).get(0);
  }

  /**
   * Returns the k largest elements along {@code axis}, in descending order, and their places; of
   * equal ones the first. NaN counts as smaller than everything.
   *
   * @throws IllegalArgumentException if there are fewer than k
   */
  public TopK topK(long k, int axis) {
    return Statistics.topK(this, k, axis);
  }

  /**
   * Returns the sum down to {@code target}, which broadcasts to this shape: the transpose of {@link
   * #broadcastTo}.
   *
   * @throws IllegalArgumentException if the target does not broadcast to x's shape
   */
  public Tensor sumTo(Shape target) {
    requireNonNull(target, "sumTo: target is null");
    return shape().equals(target) ? ShapeOps.renamed(this) : ShapeRules.sumTo(this, target);
  }

  // ---- shape ----

  /**
   * Returns the same elements in row-major order under other dims; one of them may be −1, meaning
   * whatever is left.
   *
   * @throws IllegalArgumentException if the sizes do not hold as many elements, or more than one is
   *     −1
   */
  public Tensor reshape(long... dims) {
    long[] known = ShapeRules.inferDim(shape(), dims);
    return ShapeOps.RESHAPE.apply(known, this).get(0);
  }

  /**
   * Returns the elements repeated into {@code dims} by NumPy's rule.
   *
   * @throws IllegalArgumentException if x's shape does not broadcast to these sizes
   */
  public Tensor broadcastTo(long... dims) {
    Shape to = Shape.of(dims);
    return shape().equals(to)
        ? ShapeOps.renamed(this)
        : ShapeOps.BROADCAST_TO.apply(to.dims(), this).get(0);
  }

  /** Returns the last two axes swapped: each matrix transposed. */
  public Tensor transpose() {
    return transpose(-2, -1);
  }

  /**
   * Returns two axes swapped.
   *
   * @throws IllegalArgumentException if an axis is none of x's
   */
  public Tensor transpose(int a, int b) {
    return permute(ShapeRules.swap(shape(), a, b));
  }

  /**
   * Returns the tensor whose axis i is axis {@code axes[i]} of this one.
   *
   * @throws IllegalArgumentException if the axes are not all of x's, each once
   */
  public Tensor permute(int... axes) {
    return ShapeOps.PERMUTE.apply(ShapeRules.permutation(shape(), axes), this).get(0);
  }

  /**
   * Returns the same elements without {@code axes}, each of size 1; without all axes of size 1 if
   * none are given.
   *
   * @throws IllegalArgumentException if one of the axes has another size
   */
  public Tensor squeeze(int... axes) {
    return Axial.squeeze(this, axes);
  }

  /**
   * Returns the same elements with a new axis of size 1, which is {@code axis} of the result.
   *
   * @throws IllegalArgumentException if the result has no such axis
   */
  public Tensor unsqueeze(int axis) {
    return Axial.unsqueeze(this, axis);
  }

  /** Returns the same elements as a vector [size]. */
  public Tensor flatten() {
    return reshape(size());
  }

  /**
   * Returns the same elements with the axes {@code first} … {@code last} made one; a scalar becomes
   * a vector of one element.
   *
   * @throws IllegalArgumentException if there are no such axes or {@code first} comes after {@code
   *     last}
   */
  public Tensor flatten(int first, int last) {
    return Axial.flatten(this, first, last);
  }

  /**
   * Returns axis {@code from} moved so that it is axis {@code to} of the result; the others keep
   * their order.
   *
   * @throws IllegalArgumentException if there are no such axes
   */
  public Tensor moveAxis(int from, int to) {
    return Axial.moveAxis(this, from, to);
  }

  /**
   * Returns two axes swapped, as {@link #transpose(int, int)}.
   *
   * @throws IllegalArgumentException if there are no such axes
   */
  public Tensor swapAxes(int a, int b) {
    return transpose(a, b);
  }

  /**
   * Returns the elements repeated into {@code dims} by NumPy's rule, where −1 keeps the size of an
   * axis.
   *
   * @throws IllegalArgumentException if the shape does not broadcast to {@code dims}
   */
  public Tensor expand(long... dims) {
    return Axial.expand(this, dims);
  }

  /**
   * Returns the part that {@code slices} name, one an axis from the first on; axes that none names
   * are whole. A range's axis has the size of the range, an element's axis goes:
   *
   * <pre>{@code
   * x.at(Slice.of(1, 3), Slice.ALL, Slice.last(-1));
   * }</pre>
   *
   * <p>Bounds below 0 count from the end. A bound outside the axis is an error, unlike NumPy's.
   *
   * @throws IndexOutOfBoundsException if a bound or an index is outside its axis; names position,
   *     bound and axis
   * @throws IllegalArgumentException if there are more slices than axes or two ellipses
   */
  public Tensor at(Slice... slices) {
    Elements.require("at", "slices", slices);
    return Slicing.at(this, slices);
  }

  /**
   * Returns the part that a text names, such as {@code "1:3, ..., -1, ::2"}: ranges {@code
   * from:to:step} with open ends, elements, {@code ...} for all axes between, {@code new} for a new
   * axis; see {@link #at(Slice...)}.
   *
   * @throws IndexOutOfBoundsException if a bound or an index is outside its axis
   * @throws IllegalArgumentException if the text says something else, or more than there are axes
   */
  public Tensor at(String slices) {
    requireNonNull(slices, "at: slices is null");
    return Slicing.at(this, Slice.parse(slices));
  }

  /**
   * Returns the elements moved {@code shift} places up along {@code axis}; those that leave at its
   * end come back at its start (NumPy's roll).
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  public Tensor roll(int axis, long shift) {
    return Axial.roll(this, axis, shift);
  }

  /**
   * Returns element i along {@code axis} {@code times[i]} times in a row; one number holds for all.
   *
   * @throws IllegalArgumentException if a number is negative, or there are neither one nor as many
   *     as elements
   */
  public Tensor repeatInterleave(int axis, long... times) {
    return Axial.repeatInterleave(this, axis, times);
  }

  /**
   * Returns the sum of the diagonal of each matrix in the last two axes, [..., n, m] to [...].
   *
   * @throws IllegalArgumentException if there are fewer than two axes
   */
  public Tensor trace() {
    return diagonal().sum(-1);
  }

  /**
   * Returns elements {@code from} … {@code to} − 1 along {@code axis}; bounds below 0 count from
   * the end.
   *
   * @throws IllegalArgumentException if the bounds do not lie in the axis, in this order
   */
  public Tensor slice(int axis, long from, long to) {
    return slice(axis, from, to, 1);
  }

  /**
   * Returns every {@code step}-th element from {@code from} to before {@code to} along {@code
   * axis}; step ≥ 1. Bounds below 0 count from the end.
   *
   * @throws IllegalArgumentException if the bounds do not lie in the axis, in this order, or the
   *     step is less than 1
   */
  public Tensor slice(int axis, long from, long to, long step) {
    return ShapeOps.SLICE.apply(ShapeRules.slice(shape(), axis, from, to, step), this).get(0);
  }

  /**
   * Returns the part at {@code index} on the leading axes: {@code x.get(i)} is row i.
   *
   * @throws IllegalArgumentException if there are more indices than axes
   * @throws IndexOutOfBoundsException if an index is outside its axis
   */
  public Tensor get(long... index) {
    return Arrangements.part(this, index);
  }

  /**
   * Returns the tensors joined along {@code axis}; all other sizes are equal.
   *
   * @throws IllegalArgumentException if there is no tensor, the dtypes differ, the shapes differ
   *     beside the axis, or the axis is none of theirs
   */
  public static Tensor concat(int axis, Tensor... tensors) {
    requireNonNull(tensors, "concat: tensors is null");
    return Arrangements.concat(axis, tensors);
  }

  /**
   * Returns the parts of this tensor at the places of {@code index} along {@code axis} (NumPy's
   * take): the index' axes stand where {@code axis} was. Indices are I32 or I64 in 0 … dim(axis) −
   * 1 and are checked when it runs.
   *
   * @throws IllegalArgumentException if the axis is none of x's or the index is not I32 or I64
   * @throws IndexOutOfBoundsException when it runs, if an index is outside the axis; names its
   *     position
   */
  public Tensor gather(int axis, Tensor index) {
    long[] attrs = {shape().axis(axis), 0};
    return IndexOps.GATHER.apply(attrs, this, index).get(0);
  }

  /**
   * Returns the parts x[i, j, …] at the places that several index tensors name together on the
   * leading axes: of the shape that they broadcast to, followed by the axes that none names
   * (NumPy's indexing by arrays). Indices are I32 or I64, from 0 on, and are checked when it runs.
   *
   * @throws IllegalArgumentException if there are none or more than axes, or they do not broadcast
   */
  public Tensor gather(Tensor... indices) {
    requireNonNull(indices, "gather: indices is null");
    return Counting.gather(this, indices);
  }

  /**
   * Returns zeros of shape {@code target} with {@code updates} added at the places of {@code index}
   * along {@code axis}: the transpose of {@link #gather}. Equal indices add up.
   *
   * @throws IllegalArgumentException if the axis is none of the target's, the index is not I32 or
   *     I64, or the updates do not have the shape that gathering by it gives
   * @throws IndexOutOfBoundsException when it runs, if an index is outside the axis; names its
   *     position
   */
  public static Tensor scatterAdd(Shape target, int axis, Tensor index, Tensor updates) {
    requireNonNull(target, "scatterAdd: target is null");
    return Arrangements.scatterAdd(target, axis, index, updates);
  }

  /**
   * Returns the elements at the places of {@code index} along {@code axis}, one place an element of
   * the result: y[i, j] = x[i, index[i, j]] along the last axis (NumPy's take_along_axis, PyTorch's
   * gather). Beside the axis the sizes broadcast. Indices are checked when it runs.
   *
   * @throws IllegalArgumentException if the axis is none of x's, the index is not I32 or I64, or
   *     the numbers of axes differ
   * @throws IndexOutOfBoundsException when it runs, if an index is outside the axis; names its
   *     position
   */
  public Tensor takeAlongAxis(int axis, Tensor index) {
    requireNonNull(index, "takeAlongAxis: index is null");
    return Arrangements.takeAlongAxis(this, axis, index);
  }

  /**
   * Returns this tensor with each of {@code updates} added at the place along {@code axis} that the
   * element of {@code index} beside it names: the transpose of {@link #takeAlongAxis} (PyTorch's
   * scatter_add). Equal indices add up.
   *
   * @throws IllegalArgumentException if the axis is none of x's, the index is not I32 or I64, or
   *     its shape is not that of the updates
   * @throws IndexOutOfBoundsException when it runs, if an index is outside the axis; names its
   *     position
   */
  public Tensor scatterAddAlongAxis(int axis, Tensor index, Tensor updates) {
    requireNonNull(index, "scatterAddAlongAxis: index is null");
    requireNonNull(updates, "scatterAddAlongAxis: updates is null");
    return Arrangements.scatterAddAlongAxis(this, axis, index, updates);
  }

  /**
   * Returns this tensor with {@code updates} added at the places of {@code index} along {@code
   * axis}: the index' axes stand where {@code axis} is. Equal indices add up.
   *
   * @throws IllegalArgumentException if the axis is none of x's, the index is not I32 or I64, or
   *     the updates do not have the shape that gathering by it gives
   * @throws IndexOutOfBoundsException when it runs, if an index is outside the axis; names its
   *     position
   */
  public Tensor indexAdd(int axis, Tensor index, Tensor updates) {
    return plus(scatterAdd(shape(), axis, index, updates));
  }

  /**
   * Returns the rows of this table [rows, …] that {@code index} names: its shape, then that of a
   * row. The gradient adds up where an index occurs more than once.
   *
   * @throws IllegalArgumentException if x has no axis or the index is not I32 or I64
   * @throws IndexOutOfBoundsException when it runs, if an index is outside the axis; names its
   *     position
   */
  public Tensor embedding(Tensor index) {
    return gather(0, index);
  }

  /**
   * Returns a list of tensors joined along {@code axis}; all other sizes are equal.
   *
   * @throws IllegalArgumentException if there are none, or dtypes or other sizes differ
   */
  public static Tensor concat(int axis, List<? extends Tensor> tensors) {
    requireNonNull(tensors, "concat: tensors is null");
    return concat(axis, tensors.toArray(new Tensor[0]));
  }

  /**
   * Returns a list of tensors, all of one shape, joined along a new axis {@code axis}.
   *
   * @throws IllegalArgumentException if there are none, or dtypes or shapes differ
   */
  public static Tensor stack(int axis, List<? extends Tensor> tensors) {
    requireNonNull(tensors, "stack: tensors is null");
    return stack(axis, tensors.toArray(new Tensor[0]));
  }

  /**
   * Returns the tensors, all of one shape, joined along a new axis {@code axis}.
   *
   * @throws IllegalArgumentException if there is no tensor, their types differ, or the axis is none
   *     of the result's
   */
  public static Tensor stack(int axis, Tensor... tensors) {
    Elements.require("stack", "tensors", tensors);
    return Arrangements.stack(axis, tensors);
  }

  /**
   * Returns the parts of these sizes along {@code axis}.
   *
   * @throws IllegalArgumentException unless the sizes add up to that of the axis
   */
  public List<Tensor> split(int axis, long... sizes) {
    return Arrangements.split(this, axis, sizes);
  }

  /**
   * Returns {@code count} equal parts along {@code axis}.
   *
   * @throws IllegalArgumentException if the axis is none of x's or does not split into so many
   *     equal parts
   */
  public List<Tensor> chunk(int axis, int count) {
    return Arrangements.chunk(this, axis, count);
  }

  /**
   * Returns this tensor {@code times[i]} times behind each other along axis i, axes counted from
   * the last; further times make new leading axes (NumPy's tile).
   *
   * @throws IllegalArgumentException if a count is negative
   */
  public Tensor tile(long... times) {
    return Arrangements.tile(this, times);
  }

  /**
   * Returns each element {@code times} times in a row along {@code axis} (NumPy's repeat).
   *
   * @throws IllegalArgumentException if the axis is none of x's or the count is negative
   */
  public Tensor repeat(int axis, long times) {
    return Arrangements.repeat(this, axis, times);
  }

  /**
   * Returns the elements with axes split, joined and moved as a pattern of names says (einops'
   * notation): {@code rearrange("b (h w) c -> b c h w", Map.of("h", 8))}. A parenthesis is one axis
   * made of several, the last of them innermost; {@code 1} is an axis of that size, {@code ...} any
   * other axes.
   *
   * @param sizes by name the sizes that the shape leaves open
   * @throws IllegalArgumentException naming the pattern and what does not fit the shape
   */
  public Tensor rearrange(String pattern, Map<String, Integer> sizes) {
    requireNonNull(pattern, "rearrange: pattern is null");
    requireNonNull(sizes, "rearrange: sizes is null");
    return Rearrangement.rearrange(this, pattern, sizes);
  }

  /**
   * Returns the elements with axes joined and moved as {@link #rearrange(String, Map)} says.
   *
   * @throws IllegalArgumentException naming the pattern and what does not fit the shape
   */
  public Tensor rearrange(String pattern) {
    return rearrange(pattern, Map.of());
  }

  /**
   * Returns the elements reduced over the axes that the right side of a pattern lacks: {@code
   * reduce("b (h p) (w q) -> b h w", "mean", Map.of("p", 2, "q", 2))} pools; see {@link
   * #rearrange(String, Map)}.
   *
   * @param reduction {@code sum}, {@code mean}, {@code max}, {@code min} or {@code prod}
   * @throws IllegalArgumentException naming the pattern and what does not fit the shape
   */
  public Tensor reduce(String pattern, String reduction, Map<String, Integer> sizes) {
    requireNonNull(pattern, "reduce: pattern is null");
    requireNonNull(reduction, "reduce: reduction is null");
    requireNonNull(sizes, "reduce: sizes is null");
    return Rearrangement.reduce(this, pattern, reduction, sizes);
  }

  /**
   * Returns the elements reduced as {@link #reduce(String, String, Map)} says.
   *
   * @throws IllegalArgumentException naming the pattern and what does not fit the shape
   */
  public Tensor reduce(String pattern, String reduction) {
    return reduce(pattern, reduction, Map.of());
  }

  /**
   * Returns the elements repeated along the axes that the left side of a pattern lacks: {@code
   * repeat("h w -> h (w c)", Map.of("c", 3))}; see {@link #rearrange(String, Map)}.
   *
   * @throws IllegalArgumentException naming the pattern and what does not fit the shape
   */
  public Tensor repeat(String pattern, Map<String, Integer> sizes) {
    requireNonNull(pattern, "repeat: pattern is null");
    requireNonNull(sizes, "repeat: sizes is null");
    return Rearrangement.repeat(this, pattern, sizes);
  }

  /**
   * Returns the elements in reverse order along {@code axes}, along all if none are given.
   *
   * @throws IllegalArgumentException if an axis is none of x's or is given twice
   */
  public Tensor flip(int... axes) {
    return Arrangements.flip(this, axes);
  }

  /**
   * Returns this tensor with {@code before} and {@code after} more elements of that value along
   * {@code axis}.
   *
   * @throws IllegalArgumentException if the axis is none of x's, a width is negative, or the dtype
   *     cannot hold the value
   */
  public Tensor pad(int axis, long before, long after, double value) {
    return Arrangements.pad(this, axis, before, after, value);
  }

  /**
   * Returns this tensor with {@code before} and {@code after} more elements along {@code axis},
   * mirrored at its ends, which are not repeated themselves: [1, 2, 3] by 2 and 1 is [3, 2, 1, 2,
   * 3, 2].
   *
   * @throws IllegalArgumentException if the axis has too few elements to mirror
   */
  public Tensor padReflect(int axis, long before, long after) {
    return Arrangements.padReflect(this, axis, before, after);
  }

  /** Returns the diagonal of each matrix in the last two axes. */
  public Tensor diagonal() {
    return diagonal(0, -2, -1);
  }

  /**
   * Returns the elements x[i, i + offset] of two axes, as a new last axis; the two are dropped.
   * Offsets below 0 are under the diagonal.
   *
   * @throws IllegalArgumentException if an axis is none of x's or both are the same
   */
  public Tensor diagonal(long offset, int first, int second) {
    return Arrangements.diagonal(this, offset, first, second);
  }

  /** Returns each matrix with zeros where the column exceeds the row. */
  public Tensor tril() {
    return tril(0);
  }

  /**
   * Returns each matrix with zeros where the column exceeds the row by more than {@code offset}.
   *
   * @throws IllegalArgumentException if x has fewer than two axes
   */
  public Tensor tril(long offset) {
    return Arrangements.triangle("tril", this, offset, true);
  }

  /** Returns each matrix with zeros where the row exceeds the column. */
  public Tensor triu() {
    return triu(0);
  }

  /**
   * Returns each matrix with zeros where the column is less than the row plus {@code offset}.
   *
   * @throws IllegalArgumentException if x has fewer than two axes
   */
  public Tensor triu(long offset) {
    return Arrangements.triangle("triu", this, offset, false);
  }

  /**
   * Returns, along a new last axis of size {@code classes}, 1 at the place of each of these I32 or
   * I64 labels and 0 elsewhere. A label outside 0 … classes − 1 has no 1.
   *
   * @throws IllegalArgumentException if x is not I32 or I64 or the number of classes is negative
   */
  public Tensor oneHot(long classes, DType dtype) {
    requireNonNull(dtype, "oneHot: dtype is null");
    return Arrangements.oneHot(this, classes, dtype);
  }

  // ---- products ----

  /**
   * Returns Einstein's summation of the tensors, such as {@code einsum("bij,bjk->bik", a, b)}; see
   * {@link Einsum}, which keeps a formula that is used often.
   *
   * @throws IllegalArgumentException naming the letter, if the formula does not fit the tensors or
   *     cannot be read, or the dtypes differ
   */
  public static Tensor einsum(String formula, Tensor... tensors) {
    requireNonNull(formula, "einsum: formula is null");
    Elements.require("einsum", "tensors", tensors);
    return Einsum.of(formula).apply(tensors);
  }

  /**
   * Returns Σ xᵢ·yᵢ of two vectors.
   *
   * @throws IllegalArgumentException if the two are not vectors of one size and dtype
   */
  public Tensor dot(Tensor y) {
    requireNonNull(y, "dot: y is null");
    if (rank() != 1 || y.rank() != 1) {
      throw new IllegalArgumentException("dot: needs two vectors, got " + this + " and " + y);
    }
    return matmul(y);
  }

  /**
   * Returns the matrix xᵢ·yⱼ of two vectors.
   *
   * @throws IllegalArgumentException if the two are not vectors of one dtype
   */
  public Tensor outer(Tensor y) {
    requireNonNull(y, "outer: y is null");
    if (rank() != 1 || y.rank() != 1) {
      throw new IllegalArgumentException("outer: needs two vectors, got " + this + " and " + y);
    }
    return reshape(-1, 1).times(y.reshape(1, -1));
  }

  /**
   * Returns the matrix product of [batch…, m, k] and [batch…, k, n]; batch axes broadcast. A vector
   * on the left is a row, on the right a column, and its axis is dropped from the result. The
   * native backend reads and writes subnormal numbers as zero here, as in optimizers: each would
   * cost a hundred cycles, and gradients of a trained network have many. A row of infinities or NaN
   * reaches the gradient of the other factor even if its result is masked: {@link #where} says how
   * to keep it out.
   *
   * @throws IllegalArgumentException if the dtypes differ or are not F32, F64 or BF16, an operand
   *     is a scalar, the inner sizes differ, or batch axes do not broadcast
   */
  public Tensor matmul(Tensor y) {
    requireNonNull(y, "matmul: y is null");
    return ShapeRules.matmul(ProductOps.MATMUL, this, y);
  }

  // ---- images ----

  /**
   * Returns the convolution of images x [n, ci, s₁ … sₖ] with kernels w [co, ci / groups, k₁ … kₖ],
   * k being 1, 2 or 3: [n, co, p₁ … pₖ], each p being ⌊(s + before + after − dilation·(k − 1) − 1)
   * / stride⌋ + 1. As in the field it is the correlation,
   *
   * <pre>y[n, o, p] = Σ w[o, c, t] · x[n, c, p·stride + t·dilation − before]</pre>
   *
   * <p>over the channels c of o's group and the elements t of the kernel (PyTorch's {@code
   * torch.nn.functional.conv2d}, which adds a bias too: here it is {@code plus} of [co, 1, 1]). A
   * batch of no images is one of no results. Derivatives of any order are convolutions of this
   * kind. The native backend reads and writes subnormal numbers as zero here, as in {@link
   * #matmul}.
   *
   * @throws IllegalArgumentException naming both shapes and what would fit, if the numbers of axes
   *     or channels do not go together, the groups do not divide the channels, or a kernel is
   *     larger than its padded image; or if the dtypes differ or are not F32 or F64
   * @throws NullPointerException if the w or the convolution is null
   */
  public Tensor conv(Tensor w, Convolution convolution) {
    requireNonNull(w, "conv: w is null");
    requireNonNull(convolution, "conv: convolution is null");
    return Convolutions.conv(this, w, convolution);
  }

  /**
   * Returns the transposed convolution of x [n, ci, p₁ … pₖ] with kernels w [ci, co / groups, k₁ …
   * kₖ]: [n, co, s₁ … sₖ], each s being (p − 1)·stride − before − after + dilation·(k − 1) +
   * outputPadding + 1. It is the gradient of {@link #conv} by its image, whose size a stride leaves
   * open: outputPadding elements more (PyTorch's {@code torch.nn.functional.conv_transpose2d}).
   *
   * @param outputPadding none, one number for all axes or one an axis; less than the stride or the
   *     dilation
   * @throws IllegalArgumentException naming both shapes, if the numbers of axes or channels do not
   *     go together, the groups do not divide the channels, the padding leaves nothing, or the
   *     output padding is out of range; or if the dtypes differ or are not F32 or F64
   * @throws NullPointerException if the w or the convolution is null
   */
  public Tensor convTranspose(Tensor w, Convolution convolution, long... outputPadding) {
    requireNonNull(w, "convTranspose: w is null");
    requireNonNull(convolution, "convTranspose: convolution is null");
    return Convolutions.convTranspose(this, w, convolution, outputPadding);
  }

  /**
   * Returns the largest element of each window over the last axes: [lead…, s₁ … sₖ] to [lead…, p₁ …
   * pₖ], each p being ⌊(s + 2·padding − dilation·(size − 1) − 1) / stride⌋ + 1, or ⌈…⌉ + 1 if the
   * window says ceil. A derivative goes to the first maximum in row-major order, as in PyTorch
   * ({@code torch.nn.functional.max_pool2d}), where {@link #max} shares it among ties; NaN counts
   * as the maximum.
   *
   * @throws IllegalArgumentException if x has fewer axes than the window, is not F32 or F64, has
   *     more than 2³¹ − 1 elements in them, or a window does not fit or lies in the padding alone
   * @throws NullPointerException if the window is null
   */
  public Tensor maxPool(Window window) {
    requireNonNull(window, "maxPool: window is null");
    return Windows.maxPool(this, window);
  }

  /**
   * Returns the mean of each window over the last axes, of sizes as {@link #maxPool} has them.
   * Zeros that pad the image count, unless the window says otherwise; what lies beyond the padding
   * never does (PyTorch's {@code torch.nn.functional.avg_pool2d}).
   *
   * @throws IllegalArgumentException if x has fewer axes than the window, is not F32 or F64, or a
   *     window does not fit; where padding does not count, if one lies in it alone
   * @throws NullPointerException if the window is null
   */
  public Tensor avgPool(Window window) {
    requireNonNull(window, "avgPool: window is null");
    return Windows.avgPool(this, window);
  }

  /**
   * Returns the largest elements of windows that adapt: {@code size} gives how many there are along
   * each of the last axes, and window i takes elements ⌊i·s / size⌋ … ⌈(i + 1)·s / size⌉ − 1
   * (PyTorch's {@code torch.nn.functional.adaptive_max_pool2d}). Derivatives go as in {@link
   * #maxPool}.
   *
   * @throws IllegalArgumentException if there are not one to three sizes above 0, x has fewer axes
   *     or no elements along one, or is not F32 or F64
   */
  public Tensor adaptiveMaxPool(long... size) {
    return Windows.adaptiveMaxPool(this, size);
  }

  /**
   * Returns the means of windows that adapt as in {@link #adaptiveMaxPool} (PyTorch's {@code
   * torch.nn.functional.adaptive_avg_pool2d}); {@code adaptiveAvgPool(1, 1)} is the mean of an
   * image.
   *
   * @throws IllegalArgumentException if there are not one to three sizes above 0, x has fewer axes
   *     or no elements along one, or is not F32 or F64
   */
  public Tensor adaptiveAvgPool(long... size) {
    return Windows.adaptiveAvgPool(this, size);
  }

  /**
   * Returns the windows of images [n, c, s₁ … sₖ] as columns [n, c·K, L]: K elements of a window
   * and L windows, both in row-major order (PyTorch's {@code torch.nn.functional.unfold}, whose
   * stride is 1 unless given, where a {@link Window}'s is its size). {@link #conv} is a product
   * with them, which never puts them into memory.
   *
   * @throws IllegalArgumentException if x has not two axes more than the window, the window does
   *     not fit, or it says ceil
   * @throws NullPointerException if the window is null
   */
  public Tensor im2col(Window window) {
    requireNonNull(window, "im2col: window is null");
    return Windows.im2col(this, window);
  }

  /**
   * Returns images [n, c, s₁ … sₖ] in which each element is the sum of its places in the columns
   * [n, c·K, L]: the transpose of {@link #im2col} (PyTorch's {@code torch.nn.functional.fold}).
   *
   * @param image the sizes s₁ … sₖ
   * @throws IllegalArgumentException if the columns are not those of such windows in such an image
   * @throws NullPointerException if the window is null
   */
  public Tensor col2im(Window window, long... image) {
    requireNonNull(window, "col2im: window is null");
    return Windows.col2im(this, window, image);
  }

  /**
   * Returns the images in the last axes at other sizes, by the element before: place i is read at
   * ⌊i·s / size⌋, computed exactly (PyTorch's {@code interpolate} with mode {@code nearest}).
   *
   * @throws IllegalArgumentException if there are not one to three sizes above 0, or x has fewer
   *     axes or no elements along one
   */
  public Tensor upsampleNearest(long... size) {
    return Resampling.upsampleNearest(this, size);
  }

  /**
   * Returns the images in the last axes at other sizes, linear along each axis between the centres
   * of elements: place i is read at max(0, (i + ½)·s / size − ½) (PyTorch's {@code interpolate}
   * with modes {@code linear}, {@code bilinear}, {@code trilinear} and {@code
   * align_corners=False}).
   *
   * @throws IllegalArgumentException if there are not one to three sizes above 0, x has fewer axes
   *     or no elements along one, or is not F32 or F64
   */
  public Tensor upsampleLinear(long... size) {
    return Resampling.upsampleLinear(this, size);
  }

  // ---- softmax ----

  /**
   * Returns eˣ / Σ eˣ along {@code axis}.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is not F32 or F64
   */
  public Tensor softmax(int axis) {
    return ShapeRules.alongLast(SoftmaxOps.SOFTMAX, this, axis);
  }

  /**
   * Returns x − log Σ eˣ along {@code axis}.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is not F32 or F64
   */
  public Tensor logSoftmax(int axis) {
    return ShapeRules.alongLast(SoftmaxOps.LOG_SOFTMAX, this, axis);
  }

  /**
   * Returns log Σ eˣ along {@code axis}; −∞ for a row of −∞ alone.
   *
   * @throws IllegalArgumentException if the axis is none of x's, or x is not F32 or F64
   */
  public Tensor logSumExp(int axis) {
    int last = rank() - 1;
    Tensor x = shape().axis(axis) == last ? this : permute(ShapeRules.toLast(shape(), axis));
    return SoftmaxOps.LOG_SUM_EXP.apply(x);
  }

  /**
   * Returns the cross-entropy of softmax(this) against class labels, one loss a row: logits [rows…,
   * classes], labels [rows…] as I32 or I64 in 0 … classes − 1, checked when it runs.
   *
   * @throws IllegalArgumentException if x has no axis or is not F32 or F64, or the labels are not
   *     I32 or I64 of its shape without the last axis
   * @throws IndexOutOfBoundsException when it runs, if a label is none of 0 … n − 1; names its
   *     position
   */
  public Tensor softmaxCrossEntropy(Tensor labels) {
    return SoftmaxOps.SOFTMAX_CROSS_ENTROPY.apply(this, labels);
  }

  // ---- normalisation ----

  /**
   * Returns (x − mean)/√(variance + epsilon) over the last {@code axes} axes, with the biased
   * variance (Ba, Kiros &amp; Hinton, "Layer normalization", 2016), of x's shape. Deviations are
   * squared where no square leaves the range, and a large mean costs no digits; with epsilon 0,
   * equal elements give 0 and pass nothing back.
   *
   * @throws IllegalArgumentException if there are not so many axes, epsilon is not in [0, inf), or
   *     x is not F32 or F64
   */
  public Tensor layerNorm(int axes, double epsilon) {
    return Normalization.overLast("layerNorm", this, axes, epsilon, true, List.of());
  }

  /**
   * Returns {@code scale · x.layerNorm(axes, epsilon) + shift} over as many axes as the scale has,
   * in one instruction forward and one backward.
   *
   * @param scale of the shape of x's last axes
   * @param shift of the same shape
   * @throws IllegalArgumentException if a shape is another, the dtypes differ or are not F32 or
   *     F64, or epsilon is not in [0, inf)
   * @throws NullPointerException if the scale or the shift is null
   */
  public Tensor layerNorm(Tensor scale, Tensor shift, double epsilon) {
    requireNonNull(scale, "layerNorm: scale is null");
    requireNonNull(shift, "layerNorm: shift is null");
    return Normalization.scaled("layerNorm", this, scale, Optional.of(shift), epsilon, true);
  }

  /**
   * Returns x/√(mean of x² + epsilon) over the last {@code axes} axes (Zhang &amp; Sennrich, "Root
   * mean square layer normalization", NeurIPS 2019), of x's shape.
   *
   * @throws IllegalArgumentException if there are not so many axes, epsilon is not in [0, inf), or
   *     x is not F32 or F64
   */
  public Tensor rmsNorm(int axes, double epsilon) {
    return Normalization.overLast("rmsNorm", this, axes, epsilon, false, List.of());
  }

  /**
   * Returns {@code scale · x.rmsNorm(axes, epsilon)} over as many axes as the scale has, in one
   * instruction forward and one backward.
   *
   * @param scale of the shape of x's last axes
   * @throws IllegalArgumentException if its shape is another, the dtypes differ or are not F32 or
   *     F64, or epsilon is not in [0, inf)
   * @throws NullPointerException if the scale is null
   */
  public Tensor rmsNorm(Tensor scale, double epsilon) {
    requireNonNull(scale, "rmsNorm: scale is null");
    return Normalization.scaled("rmsNorm", this, scale, Optional.empty(), epsilon, false);
  }

  /**
   * Returns (x − mean)/√(variance + epsilon) over {@code axes}, over all of them if there are none,
   * with the means and the biased variances. Batch normalisation is that over all axes but the
   * channels' (Ioffe &amp; Szegedy, "Batch normalization: accelerating deep network training by
   * reducing internal covariate shift", ICML 2015). Axes that are not the first and the last ones
   * of x cost a copy.
   *
   * @throws IllegalArgumentException if x is a scalar, an axis is none of x's or is given twice,
   *     epsilon is not in [0, inf), or x is not F32 or F64
   * @throws NullPointerException if the axes is null
   */
  public Standardized standardize(int[] axes, double epsilon) {
    requireNonNull(axes, "standardize: axes is null");
    return Normalization.standardize(this, axes, List.of(), epsilon);
  }

  /**
   * Returns as {@link #standardize(int[], double)}, with y times a scale plus a shift, in one
   * instruction forward and one backward.
   *
   * @param scale an element for each place on the axes that are not folded, in their order
   * @param shift of the same shape
   * @throws IllegalArgumentException as without them, or if a shape is another or the dtypes differ
   * @throws NullPointerException if the axes or the scale or the shift is null
   */
  public Standardized standardize(int[] axes, Tensor scale, Tensor shift, double epsilon) {
    requireNonNull(axes, "standardize: axes is null");
    requireNonNull(scale, "standardize: scale is null");
    requireNonNull(shift, "standardize: shift is null");
    return Normalization.standardize(this, axes, List.of(scale, shift), epsilon);
  }

  /** Returns this, of a parameter the version that is current now. */
  final Tensor fixed() {
    return this instanceof Parameter ? new Tensor(node(), index()) : this;
  }

  /** Returns a Java number as a scalar of this dtype; one that it cannot hold is an error. */
  private Tensor number(double value) {
    return Scalars.like(this, value);
  }

  /** Returns dtype and shape, such as {@code F32[64, 10]}; never runs anything. */
  @Override
  public String toString() {
    return type().toString();
  }
}

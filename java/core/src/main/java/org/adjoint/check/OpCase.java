package org.adjoint.check;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;

/**
 * One row of the table of checks: an op on inputs of certain shapes and domains. What can be
 * differentiated at all can be so to any order: no op of the table is differentiable only once.
 *
 * @param op the op's name in the op table
 * @param name the op's name, or the name of a method that is mostly this op
 * @param about what is special in this row, empty if nothing
 * @param inputs where the inputs come from
 * @param function the op
 * @param still why there is nothing to differentiate, empty if there is
 * @param tolerance how far an F32 result may be from the reference, relative to max(1, |y|)
 */
public record OpCase(
    String op,
    String name,
    String about,
    List<Input> inputs,
    Function<List<Tensor>, Tensor> function,
    String still,
    double tolerance) {

  /**
   * The tolerance of a row that rounds to BF16 on the way: twice the most that one rounding moves a
   * number. Such a function goes in steps, so nothing can be learnt from its central differences.
   */
  public static final double BF16_TOLERANCE = 0x1p-7;

  /** What a floating input's values are made of, from uniform draws in [0, 1). */
  public enum Domain {
    /** [−2, 2). */
    ANY(u -> 4 * u - 2),
    /** [0.5, 2). */
    POSITIVE(u -> 0.5 + 1.5 * u),
    /** [−2, −0.2) and [0.2, 2): away from a kink at 0. */
    AWAY_FROM_ZERO(u -> u < 0.5 ? -0.2 - 3.6 * u : 0.2 + 3.6 * (u - 0.5)),
    /** [−0.9, 0.9): inside (−1, 1), away from its ends. */
    UNIT(u -> 1.8 * u - 0.9),
    /** [1.2, 3). */
    ABOVE_ONE(u -> 1.2 + 1.8 * u),
    /** [−1.8, −1.2): between two poles of the gamma function. */
    BETWEEN_POLES(u -> -1.8 + 0.6 * u),
    /** {−1.5, −1, −0.5, …, 4}, halves and whole numbers: where steps are. */
    HALVES(u -> Math.floor(12 * u) / 2 - 1.5);

    private final DoubleUnaryOperator of;

    Domain(DoubleUnaryOperator of) {
      this.of = of;
    }
  }

  /** An input: a floating one takes the dtype under test, the others have their own. */
  public sealed interface Input {
    /** Returns its shape. */
    Shape shape();
  }

  /** Floating values from a domain. */
  public record Floating(Domain domain, Shape shape) implements Input {}

  /** Booleans, about half true. */
  public record Flags(Shape shape) implements Input {}

  /** Indices 0 … n − 1, as I32 or I64. */
  public record Indices(int n, DType dtype, Shape shape) implements Input {}

  /** Random keys. */
  public record Keys(Shape shape) implements Input {}

  /** Returns the row's name for people. */
  public String title() {
    List<Shape> shapes = new ArrayList<>();
    for (Input input : inputs) {
      shapes.add(input.shape());
    }
    return name + (about.isEmpty() ? "" : " " + about) + " " + shapes;
  }

  /** Returns whether there is something to differentiate. */
  public boolean isDifferentiable() {
    return still.isEmpty();
  }

  /** Returns whether the row rounds to BF16 on the way. */
  public boolean rounds() {
    return tolerance >= BF16_TOLERANCE;
  }

  /** Returns how far a result in a dtype may be from the reference, relative to max(1, |y|). */
  double tolerance(DType dtype) {
    return dtype == DType.F32 || rounds() ? tolerance : Math.min(tolerance, 1e-12);
  }

  /** Returns fresh inputs; the same for the same seed, whatever the dtype. */
  public List<Tensor> sample(DType dtype, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Tensor> tensors = new ArrayList<>();
    for (Input input : inputs) {
      tensors.add(sample(input, dtype, random));
    }
    return tensors;
  }

  private static Tensor sample(Input input, DType dtype, SplittableRandom random) {
    int size = (int) input.shape().size();
    long[] dims = input.shape().dims();
    if (input instanceof Floating f) {
      double[] wide = new double[size];
      for (int i = 0; i < size; i++) {
        // Representable in F32, so that both dtypes start from the same numbers.
        wide[i] = (float) f.domain().of.applyAsDouble(random.nextDouble());
      }
      return dtype == DType.F64 ? Tensor.of(wide, dims) : Tensor.of(narrow(wide), dims);
    } else if (input instanceof Flags) {
      boolean[] flags = new boolean[size];
      for (int i = 0; i < size; i++) {
        flags[i] = random.nextBoolean();
      }
      return Tensor.of(flags, dims);
    } else if (input instanceof Indices x) {
      int[] index = new int[size];
      for (int i = 0; i < size; i++) {
        index[i] = random.nextInt(x.n());
      }
      return Tensor.of(index, dims).cast(x.dtype());
    }
    long[] keys = new long[size];
    for (int i = 0; i < size; i++) {
      keys[i] = random.nextLong();
    }
    return Tensor.of(keys, dims);
  }

  private static float[] narrow(double[] wide) {
    float[] narrow = new float[wide.length];
    for (int i = 0; i < wide.length; i++) {
      narrow[i] = (float) wide[i];
    }
    return narrow;
  }

  /** Returns which inputs are floating, and so can be differentiated. */
  public List<Integer> floatingInputs() {
    List<Integer> floating = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i) instanceof Floating) {
        floating.add(i);
      }
    }
    return floating;
  }

  /** Returns how many numbers its floating inputs have together. */
  public long entries() {
    long entries = 0;
    for (int i : floatingInputs()) {
      entries += inputs.get(i).shape().size();
    }
    return entries;
  }
}

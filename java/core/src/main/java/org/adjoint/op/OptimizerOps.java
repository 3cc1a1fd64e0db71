package org.adjoint.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.GradientBound;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * One optimizer step on all parameters as one op: new values from old ones, in place where the old
 * ones are donated. Its tensors come in lists of equal length, p₁ … pₖ, g₁ … gₖ and so on, whose
 * members with the same number are of one type; F32 and F64 may stand side by side. Rates and
 * counts are F64 scalars that arrive with each run, so another learning rate is the same program.
 *
 * <p>The clipped rows multiply all gradients by min(1, max / (‖g‖ + 10⁻⁶)), where ‖g‖ is the norm
 * of all of them together (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent
 * neural networks", ICML 2013; the 10⁻⁶ is that of {@code torch.nn.utils.clip_grad_norm_}), and
 * fail before they write anything if a gradient has a NaN or an infinity. Of a batch that {@code
 * Vmap} makes, each example has its norm, and nothing is checked.
 */
public final class OptimizerOps {
  private static final int ADAM_LISTS = 4;
  private static final int ADAM_SCALARS = 6;
  private static final int SGD_LISTS = 3;
  private static final int SGD_SCALARS = 3;
  private static final double ADDED_TO_NORM = 1e-6;

  private static final Kernel ADAM_KERNEL = kernel("adam", ADAM_SCALARS, 1, false, 0, 0, 2, 3);
  private static final Kernel CLIPPED_ADAM_KERNEL =
      kernel("clippedAdam", ADAM_SCALARS + 1, 2, true, 0, Kernel.NONE, 0, 2, 3);
  private static final Kernel SGD_KERNEL = kernel("sgd", SGD_SCALARS, 0, false, 0, 2);
  private static final Kernel CLIPPED_SGD_KERNEL =
      kernel("clippedSgd", SGD_SCALARS + 1, 1, true, Kernel.NONE, 0, 2);

  /** Inputs count, lr, beta1, beta2, eps, decay, p…, g…, m…, v…; outputs count, p…, m…, v… */
  public static final Fused ADAM =
      Fused.of(
          ADAM_KERNEL,
          (op, in, attrs) -> infer(op, ADAM_KERNEL, in, ADAM_LISTS),
          lowering(ADAM_KERNEL),
          (in, attrs) -> expandAdam(in, ADAM_SCALARS),
          input -> true);

  /** As {@link #ADAM} with the largest norm before the lists, and the norm behind the count. */
  public static final Fused CLIPPED_ADAM =
      Fused.fallible(
          CLIPPED_ADAM_KERNEL,
          (op, in, attrs) -> infer(op, CLIPPED_ADAM_KERNEL, in, ADAM_LISTS),
          lowering(CLIPPED_ADAM_KERNEL),
          (in, attrs) -> expandAdam(in, ADAM_SCALARS + 1),
          input -> true);

  /**
   * Inputs lr, momentum, decay, p…, g…, velocity…; outputs p…, velocity… Attribute: 1 for
   * Nesterov's form.
   */
  public static final Fused SGD =
      Fused.of(
          SGD_KERNEL,
          (op, in, attrs) -> infer(op, SGD_KERNEL, in, SGD_LISTS),
          lowering(SGD_KERNEL),
          (in, attrs) -> expandSgd(in, SGD_SCALARS, attrs[0] == 1),
          input -> true);

  /** As {@link #SGD} with the largest norm before the lists, and the norm as the first output. */
  public static final Fused CLIPPED_SGD =
      Fused.fallible(
          CLIPPED_SGD_KERNEL,
          (op, in, attrs) -> infer(op, CLIPPED_SGD_KERNEL, in, SGD_LISTS),
          lowering(CLIPPED_SGD_KERNEL),
          (in, attrs) -> expandSgd(in, SGD_SCALARS + 1, attrs[0] == 1),
          input -> true);

  /** All rows. */
  public static final List<Op> ALL = List.of(ADAM, CLIPPED_ADAM, SGD, CLIPPED_SGD);

  private OptimizerOps() {}

  /**
   * The numbers of a step of Adam, each an F64 scalar.
   *
   * @param lr the learning rate
   * @param beta1 β₁
   * @param beta2 β₂
   * @param epsilon ε, added to the root
   * @param decay λ, the decoupled weight decay; 0 for none
   */
  public record AdamRates(Tensor lr, Tensor beta1, Tensor beta2, Tensor epsilon, Tensor decay) {
    /**
     * Makes the rates of numbers.
     *
     * @throws IllegalArgumentException naming the number, unless lr and decay lie in [0, inf), the
     *     betas in [0, 1) and epsilon in (0, inf)
     */
    public static AdamRates of(
        double lr, double beta1, double beta2, double epsilon, double decay) {
      return new AdamRates(
          amount("adam: lr", lr),
          fraction("adam: beta1", beta1),
          fraction("adam: beta2", beta2),
          positive("adam: epsilon", epsilon),
          amount("adam: decay", decay));
    }
  }

  /**
   * The numbers of a step of gradient descent, each an F64 scalar.
   *
   * @param lr the learning rate
   * @param momentum µ
   * @param decay λ, the weight decay: λ·p is added to the gradient; 0 for none
   */
  public record SgdRates(Tensor lr, Tensor momentum, Tensor decay) {
    /**
     * Makes the rates of numbers.
     *
     * @throws IllegalArgumentException naming the number, unless lr and decay lie in [0, inf) and
     *     momentum in [0, 1)
     */
    public static SgdRates of(double lr, double momentum, double decay) {
      return new SgdRates(
          amount("sgd: lr", lr), fraction("sgd: momentum", momentum), amount("sgd: decay", decay));
    }
  }

  /**
   * What a step gives.
   *
   * @param norm the norm of all gradients, an F64 scalar; empty if nothing is clipped
   * @param count how many steps were made, an F64 scalar; empty for a rule that does not count
   * @param lists the lists of new values, the parameters first, then the state
   */
  public record Stepped(Optional<Tensor> norm, Optional<Tensor> count, List<List<Tensor>> lists) {}

  /**
   * Returns the parameters and both moments after one step of Adam (Kingma &amp; Ba, "Adam: a
   * method for stochastic optimization", ICLR 2015, algorithm 1) with decoupled weight decay
   * (Loshchilov &amp; Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2):
   * {@code p − lr · decay · p − lr · m̂ / (√v̂ + eps)} with bias-corrected moments. Gradients
   * beyond ±1.78 · 10¹⁹ (F32) or ±1.29 · 10¹⁵⁴ (F64), whose squares would overflow, count as that.
   *
   * @param lists p, g, m and v: lists of equal length, of tensors of the same types
   * @param count how many steps were made before; an F64 scalar
   * @param rates the numbers
   * @param maxNorm the norm that the gradients are clipped to, an F64 scalar, which may be
   *     infinite; empty for no clipping and no check
   */
  public static Stepped adam(
      List<List<Tensor>> lists, Tensor count, AdamRates rates, Optional<Tensor> maxNorm) {
    AdamRates r = rates;
    List<Tensor> in = inputs(lists, maxNorm, count, r.lr, r.beta1, r.beta2, r.epsilon, r.decay);
    Fused op = maxNorm.isPresent() ? CLIPPED_ADAM : ADAM;
    List<Tensor> out = op.apply(Op.NO_ATTRS, in.toArray(new Tensor[0]));
    Optional<Tensor> norm = maxNorm.map(max -> out.get(1));
    return new Stepped(
        norm, Optional.of(out.get(0)), split(out, norm.isPresent() ? 2 : 1, ADAM_LISTS - 1));
  }

  /**
   * Returns the parameters and velocities after one step of gradient descent with momentum: {@code
   * u = momentum · velocity + g + decay · p}, {@code p − lr · u}, or with Nesterov's form {@code p
   * − lr · (g + decay · p + momentum · u)} (Sutskever et al., ICML 2013).
   *
   * @param lists p, g and velocity: lists of equal length, of tensors of the same types
   * @param rates the numbers
   * @param nesterov whether the step looks ahead
   * @param maxNorm as for {@link #adam}
   */
  public static Stepped sgd(
      List<List<Tensor>> lists, SgdRates rates, boolean nesterov, Optional<Tensor> maxNorm) {
    List<Tensor> in = inputs(lists, maxNorm, rates.lr, rates.momentum, rates.decay);
    Fused op = maxNorm.isPresent() ? CLIPPED_SGD : SGD;
    long[] attrs = {nesterov ? 1 : 0};
    List<Tensor> out = op.apply(attrs, in.toArray(new Tensor[0]));
    Optional<Tensor> norm = maxNorm.map(max -> out.get(0));
    return new Stepped(norm, Optional.empty(), split(out, norm.isPresent() ? 1 : 0, SGD_LISTS - 1));
  }

  private static List<Tensor> inputs(
      List<List<Tensor>> lists, Optional<Tensor> maxNorm, Tensor... singles) {
    List<Tensor> in = new ArrayList<>(singles.length + 1 + lists.size() * lists.get(0).size());
    in.addAll(Arrays.asList(singles));
    maxNorm.ifPresent(in::add);
    for (List<Tensor> list : lists) {
      in.addAll(list);
    }
    return in;
  }

  private static Tensor number(double value) {
    return Tensor.scalar(value, DType.F64);
  }

  private static Tensor amount(String name, double value) {
    return number(name, value, value >= 0 && value < Double.POSITIVE_INFINITY, "[0, inf)");
  }

  private static Tensor positive(String name, double value) {
    return number(name, value, value > 0 && value < Double.POSITIVE_INFINITY, "(0, inf)");
  }

  private static Tensor fraction(String name, double value) {
    return number(name, value, value >= 0 && value < 1, "[0, 1)");
  }

  private static Tensor number(String name, double value, boolean inRange, String range) {
    if (!inRange) {
      throw new IllegalArgumentException(name + " " + value + " is not in " + range);
    }
    return number(value);
  }

  private static Kernel kernel(
      String name, int inputs, int outputs, boolean checksFirst, int... inPlace) {
    Kernel.Lists lists = new Kernel.Lists(inputs, outputs);
    return new Kernel(name, ScalarFunction.NONE, Optional.of(lists), checksFirst, inPlace);
  }

  /** Returns the lists behind some single tensors. */
  private static <T> List<List<T>> split(List<T> all, int singles, int lists) {
    int length = (all.size() - singles) / lists;
    List<List<T>> split = new ArrayList<>(lists);
    for (int i = 0; i < lists; i++) {
      split.add(all.subList(singles + i * length, singles + (i + 1) * length));
    }
    return split;
  }

  private static List<Type> infer(Fused op, Kernel kernel, List<Type> in, int lists) {
    Kernel.Lists form = kernel.lists().orElseThrow();
    int tensors = in.size() - form.inputs();
    if (tensors < lists || tensors % lists != 0) {
      throw new IllegalArgumentException(
          op.name()
              + ": takes "
              + form.inputs()
              + " scalars and "
              + lists
              + " lists of equal length, got "
              + in.size()
              + " inputs");
    }
    Type scalar = new Type(DType.F64, Shape.SCALAR);
    for (int i = 0; i < form.inputs(); i++) {
      expect(op, i, in.get(i), scalar);
    }
    int length = tensors / lists;
    for (int i = 0; i < length; i++) {
      Type p = in.get(form.inputs() + i);
      op.floating(p);
      for (int list = 1; list < lists; list++) {
        int at = form.inputs() + list * length + i;
        expect(op, at, in.get(at), p);
      }
    }
    List<Type> out = new ArrayList<>(form.outputs() + (lists - 1) * length);
    for (int i = 0; i < form.outputs(); i++) {
      out.add(scalar);
    }
    for (int list = 1; list < lists; list++) {
      out.addAll(in.subList(form.inputs(), form.inputs() + length));
    }
    return out;
  }

  private static void expect(Fused op, int input, Type got, Type expected) {
    if (!got.equals(expected)) {
      throw new IllegalArgumentException(
          op.name() + ": input " + input + " should be " + expected + ", got " + got);
    }
  }

  private static Lowering lowering(Kernel kernel) {
    Kernel.Lists form = kernel.lists().orElseThrow();
    return (emitter, attrs, in, out) -> {
      Ref[] operands = in.clone();
      for (int i = form.inputs(); i < in.length; i++) {
        operands[i] = emitter.contiguous(in[i]).flat();
      }
      Ref[] whole = new Ref[out.length];
      Ref[] results = new Ref[out.length];
      for (int i = 0; i < out.length; i++) {
        whole[i] = emitter.allocate(out[i]);
        results[i] = i < form.outputs() ? whole[i] : whole[i].flat();
      }
      emitter.call(kernel, attrs, operands, results);
      return whole;
    };
  }

  /**
   * The norm of all gradients, and how they are scaled down to a largest one. All of it is relative
   * to the largest magnitude among them, so that no square overflows or vanishes and no factor is
   * subnormal.
   *
   * @param norm the norm
   * @param unit the largest magnitude, 1 where that is no number to divide by
   * @param factor what gradients in units are multiplied by
   * @param clips whether they are at all
   */
  private record Clip(Tensor norm, Tensor unit, Tensor factor, Tensor clips) {
    static Clip of(List<Tensor> gradients, Tensor maxNorm) {
      Tensor largest = number(0);
      for (Tensor g : gradients) {
        if (g.size() > 0) {
          largest = largest.maximum(g.cast(DType.F64).abs().max());
        }
      }
      Tensor finite = Tensor.where(largest.lt(Double.POSITIVE_INFINITY), largest, number(1));
      Tensor unit = Tensor.where(finite.gt(0), finite, number(1)).detach();
      Tensor sum = number(0);
      for (Tensor g : gradients) {
        sum = sum.plus(g.cast(DType.F64).div(unit).square().sum());
      }
      Tensor length = sum.sqrt();
      Tensor lengthened = length.plus(number(ADDED_TO_NORM).div(unit));
      return new Clip(
          length.times(unit), unit, maxNorm.div(lengthened), maxNorm.div(unit).lt(lengthened));
    }

    List<Tensor> apply(List<Tensor> gradients) {
      return gradients.stream().map(this::apply).toList();
    }

    private Tensor apply(Tensor g) {
      return Tensor.where(clips, g.cast(DType.F64).div(unit).times(factor).cast(g.dtype()), g);
    }
  }

  /** Returns the clip if there is a largest norm among the single inputs: it is their last. */
  private static Optional<Clip> clip(
      List<Tensor> in, int singles, int unclipped, List<Tensor> gradients) {
    return singles == unclipped
        ? Optional.empty()
        : Optional.of(Clip.of(gradients, in.get(unclipped)));
  }

  /** Within ± {@link GradientBound}; what is not finite becomes NaN. */
  private static Tensor bounded(Tensor g) {
    double most = GradientBound.of(g.dtype());
    return g.clamp(-most, most).plus(g.minus(g));
  }

  private static List<Tensor> expandAdam(List<Tensor> in, int singles) {
    List<List<Tensor>> lists = split(in, singles, ADAM_LISTS);
    Optional<Clip> clip = clip(in, singles, ADAM_SCALARS, lists.get(1));
    List<Tensor> gradients = clip.map(c -> c.apply(lists.get(1))).orElse(lists.get(1));
    Tensor one = number(1);
    Tensor step = in.get(0).plus(1);
    Tensor lr = in.get(1);
    Tensor beta1 = in.get(2);
    Tensor beta2 = in.get(3);
    Tensor keep = one.minus(lr.times(in.get(5)));
    Tensor rate = lr.div(one.minus(beta1.pow(step)));
    Tensor correction = one.div(one.minus(beta2.pow(step)));
    List<Tensor> ps = new ArrayList<>();
    List<Tensor> ms = new ArrayList<>();
    List<Tensor> vs = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      Tensor p = lists.get(0).get(i);
      DType d = p.dtype();
      Tensor g = bounded(gradients.get(i));
      Tensor m = lists.get(2).get(i).times(beta1.cast(d)).plus(g.times(one.minus(beta1).cast(d)));
      Tensor v =
          lists.get(3).get(i).times(beta2.cast(d)).plus(g.square().times(one.minus(beta2).cast(d)));
      Tensor root = v.times(correction.cast(d)).sqrt().plus(in.get(4).cast(d));
      ps.add(p.times(keep.cast(d)).minus(m.times(rate.cast(d)).div(root)));
      ms.add(m);
      vs.add(v);
    }
    List<Tensor> out = new ArrayList<>(List.of(step));
    clip.ifPresent(c -> out.add(c.norm()));
    List.of(ps, ms, vs).forEach(out::addAll);
    return out;
  }

  private static List<Tensor> expandSgd(List<Tensor> in, int singles, boolean nesterov) {
    List<List<Tensor>> lists = split(in, singles, SGD_LISTS);
    Optional<Clip> clip = clip(in, singles, SGD_SCALARS, lists.get(1));
    List<Tensor> gradients = clip.map(c -> c.apply(lists.get(1))).orElse(lists.get(1));
    List<Tensor> ps = new ArrayList<>();
    List<Tensor> us = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      Tensor p = lists.get(0).get(i);
      DType d = p.dtype();
      Tensor momentum = in.get(1).cast(d);
      Tensor g = gradients.get(i).plus(p.times(in.get(2).cast(d)));
      Tensor u = lists.get(2).get(i).times(momentum).plus(g);
      Tensor direction = nesterov ? g.plus(u.times(momentum)) : u;
      ps.add(p.minus(direction.times(in.get(0).cast(d))));
      us.add(u);
    }
    List<Tensor> out = new ArrayList<>();
    clip.ifPresent(c -> out.add(c.norm()));
    List.of(ps, us).forEach(out::addAll);
    return out;
  }
}

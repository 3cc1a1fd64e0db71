package org.adjoint.op;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * One optimizer step on one parameter as an op: new values from old ones, in place where the old
 * ones are donated. Rates and counts are F64 scalars that arrive with each run, so another learning
 * rate is the same program.
 */
public final class OptimizerOps {
  private static final Kernel ADAM_KERNEL = kernel("adam", 0, 2, 3);
  private static final Kernel SGD_KERNEL = kernel("sgd", 0, 2);

  /** Inputs p, g, m, v, step, lr, beta1, beta2, eps; outputs p, m, v. */
  public static final Fused ADAM =
      Fused.of(
          ADAM_KERNEL,
          (op, in, attrs) -> infer(op, in, 9, 3),
          lowering(ADAM_KERNEL, 4),
          (in, attrs) -> expandAdam(in),
          input -> true);

  /** Inputs p, g, velocity, lr, momentum; outputs p, velocity. Attribute: 1 for Nesterov's form. */
  public static final Fused SGD =
      Fused.of(
          SGD_KERNEL,
          (op, in, attrs) -> infer(op, in, 5, 2),
          lowering(SGD_KERNEL, 3),
          (in, attrs) -> expandSgd(in, attrs[0] == 1),
          input -> true);

  /** All rows. */
  public static final List<Op> ALL = List.of(ADAM, SGD);

  private OptimizerOps() {}

  /**
   * Returns the parameter, first and second moment after one step of Adam (Kingma &amp; Ba, "Adam:
   * a method for stochastic optimization", 2015, algorithm 1): {@code p − lr · m̂ / (√v̂ + eps)}
   * with bias-corrected moments.
   *
   * @param p the parameter; g, m and v have its shape and dtype
   * @param step how many steps this makes, counted from 1; an F64 scalar
   * @param lr the learning rate; an F64 scalar
   */
  public static List<Tensor> adam(
      Tensor p,
      Tensor g,
      Tensor m,
      Tensor v,
      Tensor step,
      Tensor lr,
      double beta1,
      double beta2,
      double eps) {
    return ADAM.apply(Op.NO_ATTRS, p, g, m, v, step, lr, number(beta1), number(beta2), number(eps));
  }

  /** As the other {@code adam}, with the learning rate of this one step. */
  public static List<Tensor> adam(
      Tensor p,
      Tensor g,
      Tensor m,
      Tensor v,
      Tensor step,
      double lr,
      double beta1,
      double beta2,
      double eps) {
    return adam(p, g, m, v, step, number(lr), beta1, beta2, eps);
  }

  /**
   * Returns the parameter and velocity after one step of gradient descent with momentum: {@code u =
   * momentum · velocity + g}, {@code p − lr · u}, or with Nesterov's form {@code p − lr · (g +
   * momentum · u)} (Sutskever et al., 2013).
   *
   * @param lr the learning rate; an F64 scalar
   */
  public static List<Tensor> sgd(
      Tensor p, Tensor g, Tensor velocity, Tensor lr, double momentum, boolean nesterov) {
    long[] attrs = {nesterov ? 1 : 0};
    return SGD.apply(attrs, p, g, velocity, lr, number(momentum));
  }

  /** As the other {@code sgd}, with the learning rate of this one step. */
  public static List<Tensor> sgd(
      Tensor p, Tensor g, Tensor velocity, double lr, double momentum, boolean nesterov) {
    return sgd(p, g, velocity, number(lr), momentum, nesterov);
  }

  private static Tensor number(double value) {
    return Tensor.scalar(value, DType.F64);
  }

  private static Kernel kernel(String name, int... inPlace) {
    return new Kernel(name, ScalarFunction.NONE, inPlace);
  }

  private static List<Type> infer(Fused op, List<Type> in, int inputs, int outputs) {
    op.expect(in, inputs);
    Type p = in.get(0);
    op.floating(p);
    int tensors = op == ADAM ? 4 : 3;
    for (int i = 1; i < inputs; i++) {
      Type expected = i < tensors ? p : new Type(DType.F64, Shape.SCALAR);
      if (!in.get(i).equals(expected)) {
        throw new IllegalArgumentException(
            op.name() + ": input " + i + " should be " + expected + ", got " + in.get(i));
      }
    }
    return outputs == 3 ? List.of(p, p, p) : List.of(p, p);
  }

  private static Lowering lowering(Kernel kernel, int tensors) {
    return (emitter, attrs, in, out) -> {
      Ref[] operands = in.clone();
      for (int i = 0; i < tensors; i++) {
        operands[i] = emitter.contiguous(in[i]).flat();
      }
      Ref[] whole = new Ref[out.length];
      Ref[] results = new Ref[out.length];
      for (int i = 0; i < out.length; i++) {
        whole[i] = emitter.allocate(out[i]);
        results[i] = whole[i].flat();
      }
      emitter.call(kernel, attrs, operands, results);
      return whole;
    };
  }

  private static List<Tensor> expandAdam(List<Tensor> in) {
    DType dtype = in.get(0).dtype();
    Tensor p = in.get(0);
    Tensor g = in.get(1);
    Tensor step = in.get(4);
    Tensor one = number(1);
    Tensor beta1 = in.get(6);
    Tensor beta2 = in.get(7);
    Tensor m = in.get(2).times(beta1.cast(dtype)).plus(g.times(one.minus(beta1).cast(dtype)));
    Tensor v =
        in.get(3).times(beta2.cast(dtype)).plus(g.square().times(one.minus(beta2).cast(dtype)));
    Tensor rate = in.get(5).div(one.minus(beta1.pow(step))).cast(dtype);
    Tensor correction = one.div(one.minus(beta2.pow(step))).cast(dtype);
    Tensor denominator = v.times(correction).sqrt().plus(in.get(8).cast(dtype));
    return List.of(p.minus(m.times(rate).div(denominator)), m, v);
  }

  private static List<Tensor> expandSgd(List<Tensor> in, boolean nesterov) {
    DType dtype = in.get(0).dtype();
    Tensor lr = in.get(3).cast(dtype);
    Tensor momentum = in.get(4).cast(dtype);
    Tensor velocity = in.get(2).times(momentum).plus(in.get(1));
    Tensor direction = nesterov ? in.get(1).plus(velocity.times(momentum)) : velocity;
    return List.of(in.get(0).minus(direction.times(lr)), velocity);
  }
}

package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Looking at a value changes no meaning: a derivative that is 0 is 0 whether its graph was
 * evaluated before or not, and one that an evaluation or a compiled function has lost is an error.
 */
class KeptMeaningTest {
  private static Tensor vector(double... values) {
    return Tensor.of(values, values.length);
  }

  private static double[] gradient(Tensor y, Tensor x) {
    return Grad.grad(y.sum(), x).get(0).toDoubleArray();
  }

  private static <T> T eagerly(Supplier<T> body) {
    Adjoint.eager(true);
    try {
      return body.get();
    } finally {
      Adjoint.eager(false);
    }
  }

  private static void refused(Supplier<?> derivative) {
    assertThrows(IllegalStateException.class, derivative::get);
  }

  @Test
  void aConstantThatWasEvaluatedHasTheGradientZero() {
    Tensor x = vector(1, 2).variable();
    Tensor slope = Grad.grad(x.times(3).sum(), x).get(0);
    Tensor sum = slope.sum().eval();
    assertArrayEquals(new double[2], Grad.grad(sum, x).get(0).toDoubleArray());
    assertArrayEquals(new double[2], gradient(sum, x));
    assertArrayEquals(new double[2], gradient(slope.eval(), x));
    assertArrayEquals(new double[2], Grad.jvp(slope.eval(), x, vector(1, 1)).toDoubleArray());
    assertArrayEquals(new double[4], Grad.hessian(x.times(3).sum().eval(), x).toDoubleArray());
    assertArrayEquals(new double[2], gradient(x.times(2).detach().eval(), x));
    assertArrayEquals(new double[2], gradient(Grad.jvp(x.times(2), x, vector(1, 1)).eval(), x));
  }

  @Test
  void aConstantFromBeforeTheVariableIsZeroToo() {
    Tensor factor = vector(1, 2).times(2).eval();
    for (Tensor x :
        List.of(vector(3, 4), Tensor.ones(DType.F64, 2), Tensor.full(2, DType.F64, 2))) {
      x.variable();
      assertArrayEquals(new double[4], Grad.hessian(x.times(factor).sum(), x).toDoubleArray());
    }
    UnaryOperator<Tensor> constant = u -> factor.times(3).sum();
    assertArrayEquals(new double[2], Grad.of(constant).apply(vector(5, 6)).toDoubleArray());
    Parameter w = Parameter.of(vector(1, 2), "w");
    assertArrayEquals(new double[2], gradient(factor, w));
  }

  @Test
  void whatIsFlatHasTheGradientZeroWhenOpsAreComputedAtOnce() {
    List<UnaryOperator<Tensor>> flat =
        List.of(
            Tensor::round,
            Tensor::floor,
            Tensor::sign,
            Tensor::detach,
            x -> x.gt(1).cast(DType.F64),
            x -> x.cast(DType.I32).cast(DType.F64),
            x -> vector(7, 8).times(2));
    UnaryOperator<Tensor> cubic = x -> x.square().times(x);
    for (UnaryOperator<Tensor> f : flat) {
      Tensor x = vector(1.5, 2.5).variable();
      assertArrayEquals(new double[2], eagerly(() -> gradient(f.apply(x), x)));
      assertArrayEquals(
          new double[2],
          eagerly(() -> Grad.of((Tensor u) -> f.apply(u).sum()).apply(x)).toDoubleArray());
    }
    eagerly(
        () -> {
          Tensor x = vector(1.5, 2.5).variable();
          Tensor derivative = cubic.apply(x);
          for (int order = 1; order <= 5; order++) {
            derivative = Grad.grad(derivative.sum(), x).get(0);
          }
          assertArrayEquals(new double[2], derivative.toDoubleArray());
          return assertZero(Grad.hessian(x.times(3).sum(), x));
        });
    Parameter w = Parameter.of(vector(1, 2), "w");
    w.assign(w.times(2));
    eagerly(() -> assertZero(Grad.grad(Grad.grad(w.times(3).sum(), w).get(0).sum(), w).get(0)));
  }

  private static boolean assertZero(Tensor x) {
    assertArrayEquals(new double[(int) x.size()], x.toDoubleArray());
    return true;
  }

  @Test
  void aDerivativeThatAnEvaluationHasLostIsAnError() {
    Tensor x = vector(1, 2);
    Tensor y = x.times(2).eval();
    refused(() -> gradient(y, x));
    refused(() -> gradient(y.plus(1), x));
    refused(() -> Grad.jvp(y, x, vector(1, 1)));
    x.variable(); // too late
    refused(() -> gradient(y, x));
    Tensor later = y.plus(1).eval();
    refused(() -> gradient(later, x));
    refused(() -> gradient(later.times(2).eval(), x));
  }

  @Test
  void aParameterThatAnEvaluationHasLostIsAnError() {
    Parameter w = Parameter.of(vector(1, 2), "w");
    Parameter other = Parameter.of(vector(1, 2), "other");
    Tensor before = w.times(2).eval();
    Tensor pending = w.times(3);
    w.assign(w.plus(1));
    Tensor.evalAll(pending, w);
    for (Tensor lost : List.of(before, pending)) {
      refused(() -> gradient(lost, w));
      refused(() -> gradient(lost.plus(1), w));
      refused(() -> gradient(lost.plus(1).eval(), w));
      assertArrayEquals(new double[2], gradient(lost, other));
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> lost.sum().backward());
      assertTrue(e.getMessage().contains("'w'"), e.getMessage());
    }
  }

  @Test
  void aStateThatIsCarriedAlongLeadsToTheParameterOfNow() {
    Parameter w = Parameter.of(vector(2, 2), "w");
    Tensor state = vector(1, 1);
    for (int i = 0; i < 3; i++) {
      state = state.times(w).eval();
      w.assign(w.plus(0));
      w.eval();
    }
    state.times(w).sum().backward();
    assertArrayEquals(new double[] {8, 8}, w.grad().orElseThrow().toDoubleArray());
  }

  @Test
  void aGraphThatWasReleasedIsAnError() {
    Parameter w = Parameter.of(vector(1, 2), "w");
    Tensor x = vector(1, 2).variable();
    Tensor freed = w.times(x);
    freed.release();
    refused(() -> gradient(freed, w));
    refused(() -> gradient(freed, x));
    assertThrows(IllegalStateException.class, () -> freed.sum().backward());
  }

  @Test
  void aConstantLossLeavesParametersAlone() {
    Tensor loss = vector(1, 2).times(3).sum();
    loss.backward();
    loss.eval();
    loss.backward();
  }

  @Test
  void differentiatingThroughACompiledResultIsAnError() {
    Tensor x = vector(1, 2);
    Tensor y = Compiled.of((Tensor u) -> u.square()).apply(x);
    refused(() -> gradient(y, x));
    refused(() -> gradient(y.times(2), x));
    refused(() -> Grad.jvp(y.sum(), x, vector(1, 1)));
    refused(() -> Grad.hessian(y.sum(), x));
    refused(() -> Grad.jacobian(y, x));
    Tensor again = Compiled.of((Tensor u) -> u.times(2)).apply(y);
    x.variable(); // too late
    refused(() -> gradient(y, x));
    refused(() -> gradient(again, x));
    refused(() -> gradient(Tensor.of(new double[] {1, 1}, 2).times(again).eval(), x));
  }

  @Test
  void whatACompiledFunctionHasCapturedIsNoConstantToDerivatives() {
    Tensor x = vector(1, 2).variable();
    Tensor behind = x.times(3);
    Tensor y = Compiled.of((Tensor u) -> u.times(x)).apply(vector(1, 1));
    Tensor z = Compiled.of((Tensor u) -> u.times(behind)).apply(vector(1, 1));
    refused(() -> gradient(y, x));
    refused(() -> gradient(z.plus(1), x));
  }

  @Test
  void aCompiledResultThatIsFlatHasTheGradientZero() {
    Tensor x = vector(1, 2);
    assertArrayEquals(new double[2], gradient(Compiled.of(Tensor::round).apply(x), x));
    Tensor data = Compiled.of((Tensor u) -> u.times(2)).apply(vector(3, 4));
    Tensor later = vector(5, 6).variable();
    assertArrayEquals(new double[2], gradient(data, later));
    assertArrayEquals(new double[] {6, 8}, gradient(data.times(later), later));
  }
}

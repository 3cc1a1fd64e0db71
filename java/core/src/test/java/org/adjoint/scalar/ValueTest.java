package org.adjoint.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What values and their derivatives are: in closed form, numerically, and at the awkward points.
 */
class ValueTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private final Tape tape = Tape.of("test");

  /** One op of one operand; a binary op appears once for each operand it is differentiated by. */
  private record Row(String name, UnaryOperator<Value> op, double... at) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Row left(String name, BinaryOperator<Value> op, double other, double... at) {
    return new Row(name + " by x", x -> op.apply(x, x.tape().value(other)), at);
  }

  private static Row right(String name, BinaryOperator<Value> op, double other, double... at) {
    return new Row(name + " by y", x -> op.apply(x.tape().value(other), x), at);
  }

  static Stream<Row> rows() {
    return Stream.of(
        left("add", Value::add, 3, -2, 0, 1.5),
        right("add", Value::add, 3, -2, 0, 1.5),
        left("sub", Value::sub, 3, -2, 0, 1.5),
        right("sub", Value::sub, 3, -2, 0, 1.5),
        left("mul", Value::mul, -3, -2, 0, 1.5),
        right("mul", Value::mul, -3, -2, 0, 1.5),
        left("div", Value::div, -3, -2, 0, 1.5),
        right("div", Value::div, -3, -2, 0.5, 1.5),
        left("pow", Value::pow, 2.5, 0.3, 1, 4),
        left("pow", Value::pow, 3, -1.2, 0, 2),
        right("pow", Value::pow, 2.5, -1, 0, 2),
        right("pow of 0", Value::pow, 0, 1, 2.5),
        new Row("add c", x -> x.add(0.7), -2, 0, 1.5),
        new Row("sub c", x -> x.sub(0.7), -2, 0, 1.5),
        new Row("mul c", x -> x.mul(-0.7), -2, 0, 1.5),
        new Row("div c", x -> x.div(-0.7), -2, 0, 1.5),
        new Row("pow c", x -> x.pow(-1.5), 0.5, 1, 3),
        new Row("square", x -> x.pow(2), -1.5, 0, 3),
        new Row("neg", Value::neg, -2, 0, 1.5),
        new Row("exp", Value::exp, -2, 0, 1.5),
        new Row("log", Value::log, 0.3, 1, 7),
        new Row("sqrt", Value::sqrt, 0.3, 1, 7),
        new Row("sin", Value::sin, -2, 0, 1.5),
        new Row("cos", Value::cos, -2, 0, 1.5),
        new Row("tanh", Value::tanh, -2, 0, 1.5),
        new Row("relu", Value::relu, -2, -0.1, 1.5));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theDerivativeIsThatOfCentralDifferences(Row row) {
    for (double at : row.at) {
      double step = 1e-6;
      double numeric =
          (row.op.apply(tape.value(at + step)).data() - row.op.apply(tape.value(at - step)).data())
              / (2 * step);
      double bound = 1e-6 * Math.max(1, Math.abs(numeric));
      assertEquals(numeric, slope(row.op, at), bound, row + " at " + at);
    }
  }

  private double slope(UnaryOperator<Value> f, double at) {
    Value x = tape.value(at);
    f.apply(x).backward();
    return x.grad();
  }

  @Test
  void aNeuronInClosedForm() {
    Value x = tape.value(2);
    Value w = tape.value(-3);
    Value y = x.mul(w).add(6.88).tanh();
    y.backward();
    double t = Math.tanh(0.88);
    assertEquals(t, y.data(), 1e-15);
    assertEquals(-3 * (1 - t * t), x.grad(), 1e-15);
    assertEquals(2 * (1 - t * t), w.grad(), 1e-15);
    assertEquals(1, y.grad());
  }

  @Test
  void aForwardHasItsKnownSensitivities() {
    Value spot = tape.value(100);
    Value rate = tape.value(0.03);
    Value value = spot.sub(rate.mul(-2).exp().mul(95));
    value.backward();
    assertEquals(100 - 95 * Math.exp(-0.06), value.data(), 1e-13);
    assertEquals(1, spot.grad());
    assertEquals(2 * 95 * Math.exp(-0.06), rate.grad(), 1e-12);
  }

  @Test
  void aSharedNodeCollectsFromEveryUse() {
    Value x = tape.value(3);
    Value square = x.mul(x);
    Value y = square.mul(square).add(square).add(x);
    y.backward();
    assertEquals(4 * 27 + 2 * 3 + 1, x.grad());
    assertEquals(2 * 9 + 1, square.grad());
  }

  @Test
  void leavesAddUpOverPassesAndOthersStartAnew() {
    Value x = tape.value(3);
    Value square = x.mul(x);
    Value other = square.mul(5);
    square.backward();
    square.backward();
    assertEquals(12, x.grad());
    assertEquals(1, square.grad());
    other.backward();
    assertEquals(42, x.grad());
    assertEquals(5, square.grad());
    square.backward();
    assertEquals(0, other.grad(), "not reached by the last pass");
    x.zeroGrad();
    square.backward();
    assertEquals(6, x.grad());
    tape.zeroGrad();
    assertEquals(0, x.grad());
    assertEquals(0, square.grad());
    square.backward();
    assertEquals(6, x.grad());
  }

  @Test
  void reluIsFlatAtZeroAndKeepsNaN() {
    assertEquals(0, slope(Value::relu, 0));
    assertEquals(0, slope(Value::relu, -0.0));
    assertTrue(Double.isNaN(tape.value(Double.NaN).relu().data()));
  }

  @Test
  void rootsAndLogarithmsAreVerticalAtZeroButNotWhereNothingFlows() {
    for (double zero : new double[] {0.0, -0.0}) {
      assertEquals(INF, slope(Value::sqrt, zero));
      assertEquals(INF, slope(Value::log, zero));
      assertEquals(0, slope(x -> x.sqrt().mul(0), zero));
      assertEquals(0, slope(x -> x.mul(0).sqrt(), zero));
      assertEquals(1, slope(x -> x.relu().sqrt().mul(0).add(x), zero));
    }
    assertEquals(0, slope(x -> x.relu().sqrt(), -1));
  }

  @Test
  void powersAtZeroGoByLimits() {
    for (double n : new double[] {0, 1, 2, 3}) {
      Value x = tape.value(0);
      Value e = tape.value(n);
      Value y = x.pow(e);
      y.backward();
      assertEquals(n == 0 ? 1 : 0, y.data());
      assertEquals(n == 1 ? 1 : 0, x.grad(), "n = " + n);
      assertEquals(0, e.grad(), "n = " + n);
      assertEquals(n == 1 ? 1 : 0, slope(v -> v.pow(n), 0), "n = " + n);
    }
    assertEquals(INF, slope(x -> x.pow(0.5), 0));
    assertEquals(0, slope(x -> x.pow(0), 7));
  }

  @Test
  void tanhSaturates() {
    assertEquals(0, slope(Value::tanh, 1e4));
    assertEquals(0, slope(Value::tanh, -1e4));
  }

  @Test
  void aValueTellsHowItWasComputed() {
    Value x = tape.value(3);
    Value y = tape.value(4);
    Value z = x.mul(y);
    assertEquals("mul", z.op());
    assertEquals(List.of(3.0, 4.0), z.operands().stream().map(Value::data).toList());
    assertEquals(1, z.exp().operands().size());
    assertEquals(1, z.mul(2).operands().size());
    assertEquals("leaf", x.op());
    assertEquals(List.of(), x.operands());
    assertEquals("mul (node 2 of tape \"test\", data 12.0, grad 0.0)", z.toString());
  }
}

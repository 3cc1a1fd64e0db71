package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.adjoint.Checkpoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.Vmap;
import org.adjoint.check.GradCheck;
import org.adjoint.nn.norm.BatchNorm;
import org.junit.jupiter.api.Test;

/** What differs between training and evaluation, and where draws come from. */
class TrainingTest {
  private static final Training ON = Training.of(Key.of(1));

  @Test
  void evaluationDrawsNothing() {
    Dropout dropout = Dropout.of(0.5);
    Tensor x = Tensor.of(1.0, 2.0);
    assertEquals(x, dropout.apply(x));
    assertEquals(x, dropout.apply(x, Training.OFF));
    assertEquals(x, Dropout.of(0).apply(x, ON));
    assertThrows(IllegalStateException.class, Training.OFF::key);
    assertFalse(Training.OFF.isOn() || Training.OFF.movesStatistics());
  }

  @Test
  void dropoutKeepsTheMeanAndTheShareItSays() {
    double[] y = Dropout.of(0.3).apply(Tensor.ones(DType.F64, 200, 100), ON).toDoubleArray();
    long dropped = Arrays.stream(y).filter(v -> v == 0).count();
    assertEquals(0.3, dropped / 20_000.0, 5 * Math.sqrt(0.3 * 0.7 / 20_000));
    for (double v : y) {
      assertTrue(v == 0 || Math.abs(v - 1 / 0.7) < 1e-15, "was " + v);
    }
    double[] none = Dropout.of(1).apply(Tensor.ones(DType.F64, 4), ON).toDoubleArray();
    assertArrayEquals(new double[4], none);
    assertThrows(IllegalArgumentException.class, () -> Dropout.of(1.5));
    assertThrows(IllegalArgumentException.class, () -> Dropout.of(Double.NaN));
  }

  @Test
  void channelsAndExamplesAreDroppedWhole() {
    Tensor x = Tensor.ones(DType.F64, 8, 6, 5);
    double[] channels = Dropout.channels(0.5).apply(x, ON).sum(2).toDoubleArray();
    double[] examples = Dropout.path(0.5).apply(x, ON).sum(1, 2).toDoubleArray();
    assertWholes(channels, 10);
    assertWholes(examples, 60);
  }

  private static void assertWholes(double[] sums, double whole) {
    long zeros = Arrays.stream(sums).filter(v -> v == 0).count();
    long wholes = Arrays.stream(sums).filter(v -> v == whole).count();
    assertEquals(sums.length, zeros + wholes);
    assertTrue(zeros > 0 && wholes > 0, zeros + " of " + sums.length);
  }

  @Test
  void noTwoLayersDrawTheSameAndEachDrawsTheSameAgain() {
    Dropout dropout = Dropout.of(0.5);
    Parallel both = Parallel.concat(0, dropout, dropout);
    Tensor x = Tensor.ones(DType.F64, 1, 64);
    double[] y = both.apply(x, ON).toDoubleArray();
    assertFalse(Arrays.equals(Arrays.copyOf(y, 64), Arrays.copyOfRange(y, 64, 128)));
    assertArrayEquals(y, both.apply(x, ON).toDoubleArray());
    double[] other = both.apply(x, Training.of(Key.of(2))).toDoubleArray();
    assertFalse(Arrays.equals(y, other));
    assertEquals("a.b", ON.at("a").at("b").path());
  }

  @Test
  void aDroppedNetworkIsAFunctionWithDerivatives() {
    Layer network =
        Sequential.of(
            Dropout.of(0.4), Residual.of(Sequential.of(Activation.TANH, Dropout.path(0.5))));
    Tensor x = Key.of(3).normal(DType.F64, 4, 5);
    GradCheck.slow().order(2).check((Tensor v) -> network.apply(v, ON).square().sum(), x);
  }

  @Test
  void batchedKeysAreALoop() {
    Dropout dropout = Dropout.of(0.5);
    Tensor keys = Tensor.of(new long[] {3, 4, 5}, 3);
    BinaryOperator<Tensor> f = (x, bits) -> dropout.apply(x, Training.of(Key.of(bits)).at("d"));
    Tensor x = Key.of(3).normal(DType.F64, 3, 40);
    double[] batched = Vmap.of(f).apply(x, keys).toDoubleArray();
    for (int i = 0; i < 3; i++) {
      double[] one = f.apply(x.get(i), keys.get(i)).toDoubleArray();
      assertArrayEquals(one, Arrays.copyOfRange(batched, 40 * i, 40 * (i + 1)));
    }
  }

  @Test
  void compiledEachModeIsWrittenDownOnce() {
    BatchNorm norm = BatchNorm.of(Origin.of(Key.of(1)).dtype(DType.F64), 3);
    Layer network = Sequential.of(norm, Dropout.of(0.5));
    AtomicInteger calls = new AtomicInteger();
    BinaryOperator<Tensor> train =
        Compiled.of(
            (Tensor x, Tensor bits) -> {
              calls.incrementAndGet();
              return network.apply(x, Training.of(Key.of(bits)));
            });
    UnaryOperator<Tensor> evaluate =
        Compiled.of(
            (Tensor x) -> {
              calls.incrementAndGet();
              return network.apply(x);
            });
    Tensor x = Key.of(3).normal(DType.F64, 6, 3).plus(2).eval();
    double[] first = train.apply(x, Tensor.scalar(1L)).toDoubleArray();
    double[] moved = norm.mean().toDoubleArray();
    double[] second = train.apply(x, Tensor.scalar(2L)).toDoubleArray();
    assertFalse(Arrays.equals(first, second), "another key draws other elements");
    double[] mean = x.mean(0).toDoubleArray();
    for (int i = 0; i < 3; i++) {
      assertEquals(0.1 * mean[i], moved[i], 1e-15);
      assertEquals(0.19 * mean[i], norm.mean().toDoubleArray()[i], 1e-15);
    }
    double[] evaluated = evaluate.apply(x).toDoubleArray();
    assertArrayEquals(network.apply(x).toDoubleArray(), evaluated, 1e-15);
    evaluate.apply(x);
    assertEquals(2, calls.get());
  }

  @Test
  void runningStatisticsStandStillWhereNothingCanBeAssigned() {
    BatchNorm norm = BatchNorm.of(Origin.of(Key.of(1)).dtype(DType.F64), 3);
    Tensor x = Key.of(3).normal(DType.F64, 6, 3).variable();
    UnaryOperator<Tensor> moving = Checkpoint.of((Tensor v) -> norm.apply(v, ON));
    assertThrows(IllegalStateException.class, () -> moving.apply(x));
    UnaryOperator<Tensor> still = Checkpoint.of((Tensor v) -> norm.apply(v, ON.at("a").still()));
    Grad.grad(still.apply(x).square().sum(), x).get(0).eval();
    assertArrayEquals(new double[3], norm.mean().toDoubleArray());
    norm.apply(x, ON.still().at("a")).eval();
    assertArrayEquals(new double[3], norm.mean().toDoubleArray());
    norm.momentum(0.5).apply(x, ON).eval();
    double[] half = x.mean(0).times(0.5).toDoubleArray();
    assertArrayEquals(half, norm.mean().toDoubleArray(), 1e-15);
  }

  @Test
  void aLayerWithChildrenHasToHandTheTrainingOn() {
    Layer forgetful =
        new Layer() {
          @Override
          public List<Child> children() {
            return List.of(new Child("dropout", Dropout.of(0.5)));
          }

          @Override
          public Tensor apply(Tensor x) {
            return x;
          }
        };
    Tensor x = Tensor.of(1.0);
    assertEquals(x, forgetful.apply(x, Training.OFF));
    String message =
        assertThrows(IllegalStateException.class, () -> forgetful.apply(x, ON)).getMessage();
    assertTrue(message.contains("no apply(x, training)"), message);
    Layer lambda = v -> v.times(2);
    assertEquals(2, lambda.apply(x, ON).item());
  }

  @Test
  void sumsAndBranchesSayWhichShapesDiffer() {
    Residual residual = Residual.of(Linear.of(Origin.of(Key.of(1)), 3, 2));
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> residual.apply(Tensor.zeros(DType.F32, 4, 3)))
            .getMessage();
    assertTrue(message.contains("[4, 2]") && message.contains("[4, 3]"), message);
    Residual fits =
        Residual.of(Linear.of(Origin.of(Key.of(1)), 3, 2), Linear.of(Origin.of(Key.of(1)), 3, 2));
    Tensor x = Key.of(3).normal(DType.F32, 4, 3);
    assertArrayEquals(fits.body().apply(x).times(2).toArray(), fits.apply(x).toArray(), 1e-6f);
    assertArrayEquals(
        x.times(3).toArray(), Parallel.sum(v -> v, v -> v.times(2)).apply(x).toArray(), 1e-6f);
    assertThrows(IllegalArgumentException.class, () -> new Parallel(List.of(), ys -> ys.get(0)));
  }
}

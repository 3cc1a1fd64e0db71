package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

class WeightAverageTest {
  private final Parameter p = Parameter.of(Tensor.of(new double[] {1, -2, 3}, 3), "p");

  private void check(WeightAverage average, double beta) {
    Sgd sgd = new Sgd(List.of(p), 0.1);
    double[] expected = new double[3];
    for (int n = 0; n < 10; n++) {
      sgd.zeroGrad();
      p.square().sum().backward();
      sgd.step();
      average.add();
      double[] now = p.toDoubleArray();
      for (int i = 0; i < 3; i++) {
        if (beta < 0) {
          expected[i] += now[i]; // a sum: divided by n + 1 below
        } else {
          expected[i] = n == 0 ? now[i] : beta * expected[i] + (1 - beta) * now[i];
        }
      }
      double[] mean = expected.clone();
      for (int i = 0; i < 3 && beta < 0; i++) {
        mean[i] /= n + 1;
      }
      assertArrayEquals(mean, average.with(() -> p.times(1).eval()).toDoubleArray(), 1e-14);
      assertArrayEquals(now, p.toDoubleArray());
    }
    WeightAverage resumed =
        beta < 0 ? WeightAverage.mean(List.of(p)) : WeightAverage.exponential(List.of(p), beta);
    resumed.restore(average.state());
    resumed.add();
    average.add();
    double[] both = average.with(() -> p.times(1).eval()).toDoubleArray();
    assertArrayEquals(both, resumed.with(() -> p.times(1).eval()).toDoubleArray());
    average.restore(resumed.state());
    resumed.assign();
    assertArrayEquals(both, p.toDoubleArray());
    assertEquals(11, resumed.state().get("count").item());
    p.assign(p.times(0));
    assertArrayEquals(both, average.with(() -> p.times(1).eval()).toDoubleArray());
  }

  @Test
  void aMeanIsOverAllValues() {
    check(WeightAverage.mean(List.of(p)), -1);
  }

  @Test
  void anExponentialMeanForgets() {
    check(WeightAverage.exponential(List.of(p), 0.8), 0.8);
  }

  @Test
  void withoutValuesThereIsNoAverage() {
    WeightAverage average = WeightAverage.mean(List.of(p));
    assertThrows(IllegalStateException.class, average::assign);
    assertThrows(IllegalStateException.class, () -> average.with(p::item));
    assertThrows(IllegalArgumentException.class, () -> WeightAverage.exponential(List.of(p), 1));
  }
}

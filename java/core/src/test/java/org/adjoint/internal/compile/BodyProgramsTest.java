package org.adjoint.internal.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** What a turn computes is compiled once, whatever is around the loop. */
class BodyProgramsTest {
  private static double[] gradient(long turns, double number) {
    Tensor w = Tensor.of(new double[] {0.3, -0.2}, 2).variable();
    Tensor xs = Tensor.ones(DType.F64, turns, 2).times(0.5);
    Tensor states =
        Scan.of((Tensor h, Tensor x) -> h.times(w).plus(x).tanh().times(number))
            .apply(Tensor.zeros(DType.F64, 2), xs);
    return Grad.grad(states.square().sum(), w).get(0).toDoubleArray();
  }

  private static double[] unrolled(long turns, double number) {
    Tensor w = Tensor.of(new double[] {0.3, -0.2}, 2).variable();
    Tensor h = Tensor.zeros(DType.F64, 2);
    Tensor sum = Tensor.zeros(DType.F64);
    for (long t = 0; t < turns; t++) {
      h = h.times(w).plus(0.5).tanh().times(number);
      sum = sum.plus(h.square().sum());
    }
    return Grad.grad(sum, w).get(0).toDoubleArray();
  }

  @Test
  void anotherLengthCompilesNoBody() {
    gradient(4, 0.9);
    long before = BodyPrograms.compiled();
    for (long turns = 5; turns < 9; turns++) {
      assertArrayEquals(unrolled(turns, 0.7), gradient(turns, 0.7), 1e-14);
    }
    assertEquals(before, BodyPrograms.compiled());
  }
}

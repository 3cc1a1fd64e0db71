package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.AbstractList;
import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever other threads do between two looks of a trace, it is whole or known not to be. */
@Tag("threads")
class TraceTest {
  private final Parameter parameter = Parameter.of(Tensor.of(1.0, 2.0), "p");

  /** Returns no tensors, once another thread has done something. */
  private static List<Tensor> nothingAfter(Runnable meanwhile) {
    return new AbstractList<>() {
      @Override
      public Tensor get(int index) {
        throw new IndexOutOfBoundsException(index);
      }

      @Override
      public int size() {
        Thread other = new Thread(meanwhile);
        other.start();
        try {
          other.join();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        return 0;
      }
    };
  }

  private Version assigned() {
    parameter.eval();
    ParameterState state = Access.state(parameter);
    parameter.assign(parameter.plus(1));
    return state.peek();
  }

  @Test
  void anAssignedVersionIsSettledMeanwhile() {
    Trace trace = new Trace();
    trace.fill(nothingAfter(parameter::toDoubleArray), List.of(assigned()));
    assertFalse(trace.computesVersions());
    assertTrue(trace.isOutOfDate());
  }

  @Test
  void anAssignedVersionIsSettledAndSupersededMeanwhile() {
    Version version = assigned();
    Runnable goesOn =
        () -> {
          parameter.toDoubleArray();
          parameter.assign(parameter.times(2));
          parameter.eval();
        };
    Trace trace = new Trace();
    assertThrows(
        IllegalStateException.class, () -> trace.fill(nothingAfter(goesOn), List.of(version)));
    assertTrue(trace.isOutOfDate());
  }

  @Test
  void nothingHappensMeanwhile() {
    Trace trace = new Trace();
    trace.fill(List.of(), List.of(assigned()));
    assertTrue(trace.computesVersions());
    assertFalse(trace.isOutOfDate());
  }
}

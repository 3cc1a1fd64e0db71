package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Timing;
import org.adjoint.internal.run.TimedRuns.TimedRun;
import org.junit.jupiter.api.Test;

/** Runs that are timed give what others give, and a time for each instruction. */
class TimedRunsTest {
  private final Parameter w = Parameter.of(Key.of(1).normal(DType.F64, 3, 3), "fc1.weight");
  private final Tensor x = Key.of(2).normal(DType.F64, 4, 3).eval();

  private Tensor loss() {
    return x.matmul(w).tanh().square().sum();
  }

  @Test
  void everyInstructionHasATime() {
    double expected = loss().item();
    List<Double> values = new ArrayList<>();
    List<TimedRun> runs = TimedRuns.of(() -> values.add(loss().item()));
    assertEquals(expected, values.get(0));
    assertEquals(1, runs.size());
    TimedRun run = runs.get(0);
    List<Instruction> instructions = run.graph().program().flat();
    assertEquals(instructions.size(), run.timings().size());
    for (Timing timing : run.timings()) {
      assertEquals(1, timing.runs());
      assertTrue(timing.nanoseconds() > 0, run.timings().toString());
    }
    long inside = run.timings().stream().mapToLong(Timing::nanoseconds).sum();
    assertTrue(run.nanoseconds() >= inside, run.toString());
    assertTrue(run.parameters().contains("fc1.weight"), run.parameters().toString());
  }

  @Test
  void theBodyOfALoopIsTimedByTurns() {
    Tensor xs = Key.of(3).normal(DType.F64, 7, 3).eval();
    Tensor start = Tensor.zeros(DType.F64, 3).eval();
    Tensor states =
        Scan.of((Tensor h, Tensor t) -> h.matmul(w).plus(t).tanh().matmul(w)).apply(start, xs);
    TimedRun run = TimedRuns.of(states::eval).get(0);
    List<Instruction> instructions = run.graph().program().flat();
    int loop = 0;
    while (instructions.get(loop).body().isEmpty()) {
      loop++;
    }
    int body = instructions.get(loop).body().orElseThrow().flat().size();
    assertTrue(body > 1, instructions.toString());
    long inside = 0;
    for (int i = loop + 1; i <= loop + body; i++) {
      assertEquals(7, run.timings().get(i).runs());
      inside += run.timings().get(i).nanoseconds();
    }
    assertEquals(1, run.timings().get(loop).runs());
    assertTrue(run.timings().get(loop).nanoseconds() >= inside, run.timings().toString());
  }

  @Test
  void aRehearsalLeavesEverythingAsItIs() {
    Tensor loss = loss();
    Tensor slope = Grad.grad(loss, w).get(0);
    w.assign(w.minus(slope.times(0.1)));
    double[] before = w.snapshot().toDoubleArray();
    List<TimedRun> runs =
        TimedRuns.of(
            () -> {
              Tensor next = loss();
              assertTrue(Evaluator.rehearse(List.of(next)));
              assertTrue(Evaluator.rehearse(List.of(next)));
            });
    assertEquals(2, runs.size());
    assertArrayEquals(before, w.toDoubleArray());
    Tensor value = loss();
    value.eval();
    assertFalse(Evaluator.rehearse(List.of(value)));
  }

  @Test
  void aCompiledStepTrainsOnWhileItIsTimed() {
    Parameter v = Parameter.of(Tensor.ones(DType.F64, 3, 3), "v");
    UnaryOperator<Tensor> step =
        Compiled.of(
            (Tensor t) -> {
              Tensor y = t.matmul(v).square().sum();
              v.assign(v.minus(Grad.grad(y, v).get(0).times(0.01)));
              return y;
            });
    List<Double> losses = new ArrayList<>();
    losses.add(step.apply(x).item());
    losses.add(step.apply(x).item()); // on a lease
    List<TimedRun> runs = TimedRuns.of(() -> losses.add(step.apply(x).item()));
    losses.add(step.apply(x).item());
    assertEquals(1, runs.size());
    assertTrue(runs.get(0).parameters().contains("v"), runs.toString());
    for (int i = 1; i < losses.size(); i++) {
      assertTrue(losses.get(i) < losses.get(i - 1), losses.toString());
    }
    assertEquals(List.of(), TimedRuns.of(() -> {}));
  }

  @Test
  void timingInsideOfTimingIsRefused() {
    IllegalStateException error =
        assertThrows(IllegalStateException.class, () -> TimedRuns.of(() -> TimedRuns.of(() -> {})));
    assertTrue(error.getMessage().contains("already"), error.getMessage());
    assertFalse(TimedRuns.isOnHere());
  }
}

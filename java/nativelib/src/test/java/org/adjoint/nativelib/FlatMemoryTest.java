package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Memory;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Plan;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;
import org.junit.jupiter.api.Test;

/** Training for long holds no more native memory than training for a moment. */
@NeedsNative
class FlatMemoryTest {
  private static final int STEPS = 10_000;
  private static final int WARM_UP = 100;

  private final List<Parameter> weights = new ArrayList<>();
  private final List<Parameter> moments = new ArrayList<>();
  private final Parameter count = Parameter.buffer(Tensor.scalar(0.0), "count");

  private void addWeight(String name, long... dims) {
    Tensor init = Key.of(weights.size()).normal(DType.F32, dims).times(0.1);
    weights.add(Parameter.of(init, name));
    moments.add(Parameter.buffer(Tensor.zeros(DType.F32, dims), name + ".m"));
    moments.add(Parameter.buffer(Tensor.zeros(DType.F32, dims), name + ".v"));
  }

  @SuppressWarnings("try") // the scope is there for its end
  private float step(float[] x, int[] labels) {
    try (Scope scope = Scope.open()) {
      Tensor hidden = Tensor.of(x, 16, 64).matmul(weights.get(0)).plus(weights.get(1)).relu();
      Tensor logits = hidden.matmul(weights.get(2)).plus(weights.get(3));
      Tensor loss = logits.softmaxCrossEntropy(Tensor.of(labels, 16)).mean();
      loss.backward();
      List<Tensor> ms = new ArrayList<>();
      List<Tensor> vs = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        ms.add(moments.get(2 * i));
        vs.add(moments.get(2 * i + 1));
      }
      List<Tensor> gs = weights.stream().map(w -> w.grad().orElseThrow()).toList();
      OptimizerOps.Stepped next =
          OptimizerOps.adam(
              List.of(List.copyOf(weights), gs, ms, vs),
              count,
              OptimizerOps.AdamRates.of(1e-3, 0.9, 0.999, 1e-8, 0),
              Optional.empty());
      count.assign(next.count().orElseThrow());
      for (int i = 0; i < weights.size(); i++) {
        weights.get(i).assign(next.lists().get(0).get(i));
        moments.get(2 * i).assign(next.lists().get(1).get(i));
        moments.get(2 * i + 1).assign(next.lists().get(2).get(i));
      }
      Parameters.commit(weights);
      weights.forEach(Parameter::zeroGrad);
      return (float) loss.item();
    }
  }

  @Test
  void tenThousandStepsHoldTheBytesOfTheFirst() {
    Adjoint.backend("native");
    addWeight("w1", 64, 32);
    addWeight("b1", 32);
    addWeight("w2", 32, 10);
    addWeight("b2", 10);
    float[] x = Key.of(9).uniform(DType.F32, 16, 64).toArray();
    int[] labels = new int[16];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 10;
    }
    float first = 0;
    float last = 0;
    Memory.Report warm = Memory.report();
    for (int i = 0; i < STEPS; i++) {
      last = step(x, labels);
      if (i == 0) {
        first = last;
      }
      if (i == WARM_UP) {
        System.gc();
        warm = Memory.report();
      }
    }
    Memory.Report end = Memory.report();
    assertTrue(last < first / 10, "it learns: loss " + first + " became " + last);
    assertTrue(
        end.outstanding() <= warm.outstanding() && end.buffers() <= warm.buffers(),
        "outstanding memory rose from " + warm + " to " + end);
  }

  /** Batches of ever new sizes keep no block each, and what is kept goes when asked for. */
  @Test
  void everNewShapesKeepLittle() {
    Adjoint.backend("native");
    Memory.trim();
    long before = Memory.report().pooled();
    for (int n = 1; n <= 2000; n++) {
      int size = n;
      Scope.run(() -> Tensor.of(new float[8 * size], size, 8).plus(1).square().sum().item());
    }
    long kept = Memory.report().pooled() - before;
    assertTrue(kept < 32 << 20, "pooled " + kept);
    Memory.trim();
    assertTrue(Memory.report().pooled() < 1 << 20, () -> Memory.report().toString());
  }

  /** What a sort needs beside its result is part of the plan. */
  @Test
  void plansKnowTheScratchOfKernels() {
    Adjoint.backend("native");
    Tensor order = Tensor.of(new float[1000], 1000).argsort(0);
    Plan plan = Plan.of(order);
    assertTrue(plan.scratchBytes() >= 32 * 1000, plan::toString);
    assertTrue(plan.toString().contains("scratch " + plan.scratchBytes()), plan::toString);
  }

  /**
   * Gradients that a compiled step leaves, and scalars that it is given, go without a collection.
   */
  @Test
  void compiledStepsLeaveNothingBehind() {
    Adjoint.backend("native");
    Parameter w = Parameter.of(Tensor.ones(DType.F32, 1 << 16), "w");
    BinaryOperator<Tensor> step =
        Compiled.of(
            (Tensor x, Tensor rate) -> {
              w.zeroGrad();
              Tensor loss = w.minus(x).square().sum();
              loss.backward();
              w.assign(w.minus(w.grad().orElseThrow().times(rate)));
              return loss;
            });
    Tensor target = Tensor.full(3, DType.F32, 1 << 16).eval();
    Memory.Report warm = Memory.report();
    for (int i = 0; i < 3000; i++) {
      int at = i;
      Scope.run(() -> step.apply(target, Tensor.scalar(0.1f / (1 + at))));
      if (i == WARM_UP) {
        warm = Memory.report();
      }
    }
    Memory.Report end = Memory.report();
    assertTrue(
        end.outstanding() <= warm.outstanding() && end.buffers() <= warm.buffers(),
        "outstanding memory rose from " + warm + " to " + end);
  }
}

package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Adjoint;
import org.adjoint.Attention;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Plan;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** Attention, forward and backward, takes memory linear in tokens, scratch of kernels included. */
@NeedsNative
class AttentionMemoryTest {
  private static Plan trained(long tokens) {
    Tensor q = Tensor.zeros(DType.F32, 1, 8, tokens, 64).variable();
    Tensor k = Tensor.zeros(DType.F32, 1, 8, tokens, 64).variable();
    Tensor v = Tensor.zeros(DType.F32, 1, 8, tokens, 64).variable();
    Tensor loss = Attention.of(q, k, v).causal().output().square().sum();
    List<Tensor> all = new ArrayList<>(Grad.grad(loss, q, k, v));
    all.add(loss);
    return Plan.of(all.toArray(new Tensor[0]));
  }

  @Test
  void twiceTheTokensTakeTwiceTheMemory() {
    Adjoint.backend("native");
    Plan plan = trained(2048);
    assertEquals(1, plan.count("attention"), plan.toString());
    assertEquals(1, plan.count("attentionGrad"), plan.toString());
    long scores = 4L * 2048 * 2048;
    assertTrue(bytes(plan) < 8 * scores, plan.toString());
    assertTrue(bytes(plan) < 2.1 * bytes(trained(1024)), plan.toString());
  }

  private static long bytes(Plan plan) {
    return plan.workspaceBytes() + plan.scratchBytes();
  }
}

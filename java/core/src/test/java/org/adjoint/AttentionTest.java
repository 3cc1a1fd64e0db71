package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What attention means where it could mean several things, and what it refuses. */
class AttentionTest {
  private static final Tensor Q = draw(1, 2, 2, 3, 4);
  private static final Tensor K = draw(2, 2, 1, 5, 4);
  private static final Tensor V = draw(3, 2, 1, 5, 3);

  private static Tensor draw(long seed, long... dims) {
    return Key.of(seed).normal(DType.F64, dims).eval();
  }

  private static void same(Tensor expected, Tensor actual) {
    assertEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray(), 1e-14);
  }

  private static void says(String text, Executable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void equationOne() {
    Tensor scores = Q.matmul(K.transpose()).div(2.0);
    same(scores.softmax(-1).matmul(V), Attention.of(Q, K, V).output());
  }

  @Test
  void theLastQueryOfACausalAttentionSeesEveryKey() {
    Tensor later = Tensor.arange(5).gt(Tensor.arange(3).plus(2).reshape(3, 1));
    same(Attention.of(Q, K, V).mask(later.not()).output(), Attention.of(Q, K, V).causal().output());
    Tensor first = Attention.of(Q, K, V).causal(0).output().slice(2, 0, 1);
    same(V.slice(2, 0, 1).broadcastTo(2, 2, 1, 3), first);
  }

  @Test
  void aTokenMoreAfterKeptKeysIsTheLastRowOfTheWhole() {
    Tensor q = draw(4, 1, 2, 5, 4);
    Tensor k = draw(5, 1, 2, 5, 4);
    Tensor whole = Attention.of(q, k, k).causal().output();
    same(whole.slice(2, 4, 5), Attention.of(q.slice(2, 4, 5), k, k).causal().output());
  }

  @Test
  void aQueryThatSeesNoKeyGetsZeroAndPassesNothingBack() {
    Tensor mask = Tensor.of(new boolean[] {true, false, true}, 3, 1);
    Tensor q = Q.variable();
    Tensor y = Attention.of(q, K, V).mask(mask).output();
    assertArrayEquals(new double[12], y.slice(2, 1, 2).toDoubleArray());
    Tensor dq = Grad.grad(y.square().sum(), q).get(0);
    assertArrayEquals(new double[16], dq.slice(2, 1, 2).toDoubleArray());
    assertTrue(dq.slice(2, 0, 1).abs().min().item() > 0);
    same(Tensor.zeros(DType.F64, 2, 2, 3, 3), Attention.of(Q, K, V).causal(-9).output());
  }

  @Test
  void lengthsHideWhatIsBehindThem() {
    Tensor y = Attention.of(Q, K, V).lengths(Tensor.of(new int[] {0, 2}, 2)).output();
    assertArrayEquals(new double[18], y.slice(0, 0, 1).toDoubleArray());
    Tensor two = Attention.of(Q, K.slice(2, 0, 2), V.slice(2, 0, 2)).output();
    same(two.slice(0, 1, 2), y.slice(0, 1, 2));
  }

  @Test
  void axesBeforeTheHeadsAreBatches() {
    Tensor q = draw(6, 2, 3, 1, 4, 2);
    Tensor mask = draw(7, 3, 1, 4, 4).gt(-1);
    Tensor y = Attention.of(q, q, q).mask(mask).output();
    for (int i = 0; i < 2; i++) {
      Tensor one = q.get(i);
      same(Attention.of(one, one, one).mask(mask).output(), y.get(i));
    }
    Tensor single = q.get(0).get(0);
    same(y.get(0).get(0), Attention.of(single, single, single).mask(mask.get(0)).output());
  }

  @Test
  void whatDoesNotGoTogetherIsNamed() {
    says(
        "attention: q F64[2, 2, 3, 4], k F64[2, 1, 5, 4], v F64[2, 2, 3, 4]",
        () -> Attention.of(Q, K, Q));
    says("hkv a divisor of h", () -> Attention.of(K.slice(2, 0, 1), Q, Q));
    says("all F32 or all F64", () -> Attention.of(Q.cast(DType.F32), K, V));
    says("with d > 0", () -> Attention.of(Q.slice(3, 0, 0), K.slice(3, 0, 0), V));
    Attention a = Attention.of(Q, K, V);
    says("scale NaN is not finite", () -> a.scale(Double.NaN));
    says("mask BOOL[4] of scores [2, 2, 3, 5]", () -> a.mask(Tensor.zeros(DType.BOOL, 4)));
    says("needs BOOL or F64", () -> a.mask(Tensor.zeros(DType.F32, 5)));
    says("lengths I32[3]", () -> a.lengths(Tensor.of(new int[3], 3)));
    says("lengths F64[2]", () -> a.lengths(Tensor.zeros(DType.F64, 2)));
  }

  @Test
  void rotatedProductsDependOnTheDistanceAlone() {
    Tensor q = draw(8, 1, 6);
    Tensor k = draw(9, 1, 6);
    for (Rotary.Pairs pairs : Rotary.Pairs.values()) {
      Rotary rotary = new Rotary(100, pairs);
      double near = product(rotary, q, k, 7, 4);
      assertEquals(near, product(rotary, q, k, 1_000_003, 1_000_000), 1e-8);
      assertTrue(Math.abs(near - product(rotary, q, k, 7, 5)) > 1e-3);
      same(q, rotary.apply(q));
    }
    assertEquals(
        Math.cos(3),
        Rotary.of(100).apply(Tensor.of(new double[] {1, 0}, 1, 2), at(3)).toDoubleArray()[0]);
    says("needs [..., n, d], F32 or F64, with an even d", () -> Rotary.of(2).apply(draw(1, 3, 3)));
    says("positions I64[4] of x F64[1, 6]", () -> Rotary.of(2).apply(q, Tensor.arange(4)));
    says("base 0.0 is not in (0, inf)", () -> Rotary.of(0));
  }

  private static Tensor at(long position) {
    return Tensor.of(new long[] {position}, 1);
  }

  private static double product(Rotary rotary, Tensor q, Tensor k, long i, long j) {
    return rotary.apply(q, at(i)).times(rotary.apply(k, at(j))).sum().item();
  }
}

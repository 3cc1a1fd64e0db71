package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * What BF16 is: rounded once from anything, moved and multiplied, and nothing else; derivatives of
 * it are F32.
 */
class Bf16Test {
  private static final double ROUNDING = 0x1p-8;

  private static Tensor random(int seed, long... dims) {
    return Key.of(seed).normal(DType.F32, dims).eval();
  }

  private static Tensor bf16(Tensor x) {
    return x.cast(DType.BF16);
  }

  private static void near(Tensor actual, Tensor expected, double tolerance) {
    float[] a = actual.toArray();
    float[] b = expected.toArray();
    assertEquals(b.length, a.length);
    for (int i = 0; i < a.length; i++) {
      assertEquals(b[i], a[i], tolerance * Math.max(1, Math.abs(b[i])), "at " + i);
    }
  }

  /** The nearest of the numbers around x, the even one of two, found by trying. */
  private static float nearest(double x) {
    short start = (short) (Float.floatToRawIntBits((float) x) >>> 16);
    float best = Bfloat16.widen(start);
    short bits = start;
    for (int i = -1; i <= 1; i++) {
      short at = (short) (start + i);
      float y = Bfloat16.widen(at);
      double was = Math.abs(x - best);
      double is = Math.abs(x - y);
      if (is < was || (is == was && (at & 1) == 0 && (bits & 1) != 0)) {
        best = y;
        bits = at;
      }
    }
    return best;
  }

  @Test
  void narrowingTakesTheNearestAndOfTwoTheEvenOne() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 200_000; i++) {
      double x = (random.nextDouble() - 0.5) * Math.scalb(1.0, random.nextInt(-60, 60));
      assertEquals(nearest(x), Bfloat16.widen(Bfloat16.of(x)), () -> "of " + x);
      assertEquals(nearest((float) x), Bfloat16.widen(Bfloat16.of((float) x)));
      long whole = random.nextLong() >> random.nextInt(12, 64); // exact in double
      assertEquals(nearest(whole), Bfloat16.widen(Bfloat16.of(whole)));
    }
    // Twice rounded these would be 1 and 2^61; the last bit decides.
    assertEquals(1.0078125f, Bfloat16.widen(Bfloat16.of(1 + 0x1p-8 + 0x1p-40)));
    assertEquals(1f, Bfloat16.widen(Bfloat16.of(1 + 0x1p-8)));
    assertEquals(0x1.02p61f, Bfloat16.widen(Bfloat16.of((1L << 61) + (1L << 53) + 1)));
    assertEquals(0x1p61f, Bfloat16.widen(Bfloat16.of((1L << 61) + (1L << 53))));
  }

  @Test
  void castsAtTheEdges() {
    float[] x = {
      0f,
      -0f,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.MAX_VALUE,
      0x1p-133f,
      0x1p-134f,
      0x1.8p-133f
    };
    float[] y = {
      0f,
      -0f,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.POSITIVE_INFINITY,
      0x1p-133f,
      0f,
      0x1p-132f
    };
    Tensor brief = bf16(Tensor.of(x, x.length));
    assertEquals(DType.BF16, brief.dtype());
    assertArrayEquals(y, brief.toArray());
    assertArrayEquals(y, brief.cast(DType.F64).cast(DType.F32).toArray());
    // A NaN whose payload has no upper bits stays one.
    assertTrue(Float.isNaN(Bfloat16.widen(Bfloat16.of(Float.intBitsToFloat(0x7F800001)))));
    assertArrayEquals(
        new int[] {256, -1}, bf16(Tensor.of(new int[] {257, -1}, 2)).cast(DType.I32).toIntArray());
    assertArrayEquals(
        new boolean[] {true, false},
        bf16(Tensor.of(new float[] {2, 0}, 2)).cast(DType.BOOL).toBooleanArray());
    assertEquals(2.5f, bf16(Tensor.scalar(2.5f)).item());
    assertEquals(1.0, Tensor.ones(DType.BF16, 1).item());
  }

  @Test
  void wrapsShorts() {
    ShortBuffer bits = ByteBuffer.allocateDirect(6).order(ByteOrder.nativeOrder()).asShortBuffer();
    bits.put(0, Bfloat16.of(1.5f)).put(1, Bfloat16.of(-2f)).put(2, Bfloat16.of(3f));
    Tensor x = Tensor.wrap(bits, 3);
    assertEquals("BF16[3]", x.toString());
    assertArrayEquals(new float[] {1.5f, -2, 3}, x.toArray());
    assertArrayEquals(new float[] {3, -4, 6}, x.cast(DType.F32).times(2).toArray());
  }

  @Test
  void moves() {
    Tensor x = bf16(random(1, 3, 4));
    float[] v = x.toArray();
    assertArrayEquals(new float[] {v[4], v[5], v[6], v[7]}, x.get(1).toArray());
    assertArrayEquals(new float[] {v[1], v[5], v[9]}, x.transpose().get(1).toArray());
    Tensor twice = Tensor.concat(0, x, x).slice(0, 2, 4);
    assertArrayEquals(
        new float[] {v[8], v[9], v[10], v[11], v[0], v[1], v[2], v[3]}, twice.toArray());
    Tensor picked = x.gather(0, Tensor.of(new int[] {2}, 1));
    assertArrayEquals(new float[] {v[8], v[9], v[10], v[11]}, picked.toArray());
    Tensor none = Tensor.zeros(DType.BF16, 3, 4);
    Tensor positive = x.cast(DType.F32).gt(0);
    assertArrayEquals(
        x.cast(DType.F32).relu().toArray(), Tensor.where(positive, x, none).toArray());
  }

  private static void refused(String text, Supplier<Tensor> op) {
    assertEquals(text, assertThrows(IllegalArgumentException.class, op::get).getMessage());
  }

  @Test
  void refusesArithmetic() {
    Tensor x = bf16(random(1, 2, 3));
    Tensor f = random(2, 2, 3);
    String cure = ": got BF16[2, 3]; BF16 is for storage and matmul, cast it to F32";
    refused("plus" + cure, () -> x.plus(x));
    refused("times" + cure, () -> x.times(2));
    refused("tanh" + cure, x::tanh);
    refused("less" + cure, () -> x.lt(x));
    refused("sum" + cure, x::sum);
    refused("argmax" + cure, () -> x.argmax(1));
    refused("softmax" + cure, () -> x.softmax(1));
    refused("cumsum" + cure, () -> x.cumsum(1));
    refused("plus: dtypes differ: BF16[2, 3] and F32[2, 3]; cast one of them", () -> x.plus(f));
    refused(
        "matmul: dtypes differ: F32[2, 3] and BF16[3, 2]; cast one of them",
        () -> f.matmul(x.transpose()));
    refused(
        "parameter 'w': needs F32 or F64, got BF16[2, 3]; keep it F32 and cast it where it multiplies",
        () -> Parameter.of(x, "w"));
    refused("randomUniform: cannot draw BF16", () -> Key.of(1).uniform(DType.BF16, 3));
  }

  @Test
  void productsSumInF32() {
    Tensor a = random(1, 17, 300);
    Tensor b = random(2, 300, 9);
    Tensor product = bf16(a).matmul(bf16(b));
    assertEquals("F32[17, 9]", product.toString());
    Tensor rounded = bf16(a).cast(DType.F32).matmul(bf16(b).cast(DType.F32));
    near(product, rounded, 1e-5);
    near(product, a.matmul(b), 40 * ROUNDING);
  }

  @Test
  void aProductTakesItsBiasAndActivationAlong() {
    Tensor z = bf16(random(1, 5, 7)).matmul(bf16(random(2, 7, 3))).plus(random(3, 3)).relu();
    Plan plan = Plan.of(z);
    assertEquals(1, plan.count("matmulBf16"));
    assertEquals(0, plan.count("plus") + plan.count("relu") + plan.count("fused"));
  }

  @Test
  void derivativesAreThoseOfF32WithinRounding() {
    Tensor x = random(1, 6, 20).variable();
    Tensor w = random(2, 20, 5).variable();
    Tensor y = bf16(x).matmul(bf16(w)).tanh().square().sum();
    Tensor z = x.matmul(w).tanh().square().sum();
    List<Tensor> g = Grad.grad(y, x, w);
    List<Tensor> h = Grad.grad(z, x, w);
    Tensor v = random(3, 20, 5);
    for (int i = 0; i < 2; i++) {
      assertEquals(DType.F32, g.get(i).dtype());
      near(g.get(i), h.get(i), 24 * ROUNDING);
    }
    near(Grad.jvp(y, w, v), Grad.jvp(z, w, v), 60 * ROUNDING);
    near(Grad.hvp(y, w, v), Grad.hvp(z, w, v), 60 * ROUNDING);
  }

  @Test
  void gradientsOfBf16AreF32() {
    Tensor x = bf16(random(1, 3, 4)).variable();
    Tensor w = bf16(random(2, 4, 2));
    Tensor wide = Tensor.concat(0, x, x);
    // Two uses: their cotangents are summed in F32.
    Tensor y = wide.matmul(w).sum().plus(x.cast(DType.F32).square().sum());
    Tensor g = Grad.grad(y, x).get(0);
    assertEquals("F32[3, 4]", g.toString());
    Tensor rows = w.cast(DType.F32).sum(1).times(2);
    near(g, x.cast(DType.F32).times(2).plus(rows), 1e-6);
    Tensor t = random(5, 3, 4);
    assertEquals(
        "jvp: the tangent of BF16[3, 4] should be F32[3, 4], got BF16[3, 4]",
        assertThrows(IllegalArgumentException.class, () -> Grad.jvp(y, x, x)).getMessage());
    near(Grad.jvp(y, x, t), g.times(t).sum(), 8 * ROUNDING);
    assertEquals("F32[3, 4]", Grad.jvp(x.reshape(3, 4), x, t).toString());
    assertEquals("F32[3, 4, 3, 4]", Grad.jacobian(x.reshape(3, 4), x).toString());
  }

  @Test
  void vmapIsALoop() {
    Tensor xs = random(1, 4, 3, 8);
    Tensor w = random(2, 8, 5);
    Tensor all = Vmap.of(x -> bf16(x).matmul(bf16(w))).apply(xs);
    for (int i = 0; i < 4; i++) {
      near(all.get(i), bf16(xs.get(i)).matmul(bf16(w)), 1e-6);
    }
  }

  @Test
  void throughCheckpointAndCompiled() {
    Tensor x = random(1, 3, 8).variable();
    Tensor w = random(2, 8, 8);
    Tensor plain = Grad.grad(bf16(x).matmul(bf16(w)).square().sum(), x).get(0);
    Tensor checkpointed =
        Grad.grad(Checkpoint.of((Tensor z) -> z.matmul(bf16(w)).square()).apply(bf16(x)).sum(), x)
            .get(0);
    assertArrayEquals(plain.toArray(), checkpointed.toArray());
    Tensor compiled =
        Compiled.of((Tensor z) -> Grad.grad(bf16(z).matmul(bf16(w)).square().sum(), z).get(0))
            .apply(x);
    assertArrayEquals(plain.toArray(), compiled.toArray());
  }
}

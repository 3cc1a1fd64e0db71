package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.adjoint.op.IndexOps;
import org.adjoint.op.ProductOps;
import org.adjoint.op.ShapeOps;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Bad input: one error, thrown where the op is called, that names the values. */
class ErrorsTest {
  private static final Tensor A = Tensor.zeros(DType.F32, 2, 3);

  private static void says(String text, Executable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    says("plus: shapes do not broadcast: [2, 3] and [4]", () -> A.plus(Tensor.zeros(DType.F32, 4)));
    says("matmul: inner sizes differ: [2, 3] x [2, 3]", () -> A.matmul(A));
    says("reshape: [2, 3] has 6 elements, [5] has 5", () -> A.reshape(5));
    says("do not fill [4, -1]", () -> A.reshape(4, -1));
    says("broadcastTo: [2, 3] does not broadcast to [2, 4]", () -> A.broadcastTo(2, 4));
    says(
        "concat: shapes differ beside axis 0: [[2, 3], [2, 4]]",
        () -> Tensor.concat(0, A, Tensor.zeros(DType.F32, 2, 4)));
    says("axis 2 is not one of the 2 axes of [2, 3]", () -> A.sum(2));
    says("axis -2 of [2, 3] is given twice", () -> A.sum(0, -2));
    says("permute: [0, 0]", () -> A.permute(0, 0));
    says("slice: from 1 to 9 step 1", () -> A.slice(1, 1, 9));
    says("6 elements do not fill shape [4]", () -> Tensor.of(new float[6], 4));
    says("negative size in [-1]", () -> Tensor.zeros(DType.F32, -1));
    says("rank 17 is more than 16", () -> Tensor.zeros(DType.F32, new long[17]));
    says(
        "logits [2, 3] need labels [2], got [3]",
        () -> A.softmaxCrossEntropy(Tensor.of(new int[3], 3)));
    says("max: axis 0 of F32[0] has no elements", () -> Tensor.zeros(DType.F32, 0).max());
  }

  @Test
  void dtypesNeverMix() {
    says("plus: dtypes differ: F32[2, 3] and F64[2, 3]; cast one", () -> A.plus(A.cast(DType.F64)));
    says("matmul: dtypes differ", () -> A.matmul(Tensor.zeros(DType.F64, 3, 1)));
    says("exp: needs F32 or F64, got I32[2]", () -> Tensor.of(new int[2], 2).exp());
    says("where: the condition must be BOOL, got F32[2, 3]", () -> Tensor.where(A, A, A));
    says("gather: the index must be I32 or I64, got F32[2, 3]", () -> A.gather(0, A));
    says("labels must be I32 or I64", () -> A.softmaxCrossEntropy(Tensor.zeros(DType.F32, 2)));
  }

  @Test
  void gradientsNeedAFloatingScalar() {
    says("needs a floating scalar, got F32[2, 3]", () -> Grad.grad(A, A));
    Tensor ints = Tensor.of(new int[] {1}, 1);
    says("input 0 is I32[1]", () -> Grad.grad(A.sum(), ints));
    says(
        "vjp: the cotangent of F32[2, 3] should be F32[2, 3], got F32[3]",
        () -> Grad.vjp(A, Tensor.zeros(DType.F32, 3), A));
  }

  @Test
  void readingTheWrongTypeIsRefused() {
    Exception e = assertThrows(IllegalStateException.class, A::item);
    assertEquals("item(): F32[2, 3] has 6 elements, not one", e.getMessage());
    e = assertThrows(IllegalStateException.class, A::toIntArray);
    assertTrue(
        e.getMessage().contains("toIntArray(): the tensor is F32[2, 3], not I32"), e.getMessage());
  }

  @Test
  void indicesAreCheckedWhenTheyRun() {
    Tensor wild = A.gather(0, Tensor.of(new int[] {0, 5}, 2));
    Exception e = assertThrows(IndexOutOfBoundsException.class, wild::eval);
    assertTrue(e.getMessage().contains("index 5 at position 1 is outside 0..1"), e.getMessage());
    Tensor low = A.softmaxCrossEntropy(Tensor.of(new int[] {0, -1}, 2));
    e = assertThrows(IndexOutOfBoundsException.class, low::eval);
    assertTrue(e.getMessage().contains("-1 at position 1 is outside 0..2"), e.getMessage());
    assertThrows(IndexOutOfBoundsException.class, () -> A.get(2));
  }

  @Test
  void rawAttributesAreChecked() {
    says(
        "slice: starts, steps and sizes [3, 1, 4] do not fit [2]",
        () -> ShapeOps.SLICE.apply(new long[] {3, 1, 4}, Tensor.ones(DType.F32, 2)));
    says("slice", () -> ShapeOps.SLICE.apply(new long[] {0, 0, 2}, Tensor.ones(DType.F32, 2)));
    says("unslice", () -> ShapeOps.UNSLICE.apply(new long[] {1, 2, 3}, Tensor.ones(DType.F32, 2)));
    says("takes 1 inputs, got 2", () -> ShapeOps.RESHAPE.apply(new long[] {6}, A, A));
    says("no attributes", () -> ProductOps.MATMUL.apply(new long[] {0, 1}, A, A.transpose()));
    says("gather", () -> IndexOps.GATHER.apply(new long[] {0}, A, Tensor.of(new int[1], 1)));
  }

  @Test
  void numbersThatATypeCannotHoldAreRefused() {
    Tensor ints = Tensor.of(new int[] {2, 3}, 2);
    says("number 2.5 is no I32", () -> ints.eq(2.5));
    says("number 1.0E10 is no I32", () -> ints.lt(1e10));
    says("number 1.5 is no I32", () -> ints.pad(0, 1, 1, 1.5));
    says("norm: needs F32 or F64, got I32[2]", () -> ints.norm(1));
    says("isInf: needs F32 or F64, got I32[2]", ints::isInf);
    says("oneHot: there cannot be -1 classes", () -> ints.oneHot(-1, DType.F32));
  }

  @Test
  void indicesIntoNothingAreRefused() {
    Tensor one = Tensor.ones(DType.F32, 1);
    Tensor five = Tensor.of(new int[] {5}, 1);
    says("has no elements", () -> Tensor.scatterAdd(Shape.of(0), 0, five, one));
  }

  @Test
  void sizesBeyondMemoryAreOneError() {
    Tensor huge = Tensor.zeros(DType.F64, 1L << 61);
    assertThrows(NativeMemoryException.class, huge::eval);
    assertThrows(
        NativeMemoryException.class, () -> Tensor.zeros(DType.F32, 3_000_000_000L).sum().item());
    assertEquals(1, Tensor.of(new float[3], 3).slice(0, 0, 3, Long.MAX_VALUE).size());
  }

  @Test
  void wrapReadsInPlaceAndRefusesWhatItCannot() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
    FloatBuffer floats = bytes.asFloatBuffer();
    floats.put(0, new float[] {1, 2, 3, 4});
    Tensor wrapped = Tensor.wrap(floats, 2, 2);
    assertEquals(10f, wrapped.sum().item());
    floats.put(0, 5);
    assertEquals(14f, wrapped.sum().item());
    wrapped.release();
    Exception e = assertThrows(IllegalStateException.class, () -> wrapped.sum().item());
    assertTrue(e.getMessage().contains("F32[2, 2]"), e.getMessage());
    says("allocateDirect", () -> Tensor.wrap(FloatBuffer.allocate(4), 4));
    FloatBuffer foreign = ByteBuffer.allocateDirect(16).asFloatBuffer();
    says("BIG_ENDIAN", () -> Tensor.wrap(foreign, 4));
    says("4 elements do not fill shape [5]", () -> Tensor.wrap(floats, 5));
  }

  @Test
  void parametersRefuseOtherTypes() {
    Parameter w = Parameter.of(A, "w");
    says("parameter 'w' is F32[2, 3]; cannot assign F32[3, 2]", () -> w.assign(A.transpose()));
    says("parameter 'n': needs F32 or F64", () -> Parameter.of(Tensor.of(new int[1], 1), "n"));
  }

  @Test
  void anUnknownBackendIsNamed() {
    Exception e = assertThrows(BackendException.class, () -> Adjoint.backend("gpu"));
    assertTrue(
        e.getMessage().contains("'gpu'") && e.getMessage().contains("reference"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Adjoint.threads(0));
  }
}

package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** Tables of vectors beside PyTorch's numbers: padding, and numbers that are not in the table. */
class EmbeddingTest {
  private static final Origin ORIGIN = Origin.of(Key.of(1));

  @Test
  void paddingStartsAtZeroAndStaysThere() {
    Embedding embedding = Embedding.padded(ORIGIN, 4, 3, 1);
    assertArrayEquals(new float[3], embedding.weight().get(1).toArray());
    embedding.apply(Tensor.of(0, 1, 1, 3)).sum().backward();
    float[] gradient = embedding.weight().grad().orElseThrow().toArray();
    assertArrayEquals(new float[] {1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}, gradient);
  }

  @Test
  void anyShapeOfNumbersIsLookedUp() {
    Embedding embedding = Embedding.of(ORIGIN, 4, 3);
    Tensor y = embedding.apply(Tensor.of(new int[] {3, 0}, 2, 1));
    assertEquals(Shape.of(2, 1, 3), y.shape());
    assertArrayEquals(embedding.weight().get(3).toArray(), y.get(0, 0).toArray());
    assertEquals(Shape.of(0, 3), embedding.apply(Tensor.zeros(DType.I32, 0)).shape());
  }

  @Test
  void whatIsNotInTheTableIsRefused() {
    Embedding embedding = Embedding.of(ORIGIN, 4, 3);
    assertThrows(IndexOutOfBoundsException.class, () -> embedding.apply(Tensor.of(0, 4)).toArray());
    Parameter table = embedding.weight();
    String message =
        assertThrows(IllegalArgumentException.class, () -> new Embedding(table, OptionalLong.of(4)))
            .getMessage();
    assertTrue(message.contains("padding 4") && message.contains("[4, 3]"), message);
    Bilinear bilinear = Bilinear.of(ORIGIN, 4, 2, 5);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> bilinear.apply(Tensor.zeros(DType.F32, 3, 4), Tensor.zeros(DType.F32, 3, 3)))
            .getMessage();
    assertTrue(message.contains("[3, 4] and [3, 3]"), message);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> PRelu.of(ORIGIN, 3).apply(Tensor.zeros(DType.F32, 2, 4)))
            .getMessage();
    assertTrue(message.contains("[2, 4]") && message.contains("[3]"), message);
    message =
        assertThrows(IllegalArgumentException.class, () -> WeightNorm.of(Activation.RELU, 0))
            .getMessage();
    assertTrue(message.contains("weight"), message);
  }
}

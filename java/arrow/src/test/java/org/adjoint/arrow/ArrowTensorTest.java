package org.adjoint.arrow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.types.Types.MinorType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.util.TransferPair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ArrowTensorTest {
  private BufferAllocator allocator;

  @BeforeEach
  void open() {
    allocator = new RootAllocator();
  }

  /** Fails if a buffer is still retained. */
  @AfterEach
  void nothingIsRetained() {
    assertEquals(0, allocator.getAllocatedMemory());
    allocator.close();
  }

  private Float4Vector floats(String name, int count) {
    Float4Vector vector = new Float4Vector(name, allocator);
    vector.allocateNew(count);
    for (int i = 0; i < count; i++) {
      vector.set(i, i + 0.5f);
    }
    vector.setValueCount(count);
    return vector;
  }

  @Test
  void aTensorReadsTheVectorsMemory() {
    try (Float4Vector vector = floats("x", 5);
        ArrowTensor x = ArrowTensor.of(vector)) {
      vector.set(1, -7); // before anything reads it: seen, since nothing was copied
      assertArrayEquals(new float[] {0.5f, -7, 2.5f, 3.5f, 4.5f}, x.tensor().toArray());
      assertArrayEquals(new boolean[] {true, true, true, true, true}, x.valid().toBooleanArray());
    }
  }

  @Test
  void theMemoryOutlivesItsVector() {
    Float4Vector vector = floats("x", 3);
    ArrowTensor x = ArrowTensor.of(vector);
    Tensor doubled = x.tensor().times(2);
    vector.close();
    assertTrue(allocator.getAllocatedMemory() > 0);
    assertArrayEquals(new float[] {1, 3, 5}, doubled.toArray());
    x.close();
    x.close();
    assertEquals(0, allocator.getAllocatedMemory());
    assertArrayEquals(new float[] {1, 3, 5}, doubled.toArray());
    assertThrows(IllegalStateException.class, () -> x.tensor().toArray());
  }

  @Test
  void everyTypeHasItsDtype() {
    try (Float8Vector doubles = new Float8Vector("d", allocator);
        IntVector ints = new IntVector("i", allocator);
        BigIntVector longs = new BigIntVector("l", allocator)) {
      for (int i = 0; i < 3; i++) {
        doubles.setSafe(i, i / 3.0);
        ints.setSafe(i, -i);
        longs.setSafe(i, 1L << 40 + i);
      }
      VectorSchemaRoot root = VectorSchemaRoot.of(doubles, ints, longs);
      root.setRowCount(3);
      try (ArrowBatch batch = ArrowBatch.of(root);
          ArrowBatch one = ArrowBatch.of(root, "i")) {
        assertEquals(List.of("d", "i", "l"), batch.names());
        assertEquals(List.of("i"), one.names());
        assertArrayEquals(new double[] {0, 1 / 3.0, 2 / 3.0}, batch.get("d").toDoubleArray());
        assertArrayEquals(new int[] {0, -1, -2}, batch.get("i").toIntArray());
        assertArrayEquals(new long[] {1L << 40, 1L << 41, 1L << 42}, batch.get("l").toLongArray());
        assertThrows(IllegalArgumentException.class, () -> one.get("d"));
      }
    }
    try (Float4Vector empty = floats("empty", 0);
        ArrowTensor none = ArrowTensor.of(empty)) {
      assertEquals(0, none.tensor().size());
      assertEquals(DType.F32, none.tensor().dtype());
    }
  }

  @Test
  void aSliceIsItsOwnRows() {
    try (Float4Vector vector = floats("x", 40)) {
      vector.setNull(13);
      TransferPair pair = vector.getTransferPair(allocator);
      pair.splitAndTransfer(11, 5); // not at a byte of the bitmap
      try (Float4Vector slice = (Float4Vector) pair.getTo();
          ArrowTensor x = ArrowTensor.masked(slice)) {
        assertArrayEquals(
            new boolean[] {true, true, false, true, true}, x.valid().toBooleanArray());
        Tensor filled = Tensor.where(x.valid(), x.tensor(), Tensor.scalar(-1f));
        assertArrayEquals(new float[] {11.5f, 12.5f, -1, 14.5f, 15.5f}, filled.toArray());
        assertRefused("column 'x' is null in row 2; take ArrowTensor.masked", slice);
      }
    }
  }

  @Test
  void aListOfFixedSizeIsARow() {
    try (FixedSizeListVector lists = FixedSizeListVector.empty("v", 2, allocator)) {
      lists.addOrGetVector(FieldType.nullable(MinorType.FLOAT4.getType()));
      lists.allocateNew();
      Float4Vector numbers = (Float4Vector) lists.getDataVector();
      for (int row = 0; row < 3; row++) {
        if (row != 1) {
          lists.setNotNull(row);
          numbers.setSafe(2 * row, row);
          numbers.setSafe(2 * row + 1, -row);
        }
      }
      numbers.setValueCount(6);
      lists.setValueCount(3);
      assertRefused("column 'v' is null in row 1", lists);
      try (ArrowTensor v = ArrowTensor.masked(lists)) {
        assertArrayEquals(new long[] {3, 2}, v.tensor().shape().dims());
        assertArrayEquals(new boolean[] {true, false, true}, v.valid().toBooleanArray());
        assertArrayEquals(new float[] {2, -2}, v.tensor().slice(0, 2, 3).toArray());
      }
      TransferPair pair = lists.getTransferPair(allocator);
      pair.splitAndTransfer(2, 1);
      try (FixedSizeListVector slice = (FixedSizeListVector) pair.getTo();
          ArrowTensor v = ArrowTensor.of(slice)) {
        assertArrayEquals(new float[] {2, -2}, v.tensor().toArray());
      }
      numbers.setNull(5);
      String message =
          assertThrows(IllegalArgumentException.class, () -> ArrowTensor.masked(lists))
              .getMessage();
      assertTrue(message.contains("column 'v' is null in row 2"), message);
    }
  }

  @Test
  void whatIsNoNumberIsRefusedByName() {
    try (VarCharVector texts = new VarCharVector("name", allocator);
        BitVector bits = new BitVector("flag", allocator);
        Float4Vector good = floats("good", 1)) {
      texts.setSafe(0, "a".getBytes(StandardCharsets.UTF_8));
      bits.setSafe(0, 1);
      texts.setValueCount(1);
      bits.setValueCount(1);
      assertRefused("column 'name' is Utf8, not one of", texts);
      assertRefused("column 'flag' is Bool, not one of", bits);
      VectorSchemaRoot root = VectorSchemaRoot.of(good, texts);
      long before = good.getDataBuffer().refCnt();
      assertThrows(IllegalArgumentException.class, () -> ArrowBatch.of(root));
      assertEquals(before, good.getDataBuffer().refCnt());
      String message =
          assertThrows(IllegalArgumentException.class, () -> ArrowBatch.of(root, "x")).getMessage();
      assertEquals("arrow: has no column 'x', only [good, name]", message);
    }
  }

  private static void assertRefused(String part, FieldVector vector) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ArrowTensor.of(vector)).getMessage();
    assertTrue(message.startsWith("arrow: ") && message.contains(part), message);
  }
}

package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Timing;
import org.junit.jupiter.api.Test;

/**
 * One backend from loading to results: storages, programs, and what wrong ones are answered with.
 */
@NeedsNative
class NativeBackendTest {
  private final Backend backend = new NativeProvider().open(2);

  @Test
  void describesItself() {
    assertEquals("native", backend.name());
    assertTrue(backend.description().contains("2 threads"), backend.description());
    // Where no product would go to OpenBLAS, it is neither opened nor named.
    String isa = backend.description().replaceAll("native: (\\w+),.*", "$1");
    boolean served = List.of("baseline", "avx2").contains(isa);
    assertEquals(served, backend.description().contains("OpenBLAS"), backend.description());
    assertEquals(!served, backend.description().contains("own matmul"), backend.description());
  }

  @Test
  void knowsItsKernels() {
    assertTrue(backend.supports("plus"));
    assertFalse(backend.supports("plu"));
  }

  @Test
  void viewsShareMemory() {
    try (Storage storage = backend.allocate(16)) {
      storage.view(0, 16).putInt(4, 42).putInt(12, 7);
      ByteBuffer tail = storage.view(4, 12);
      assertEquals(ByteOrder.nativeOrder(), tail.order());
      assertEquals(12, tail.remaining());
      assertEquals(42, tail.getInt());
      assertEquals(7, tail.getInt(8));
    }
  }

  @Test
  void viewsStayInside() {
    try (Storage storage = backend.allocate(16)) {
      assertThrows(IndexOutOfBoundsException.class, () -> storage.view(8, 9));
      assertThrows(IndexOutOfBoundsException.class, () -> storage.view(-1, 2));
      assertEquals(0, storage.view(16, 0).remaining());
    }
  }

  @Test
  void addsFloats() {
    try (Executable plus = backend.load(Programs.plus(3));
        Storage a = Programs.floats(backend, 1, 2, 3);
        Storage b = Programs.floats(backend, 10, 20, 30);
        Storage c = backend.allocate(12)) {
      plus.run(new Storage[] {a, b, c}, new long[0]);
      assertArrayEquals(new float[] {11, 22, 33}, Programs.floats(c));
    }
  }

  @Test
  void runsThroughWorkspaceWithScalars() {
    try (Executable program = backend.load(Programs.plusThenTimes(3));
        Storage a = Programs.floats(backend, 1, 2, 3);
        Storage b = Programs.floats(backend, 10, 20, 30);
        Storage c = backend.allocate(12)) {
      for (float s : new float[] {2, -0.5f}) {
        program.run(new Storage[] {a, b, c}, new long[] {Float.floatToRawIntBits(s)});
        assertArrayEquals(new float[] {11 * s, 22 * s, 33 * s}, Programs.floats(c));
      }
    }
  }

  @Test
  void aTimedRunTellsOfEachInstruction() {
    try (Executable program = backend.load(Programs.plusThenTimes(3));
        Storage a = Programs.floats(backend, 1, 2, 3);
        Storage b = Programs.floats(backend, 10, 20, 30);
        Storage c = backend.allocate(12)) {
      long[] scalars = {Float.floatToRawIntBits(2)};
      List<Timing> timings = program.runTimed(new Storage[] {a, b, c}, scalars);
      assertArrayEquals(new float[] {22, 44, 66}, Programs.floats(c));
      assertEquals(2, timings.size());
      for (int i = 0; i < 2; i++) {
        assertEquals(1, timings.get(i).runs());
        assertEquals(i, timings.get(i).group());
        assertTrue(timings.get(i).nanoseconds() > 0, timings.toString());
      }
      assertThrows(
          IllegalArgumentException.class, () -> program.runTimed(new Storage[] {a}, scalars));
    }
  }

  @Test
  void multipliesMatrices() {
    try (Executable matmul = backend.load(Programs.matmul(2, 2, 3));
        Storage a = Programs.floats(backend, 1, 2, 3, 4);
        Storage b = Programs.floats(backend, 1, 2, 3, 4, 5, 6);
        Storage c = backend.allocate(24)) {
      matmul.run(new Storage[] {a, b, c}, new long[0]);
      assertArrayEquals(new float[] {9, 12, 15, 19, 26, 33}, Programs.floats(c));
    }
  }

  @Test
  void takesEmptyStorages() {
    try (Executable plus = backend.load(Programs.plus(0));
        Storage a = backend.allocate(0);
        Storage b = backend.allocate(0);
        Storage c = backend.allocate(0)) {
      plus.run(new Storage[] {a, b, c}, new long[0]);
      assertEquals(0, c.view(0, 0).remaining());
    }
  }

  @Test
  void wrapsDirectBuffersInPlace() {
    ByteBuffer buffer = Programs.direct(0, 1, 2, 3, 0);
    buffer.position(4).limit(16);
    try (Executable plus = backend.load(Programs.plus(3));
        Storage a = backend.wrap(buffer);
        Storage c = backend.allocate(12)) {
      assertEquals(12, a.bytes());
      plus.run(new Storage[] {a, a, c}, new long[0]);
      buffer.putFloat(4, 100);
      plus.run(new Storage[] {a, c, c}, new long[0]);
      assertArrayEquals(new float[] {102, 6, 9}, Programs.floats(c));
    }
  }

  @Test
  void wrapsTypedBuffersFromTheirPosition() {
    FloatBuffer floats = Programs.direct(9, 1, 2, 9).asFloatBuffer();
    floats.position(1).limit(3);
    try (Storage a = backend.wrap(floats)) {
      assertArrayEquals(new float[] {1, 2}, Programs.floats(a));
    }
  }

  @Test
  void refusesToWrapWhatItCannotRead() {
    ByteBuffer heap = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    ByteBuffer foreign = ByteBuffer.allocateDirect(8).order(ByteOrder.BIG_ENDIAN);
    assertThrows(IllegalArgumentException.class, () -> backend.wrap(heap));
    assertThrows(IllegalArgumentException.class, () -> backend.wrap(foreign));
    assertThrows(IllegalArgumentException.class, () -> backend.wrap(foreign.asCharBuffer()));
  }

  @Test
  void takesStoragesOfOtherBackends() {
    try (Executable plus = backend.load(Programs.plus(2));
        Storage a = new ForeignStorage(Programs.direct(1, 2));
        Storage c = backend.allocate(8)) {
      plus.run(new Storage[] {a, a, c}, new long[0]);
      assertArrayEquals(new float[] {2, 4}, Programs.floats(c));
    }
  }

  @Test
  void refusesBrokenPrograms() {
    BackendException beyond =
        assertThrows(BackendException.class, () -> backend.load(Programs.outOfBounds()));
    assertTrue(beyond.getMessage().startsWith("native backend: load program: "), beyond::toString);
    BackendException unknown =
        assertThrows(
            BackendException.class, () -> backend.load(Programs.elementwise("nonesuch", 3, 0)));
    assertTrue(unknown.getMessage().contains("nonesuch"), unknown::toString);
  }

  @Test
  void namesPositionAndValueOfBadLabels() {
    try (Executable loss = backend.load(Programs.crossEntropy(3));
        Storage logits = Programs.floats(backend, 1, 2, 3);
        Storage labels = backend.allocate(4);
        Storage c = backend.allocate(4)) {
      labels.view(0, 4).putInt(17);
      KernelException e =
          assertThrows(
              KernelException.class,
              () -> loss.run(new Storage[] {logits, labels, c}, new long[0]));
      assertTrue(e.isOutOfRange());
      assertEquals(0, e.instruction());
      assertTrue(e.getMessage().contains("17"), e::toString);
      labels.view(0, 4).putInt(2);
      loss.run(new Storage[] {logits, labels, c}, new long[0]);
      assertEquals(0.4076f, Programs.floats(c)[0], 1e-4f);
    }
  }

  @Test
  void refusesStoragesThatAreTooSmall() {
    try (Executable plus = backend.load(Programs.plus(3));
        Storage a = backend.allocate(12);
        Storage small = backend.allocate(8)) {
      assertThrows(
          BackendException.class, () -> plus.run(new Storage[] {a, a, small}, new long[0]));
      assertThrows(
          IllegalArgumentException.class, () -> plus.run(new Storage[] {a, a}, new long[0]));
    }
  }

  /** A storage that this backend knows only through its buffer. */
  private static final class ForeignStorage extends Storage {
    private final ByteBuffer buffer;

    ForeignStorage(ByteBuffer buffer) {
      super(buffer.capacity(), () -> {});
      this.buffer = buffer;
    }

    @Override
    public ByteBuffer view(long offset, int length) {
      return buffer.slice((int) offset, length).order(ByteOrder.nativeOrder());
    }
  }
}

package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.Test;

/** Values of a few bytes, which live in Java, are as good as others. */
@NeedsNative
class WordStorageTest {
  private final Backend backend = new NativeProvider().open(2);

  @Test
  void smallOnesTakeNoNativeMemory() {
    long before = backend.memory().buffers();
    for (int bytes = 0; bytes <= 8; bytes++) {
      assertInstanceOf(WordStorage.class, backend.allocate(bytes));
    }
    assertEquals(before, backend.memory().buffers());
    try (Storage larger = backend.allocate(9)) {
      assertInstanceOf(NativeStorage.class, larger);
    }
  }

  @Test
  void programsReadAndWriteThem() {
    for (int n = 1; n <= 2; n++) {
      float[] a = n == 1 ? new float[] {1} : new float[] {1, 2};
      float[] b = n == 1 ? new float[] {10} : new float[] {10, -20};
      float[] c = n == 1 ? new float[] {11} : new float[] {11, -18};
      Storage x = Programs.floats(backend, a);
      Storage y = Programs.floats(backend, b);
      Storage z = backend.allocate(4L * n);
      try (Executable plus = backend.load(Programs.plus(n))) {
        plus.run(new Storage[] {x, y, z}, new long[0]);
        assertArrayEquals(c, Programs.floats(z));
        assertArrayEquals(a, Programs.floats(x));
        assertEquals(Float.floatToRawIntBits(c[0]) & 0xFFFFFFFFL, z.word(4));
        Storage fresh = backend.allocate(4L * n); // nobody has opened a view of it
        plus.run(new Storage[] {z, y, fresh}, new long[0]);
        assertEquals(Float.floatToRawIntBits(c[0] + b[0]) & 0xFFFFFFFFL, fresh.word(4));
        plus.run(new Storage[] {fresh, y, fresh}, new long[0]);
        assertEquals(c[0] + 2 * b[0], Programs.floats(fresh)[0]);
      }
    }
  }

  @Test
  void aViewSharesTheValue() {
    Storage word = backend.allocate(8);
    word.view(0, 8).putInt(0, 5).putInt(4, -1);
    assertEquals(5, word.word(4));
    assertEquals(-1, word.view(4, 4).getInt());
    assertEquals(5 | 0xFFFFFFFFL << 32, word.word(8));
    assertThrows(IndexOutOfBoundsException.class, () -> word.view(4, 5));
    assertThrows(IndexOutOfBoundsException.class, () -> word.word(9));
  }

  @Test
  void closingOneIsSeen() {
    Storage word = backend.allocate(4);
    word.close();
    assertTrue(word.isClosed());
    assertEquals(Storage.Pin.CLOSED, word.tryPin());
  }
}

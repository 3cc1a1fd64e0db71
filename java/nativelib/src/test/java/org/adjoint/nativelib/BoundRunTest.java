package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.Test;

/** A program bound once runs as one that is handed everything each time. */
@NeedsNative
class BoundRunTest {
  private static final int[] OPEN = {1, 2};
  private static final int[] LIVE = {0};

  private final Backend backend = new NativeProvider().open(1);

  private static long word(float value) {
    return Float.floatToRawIntBits(value) & 0xFFFFFFFFL;
  }

  /** Binds a of c = (a + b) · s. */
  private static BoundRun bind(Executable executable, Storage a) {
    return executable.bind(new Storage[] {a, a, a}, OPEN, new long[1], LIVE);
  }

  private void check(BoundRun run, float a, float b, float s) {
    try (Storage x = Programs.floats(backend, b, b, b);
        Storage c = backend.allocate(12)) {
      run.run(new Storage[] {x, c}, new long[] {word(s)});
      float expected = (a + b) * s;
      assertArrayEquals(new float[] {expected, expected, expected}, Programs.floats(c));
    }
  }

  @Test
  void eachRunBringsWhatIsOpen() {
    try (Executable program = backend.load(Programs.plusThenTimes(3));
        Storage a = Programs.floats(backend, 5, 5, 5)) {
      BoundRun run = bind(program, a);
      for (int i = 0; i < 4; i++) {
        check(run, 5, i, 1 + i);
      }
    }
  }

  @Test
  void twoOfOneProgramTakeTurns() {
    try (Executable program = backend.load(Programs.plusThenTimes(3));
        Storage a = Programs.floats(backend, 5, 5, 5);
        Storage other = Programs.floats(backend, 7, 7, 7)) {
      BoundRun run = bind(program, a);
      BoundRun second = bind(program, other);
      for (int i = 0; i < 3; i++) {
        check(run, 5, i, 2);
        check(second, 7, i, 3);
        check(second, 7, i, 4);
      }
    }
  }

  @Test
  void otherRunsOverwriteTheBlock() {
    try (Executable program = backend.load(Programs.plusThenTimes(3));
        Executable larger = backend.load(Programs.elementwise("plus", 3, 1 << 20));
        Storage a = Programs.floats(backend, 5, 5, 5);
        Storage b = Programs.floats(backend, 1, 1, 1);
        Storage c = backend.allocate(12)) {
      BoundRun run = bind(program, a);
      check(run, 5, 1, 2);
      program.run(new Storage[] {b, b, c}, new long[] {word(9)});
      check(run, 5, 2, 2);
      larger.run(new Storage[] {b, b, c}, new long[0]); // the scratch memory moves
      check(run, 5, 3, 2);
      check(run, 5, 4, 2);
    }
  }

  @Test
  void wordsGoThereAndBack() {
    try (Executable plus = backend.load(Programs.plus(1))) {
      Storage step = Programs.floats(backend, 2);
      Storage sum = backend.allocate(4);
      Storage x = Programs.floats(backend, 1);
      BoundRun run =
          plus.bind(new Storage[] {x, step, sum}, new int[] {0}, new long[0], new int[0]);
      run.run(new Storage[] {x}, new long[0]);
      assertEquals(word(3), sum.word(4));
      step.view(0, 4).putFloat(0, 10); // what is bound may change between runs
      run.run(new Storage[] {x}, new long[0]);
      assertEquals(word(11), sum.word(4));
      run.run(new Storage[] {Programs.floats(backend, 5)}, new long[0]);
      assertEquals(word(15), sum.word(4));
      assertEquals(word(1), x.word(4));
    }
  }

  @Test
  void itKeepsWhatIsBoundAndNothingElseDoes() throws InterruptedException {
    try (Executable program = backend.load(Programs.plusThenTimes(3))) {
      BoundRun run = bind(program, Programs.floats(backend, 5, 5, 5));
      System.gc();
      check(run, 5, 1, 2);
      WeakReference<BoundRun> gone = new WeakReference<>(run);
      run = null;
      for (int i = 0; i < 200 && (gone.get() != null || backend.memory().buffers() > 0); i++) {
        System.gc();
        Thread.sleep(10);
      }
      assertEquals(0, backend.memory().outstanding()); // the workspace is pooled
    }
  }

  @Test
  void aClosedProgramDoesNotRun() {
    Executable program = backend.load(Programs.plusThenTimes(3));
    try (Storage a = Programs.floats(backend, 5, 5, 5)) {
      BoundRun run = bind(program, a);
      program.close();
      assertThrows(IllegalStateException.class, () -> check(run, 5, 1, 2));
    }
  }

  /** What failed to be written is not taken for written the next time. */
  @Test
  void halfABlockIsNotRunOn() {
    try (Executable program = backend.load(Programs.plus(3));
        Storage b = Programs.floats(backend, 5, 5, 5);
        Storage c = backend.allocate(12);
        Storage heap = new OnHeap()) {
      BoundRun run =
          program.bind(new Storage[] {heap, b, c}, new int[] {2}, new long[0], new int[0]);
      program.run(new Storage[] {b, b, c}, new long[0]); // what the block would still hold
      for (int i = 0; i < 2; i++) {
        assertThrows(
            BackendException.class, () -> run.run(new Storage[] {c}, new long[0]), "run " + i);
      }
    }
  }

  /** Memory that the native backend cannot take the address of. */
  private static final class OnHeap extends Storage {
    OnHeap() {
      super(12);
    }

    @Override
    public ByteBuffer view(long offset, int length) {
      return ByteBuffer.allocate(length);
    }
  }

  @Test
  void theNumberOfWhatIsOpenIsChecked() {
    try (Executable program = backend.load(Programs.plusThenTimes(3));
        Storage a = Programs.floats(backend, 5, 5, 5)) {
      BoundRun run = bind(program, a);
      assertThrows(
          IllegalArgumentException.class, () -> run.run(new Storage[] {a}, new long[] {1}));
      assertThrows(
          IllegalArgumentException.class, () -> run.run(new Storage[] {a, a}, new long[0]));
    }
  }
}

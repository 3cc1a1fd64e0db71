package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library beside the first, whose functions have the same names. */
@NeedsNative
class SecondLibraryTest {
  @TempDir Path folder;

  @Test
  void servesThroughTheSameClasses() throws Exception {
    long first = NativeLibrary.load();
    long second = NativeLibrary.open(copy("libadjoint.so"));
    assertNotEquals(first, second);
    NativeContext context = NativeContext.create(second, 1, 1 << 20);
    Backend backend = new NativeBackend("native", context);
    assertEquals(
        NativeContext.create(first, 1, 0).kernels(), NativeContext.create(second, 1, 0).kernels());
    try (Executable plus = backend.load(Programs.plus(4));
        Storage a = backend.allocate(16);
        Storage c = backend.allocate(16)) {
      a.view(0, 16).asFloatBuffer().put(new float[] {1, 2, 3, 4});
      plus.run(new Storage[] {a, a, c}, new long[0]);
      assertArrayEquals(new float[] {2, 4, 6, 8}, Programs.floats(c));
    }
    // What one library remembers of a failure is not the other's.
    Throwable refused = assertThrows(RuntimeException.class, () -> backend.allocate(2 << 20));
    assertTrue(refused.getMessage().contains("native backend: allocate"), refused.getMessage());
    assertTrue(!Abi.adj_last_error(second).isEmpty());
    assertNotEquals(Abi.adj_last_error(first), Abi.adj_last_error(second));
  }

  @Test
  void isRefusedWithoutATable() throws Exception {
    NativeLibrary.load();
    Path notAdjoint = copy("libjniadjoint.so");
    Path absent = folder.resolve("absent.so");
    for (Path library : new Path[] {notAdjoint, absent}) {
      BackendException e = assertThrows(BackendException.class, () -> NativeLibrary.open(library));
      assertTrue(
          e.getMessage().startsWith("native backend: cannot load " + library), e.getMessage());
    }
    assertEquals(0, Abi.adj_jni_open(folder.resolve("absent.so").toString(), Abi.VERSION));
    assertTrue(Abi.adj_jni_open_error().contains("absent.so"));
  }

  @Test
  void isRefusedWithAnotherVersion() throws Exception {
    NativeLibrary.load();
    assertEquals(0, Abi.adj_jni_open(copy("libadjoint.so").toString(), Abi.VERSION + 1));
    assertEquals("", Abi.adj_jni_open_error());
  }

  private Path copy(String library) throws Exception {
    Path copy = folder.resolve(library);
    try (InputStream in = NativeLibrary.class.getResourceAsStream("linux-x86_64/" + library)) {
      Files.copy(in, copy);
    }
    return copy;
  }
}

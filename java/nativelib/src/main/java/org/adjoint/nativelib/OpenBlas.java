package org.adjoint.nativelib;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Log;

/**
 * Finds OpenBLAS in the platform jar of org.bytedeco:openblas and opens it for a context. The jar
 * is used as an archive of shared libraries only: JavaCPP's binding would map a second copy.
 * Without it matmul runs on Adjoint's own kernels.
 */
final class OpenBlas {
  private static final AtomicBoolean WARNED = new AtomicBoolean();
  private static final String FOLDER = "org/bytedeco/openblas/" + NativeLibrary.PLATFORM + "/";

  /** In the order they are opened: each needs those before it. */
  private static final List<String> LIBRARIES =
      List.of("libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private static final String CURE =
      "add org.bytedeco:openblas with classifier "
          + NativeLibrary.PLATFORM
          + " (on the module path: --add-modules org.bytedeco.openblas.linux.x86_64)";

  private OpenBlas() {}

  /** Opens OpenBLAS; where that fails, says so once. */
  static void open(NativeContext context) {
    try {
      List<PackedLibrary> libraries = PackedLibrary.find(FOLDER, LIBRARIES, CURE);
      LibraryCache.first(
          cache -> {
            List<Path> files = cache.place("openblas", libraries);
            context.openBlas(files.get(0), files.get(1), files.get(2));
            return files;
          });
    } catch (BackendException e) {
      if (WARNED.compareAndSet(false, true)) {
        Log.warn(
            OpenBlas.class,
            "matmul runs on Adjoint's own kernels, several times slower: " + e.getMessage());
      }
    }
  }
}

package org.adjoint.nativelib;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BackendProvider;

/**
 * How {@link java.util.ServiceLoader} finds the CUDA backend: libadjoint_cuda.so, from the jar that
 * has it or from a path that the user names. It is never taken unless asked for, since values of
 * the host are none of the device's.
 */
public final class CudaProvider implements BackendProvider {
  /** The system property with the path of a library that is opened in place of the jar's. */
  static final String LIBRARY = "org.adjoint.cuda.library";

  static final String NAME = "cuda";

  private static final String FOLDER = "org/adjoint/nativelib/linux-x86_64-cuda/";

  private static final String CURE =
      "add org.adjoint:adjoint-nativelib with classifier linux-x86_64-cuda, or name the library with"
          + " -D"
          + LIBRARY
          + "=FILE";

  /** Makes the provider; cheap. */
  public CudaProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int priority() {
    return -1;
  }

  @Override
  public void checkOptions() {
    MemoryBudget.given(MemoryBudget.CUDA_PROPERTY);
    String path = System.getProperty(LIBRARY, "");
    if (!path.isEmpty() && !Files.isRegularFile(Path.of(path))) {
      throw new BackendException("-D" + LIBRARY + "=" + path + ": there is no such file", null);
    }
  }

  @Override
  public Backend open(int threads) {
    NativeLibrary.load(); // the binding comes with it
    long budget = MemoryBudget.given(MemoryBudget.CUDA_PROPERTY).orElse(0);
    return new NativeBackend(NAME, NativeContext.create(library(), threads, budget));
  }

  private static long library() {
    String path = System.getProperty(LIBRARY, "");
    if (!path.isEmpty()) {
      return NativeLibrary.open(Path.of(path));
    }
    try {
      List<PackedLibrary> libraries =
          PackedLibrary.find(FOLDER, List.of("libadjoint_cuda.so"), CURE);
      return LibraryCache.first(cache -> NativeLibrary.open(cache.place("cuda", libraries).get(0)));
    } catch (BackendException e) {
      throw new BackendException("cuda backend: " + e.getMessage(), e);
    }
  }
}

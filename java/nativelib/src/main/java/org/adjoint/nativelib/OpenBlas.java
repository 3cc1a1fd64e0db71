package org.adjoint.nativelib;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.adjoint.BackendException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds OpenBLAS in the platform jar of org.bytedeco:openblas and opens it for a context. The jar
 * is used as an archive of shared libraries only: JavaCPP's binding would map a second copy.
 * Without it matmul runs on Adjoint's own kernels.
 */
final class OpenBlas {
  private static final Logger LOG = LoggerFactory.getLogger(OpenBlas.class);
  private static final AtomicBoolean WARNED = new AtomicBoolean();
  private static final String FOLDER = "org/bytedeco/openblas/" + NativeLibrary.PLATFORM + "/";

  /** In the order they are opened: each needs those before it. */
  private static final List<String> LIBRARIES =
      List.of("libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private OpenBlas() {}

  /** Opens OpenBLAS; where that fails, says so once. */
  static void open(NativeContext context) {
    try {
      List<Path> files = extract();
      context.openBlas(files.get(0), files.get(1), files.get(2));
    } catch (BackendException e) {
      if (WARNED.compareAndSet(false, true)) {
        LOG.warn("matmul runs on Adjoint's own kernels, several times slower: {}", e.getMessage());
      }
    }
  }

  private static List<Path> extract() {
    StringBuilder key = new StringBuilder("openblas");
    List<Entry> entries = new ArrayList<>();
    for (String name : LIBRARIES) {
      Entry entry = entry(name);
      entries.add(entry);
      key.append('-').append(Long.toHexString(entry.checksum()));
    }
    LibraryCache cache = LibraryCache.open();
    List<Path> files = new ArrayList<>();
    for (Entry e : entries) {
      files.add(cache.place(key.toString(), e.name(), e.size(), e.resource()::openStream));
    }
    return files;
  }

  /** A library in the jar, and a number that differs for other content. */
  private record Entry(String name, URL resource, long size, long checksum) {}

  /**
   * Asks the jar for its checksum: unpacking 40 MB at each start to compare them would cost more
   * than all else.
   */
  private static Entry entry(String name) {
    URL resource = NativeLibrary.class.getClassLoader().getResource(FOLDER + name);
    if (resource == null) {
      throw new BackendException(
          FOLDER
              + name
              + " is not on the class path: add org.bytedeco:openblas with classifier "
              + NativeLibrary.PLATFORM
              + " (on the module path: --add-modules org.bytedeco.openblas.linux.x86_64)",
          null);
    }
    try {
      URLConnection connection = resource.openConnection();
      long size = connection.getContentLengthLong();
      return connection instanceof JarURLConnection jar
          ? new Entry(name, resource, size, jar.getJarEntry().getCrc())
          : new Entry(name, resource, size, connection.getLastModified());
    } catch (IOException e) {
      throw new BackendException("cannot read " + resource + ": " + e, e);
    }
  }
}

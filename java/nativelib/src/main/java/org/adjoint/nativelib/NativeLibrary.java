package org.adjoint.nativelib;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.adjoint.BackendException;

/**
 * Loads libadjoint.so and its JNI binding from the native jar, once a class loader. It does not use
 * JavaCPP's loader, whose cache trusts name, size and time stamp. Every failure says which file,
 * why, and what to do.
 */
final class NativeLibrary {
  /** The platform of the running JVM, in JavaCPP's words. */
  static final String PLATFORM = platform();

  private static final String SUPPORTED = "linux-x86_64";
  private static final String FOLDER = "org/adjoint/nativelib/" + SUPPORTED + "/";

  /** In the order they are loaded: the second finds the first by its SONAME. */
  private static final List<String> LIBRARIES = List.of("libadjoint.so", "libjniadjoint.so");

  private static final String CURE =
      "take org.adjoint:adjoint, or add org.adjoint:adjoint-nativelib with classifier "
          + SUPPORTED
          + " (on the module path: --add-modules org.adjoint.nativelib.linux.x86_64);"
          + " a build with -DskipNative has none";

  /** How much of a library is read to find its build id. */
  private static final int HEADER = 1 << 16;

  private static boolean loaded;

  private NativeLibrary() {}

  /** Loads the libraries, unless they are. */
  static synchronized void load() {
    if (!loaded) {
      load(LibraryCache.open());
      loaded = true;
    }
  }

  private static void load(LibraryCache cache) {
    if (!PLATFORM.equals(SUPPORTED)) {
      throw new BackendException(
          "native backend: built for "
              + SUPPORTED
              + ", this is "
              + PLATFORM
              + "; choose the reference backend",
          null);
    }
    List<PackedLibrary> libraries;
    try {
      libraries = PackedLibrary.find(FOLDER, LIBRARIES, CURE);
    } catch (BackendException e) {
      throw new BackendException("native backend: " + e.getMessage(), e);
    }
    List<Path> files = cache.place("native", libraries);
    files.forEach(NativeLibrary::load);
    check(files.get(0));
  }

  private static void load(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
    } catch (UnsatisfiedLinkError e) {
      throw new BackendException(
          "native backend: cannot load " + file + ": " + e.getMessage() + "; " + advice(e), e);
    }
  }

  private static String advice(UnsatisfiedLinkError e) {
    String text = String.valueOf(e.getMessage());
    if (text.contains("failed to map segment")) {
      return "is that folder mounted noexec? Name another with -D" + LibraryCache.PROPERTY + "=DIR";
    }
    if (text.contains("another classloader")) {
      return "load Adjoint in one class loader that the others share";
    }
    if (Files.exists(Path.of("/lib/ld-musl-x86_64.so.1"))) {
      return "it needs glibc and this system has musl; choose the reference backend";
    }
    return "it needs glibc 2.34 or later";
  }

  /**
   * What is bound to these declarations must be what was extracted: another copy in the process
   * would take its place.
   */
  private static void check(Path library) {
    int version = Abi.adj_abi_version();
    if (version != Abi.VERSION) {
      throw new BackendException(
          "native backend: "
              + library.getFileName()
              + " has ABI "
              + version
              + ", these classes need "
              + Abi.VERSION
              + "; give adjoint-nativelib and its native jar the same version",
          null);
    }
    String build = Abi.adj_build_id();
    try (InputStream in = Files.newInputStream(library)) {
      if (!isBuild(in.readNBytes(HEADER), build)) {
        throw new BackendException(
            "native backend: another build of "
                + library.getFileName()
                + " ("
                + build
                + ") is already in this process; use one version of Adjoint in it",
            null);
      }
    } catch (IOException e) {
      throw new BackendException("native backend: cannot read " + library + ": " + e, e);
    }
  }

  /**
   * Returns whether a library has this build id: the linker's digest in hexadecimal. Anything else
   * says that the linker made none, and nothing can be compared.
   *
   * @param header the library's first bytes; the linker puts its notes there
   */
  static boolean isBuild(byte[] header, String id) {
    if (!id.matches("([0-9a-f]{2})+")) {
      return true;
    }
    byte[] digest = HexFormat.of().parseHex(id);
    // One char a byte, so that String's search can be used.
    return new String(header, ISO_8859_1).contains(new String(digest, ISO_8859_1));
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).split(" ")[0];
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return os + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }
}

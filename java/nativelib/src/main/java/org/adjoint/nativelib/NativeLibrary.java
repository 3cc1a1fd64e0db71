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

  /** The backend, and the binding that opens it: the JVM knows the second alone. */
  private static final List<String> LIBRARIES = List.of("libadjoint.so", "libjniadjoint.so");

  private static final String CURE =
      "take org.adjoint:adjoint, or add org.adjoint:adjoint-nativelib with classifier "
          + SUPPORTED
          + " (on the module path: --add-modules org.adjoint.nativelib.linux.x86_64);"
          + " a build with -DskipNative has none";

  /** How much of a library is read to find its build id. */
  private static final int HEADER = 1 << 16;

  /** The library's table, 0 before it is loaded. */
  private static long api;

  private NativeLibrary() {}

  /**
   * Returns the table of libadjoint.so, an {@code adj_api*}; loads the libraries, unless they are.
   */
  static synchronized long load() {
    if (api == 0) {
      api = loadFrom(libraries());
    }
    return api;
  }

  private static List<PackedLibrary> libraries() {
    if (!PLATFORM.equals(SUPPORTED)) {
      throw new BackendException(
          "native backend: built for "
              + SUPPORTED
              + ", this is "
              + PLATFORM
              + "; choose the reference backend",
          null);
    }
    try {
      return PackedLibrary.find(FOLDER, LIBRARIES, CURE);
    } catch (BackendException e) {
      throw new BackendException("native backend: " + e.getMessage(), e);
    }
  }

  private static long loadFrom(List<PackedLibrary> libraries) {
    return LibraryCache.first(
        cache -> {
          List<Path> files = cache.place("native", libraries);
          load(files.get(1));
          return open(files.get(0));
        });
  }

  /** Returns the table of a library; the binding must be loaded. */
  static long open(Path library) {
    long table = Abi.adj_jni_open(library.toAbsolutePath().toString(), Abi.VERSION);
    if (table == 0) {
      String error = Abi.adj_jni_open_error();
      throw error.isEmpty() ? otherVersion(library) : cannotLoad(library, error, null);
    }
    check(library, table);
    return table;
  }

  private static BackendException otherVersion(Path library) {
    return new BackendException(
        "native backend: "
            + library.getFileName()
            + " has another ABI than "
            + Abi.VERSION
            + ", which these classes need; give adjoint-nativelib and its native jar the same version",
        null);
  }

  /**
   * Loads the binding. The JVM gives a file to one class loader only, so a class loader that comes
   * second takes a copy; libadjoint.so itself is opened by the binding, once for all of them.
   */
  private static void load(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
    } catch (IllegalCallerException e) {
      throw denied(e);
    } catch (UnsatisfiedLinkError e) {
      if (!String.valueOf(e.getMessage()).contains("another classloader")) {
        throw cannotLoad(file, String.valueOf(e.getMessage()), e);
      }
      LibraryCache.withCopy(file, NativeLibrary::loadCopy);
    }
  }

  private static void loadCopy(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
    } catch (UnsatisfiedLinkError e) {
      throw cannotLoad(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static BackendException denied(IllegalCallerException e) {
    String module = NativeLibrary.class.getModule().getName();
    return new BackendException(
        "native backend: this JVM denies native access ("
            + e.getMessage()
            + "); start it with --enable-native-access="
            + (module == null ? "ALL-UNNAMED" : module),
        e);
  }

  private static BackendException cannotLoad(Path file, String text, Throwable cause) {
    return new BackendException(
        "native backend: cannot load " + file + ": " + text + "; " + advice(text), cause);
  }

  private static String advice(String text) {
    if (text.contains("failed to map segment")) {
      return "is that folder mounted noexec? Name another with -D" + LibraryCache.PROPERTY + "=DIR";
    }
    if (Files.exists(Path.of("/lib/ld-musl-x86_64.so.1"))) {
      return "it needs glibc and this system has musl; choose the reference backend";
    }
    return "it needs glibc 2.34 or later";
  }

  /**
   * What was opened must be what was extracted: another copy in the process might take its place.
   */
  private static void check(Path library, long table) {
    String build = Abi.adj_build_id(table);
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

package org.adjoint.nativelib;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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
  private static final String LIBRARY = "libadjoint.so";

  private static final String BINDING = "libjniadjoint.so";

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
    byte[] library = read(LIBRARY);
    byte[] binding = read(BINDING);
    String key = contentKey(library, binding);
    load(cache.place(key, LIBRARY, library));
    load(cache.place(key, BINDING, binding));
    check(library);
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
  private static void check(byte[] library) {
    int version = Abi.adj_abi_version();
    if (version != Abi.VERSION) {
      throw new BackendException(
          "native backend: "
              + LIBRARY
              + " has ABI "
              + version
              + ", these classes need "
              + Abi.VERSION
              + "; give adjoint-nativelib and its native jar the same version",
          null);
    }
    String build = Abi.adj_build_id();
    if (!isBuild(library, build)) {
      throw new BackendException(
          "native backend: another build of "
              + LIBRARY
              + " ("
              + build
              + ") is already in this process; use one version of Adjoint in it",
          null);
    }
  }

  /**
   * Returns whether a library's file has this build id: the linker's digest, in hexadecimal, or a
   * text.
   */
  static boolean isBuild(byte[] library, String id) {
    byte[] stored =
        id.matches("([0-9a-f]{2})+")
            ? HexFormat.of().parseHex(id)
            : id.getBytes(StandardCharsets.UTF_8);
    // One char a byte, so that String's search can be used.
    return new String(library, StandardCharsets.ISO_8859_1)
        .contains(new String(stored, StandardCharsets.ISO_8859_1));
  }

  private static byte[] read(String name) {
    URL resource = NativeLibrary.class.getClassLoader().getResource(FOLDER + name);
    if (resource == null) {
      throw new BackendException(
          "native backend: "
              + FOLDER
              + name
              + " is not on the class path: take org.adjoint:adjoint,"
              + " or add org.adjoint:adjoint-nativelib with classifier "
              + SUPPORTED
              + " (on the module path: --add-modules org.adjoint.nativelib.linux.x86_64);"
              + " a build with -DskipNative has none",
          null);
    }
    try (InputStream in = resource.openStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new BackendException("native backend: cannot read " + resource + ": " + e, e);
    }
  }

  private static String contentKey(byte[]... files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] file : files) {
        digest.update(file);
      }
      return "native-" + HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).split(" ")[0];
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return os + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }
}

package org.adjoint.nativelib;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.adjoint.BackendException;

/**
 * A shared library on the class path or module path, usually packed in a jar.
 *
 * @param name its file name
 * @param resource where its bytes are
 * @param size how many
 * @param checksum their CRC-32
 */
record PackedLibrary(String name, URL resource, long size, long checksum) {
  /**
   * Returns the libraries of these names.
   *
   * @param folder where they are in their jar, with a slash at its end
   * @param cure what to do if one is missing
   */
  static List<PackedLibrary> find(String folder, List<String> names, String cure) {
    List<PackedLibrary> libraries = new ArrayList<>();
    for (String name : names) {
      URL resource = PackedLibrary.class.getClassLoader().getResource(folder + name);
      if (resource == null) {
        throw new BackendException(folder + name + " is not on the class path: " + cure, null);
      }
      try {
        libraries.add(of(name, resource));
      } catch (IOException e) {
        throw new BackendException("cannot read " + resource + ": " + e, e);
      }
    }
    return libraries;
  }

  private static PackedLibrary of(String name, URL resource) throws IOException {
    URLConnection connection = resource.openConnection();
    if (connection instanceof JarURLConnection jar) {
      // The jar states both: nothing is unpacked only to be compared.
      return new PackedLibrary(
          name, resource, jar.getJarEntry().getSize(), jar.getJarEntry().getCrc());
    }
    CRC32 sum = new CRC32();
    try (InputStream in = new CheckedInputStream(connection.getInputStream(), sum)) {
      long size = in.transferTo(OutputStream.nullOutputStream());
      return new PackedLibrary(name, resource, size, sum.getValue());
    }
  }
}

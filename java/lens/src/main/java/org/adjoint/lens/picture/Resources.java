package org.adjoint.lens.picture;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The texts that lie beside classes: styles, scripts, and parts of pages. */
public final class Resources {
  private Resources() {}

  /**
   * Returns a text.
   *
   * @param beside a class of the package that it lies in
   * @throws IllegalStateException if it is missing
   */
  public static String text(Class<?> beside, String name) {
    try (InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("lens: the resource " + name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package org.adjoint.nn;

import java.nio.charset.StandardCharsets;
import org.adjoint.Key;

/** Keys by name. */
final class Names {
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Names() {}

  /**
   * Returns a key made of another one and a name, by the name's 64-bit FNV-1a hash (G. Fowler, L.
   * C. Noll, K.-P. Vo, D. Eastlake, RFC 9923, section 2).
   */
  static Key fold(Key key, String name) {
    long hash = OFFSET_BASIS;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * PRIME;
    }
    return key.fold(hash);
  }
}

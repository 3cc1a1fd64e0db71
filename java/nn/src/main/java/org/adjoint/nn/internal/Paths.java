package org.adjoint.nn.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.nn.Part;

/** Names with dots between: of parts, of parameters, and the keys that belong to them. */
public final class Paths {
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Paths() {}

  /** Returns the path of what is called {@code name} at {@code path}. */
  public static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** Returns what stands behind the last dot of a parameter's name. */
  public static String last(Parameter parameter) {
    return parameter.name().substring(parameter.name().lastIndexOf('.') + 1);
  }

  /**
   * Returns a key made of another one and a name, by the name's 64-bit FNV-1a hash (G. Fowler, L.
   * C. Noll, K.-P. Vo, D. Eastlake, RFC 9923, section 2).
   */
  public static Key fold(Key key, String name) {
    long hash = OFFSET_BASIS;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * PRIME;
    }
    return key.fold(hash);
  }

  /**
   * Calls {@code visit} with each part of a tree and its path, parents before their children; the
   * root's path is empty.
   *
   * @throws IllegalArgumentException if two children of a part have one name
   */
  public static void walk(Part root, BiConsumer<String, Part> visit) {
    walk("", root, visit);
  }

  private static void walk(String path, Part part, BiConsumer<String, Part> visit) {
    visit.accept(path, part);
    List<Part.Child> children = part.children();
    for (int i = 0; i < children.size(); i++) {
      Part.Child child = children.get(i);
      for (int j = 0; j < i; j++) {
        if (children.get(j).name().equals(child.name())) {
          throw new IllegalArgumentException(
              "part: two children of '" + path + "' are called '" + child.name() + "'");
        }
      }
      walk(join(path, child.name()), child.part(), visit);
    }
  }
}

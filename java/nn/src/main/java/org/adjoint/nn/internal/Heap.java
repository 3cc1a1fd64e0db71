package org.adjoint.nn.internal;

import java.util.function.IntFunction;
import org.adjoint.nn.data.DataException;

/**
 * Java memory for what files hold. Files are small where their contents are large (gzip packs a
 * thousand to one), so what does not fit into the heap is an error of the data and named as one; it
 * must not become an {@link OutOfMemoryError} somewhere.
 */
public final class Heap {
  private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;

  private Heap() {}

  /**
   * Returns a new array.
   *
   * @param source the file, as its user knows it
   * @param what what the array is for, such as {@code "2 images of 3 x 3"}
   * @param length how many elements
   * @param bytes the bytes of an element
   * @param make the array's constructor
   * @throws DataException naming the sizes, if the array is longer than Java's can be or the heap
   *     has no room for it
   */
  public static <A> A array(
      Object source, String what, long length, int bytes, IntFunction<A> make) {
    if (length > MOST_ELEMENTS) {
      throw new DataException(
          source,
          what + ": " + length + " values are more than the " + MOST_ELEMENTS + " of an array");
    }
    long size = length * bytes;
    String needs = what + ": " + size + " bytes";
    if (size > Runtime.getRuntime().maxMemory()) {
      throw full(source, needs);
    }
    try {
      return make.apply((int) length);
    } catch (OutOfMemoryError e) {
      throw full(source, needs);
    }
  }

  /**
   * Returns an exception about data that the heap has no room for.
   *
   * @param source the file, as its user knows it
   * @param what what would take the room, with its size
   */
  public static DataException full(Object source, String what) {
    return new DataException(
        source,
        what
            + ", more than the heap of "
            + Runtime.getRuntime().maxMemory()
            + " bytes has room for; raise -Xmx");
  }
}

package org.adjoint.nn.internal;

import java.util.function.IntFunction;
import java.util.function.Supplier;
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
    if (size > Runtime.getRuntime().maxMemory()) {
      throw full(source, what, size);
    }
    return room(source, what, size, () -> make.apply((int) length));
  }

  /**
   * Returns what a supplier makes that keeps nothing when it fails.
   *
   * @param source the file, as its user knows it
   * @param what what is made
   * @param size about how many bytes it takes
   * @param make makes it
   * @throws DataException naming the sizes, if the heap has no room for it
   */
  public static <T> T room(Object source, String what, long size, Supplier<T> make) {
    try {
      return make.get();
    } catch (OutOfMemoryError e) {
      throw full(source, what, size);
    }
  }

  private static DataException full(Object source, String what, long size) {
    return new DataException(
        source,
        what
            + ": takes "
            + size
            + " bytes, more than the heap of "
            + Runtime.getRuntime().maxMemory()
            + " bytes has room for; raise -Xmx");
  }
}

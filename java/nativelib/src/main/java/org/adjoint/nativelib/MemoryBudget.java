package org.adjoint.nativelib;

import java.util.Locale;
import java.util.OptionalLong;
import org.adjoint.BackendException;

/**
 * The most native memory that a context may have outstanding: what {@code -Dorg.adjoint.memory}
 * says, else what the container or machine has beside the Java heap.
 */
final class MemoryBudget {
  /** The system property: bytes, or a number with k, m or g behind it; 0 for no limit. */
  static final String PROPERTY = "org.adjoint.memory";

  /** The same for a GPU's memory; without it CUDA's own limit holds. */
  static final String CUDA_PROPERTY = "org.adjoint.cuda.memory";

  /** Left to the JVM itself: metaspace, code, stacks, other libraries. */
  private static final long RESERVE = 512L << 20;

  /** What a small container gets all the same; below this nothing trains. */
  private static final long LEAST = 256L << 20;

  private MemoryBudget() {}

  /** Returns the budget in bytes, 0 for no limit. */
  static long bytes() {
    return given(PROPERTY)
        .orElseGet(
            () -> {
              long heap = Runtime.getRuntime().maxMemory();
              return Math.max(LEAST, SystemMemory.bytes() - heap - RESERVE);
            });
  }

  /**
   * Returns what a system property says, if it is set.
   *
   * @param property {@link #PROPERTY} or {@link #CUDA_PROPERTY}
   * @throws BackendException if it says no number of bytes
   */
  static OptionalLong given(String property) {
    String option = System.getProperty(property, "");
    return option.isBlank() ? OptionalLong.empty() : OptionalLong.of(parse(property, option));
  }

  /** Returns what a text such as {@code 512m} says, in bytes. */
  static long parse(String property, String text) {
    String number = text.strip().toLowerCase(Locale.ROOT);
    int shift =
        switch (number.isEmpty() ? ' ' : number.charAt(number.length() - 1)) {
          case 'k' -> 10;
          case 'm' -> 20;
          case 'g' -> 30;
          default -> 0;
        };
    try {
      long n = Long.parseLong(shift == 0 ? number : number.substring(0, number.length() - 1));
      if (n >= 0 && n <= Long.MAX_VALUE >> shift) {
        return n << shift;
      }
    } catch (NumberFormatException e) {
      // Said below, as for numbers out of range.
    }
    throw new BackendException(
        "-D" + property + "=" + text + ": expected bytes >= 0, such as 2147483648, 512m or 2g",
        null);
  }
}

package org.adjoint.internal.compile;

import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * Hands out places in one block of memory and takes them back: best fit, neighbours joined, 64-byte
 * aligned.
 */
final class Workspace {
  private static final long ALIGNMENT = 64;
  private static final int SCANNED = 64;

  /** Free places by offset. */
  private final TreeMap<Long, Long> free = new TreeMap<>();

  private long end;

  /** Returns the bytes that all places together need. */
  long bytes() {
    return end;
  }

  /** Returns the offset of a fresh place. */
  long take(long bytes) {
    long size = rounded(bytes);
    long best = -1;
    long bestSize = Long.MAX_VALUE;
    Iterator<Map.Entry<Long, Long>> places = free.entrySet().iterator();
    for (int i = 0; i < SCANNED && places.hasNext() && bestSize > size; i++) {
      Map.Entry<Long, Long> place = places.next();
      if (place.getValue() >= size && place.getValue() < bestSize) {
        best = place.getKey();
        bestSize = place.getValue();
      }
    }
    if (best >= 0) {
      free.remove(best);
      if (bestSize > size) {
        free.put(best + size, bestSize - size);
      }
      return best;
    }
    // Grow: a free place at the very end counts.
    Map.Entry<Long, Long> tail = free.lastEntry();
    long from = end;
    if (tail != null && tail.getKey() + tail.getValue() == end) {
      from = tail.getKey();
      free.remove(from);
    }
    end = Math.addExact(from, size);
    return from;
  }

  /** Takes a place back. */
  void give(long offset, long bytes) {
    long from = offset;
    long size = rounded(bytes);
    Map.Entry<Long, Long> before = free.lowerEntry(offset);
    if (before != null && before.getKey() + before.getValue() == offset) {
      from = before.getKey();
      size += before.getValue();
    }
    Long after = free.remove(offset + rounded(bytes));
    if (after != null) {
      size += after;
    }
    free.put(from, size);
  }

  private static long rounded(long bytes) {
    return (Math.max(1, bytes) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

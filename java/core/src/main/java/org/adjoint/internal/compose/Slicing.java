package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Slice;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.op.ShapeOps;

/**
 * The parts of a tensor that slices name, and slices as text. Bounds outside an axis are refused,
 * not clipped: a range that is silently shorter is found much later.
 */
public final class Slicing {
  private Slicing() {}

  /** Returns the slices that a text says, separated by commas. */
  public static Slice[] parse(String text) {
    if (text.isBlank()) {
      return new Slice[0];
    }
    String[] words = text.split(",", -1);
    Slice[] slices = new Slice[words.length];
    for (int i = 0; i < words.length; i++) {
      slices[i] = word(text, i, words[i].strip());
    }
    return slices;
  }

  private static Slice word(String text, int position, String word) {
    if (word.equals("...")) {
      return Slice.ELLIPSIS;
    }
    if (word.equals("new")) {
      return Slice.NEW;
    }
    String[] bounds = word.split(":", -1);
    if (bounds.length > 3 || word.isEmpty()) {
      throw unreadable(text, position, word);
    }
    Optional<Long> from = number(text, position, word, bounds[0]);
    if (bounds.length == 1) {
      return Slice.at(from.orElseThrow());
    }
    Optional<Long> to = number(text, position, word, bounds[1]);
    Optional<Long> step =
        bounds.length == 3 ? number(text, position, word, bounds[2]) : Optional.empty();
    return Slice.of(from, to, step.orElse(1L));
  }

  private static Optional<Long> number(String text, int position, String word, String digits) {
    if (digits.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(digits.strip()));
    } catch (NumberFormatException e) {
      throw unreadable(text, position, word);
    }
  }

  private static IllegalArgumentException unreadable(String text, int position, String word) {
    return new IllegalArgumentException(
        "at: position "
            + position
            + " of \""
            + text
            + "\" is \""
            + word
            + "\"; write from:to:step, an index, ... or new");
  }

  /** Returns the part of x that slices name, axis by axis. */
  public static Tensor at(Tensor given, Slice... slices) {
    Tensor x = Access.fixed(given);
    Shape shape = x.shape();
    int rank = shape.rank();
    int named = named(shape, slices);
    long[] attrs = new long[3 * rank];
    Arrays.fill(attrs, rank, 2 * rank, 1);
    System.arraycopy(shape.dims(), 0, attrs, 2 * rank, rank);
    List<Integer> flipped = new ArrayList<>();
    List<Integer> kept = new ArrayList<>(); // by result axis: an axis of x, or −1 for a new one
    int axis = 0;
    for (int position = 0; position < slices.length; position++) {
      Slice slice = slices[position];
      switch (slice.kind()) {
        case NEW -> kept.add(-1);
        case ELLIPSIS -> {
          for (int i = named; i < rank; i++) {
            kept.add(axis++);
          }
        }
        case ELEMENT -> {
          attrs[axis] = element(shape, axis, position, slice);
          attrs[2 * rank + axis++] = 1;
        }
        case RANGE -> {
          if (range(attrs, shape, axis, position, slice)) {
            flipped.add(axis);
          }
          kept.add(axis++);
        }
      }
    }
    for (; axis < rank; axis++) {
      kept.add(axis);
    }
    Tensor part = ShapeOps.SLICE.apply(attrs, x).get(0);
    if (!flipped.isEmpty()) {
      part = part.flip(flipped.stream().mapToInt(Integer::intValue).toArray());
    }
    long[] dims = new long[kept.size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = kept.get(i) < 0 ? 1 : attrs[2 * rank + kept.get(i)];
    }
    return part.reshape(dims);
  }

  /** Returns how many axes the slices name, checking that there are so many. */
  private static int named(Shape shape, Slice... slices) {
    int named = 0;
    int ellipses = 0;
    for (Slice slice : slices) {
      switch (slice.kind()) {
        case RANGE, ELEMENT -> named++;
        case ELLIPSIS -> ellipses++;
        case NEW -> {}
      }
    }
    if (named > shape.rank() || ellipses > 1) {
      throw new IllegalArgumentException(
          "at: "
              + Arrays.toString(slices)
              + (ellipses > 1 ? " has more than one ellipsis" : " names " + named + " axes")
              + "; the shape is "
              + shape);
    }
    return named;
  }

  private static long element(Shape shape, int axis, int position, Slice slice) {
    long n = shape.dim(axis);
    long index = slice.from().orElseThrow();
    long normal = index < 0 ? index + n : index;
    if (normal < 0 || normal >= n) {
      throw outside(shape, axis, position, "index " + index, n == 0 ? "" : -n + " … " + (n - 1));
    }
    return normal;
  }

  /** Writes start, step and size of a range along an axis; returns whether it runs downwards. */
  private static boolean range(long[] attrs, Shape shape, int axis, int position, Slice slice) {
    int rank = shape.rank();
    long n = shape.dim(axis);
    boolean down = slice.step() < 0;
    long step = Math.abs(slice.step());
    // A range downwards takes from, from − step, … as long as they exceed to; −1 is before all.
    long from = bound(shape, axis, position, slice, slice.from(), down ? n - 1 : 0, down);
    long to = bound(shape, axis, position, slice, slice.to(), down ? -1 : n, down);
    long span = Math.max(0, down ? from - to : to - from);
    long size = span == 0 ? 0 : (span - 1) / step + 1;
    long first = down && size > 0 ? from - (size - 1) * step : from;
    attrs[axis] = size == 0 ? 0 : first;
    attrs[rank + axis] = size <= 1 ? 1 : step;
    attrs[2 * rank + axis] = size;
    return down && size > 1;
  }

  private static long bound(
      Shape shape,
      int axis,
      int position,
      Slice slice,
      Optional<Long> given,
      long open,
      boolean down) {
    if (given.isEmpty()) {
      return open;
    }
    long n = shape.dim(axis);
    long bound = given.get();
    long normal = bound < 0 ? bound + n : bound;
    long most = down ? n - 1 : n;
    if (normal < 0 || normal > Math.max(0, most)) {
      throw outside(shape, axis, position, "bound " + bound + " of " + slice, -n + " … " + most);
    }
    return normal;
  }

  private static IndexOutOfBoundsException outside(
      Shape shape, int axis, int position, String what, String allowed) {
    return new IndexOutOfBoundsException(
        "at: position "
            + position
            + ": "
            + what
            + " is outside axis "
            + axis
            + " of "
            + shape
            + (allowed.isEmpty() ? ", which has no elements" : ", which takes " + allowed));
  }
}

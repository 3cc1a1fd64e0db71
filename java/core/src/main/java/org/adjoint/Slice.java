package org.adjoint;

import java.util.Optional;
import org.adjoint.internal.compose.Slicing;

/**
 * What {@link Tensor#at(Slice...)} takes of one axis: a range, one element, or, as {@link
 * #ELLIPSIS} and {@link #NEW}, all axes between and an axis more. Bounds and indices below 0 count
 * from the end of the axis. Immutable.
 */
public final class Slice {
  /** What a slice is. */
  public enum Kind {
    /** Elements from a bound to another, of which either may be open. */
    RANGE,
    /** One element; its axis goes. */
    ELEMENT,
    /** All axes that no other slice names. */
    ELLIPSIS,
    /** A new axis of size 1. */
    NEW
  }

  /** All elements of an axis, {@code :} in text. */
  public static final Slice ALL = new Slice(Kind.RANGE, Optional.empty(), Optional.empty(), 1);

  /** All axes that the other slices do not name, {@code ...} in text. */
  public static final Slice ELLIPSIS =
      new Slice(Kind.ELLIPSIS, Optional.empty(), Optional.empty(), 1);

  /** A new axis of size 1, {@code new} in text. */
  public static final Slice NEW = new Slice(Kind.NEW, Optional.empty(), Optional.empty(), 1);

  private final Kind kind;
  private final Optional<Long> from;
  private final Optional<Long> to;
  private final long step;

  private Slice(Kind kind, Optional<Long> from, Optional<Long> to, long step) {
    this.kind = kind;
    this.from = from;
    this.to = to;
    this.step = step;
  }

  /** Returns the elements {@code from} … {@code to} − 1. */
  public static Slice of(long from, long to) {
    return of(Optional.of(from), Optional.of(to), 1);
  }

  /**
   * Returns every {@code step}-th element from {@code from} to before {@code to}; with a negative
   * step downwards.
   *
   * @throws IllegalArgumentException if the step is 0
   */
  public static Slice of(long from, long to, long step) {
    return of(Optional.of(from), Optional.of(to), step);
  }

  /**
   * Returns every {@code step}-th element from one bound to before the other; an empty bound is the
   * end of the axis on its side.
   *
   * @throws IllegalArgumentException if the step is 0
   */
  public static Slice of(Optional<Long> from, Optional<Long> to, long step) {
    if (step == 0) {
      throw new IllegalArgumentException("slice: the step must not be 0");
    }
    return new Slice(Kind.RANGE, from, to, step);
  }

  /** Returns the elements from {@code from} to the end. */
  public static Slice from(long from) {
    return of(Optional.of(from), Optional.empty(), 1);
  }

  /** Returns the elements from the start to {@code to} − 1. */
  public static Slice to(long to) {
    return of(Optional.empty(), Optional.of(to), 1);
  }

  /**
   * Returns every {@code step}-th element, from the last one downwards if the step is negative.
   *
   * @throws IllegalArgumentException if the step is 0
   */
  public static Slice every(long step) {
    return of(Optional.empty(), Optional.empty(), step);
  }

  /** Returns the one element at {@code index}; its axis goes. */
  public static Slice at(long index) {
    return new Slice(Kind.ELEMENT, Optional.of(index), Optional.empty(), 1);
  }

  /**
   * Returns the one element at {@code index} counted from the end, −1 being the last; its axis
   * goes.
   *
   * @throws IllegalArgumentException if the index is not negative
   */
  public static Slice last(long index) {
    if (index >= 0) {
      throw new IllegalArgumentException(
          "slice: last() counts from the end, −1 being the last element; got " + index);
    }
    return at(index);
  }

  /**
   * Returns the slices that a text such as {@code "1:3, ..., -1, ::2"} says: ranges {@code
   * from:to:step}, elements, {@code ...} and {@code new}.
   *
   * @throws IllegalArgumentException naming the part of the text that says none of them
   */
  public static Slice[] parse(String text) {
    return Slicing.parse(text);
  }

  /** Returns what this is. */
  public Kind kind() {
    return kind;
  }

  /** Returns the first bound of a range, or the index of an element. */
  public Optional<Long> from() {
    return from;
  }

  /** Returns the bound that a range ends before. */
  public Optional<Long> to() {
    return to;
  }

  /** Returns the step of a range. */
  public long step() {
    return step;
  }

  /** Returns this as {@link #parse} reads it. */
  @Override
  public String toString() {
    return switch (kind) {
      case ELLIPSIS -> "...";
      case NEW -> "new";
      case ELEMENT -> from.orElseThrow().toString();
      case RANGE ->
          from.map(String::valueOf).orElse("")
              + ":"
              + to.map(String::valueOf).orElse("")
              + (step == 1 ? "" : ":" + step);
    };
  }
}

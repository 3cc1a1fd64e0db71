package org.adjoint;

/** What is known of a value before it exists: its element type and its shape. */
public record Type(DType dtype, Shape shape) {
  /** Returns the bytes of a contiguous value of this type. */
  public long bytes() {
    return Math.multiplyExact(shape.size(), dtype.bytes());
  }

  @Override
  public String toString() {
    return dtype + shape.toString();
  }
}

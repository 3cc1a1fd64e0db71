package org.adjoint;

/** What is known of a value before it exists: its element type and its shape. */
public record Type(DType dtype, Shape shape) {
  /** Returns the bytes of a contiguous value of this type. */
  public long bytes() {
    if (shape.size() > Long.MAX_VALUE / dtype.bytes()) {
      throw new NativeMemoryException("a value of " + this + " takes more than 2^63 bytes");
    }
    return shape.size() * dtype.bytes();
  }

  @Override
  public String toString() {
    return dtype + shape.toString();
  }
}

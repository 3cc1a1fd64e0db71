package org.adjoint;

/** What is known of a value before it exists: its element type and its shape. */
public record Type(DType dtype, Shape shape) {
  /**
   * Returns the bytes of a contiguous value of this type.
   *
   * @throws NativeMemoryException if they are more than a long counts
   */
  public long bytes() {
    if (shape.size() > Long.MAX_VALUE / dtype.bytes()) {
      throw new NativeMemoryException("a value of " + this + " takes more than 2^63 bytes");
    }
    return shape.size() * dtype.bytes();
  }

  /** Returns the type of this type's tangents and cotangents: see {@link DType#tangent}. */
  public Type tangent() {
    return dtype.tangent() == dtype ? this : new Type(dtype.tangent(), shape);
  }

  @Override
  public String toString() {
    return dtype + shape.toString();
  }
}

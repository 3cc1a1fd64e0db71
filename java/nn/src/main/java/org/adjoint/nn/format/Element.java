package org.adjoint.nn.format;

import java.util.Arrays;
import java.util.Optional;
import org.adjoint.DType;

/**
 * How a file stores a number, and the dtype that the number is read as. The constants' names are
 * those of {@link Safetensors}. What no {@link DType} is wide enough for, unsigned 64 bits, is not
 * here; neither is what numbers of 8 bits with an exponent have no common meaning for.
 */
enum Element {
  F64(8, DType.F64, "f8"),
  F32(4, DType.F32, "f4"),
  F16(2, DType.F32, "f2"),
  BF16(2, DType.BF16, "V2"),
  I64(8, DType.I64, "i8"),
  I32(4, DType.I32, "i4"),
  I16(2, DType.I32, "i2"),
  I8(1, DType.I32, "i1"),
  U32(4, DType.I64, "u4"),
  U16(2, DType.I32, "u2"),
  U8(1, DType.I32, "u1"),
  BOOL(1, DType.BOOL, "b1");

  private final int bytes;
  private final DType dtype;
  private final String numpy;

  Element(int bytes, DType dtype, String numpy) {
    this.bytes = bytes;
    this.dtype = dtype;
    this.numpy = numpy;
  }

  /** Returns the bytes of one number in the file. */
  int bytes() {
    return bytes;
  }

  /** Returns the dtype of the tensor that is read. */
  DType dtype() {
    return dtype;
  }

  /** Returns NumPy's kind and size, such as {@code f4}. */
  String numpy() {
    return numpy;
  }

  /** Returns the element of a dtype, which stores every value of the dtype as it is. */
  static Element of(DType dtype) {
    return valueOf(dtype.name());
  }

  /** Returns the element that {@link Safetensors} calls so, if it is one of these. */
  static Optional<Element> named(String name) {
    return Arrays.stream(values()).filter(element -> element.name().equals(name)).findFirst();
  }

  /** Returns the element that NumPy calls so, if it is one of these. */
  static Optional<Element> ofNumpy(String name) {
    return Arrays.stream(values()).filter(element -> element.numpy.equals(name)).findFirst();
  }
}

package org.adjoint.internal.ir;

import org.adjoint.DType;

/**
 * What a gradient counts as at most in Adam's moments. Beyond it the mean of squares would be
 * infinite, and the parameter would never move again. Steps of Adam do not depend on the scale of
 * gradients, so along constant ones they are as long as they should be.
 */
public final class GradientBound {
  private GradientBound() {}

  /** Returns the bound: 1.78 · 10¹⁹ for F32, 1.29 · 10¹⁵⁴ for F64, three percent below the root. */
  public static double of(DType dtype) {
    return dtype == DType.F64 ? 0x1.fp511 : 0x1.fp63;
  }
}

package org.adjoint.check;

/** What is checked of every row of {@link OpCases}, in F32 and F64, on every backend. */
public enum OpCheck {
  /**
   * Values and gradients against the reference backend, which has no fused kernels: fused against
   * unfused too. On the reference itself: values in F32 against those in F64.
   */
  VALUE("value"),
  /** Reverse mode: F64 against central differences, F32 against F64. */
  REVERSE("reverse"),
  /** Forward mode likewise. */
  FORWARD("forward"),
  /** ⟨w, J·v⟩ = ⟨Jᵀ·w, v⟩. */
  TRANSPOSE("transpose"),
  /** Both modes over reverse mode: F64 against central differences, F32 against F64. */
  SECOND_ORDER("second order"),
  /** A batch against a loop over its examples, values and gradients. */
  BATCH("vmap"),
  /**
   * One compiled program against the same results run one by one, bit for bit, and against eager
   * evaluation, op by op.
   */
  COMPILED("compiled");

  private final String label;

  OpCheck(String label) {
    this.label = label;
  }

  /** Returns what it is called. */
  @Override
  public String toString() {
    return label;
  }
}

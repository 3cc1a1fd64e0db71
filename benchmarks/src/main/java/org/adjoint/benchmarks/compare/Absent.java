package org.adjoint.benchmarks.compare;

/** Says why someone does not take part; the message is what the report shows. */
public final class Absent extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Makes the reason; one line. */
  public Absent(String reason) {
    super(reason);
  }
}

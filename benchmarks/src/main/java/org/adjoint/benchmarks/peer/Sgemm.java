package org.adjoint.benchmarks.peer;

import org.bytedeco.javacpp.FloatPointer;

/** The matrix product of a BLAS, called through JavaCPP: one JNI call on addresses. */
public interface Sgemm {

  /** Computes c = a·bᵀ; a is [m, k], b [n, k] and c [m, n], all row-major. */
  void multiply(int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c);
}

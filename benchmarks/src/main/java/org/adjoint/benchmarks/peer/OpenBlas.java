package org.adjoint.benchmarks.peer;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import org.bytedeco.javacpp.FloatPointer;

/** OpenBLAS; {@code OPENBLAS_NUM_THREADS} says on how many threads. */
public final class OpenBlas implements Sgemm {
  @Override
  public void multiply(int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    // Leading dimensions of at least 1: nothing may be multiplied too.
    int lda = Math.max(1, k);
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, lda, b, lda, 0, c, Math.max(1, n));
  }
}

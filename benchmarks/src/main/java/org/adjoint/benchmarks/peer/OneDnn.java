package org.adjoint.benchmarks.peer;

import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;

import org.bytedeco.javacpp.FloatPointer;

/** oneDNN's sgemm; {@code OMP_NUM_THREADS} says on how many threads. */
public final class OneDnn implements Sgemm {
  @Override
  public void multiply(int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    int lda = Math.max(1, k);
    int status =
        dnnl_sgemm((byte) 'N', (byte) 'T', m, n, k, 1, a, lda, b, lda, 0, c, Math.max(1, n));
    if (status != 0) {
      throw new IllegalStateException("dnnl_sgemm: status " + status);
    }
  }
}

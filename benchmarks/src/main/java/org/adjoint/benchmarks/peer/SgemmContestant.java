package org.adjoint.benchmarks.peer;

import org.adjoint.benchmarks.compare.Contestant;
import org.adjoint.benchmarks.compare.Numbers;
import org.adjoint.benchmarks.compare.Task;
import org.adjoint.benchmarks.compare.Workload;
import org.bytedeco.javacpp.FloatPointer;

/** A library of which only the matrix product takes part. */
public final class SgemmContestant implements Contestant {
  private static final int ALIGNMENT = 64;

  private final Sgemm sgemm;

  /** Makes the contestant of a library. */
  public SgemmContestant(Sgemm sgemm) {
    this.sgemm = sgemm;
  }

  @Override
  public Task gemm(Workload.Gemm workload) {
    return new Products(workload);
  }

  /** Returns memory that starts at a cache line, as every library's own does. */
  private static FloatPointer aligned(float[] data) {
    FloatPointer block = new FloatPointer(data.length + (long) ALIGNMENT / Float.BYTES);
    long off = (ALIGNMENT - block.address() % ALIGNMENT) % ALIGNMENT;
    FloatPointer start = block.getPointer(FloatPointer.class, off / Float.BYTES);
    start.put(data, 0, data.length);
    return start;
  }

  /** A chain of products; results go to two blocks in turn. */
  private final class Products implements Task {
    private final Workload.Gemm of;
    private final FloatPointer a;
    private final FloatPointer b;
    private final FloatPointer[] c;

    Products(Workload.Gemm of) {
      this.of = of;
      this.a = aligned(Numbers.uniform(1, of.m() * of.k(), -1, 1));
      this.b = aligned(Numbers.weight(1, of.k(), of.n()));
      float[] zeros = new float[of.m() * of.n()];
      this.c = new FloatPointer[] {aligned(zeros), aligned(zeros)};
    }

    @Override
    public void step() {
      FloatPointer from = a;
      for (int i = 0; i < of.chain(); i++) {
        FloatPointer to = c[i % 2];
        sgemm.multiply(of.m(), of.n(), of.k(), from, b, to);
        from = to;
      }
    }

    @Override
    public double[] check() {
      step();
      float[] result = new float[of.m() * of.n()];
      c[(of.chain() - 1) % 2].get(result, 0, result.length);
      return new double[] {Numbers.meanSize(result)};
    }

    @Override
    public int repeats() {
      return of.chain();
    }

    @Override
    public void close() {
      a.deallocate();
      b.deallocate();
      c[0].deallocate();
      c[1].deallocate();
    }
  }
}

package org.adjoint.internal.reference;

import java.util.HashMap;
import java.util.Map;
import org.adjoint.Bfloat16;
import org.adjoint.DType;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The kernels by name. Elementwise ones need no entry: they are the scalar function of their row in
 * the op table. The contracts stand in native/src/kernels/README.md; fused ops have none here, so
 * that they are checked against their expansions, unless they refuse what no expansion can.
 */
final class ReferenceKernels {
  /** A kernel that is no elementwise function. */
  interface Structured {
    void run(long[] ints, Elements[] in, Elements[] out);
  }

  private static final Map<String, Structured> STRUCTURED = new HashMap<>();

  static {
    STRUCTURED.put("copy", (ints, in, out) -> copy(in[0], out[0]));
    STRUCTURED.put("cast", (ints, in, out) -> cast(in[0], out[0]));
    STRUCTURED.put("where", (ints, in, out) -> where(in, out[0]));
    STRUCTURED.put("sum", (ints, in, out) -> Reductions.sum(in[0], out[0]));
    STRUCTURED.put("max", (ints, in, out) -> Reductions.max(in[0], out[0]));
    STRUCTURED.put("min", (ints, in, out) -> Reductions.min(in[0], out[0]));
    STRUCTURED.put("argmax", (ints, in, out) -> Reductions.argmax(in[0], out[0]));
    STRUCTURED.put("prod", (ints, in, out) -> Reductions.product(in[0], out[0]));
    STRUCTURED.put("cumsum", (ints, in, out) -> Scans.cumsum(ints, in[0], out[0]));
    STRUCTURED.put("linearScan", (ints, in, out) -> Scans.linearScan(ints, in, out[0]));
    STRUCTURED.put("scaleScan", (ints, in, out) -> Scans.scaleScan(ints, in, out[0]));
    STRUCTURED.put("logCumSumExp", (ints, in, out) -> Scans.logCumSumExp(ints, in[0], out[0]));
    STRUCTURED.put("argsort", (ints, in, out) -> Scans.argsort(ints, in[0], out[0]));
    STRUCTURED.put("matmul", Products::matmul);
    STRUCTURED.put("matmulBf16", Products::matmul);
    STRUCTURED.put("conv", Convolutions::conv);
    STRUCTURED.put("convInput", Convolutions::input);
    STRUCTURED.put("convWeight", Convolutions::weight);
    STRUCTURED.put("windowArgmax", Convolutions::windowArgmax);
    STRUCTURED.put("gather", (ints, in, out) -> Indexing.gather(in[0], in[1], out[0]));
    STRUCTURED.put("scatterAdd", (ints, in, out) -> Indexing.scatterAdd(in[0], in[1], out[0]));
    STRUCTURED.put("clippedAdam", (ints, in, out) -> ClippedSteps.adam(in, out));
    STRUCTURED.put("clippedSgd", ClippedSteps::sgd);
    STRUCTURED.put("nonZero", (ints, in, out) -> WholeNumbers.nonZero(in[0], out[0]));
    STRUCTURED.put("iota", (ints, in, out) -> Indexing.iota(ints[0], ints[1], out[0]));
    STRUCTURED.put("randomBits", (ints, in, out) -> RandomDraws.bits(in[0], out[0]));
    STRUCTURED.put("randomUniform", (ints, in, out) -> RandomDraws.uniform(in[0], out[0]));
    STRUCTURED.put("randomNormal", (ints, in, out) -> RandomDraws.normal(in[0], out[0]));
    STRUCTURED.put("randomSplit", (ints, in, out) -> RandomDraws.split(in[0], out[0]));
    STRUCTURED.put("randomFold", (ints, in, out) -> RandomDraws.fold(in[0], in[1], out[0]));
  }

  private ReferenceKernels() {}

  /** Returns whether a kernel that is no elementwise function is known. */
  static boolean has(String name) {
    return STRUCTURED.containsKey(name);
  }

  static void run(Kernel kernel, long[] ints, Elements[] in, Elements[] out) {
    ScalarFunction scalar = kernel.scalar();
    boolean whole = in.length > 0 && !in[0].dtype().isFloating();
    if (whole && scalar instanceof ScalarFunction.Unary unary) {
      out[0].put(WholeNumbers.map(unary, in[0]));
    } else if (whole && scalar instanceof ScalarFunction.Binary binary) {
      out[0].put(WholeNumbers.map(binary, in[0], in[1]));
    } else if (scalar instanceof ScalarFunction.Unary unary) {
      double[] x = in[0].doubles();
      for (int i = 0; i < x.length; i++) {
        x[i] = unary.f().applyAsDouble(x[i]);
      }
      out[0].put(x);
    } else if (scalar instanceof ScalarFunction.Binary binary) {
      double[] a = in[0].doubles();
      double[] b = in[1].doubles();
      for (int i = 0; i < a.length; i++) {
        a[i] = binary.f().applyAsDouble(a[i], b[i]);
      }
      out[0].put(a);
    } else if (scalar instanceof ScalarFunction.Comparison comparison) {
      out[0].put(compare(comparison, in[0], in[1]));
    } else {
      STRUCTURED.get(kernel.name()).run(ints, in, out);
    }
  }

  private static long[] compare(ScalarFunction.Comparison comparison, Elements a, Elements b) {
    long[] out = new long[a.size()];
    if (a.dtype().isFloating()) {
      double[] x = a.doubles();
      double[] y = b.doubles();
      for (int i = 0; i < out.length; i++) {
        out[i] = comparison.f().test(x[i], y[i]) ? 1 : 0;
      }
    } else {
      long[] x = a.longs();
      long[] y = b.longs();
      for (int i = 0; i < out.length; i++) {
        out[i] = comparison.l().test(x[i], y[i]) ? 1 : 0;
      }
    }
    return out;
  }

  private static void copy(Elements x, Elements y) {
    if (x.dtype().isFloating()) {
      y.put(x.doubles());
    } else {
      y.put(x.longs());
    }
  }

  private static void cast(Elements x, Elements y) {
    if (y.dtype().isFloating()) {
      if (y.dtype() != DType.F64 && !x.dtype().isFloating()) {
        boolean brief = y.dtype() == DType.BF16;
        long[] whole = x.longs();
        double[] rounded = new double[whole.length];
        for (int i = 0; i < whole.length; i++) {
          // Once, not by way of double.
          rounded[i] = brief ? Bfloat16.widen(Bfloat16.of(whole[i])) : (float) whole[i];
        }
        y.put(rounded);
      } else {
        y.put(x.doubles());
      }
      return;
    }
    if (!x.dtype().isFloating()) {
      long[] whole = x.longs();
      if (y.dtype() == DType.BOOL) {
        for (int i = 0; i < whole.length; i++) {
          whole[i] = whole[i] != 0 ? 1 : 0;
        }
      }
      y.put(whole);
      return;
    }
    double[] from = x.doubles();
    long[] to = new long[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] =
          switch (y.dtype()) {
            case BOOL -> from[i] != 0 ? 1 : 0;
            case I32 -> (int) from[i];
            default -> (long) from[i];
          };
    }
    y.put(to);
  }

  private static void where(Elements[] in, Elements out) {
    long[] condition = in[0].longs();
    if (out.dtype().isFloating()) {
      double[] a = in[1].doubles();
      double[] b = in[2].doubles();
      for (int i = 0; i < a.length; i++) {
        a[i] = condition[i] != 0 ? a[i] : b[i];
      }
      out.put(a);
    } else {
      long[] a = in[1].longs();
      long[] b = in[2].longs();
      for (int i = 0; i < a.length; i++) {
        a[i] = condition[i] != 0 ? a[i] : b[i];
      }
      out.put(a);
    }
  }
}

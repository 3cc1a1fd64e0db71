package org.adjoint.tails;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;

/**
 * Tries a {@link Tail} on numbers of every exponent and both signs (of F64 one of them, drawn at
 * random, where the exponent is far from 0), its value and derivatives computed every way, on the
 * backend in use, and holds them to the {@link Bar}.
 */
public final class Sweep {
  /** How a derivative may be computed. */
  private enum Way {
    VALUE(0) {
      @Override
      Tensor apply(UnaryOperator<Tensor> f, Tensor x) {
        return f.apply(x);
      }
    },
    REVERSE(1) {
      @Override
      Tensor apply(UnaryOperator<Tensor> f, Tensor x) {
        return reverse(f, x);
      }
    },
    FORWARD(1) {
      @Override
      Tensor apply(UnaryOperator<Tensor> f, Tensor x) {
        return Grad.jvp(f.apply(x), x, ones(x));
      }
    },
    REVERSE_OF_REVERSE(2) {
      @Override
      Tensor apply(UnaryOperator<Tensor> f, Tensor x) {
        return reverse(z -> reverse(f, z), x);
      }
    },
    FORWARD_OF_REVERSE(2) {
      @Override
      Tensor apply(UnaryOperator<Tensor> f, Tensor x) {
        return Grad.jvp(reverse(f, x), x, ones(x));
      }
    },
    TAYLOR(2) {
      @Override
      Tensor apply(UnaryOperator<Tensor> f, Tensor x) {
        return Grad.derivatives(f, x, 2).get(2);
      }
    };

    final int order;

    Way(int order) {
      this.order = order;
    }

    abstract Tensor apply(UnaryOperator<Tensor> f, Tensor x);

    private static Tensor reverse(UnaryOperator<Tensor> f, Tensor x) {
      return Grad.grad(f.apply(x).sum(), x).get(0);
    }

    private static Tensor ones(Tensor x) {
      return Tensor.ones(x.dtype(), x.shape().dims());
    }
  }

  private final Tail tail;
  private final DType dtype;
  private final Bar bar;
  private final double[] x;
  private final double[][] truth;
  private final Map<String, String> failures = new TreeMap<>();

  private Sweep(Tail tail, DType dtype, int perExponent) {
    this.tail = tail;
    this.dtype = dtype;
    this.bar = Bar.of(dtype);
    this.x = points(perExponent);
    this.truth = new double[tail.truth().size()][];
    for (int order = 0; order < truth.length; order++) {
      UnaryOperator<Real> exact = tail.truth().get(order);
      truth[order] =
          IntStream.range(0, x.length)
              .parallel()
              .mapToDouble(i -> exact.apply(Real.of(x[i])).toDouble())
              .toArray();
    }
  }

  /** Returns one line for each dtype and way that fails: how often, and the worst place. */
  public static String failures(Tail tail) {
    List<String> lines = new ArrayList<>(new Sweep(tail, DType.F32, 2).run());
    lines.addAll(new Sweep(tail, DType.F64, 1).run());
    return String.join("\n", lines);
  }

  private double[] points(int perExponent) {
    SplittableRandom random = new SplittableRandom(tail.name().hashCode());
    boolean single = dtype == DType.F32;
    int lowest = single ? -149 : -1074;
    int highest = single ? 127 : 1023;
    List<Double> points = new ArrayList<>();
    for (int e = lowest; e <= highest; e++) {
      boolean near = e >= -12 && e <= 10;
      int count = near ? (tail.wide() ? 2 : 8) * perExponent : perExponent;
      if (tail.wide() && !near && e % 16 != 0) {
        continue;
      }
      for (int i = 0; i < count; i++) {
        double mantissa = i == 0 && near ? 1 : 1 + random.nextDouble();
        double point = Math.scalb(mantissa, e);
        point = single ? (float) point : point;
        if (Math.abs(point) > bar.most()) {
          continue;
        }
        boolean both = near || single;
        double first = both || random.nextBoolean() ? point : -point;
        for (double signed : both ? new double[] {point, -point} : new double[] {first}) {
          if (signed > tail.low() && signed < tail.high()) {
            points.add(signed);
          }
          // The ends of a bounded domain from within.
          for (double end : new double[] {tail.low(), tail.high()}) {
            double at = single ? (float) (end + signed) : end + signed;
            if (Math.abs(end) == 1 && e < 0 && at > tail.low() && at < tail.high()) {
              points.add(at);
            }
          }
        }
      }
    }
    return points.stream().mapToDouble(Double::doubleValue).distinct().toArray();
  }

  private Tensor tensor() {
    if (dtype == DType.F64) {
      return Tensor.of(x, x.length);
    }
    float[] single = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      single[i] = (float) x[i];
    }
    return Tensor.of(single, x.length);
  }

  private List<String> run() {
    Way[] ways =
        Arrays.stream(Way.values()).filter(w -> w.order < truth.length).toArray(Way[]::new);
    for (Way way : ways) {
      compare(way + "", way.order, way.apply(tail.f(), tensor().variable()));
      Tensor compiled = Compiled.of((Tensor z) -> way.apply(tail.f(), z)).apply(tensor());
      compare(way + " compiled", way.order, compiled);
    }
    Adjoint.eager(true);
    try {
      for (Way way : ways) {
        if (way != Way.TAYLOR) {
          compare(way + " eager", way.order, way.apply(tail.f(), tensor().variable()));
        }
      }
    } finally {
      Adjoint.eager(false);
    }
    return List.copyOf(failures.values());
  }

  private void compare(String way, int order, Tensor computed) {
    double[] got = computed.toDoubleArray();
    int wrong = 0;
    int worst = 0;
    double worstRatio = 0;
    for (int i = 0; i < got.length; i++) {
      double ratio = bar.ratio(tail, order, x[i], truth[order][i], got[i]);
      if (ratio > 1) {
        wrong++;
        if (ratio > worstRatio) {
          worst = i;
          worstRatio = ratio;
        }
      }
    }
    if (wrong > 0) {
      double exact = truth[order][worst];
      failures.put(
          way,
          "%s %s %s on %s: %d of %d wrong, worst at %s: %s, exact %s (%.3g times the bar)"
              .formatted(
                  tail,
                  dtype,
                  way,
                  Adjoint.backend(),
                  wrong,
                  got.length,
                  x[worst],
                  got[worst],
                  exact,
                  worstRatio));
    }
  }
}

package org.adjoint.nn.optim;

/**
 * The update rules as they are published, in plain loops over F64: the algorithm boxes of the
 * documentation of {@code torch.optim} 2.x (SGD, RMSprop, Adagrad, Adadelta, Adam, AdamW, NAdam),
 * Lion from Chen et al. 2023, algorithm 2, and LAMB from You et al. 2020, algorithm 2.
 */
final class PublishedRules {
  private PublishedRules() {}

  /** A rule with the state that it keeps for one parameter. */
  abstract static class Rule {
    final double[][] kept = new double[3][];
    int t;

    final void step(double[] p, double[] g, double rate) {
      if (t++ == 0) {
        for (int i = 0; i < kept.length; i++) {
          kept[i] = new double[p.length];
        }
      }
      apply(p, g.clone(), rate);
    }

    abstract void apply(double[] p, double[] g, double rate);

    static void decay(double[] p, double[] g, double lambda) {
      for (int i = 0; i < p.length; i++) {
        g[i] += lambda * p[i];
      }
    }
  }

  static Rule sgd(double momentum, double dampening, boolean nesterov, double lambda) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        decay(p, g, lambda);
        double[] b = kept[0];
        for (int i = 0; i < p.length; i++) {
          b[i] = t > 1 ? momentum * b[i] + (1 - dampening) * g[i] : g[i];
          double step = momentum == 0 ? g[i] : nesterov ? g[i] + momentum * b[i] : b[i];
          p[i] -= rate * step;
        }
      }
    };
  }

  static Rule rmsProp(
      double alpha, double momentum, boolean centered, double lambda, double epsilon) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        decay(p, g, lambda);
        double[] v = kept[0];
        double[] b = kept[1];
        double[] mean = kept[2];
        for (int i = 0; i < p.length; i++) {
          v[i] = alpha * v[i] + (1 - alpha) * g[i] * g[i];
          double under = v[i];
          if (centered) {
            mean[i] = alpha * mean[i] + (1 - alpha) * g[i];
            under -= mean[i] * mean[i];
          }
          double step = g[i] / (Math.sqrt(under) + epsilon);
          b[i] = momentum * b[i] + step;
          p[i] -= rate * (momentum > 0 ? b[i] : step);
        }
      }
    };
  }

  static Rule adagrad(double rateDecay, double start, double lambda) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        double slowed = rate / (1 + (t - 1) * rateDecay);
        decay(p, g, lambda);
        double[] sum = kept[0];
        for (int i = 0; i < p.length; i++) {
          sum[i] = (t == 1 ? start : sum[i]) + g[i] * g[i];
          p[i] -= slowed * g[i] / (Math.sqrt(sum[i]) + 1e-10);
        }
      }
    };
  }

  static Rule adadelta(double rho, double epsilon, double lambda) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        decay(p, g, lambda);
        double[] v = kept[0];
        double[] u = kept[1];
        for (int i = 0; i < p.length; i++) {
          v[i] = rho * v[i] + (1 - rho) * g[i] * g[i];
          double step = Math.sqrt(u[i] + epsilon) / Math.sqrt(v[i] + epsilon) * g[i];
          u[i] = rho * u[i] + (1 - rho) * step * step;
          p[i] -= rate * step;
        }
      }
    };
  }

  static Rule adam(double beta1, double beta2, boolean amsgrad, double lambda, boolean decoupled) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        if (!decoupled) {
          decay(p, g, lambda);
        }
        double[] m = kept[0];
        double[] v = kept[1];
        double[] largest = kept[2];
        for (int i = 0; i < p.length; i++) {
          if (decoupled) {
            p[i] -= rate * lambda * p[i];
          }
          m[i] = beta1 * m[i] + (1 - beta1) * g[i];
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
          largest[i] = Math.max(largest[i], v[i]);
          double mean = m[i] / (1 - Math.pow(beta1, t));
          double square = (amsgrad ? largest[i] : v[i]) / (1 - Math.pow(beta2, t));
          p[i] -= rate * mean / (Math.sqrt(square) + 1e-8);
        }
      }
    };
  }

  static Rule nadam(double beta1, double beta2, double psi, double lambda) {
    return new Rule() {
      private double product = 1;

      private double mu(int step) {
        return beta1 * (1 - 0.5 * Math.pow(0.96, step * psi));
      }

      @Override
      void apply(double[] p, double[] g, double rate) {
        decay(p, g, lambda);
        product *= mu(t);
        double[] m = kept[0];
        double[] v = kept[1];
        for (int i = 0; i < p.length; i++) {
          m[i] = beta1 * m[i] + (1 - beta1) * g[i];
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
          double mean =
              mu(t + 1) * m[i] / (1 - product * mu(t + 1)) + (1 - mu(t)) * g[i] / (1 - product);
          p[i] -= rate * mean / (Math.sqrt(v[i] / (1 - Math.pow(beta2, t))) + 1e-8);
        }
      }
    };
  }

  static Rule lion(double beta1, double beta2, double lambda) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        double[] m = kept[0];
        for (int i = 0; i < p.length; i++) {
          double sign = Math.signum(beta1 * m[i] + (1 - beta1) * g[i]);
          p[i] -= rate * (sign + lambda * p[i]);
          m[i] = beta2 * m[i] + (1 - beta2) * g[i];
        }
      }
    };
  }

  static Rule lamb(double beta1, double beta2, double epsilon, double lambda) {
    return new Rule() {
      @Override
      void apply(double[] p, double[] g, double rate) {
        double[] m = kept[0];
        double[] v = kept[1];
        double[] r = new double[p.length];
        double lengths = 0;
        double steps = 0;
        for (int i = 0; i < p.length; i++) {
          m[i] = beta1 * m[i] + (1 - beta1) * g[i];
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
          double root = Math.sqrt(v[i] / (1 - Math.pow(beta2, t))) + epsilon;
          r[i] = m[i] / (1 - Math.pow(beta1, t)) / root + lambda * p[i];
          lengths += p[i] * p[i];
          steps += r[i] * r[i];
        }
        double ratio = lengths > 0 && steps > 0 ? Math.sqrt(lengths) / Math.sqrt(steps) : 1;
        for (int i = 0; i < p.length; i++) {
          p[i] -= rate * ratio * r[i];
        }
      }
    };
  }
}

package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Scan;
import org.adjoint.Tensor;

/**
 * Programs of many small operations, in double precision, whose derivative costs more than it
 * should where each turn of a loop is a call: a scalar function and what its gradient is taken by.
 */
public final class Programs {
  public static final int LSTM_LAYERS = 4;
  public static final int LSTM_FEATURES = 14;
  public static final int LSTM_LENGTH = 1024;
  public static final int ODE_SIZE = 100;
  public static final int ODE_STEPS = 10_000;
  public static final double ODE_STEP = 1e-3;
  public static final int DETERMINANT = 7;
  public static final int GMM_SIZE = 20;
  public static final int GMM_PARTS = 25;
  public static final int GMM_POINTS = 1000;
  public static final int PARTICLE_STEPS = 1000;
  public static final double PARTICLE_STEP = 1e-2;

  private static final Map<String, Supplier<Program>> KNOWN =
      Map.of(
          "lstm-1024", Programs::lstm,
          "ode-10k", Programs::ode,
          "det-7", Programs::determinant,
          "gmm", Programs::mixture,
          "particle", Programs::particle);

  private Programs() {}

  /**
   * A program.
   *
   * @param inputs what the function takes
   * @param by how many of them, the first ones, the gradient is taken by
   * @param f the function
   */
  public record Program(List<Tensor> inputs, int by, Function<List<Tensor>, Tensor> f) {
    /** Returns the value, or the gradients. */
    public List<Tensor> results(List<Tensor> at, boolean derivative) {
      if (!derivative) {
        return List.of(f.apply(at));
      }
      return Grad.ofList(
              xs -> {
                List<Tensor> all = new ArrayList<>(xs);
                all.addAll(at.subList(by, at.size()));
                return f.apply(all);
              })
          .apply(at.subList(0, by));
    }
  }

  /** Returns the names of the programs. */
  public static List<String> names() {
    return KNOWN.keySet().stream().sorted().toList();
  }

  /** Returns the program of a name. */
  public static Program of(String name) {
    return KNOWN.get(name).get();
  }

  /** Returns numbers from −scale to scale, as many as an array of these sizes has. */
  public static double[] numbers(int stream, double scale, int... dims) {
    int count = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    float[] uniform = Numbers.uniform(stream, count, -scale, scale);
    double[] data = new double[count];
    Arrays.setAll(data, i -> uniform[i]);
    return data;
  }

  private static Tensor tensor(int stream, double scale, int... dims) {
    long[] shape = Arrays.stream(dims).asLongStream().toArray();
    return Tensor.of(numbers(stream, scale, dims), shape);
  }

  /** The language model of ADBench (Šrajer, Kukelova and Fitzgibbon 2018): diagonal weights. */
  private static Program lstm() {
    Tensor weights = tensor(1, 1, LSTM_LAYERS, 8, LSTM_FEATURES);
    Tensor ends = tensor(2, 1, 3, LSTM_FEATURES);
    Tensor text = tensor(3, 1, LSTM_LENGTH, LSTM_FEATURES);
    return new Program(
        List.of(weights, ends, text), 2, in -> lstm(in.get(0), in.get(1), in.get(2)));
  }

  private static Tensor lstm(Tensor weights, Tensor ends, Tensor text) {
    List<Tensor> start = new ArrayList<>();
    for (int i = 0; i < 2 * LSTM_LAYERS; i++) {
      start.add(Tensor.zeros(DType.F64, LSTM_FEATURES));
    }
    Scan.Step all =
        Scan.ofList(
                (carry, in) -> {
                  List<Tensor> next = new ArrayList<>();
                  Tensor x = in.get(0).times(ends.get(0));
                  for (int layer = 0; layer < LSTM_LAYERS; layer++) {
                    Tensor w = weights.get(layer);
                    Tensor h = carry.get(2 * layer);
                    Tensor forget = x.times(w.get(0)).plus(w.get(1)).sigmoid();
                    Tensor ingate = h.times(w.get(2)).plus(w.get(3)).sigmoid();
                    Tensor outgate = x.times(w.get(4)).plus(w.get(5)).sigmoid();
                    Tensor change = h.times(w.get(6)).plus(w.get(7)).tanh();
                    Tensor cell = carry.get(2 * layer + 1).times(forget).plus(ingate.times(change));
                    x = outgate.times(cell.tanh());
                    next.add(x);
                    next.add(cell);
                  }
                  Tensor y = x.times(ends.get(1)).plus(ends.get(2));
                  return new Scan.Step(next, List.of(y.minus(y.exp().sum().plus(2).log())));
                })
            .apply(start, List.of(text.slice(0, 0, LSTM_LENGTH - 1)));
    return text.slice(0, 1, LSTM_LENGTH).times(all.outputs().get(0)).sum().neg();
  }

  /** y′ = tanh(A·y) by the fourth-order method of Runge and Kutta; by the start. */
  private static Program ode() {
    Tensor matrix = tensor(1, 0.2, ODE_SIZE, ODE_SIZE);
    return new Program(
        List.of(tensor(2, 1, ODE_SIZE), matrix),
        1,
        in -> {
          UnaryOperator<Tensor> slope = y -> in.get(1).matmul(y).tanh();
          UnaryOperator<Tensor> step =
              y -> {
                Tensor a = slope.apply(y);
                Tensor b = slope.apply(y.plus(a.times(ODE_STEP / 2)));
                Tensor c = slope.apply(y.plus(b.times(ODE_STEP / 2)));
                Tensor d = slope.apply(y.plus(c.times(ODE_STEP)));
                Tensor sum = a.plus(b.plus(c).times(2)).plus(d);
                return y.plus(sum.times(ODE_STEP / 6));
              };
          return Scan.of(step, ODE_STEPS).apply(in.get(0)).square().sum();
        });
  }

  /** By expansion along rows: no loop, and thousands of operations on numbers. */
  private static Program determinant() {
    return new Program(
        List.of(tensor(1, 1, DETERMINANT, DETERMINANT)),
        1,
        in -> {
          List<Integer> columns = new ArrayList<>();
          for (int i = 0; i < DETERMINANT; i++) {
            columns.add(i);
          }
          return determinant(in.get(0), 0, columns);
        });
  }

  private static Tensor determinant(Tensor a, int row, List<Integer> columns) {
    if (columns.size() == 1) {
      return a.get(row, columns.get(0));
    }
    Tensor sum = Tensor.scalar(0, DType.F64);
    for (int i = 0; i < columns.size(); i++) {
      List<Integer> others = new ArrayList<>(columns);
      int column = others.remove(i);
      Tensor term = a.get(row, column).times(determinant(a, row + 1, others));
      sum = i % 2 == 0 ? sum.plus(term) : sum.minus(term);
    }
    return sum;
  }

  /** The log-likelihood of a mixture of Gaussians, as in ADBench, without the prior. */
  private static Program mixture() {
    return new Program(
        List.of(
            tensor(1, 1, GMM_PARTS),
            tensor(2, 1, GMM_PARTS, GMM_SIZE),
            tensor(3, 0.3, GMM_PARTS, GMM_SIZE),
            tensor(4, 0.2, GMM_PARTS, GMM_SIZE, GMM_SIZE),
            tensor(5, 1, GMM_POINTS, GMM_SIZE)),
        4,
        in -> {
          Tensor logs = in.get(2);
          Tensor lower = in.get(3).tril(-1);
          Tensor centred =
              in.get(4)
                  .reshape(1, GMM_POINTS, GMM_SIZE)
                  .minus(in.get(1).reshape(GMM_PARTS, 1, GMM_SIZE));
          Tensor scaled =
              centred
                  .times(logs.exp().reshape(GMM_PARTS, 1, GMM_SIZE))
                  .plus(centred.matmul(lower.transpose(1, 2)));
          Tensor weights = in.get(0).plus(logs.sum(1)).reshape(GMM_PARTS, 1);
          Tensor each = weights.minus(scaled.square().sum(2).times(0.5)).logSumExp(0);
          return each.sum().minus(in.get(0).logSumExp(0).times(GMM_POINTS));
        });
  }

  /** A charge between two others, by Euler's method: the force is a gradient in each turn. */
  private static Program particle() {
    return new Program(
        List.of(
            Tensor.of(new double[] {1.5}, 1),
            Tensor.of(new double[] {0, 8, 0.75, 0}, 2, 2),
            Tensor.of(new double[] {10, 10, 10, 0}, 2, 2)),
        1,
        in -> {
          UnaryOperator<Tensor> force =
              Grad.of(
                  (Tensor x) -> {
                    Tensor to = in.get(2).minus(x);
                    Tensor distances = to.square().sum(1).sqrt();
                    return distances.reciprocal().times(in.get(0)).sum().neg();
                  });
          Tensor end =
              Scan.of(
                      (Tensor state) -> {
                        Tensor x = state.get(0);
                        Tensor v = state.get(1);
                        return Tensor.stack(
                            0,
                            x.plus(v.times(PARTICLE_STEP)),
                            v.plus(force.apply(x).times(PARTICLE_STEP)));
                      },
                      PARTICLE_STEPS)
                  .apply(in.get(1));
          return end.get(0).square().sum();
        });
  }
}

package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Adam;

/** Adjoint on its native backend, each step in a scope: compiled, or built anew by every step. */
final class Ours implements Contestant {
  private static final double[] NOTHING = {};

  private final boolean compiled;
  private final DType mixed;

  /** Takes part; in mixed precision matrices are multiplied in {@code mixed}. */
  Ours(boolean compiled, DType mixed, int threads) {
    this.compiled = compiled;
    this.mixed = mixed;
    Adjoint.threads(threads);
    Adjoint.backend("native");
  }

  /**
   * What one step computes from its inputs (what is no input is a constant, and computed once), how
   * it is read and checked.
   */
  private final class Steps implements Task {
    private final List<Tensor> inputs;
    private final Function<List<Tensor>, List<Tensor>> step;
    private final boolean reads;
    private final int repeats;
    private final Function<Steps, double[]> check;

    Steps(
        List<Tensor> inputs,
        Function<List<Tensor>, List<Tensor>> body,
        boolean reads,
        int repeats,
        Function<Steps, double[]> check) {
      this.inputs = inputs;
      this.step = compiled ? Compiled.ofList(body) : body;
      this.reads = reads;
      this.repeats = repeats;
      this.check = check;
    }

    /** Returns numbers made of the results of one step. */
    private double[] run(Function<List<Tensor>, double[]> read) {
      double[][] numbers = new double[1][];
      Scope.run(
          () -> {
            List<Tensor> results = step.apply(inputs);
            Tensor.evalAll(results.toArray(new Tensor[0]));
            numbers[0] = read.apply(results);
          });
      return numbers[0];
    }

    @Override
    public void step() {
      run(results -> reads ? new double[] {results.get(0).item()} : NOTHING);
    }

    @Override
    public double[] check() {
      return check.apply(this);
    }

    @Override
    public int repeats() {
      return repeats;
    }

    @Override
    public void close() {
      // Its tensors go with the cleaner.
    }
  }

  private static double[] losses(Steps steps) {
    double[] losses = new double[Task.CHECKED_STEPS];
    Arrays.setAll(losses, i -> steps.run(results -> new double[] {results.get(0).item()})[0]);
    return losses;
  }

  private static double[] sizes(Steps steps) {
    return steps.run(
        results -> results.stream().mapToDouble(r -> Numbers.meanSize(r.toArray())).toArray());
  }

  private static Tensor evaluated(float[] data, long... dims) {
    return Tensor.of(data, dims).eval();
  }

  private static Mlp network(List<Integer> sizes, Activation activation) {
    List<Linear> layers = new ArrayList<>();
    for (int i = 1; i < sizes.size(); i++) {
      int in = sizes.get(i - 1);
      int out = sizes.get(i);
      Tensor weight = evaluated(Numbers.weight(i, in, out), in, out);
      Tensor bias = evaluated(Numbers.bias(i, out), out);
      layers.add(
          new Linear(
              Parameter.of(weight, "fc" + i + ".weight"), Parameter.of(bias, "fc" + i + ".bias")));
    }
    return new Mlp(layers, activation, Activation.IDENTITY);
  }

  private Task training(
      List<Parameter> parameters, List<Tensor> inputs, Function<List<Tensor>, Tensor> loss) {
    Adam adam = new Adam(parameters, Workload.LEARNING_RATE);
    Function<List<Tensor>, List<Tensor>> step =
        at -> {
          Tensor value = loss.apply(at);
          value.backward();
          adam.step(value);
          adam.zeroGrad();
          return List.of(value);
        };
    return new Steps(inputs, step, true, 1, Ours::losses);
  }

  @Override
  public Task mlp(Workload.Mlp workload) {
    return mlp(workload, DType.F32);
  }

  @Override
  public Task mixed(Workload.Mixed workload) {
    return mlp(workload.network(), mixed);
  }

  private Task mlp(Workload.Mlp workload, DType compute) {
    int in = workload.sizes().get(0);
    int batch = workload.batch();
    Tensor x = evaluated(Numbers.uniform(1, batch * in, -1, 1), batch, in);
    if (workload.tanh()) {
      int out = workload.outputs();
      Mlp model = network(workload.sizes(), Activation.TANH).computeIn(compute);
      Tensor t = evaluated(Numbers.uniform(2, batch * out, -1, 1), batch, out);
      return training(
          model.parameters(), List.of(x, t), at -> Losses.mse(model.apply(at.get(0)), at.get(1)));
    }
    Mlp model = network(workload.sizes(), Activation.RELU).computeIn(compute);
    Tensor t = Tensor.of(Numbers.labels(2, batch, workload.outputs()), batch).eval();
    return training(
        model.parameters(),
        List.of(x, t),
        at -> Losses.softmaxCrossEntropy(model.apply(at.get(0)), at.get(1)));
  }

  @Override
  public Task pinn(Workload.Pinn workload) {
    int batch = workload.batch();
    float[] points = Numbers.uniform(1, batch, -1, 1);
    Tensor x = evaluated(points, batch, 1);
    Tensor f = evaluated(Numbers.source(points), batch, 1);
    Mlp model = network(workload.sizes(), Activation.TANH);
    return training(
        model.parameters(),
        List.of(x, f),
        at -> {
          List<Tensor> u = Grad.derivatives(model::apply, at.get(0), 2);
          return u.get(2).plus(u.get(0)).minus(at.get(1)).square().mean();
        });
  }

  /** The gradient of p·g is g; of the sum nothing is left to compute. */
  @Override
  public Task adam(Workload.AdamStep workload) {
    int size = workload.size();
    Parameter p = Parameter.of(evaluated(new float[size], size), "p");
    Tensor g = evaluated(Numbers.uniform(2, size, -1, 1), size);
    Adam adam = new Adam(List.of(p), Workload.LEARNING_RATE);
    Function<List<Tensor>, List<Tensor>> step =
        at -> {
          p.times(at.get(0)).sum().backward();
          adam.step();
          adam.zeroGrad();
          return List.of();
        };
    return new Steps(
        List.of(g),
        step,
        false,
        1,
        steps -> {
          double[] sizes = new double[Task.CHECKED_STEPS];
          for (int i = 0; i < sizes.length; i++) {
            steps.step();
            sizes[i] = Numbers.meanSize(p.toArray());
          }
          return sizes;
        });
  }

  @Override
  public Task crossEntropy(Workload.CrossEntropy workload) {
    int rows = workload.rows();
    int classes = workload.classes();
    Tensor x = evaluated(Numbers.uniform(1, rows * classes, -2, 2), rows, classes);
    Tensor t = Tensor.of(Numbers.labels(2, rows, classes), rows).eval();
    Function<List<Tensor>, List<Tensor>> step =
        at -> {
          Tensor loss = Losses.softmaxCrossEntropy(at.get(0), at.get(1));
          return List.of(loss, Grad.grad(loss, at.get(0)).get(0));
        };
    return new Steps(List.of(x, t), step, false, 1, Ours::sizes);
  }

  @Override
  public Task training(Workload.Training workload) {
    Network network = workload.network();
    Layer model = OurNetworks.of(network);
    return training(
        model.parameters(), OurNetworks.batch(network), at -> OurNetworks.loss(network, model, at));
  }

  @Override
  public Task perExample(Workload.PerExample workload) {
    Layer model = OurNetworks.of(workload.network());
    return new Steps(
        OurNetworks.batch(workload.network()),
        at -> OurNetworks.perExample(workload, model, at),
        false,
        1,
        Ours::sizes);
  }

  @Override
  public Task vjp(Workload.Vjp workload) {
    return new Steps(
        OurNetworks.inputs(workload), at -> OurNetworks.vjp(workload, at), false, 1, Ours::sizes);
  }

  @Override
  public Task program(Workload.Program workload) {
    Programs.Program program = Programs.of(workload.name());
    return new Steps(
        program.inputs(),
        at -> program.results(at, workload.derivative()),
        false,
        1,
        steps ->
            steps.run(
                results ->
                    results.stream()
                        .mapToDouble(
                            r ->
                                Arrays.stream(r.toDoubleArray()).map(Math::abs).average().orElse(0))
                        .toArray()));
  }

  @Override
  public Task fused(Workload.Fused workload) {
    int size = workload.size();
    Tensor x = evaluated(Numbers.uniform(1, size, -1, 1), size);
    Tensor y = evaluated(Numbers.uniform(2, size, -1, 1), size);
    return new Steps(
        List.of(x, y),
        at -> List.of(at.get(0).times(at.get(1)).plus(at.get(0).tanh())),
        false,
        1,
        Ours::sizes);
  }

  @Override
  public Task gemm(Workload.Gemm workload) {
    int m = workload.m();
    int n = workload.n();
    int k = workload.k();
    Tensor a = evaluated(Numbers.uniform(1, m * k, -1, 1), m, k);
    Tensor b = evaluated(Numbers.weight(1, k, n), n, k);
    Function<List<Tensor>, List<Tensor>> step =
        at -> {
          Tensor c = at.get(0);
          for (int i = 0; i < workload.chain(); i++) {
            c = c.matmul(at.get(1).transpose());
          }
          return List.of(c);
        };
    return new Steps(List.of(a, b), step, false, workload.chain(), Ours::sizes);
  }

  @Override
  public Task triad(Workload.Triad workload) {
    int size = workload.size();
    Tensor x = evaluated(Numbers.uniform(1, size, -1, 1), size);
    Tensor y = evaluated(Numbers.uniform(2, size, -1, 1), size);
    return new Steps(
        List.of(x, y), at -> List.of(at.get(0).plus(at.get(1).times(2))), false, 1, Ours::sizes);
  }
}

package org.adjoint.benchmarks.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.adjoint.benchmarks.compare.Absent;
import org.adjoint.benchmarks.compare.Contestant;
import org.adjoint.benchmarks.compare.Numbers;
import org.adjoint.benchmarks.compare.Task;
import org.adjoint.benchmarks.compare.Workload;

/**
 * DJL on its PyTorch engine, with arrays and its optimizer directly: its {@code Trainer} would only
 * add to it. A sub-manager around each step frees what the step made. A {@code GradientCollector}
 * gives first derivatives only, so there is no physics-informed network.
 */
public final class Djl implements Contestant {
  private static final double[] NOTHING = {};

  /**
   * Its Adam adds ε to a root that is not corrected for its start at zero. This is what ε = 1e-8
   * amounts to in the second step, so that the steps that are compared agree.
   */
  private static final float EPSILON = (float) (1e-8 * Math.sqrt(1 - 0.999 * 0.999));

  private final Engine engine = Engine.getEngine("PyTorch");

  /** The data of one task, and steps over them. */
  private final class Steps implements Task, DjlNetwork.Memory {
    private final NDManager data = engine.newBaseManager();
    private final List<NDArray> weights = new ArrayList<>();
    private final Optimizer adam =
        Optimizer.adam()
            .optLearningRateTracker(Tracker.fixed((float) Workload.LEARNING_RATE))
            .optEpsilon(EPSILON)
            .build();
    private List<NDArray> lent = List.of();
    private Supplier<List<NDArray>> body = List::of;
    private int checked = 1;

    @Override
    public NDArray array(float[] values, long... dims) {
      return data.create(values, new Shape(dims));
    }

    @Override
    public NDArray labels(int stream, int count, int classes) {
      int[] labels = Numbers.labels(stream, count, classes);
      return data.create(labels, new Shape(count));
    }

    @Override
    public NDArray weight(float[] values, long... dims) {
      NDArray weight = array(values, dims);
      weight.setRequiresGradient(true);
      weights.add(weight);
      return weight;
    }

    private void network(List<Integer> sizes) {
      for (int i = 1; i < sizes.size(); i++) {
        int in = sizes.get(i - 1);
        int out = sizes.get(i);
        weight(Numbers.transposed(Numbers.weight(i, in, out), in, out), out, in);
        weight(Numbers.bias(i, out), out);
      }
    }

    private NDArray forward(NDArray x, UnaryOperator<NDArray> activation) {
      NDArray y = x;
      for (int i = 0; i < weights.size(); i += 2) {
        y = Linear.linear(y, weights.get(i), weights.get(i + 1)).singletonOrThrow();
        y = i + 2 < weights.size() ? activation.apply(y) : y;
      }
      return y;
    }

    /** Sets what a step does with its inputs. */
    private Steps doing(int checked, List<NDArray> inputs, Supplier<List<NDArray>> body) {
      lent = Stream.concat(inputs.stream(), weights.stream()).toList();
      this.checked = checked;
      this.body = body;
      return this;
    }

    private Steps training(List<NDArray> inputs, Supplier<NDArray> lossOf) {
      return doing(
          CHECKED_STEPS,
          inputs,
          () -> {
            NDArray loss = backward(lossOf);
            for (int i = 0; i < weights.size(); i++) {
              adam.update(String.valueOf(i), weights.get(i), weights.get(i).getGradient());
            }
            loss.getFloat();
            return List.of(loss);
          });
    }

    /** Adds to the gradients that the weights have; DJL's Adam makes them zero. */
    private NDArray backward(Supplier<NDArray> lossOf) {
      try (GradientCollector collector = engine.newGradientCollector()) {
        NDArray loss = lossOf.get();
        collector.backward(loss);
        return loss;
      }
    }

    /** Returns numbers made of the results of one step, and frees what it made. */
    private double[] run(Function<List<NDArray>, double[]> read) {
      try (NDManager scratch = data.newSubManager()) {
        // Results belong to the manager that their inputs belong to.
        scratch.tempAttachAll(lent.toArray(new NDArray[0]));
        return read.apply(body.get());
      }
    }

    @Override
    public void step() {
      run(results -> NOTHING);
    }

    @Override
    public double[] check() {
      return IntStream.range(0, checked)
          .mapToObj(i -> run(Djl::sizes))
          .flatMapToDouble(Arrays::stream)
          .toArray();
    }

    @Override
    public void close() {
      data.close();
    }
  }

  private static double[] sizes(List<NDArray> results) {
    return results.stream().mapToDouble(r -> Numbers.meanSize(r.toFloatArray())).toArray();
  }

  @Override
  public Task mlp(Workload.Mlp workload) {
    Steps steps = new Steps();
    int in = workload.sizes().get(0);
    int batch = workload.batch();
    NDArray x = steps.array(Numbers.uniform(1, batch * in, -1, 1), batch, in);
    steps.network(workload.sizes());
    if (workload.tanh()) {
      int out = workload.outputs();
      NDArray t = steps.array(Numbers.uniform(2, batch * out, -1, 1), batch, out);
      return steps.training(
          List.of(x, t), () -> steps.forward(x, Activation::tanh).sub(t).square().mean());
    }
    NDArray t = steps.labels(2, batch, workload.outputs());
    Loss loss = Loss.softmaxCrossEntropyLoss();
    return steps.training(
        List.of(x, t),
        () -> loss.evaluate(new NDList(t), new NDList(steps.forward(x, Activation::relu))));
  }

  @Override
  public Task adam(Workload.AdamStep workload) {
    int size = workload.size();
    Steps steps = new Steps();
    NDArray p = steps.array(new float[size], size);
    NDArray g = steps.array(Numbers.uniform(2, size, -1, 1), size);
    return steps.doing(
        Task.CHECKED_STEPS,
        List.of(p, g),
        () -> {
          steps.adam.update("p", p, g);
          return List.of(p);
        });
  }

  @Override
  public Task crossEntropy(Workload.CrossEntropy workload) {
    int rows = workload.rows();
    int classes = workload.classes();
    Loss loss = Loss.softmaxCrossEntropyLoss();
    Steps steps = new Steps();
    NDArray x = steps.weight(Numbers.uniform(1, rows * classes, -2, 2), rows, classes);
    NDArray t = steps.labels(2, rows, classes);
    return steps.doing(
        1,
        List.of(t),
        () ->
            List.of(
                steps.backward(() -> loss.evaluate(new NDList(t), new NDList(x))),
                x.getGradient()));
  }

  @Override
  public Task training(Workload.Training workload) {
    Steps steps = new Steps();
    DjlNetwork network = new DjlNetwork(workload.network(), steps);
    List<NDArray> batch = network.batch(steps);
    List<NDArray> inputs = Stream.concat(batch.stream(), network.buffers().stream()).toList();
    return steps.training(inputs, () -> network.loss(batch.get(0), batch.get(1)));
  }

  /** One example after another: its gradients, their norm, and a share of them to the sums. */
  @Override
  public Task perExample(Workload.PerExample workload) {
    Steps steps = new Steps();
    DjlNetwork network = new DjlNetwork(workload.network(), steps);
    List<NDArray> batch = network.batch(steps);
    List<NDArray> weights = steps.weights;
    return steps.doing(
        1,
        Stream.concat(batch.stream(), network.buffers().stream()).toList(),
        () -> {
          List<NDArray> sums = weights.stream().map(NDArray::zerosLike).toList();
          for (int i = 0; i < workload.network().input().get(0); i++) {
            String example = i + ":" + (i + 1);
            steps.backward(
                () -> network.loss(batch.get(0).get(example), batch.get(1).get(example)));
            List<NDArray> gradients = weights.stream().map(NDArray::getGradient).toList();
            NDArray squares =
                gradients.stream().map(g -> g.square().sum()).reduce(NDArray::add).orElseThrow();
            float share = (float) (workload.bound() / Math.sqrt(squares.getFloat()));
            for (int j = 0; j < sums.size(); j++) {
              sums.get(j).addi(gradients.get(j).mul(Math.min(share, 1)));
              gradients.get(j).muli(0);
            }
          }
          return sums;
        });
  }

  /** Its collector derives a number, and takes no cotangent. */
  @Override
  public Task vjp(Workload.Vjp workload) {
    throw new Absent("derives numbers alone: a cotangent cannot be given");
  }

  @Override
  public Task fused(Workload.Fused workload) {
    int size = workload.size();
    Steps steps = new Steps();
    NDArray x = steps.array(Numbers.uniform(1, size, -1, 1), size);
    NDArray y = steps.array(Numbers.uniform(2, size, -1, 1), size);
    return steps.doing(1, List.of(x, y), () -> List.of(x.mul(y).add(x.tanh())));
  }
}

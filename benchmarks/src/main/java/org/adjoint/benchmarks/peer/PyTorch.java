package org.adjoint.benchmarks.peer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.benchmarks.compare.Contestant;
import org.adjoint.benchmarks.compare.Network;
import org.adjoint.benchmarks.compare.Numbers;
import org.adjoint.benchmarks.compare.Task;
import org.adjoint.benchmarks.compare.Workload;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * PyTorch through JavaCPP, eager: {@code torch.linear} with weights [out, in], the optimizer of its
 * C++ side, and a {@code PointerScope} around each step, which frees what the step made.
 */
public final class PyTorch implements Contestant {

  /** Starts it with a number of threads. */
  public PyTorch(int threads) {
    torch.set_num_threads(threads);
  }

  private record Linear(Tensor weight, Tensor bias) {}

  /** A tensor that lives until the task is closed, in memory of PyTorch's own. */
  static Tensor tensor(float[] data, long... dims) {
    try (FloatPointer memory = new FloatPointer(data)) {
      return torch.from_blob(memory, dims).clone();
    }
  }

  static Tensor labels(int stream, int count, int classes) {
    int[] labels = Numbers.labels(stream, count, classes);
    long[] wide = new long[count];
    for (int i = 0; i < count; i++) {
      wide[i] = labels[i];
    }
    return Tensor.create(wide, count);
  }

  private static List<Linear> network(List<Integer> sizes) {
    List<Linear> layers = new ArrayList<>();
    for (int i = 1; i < sizes.size(); i++) {
      int in = sizes.get(i - 1);
      int out = sizes.get(i);
      float[] weight = Numbers.transposed(Numbers.weight(i, in, out), in, out);
      Tensor bias = tensor(Numbers.bias(i, out), out);
      layers.add(
          new Linear(
              tensor(weight, out, in).set_requires_grad(true), bias.set_requires_grad(true)));
    }
    return layers;
  }

  private static Tensor forward(List<Linear> layers, UnaryOperator<Tensor> activation, Tensor x) {
    Tensor y = x;
    for (int i = 0; i < layers.size(); i++) {
      y = torch.linear(y, layers.get(i).weight(), new TensorOptional(layers.get(i).bias()));
      y = i + 1 < layers.size() ? activation.apply(y) : y;
    }
    return y;
  }

  private static TensorVector parameters(List<Linear> layers) {
    return new TensorVector(
        layers.stream()
            .flatMap(layer -> List.of(layer.weight(), layer.bias()).stream())
            .toArray(Tensor[]::new));
  }

  private static Adam adam(TensorVector parameters) {
    return new Adam(parameters, new AdamOptions(Workload.LEARNING_RATE));
  }

  /** Steps of which each returns what is to be checked: its loss, or its results. */
  private static final class Steps implements Task {
    private final PointerScope made;
    private final Supplier<List<Tensor>> step;
    private final int checked;

    /** Takes over the scope in which the task's data were made. */
    Steps(PointerScope made, int checked, Supplier<List<Tensor>> step) {
      this.made = made;
      this.checked = checked;
      this.step = step;
    }

    @Override
    @SuppressWarnings("try") // a scope works by being open
    public void step() {
      try (PointerScope scope = new PointerScope()) {
        step.get();
      }
    }

    @Override
    @SuppressWarnings("try")
    public double[] check() {
      double[] numbers = {};
      for (int i = 0; i < checked; i++) {
        try (PointerScope scope = new PointerScope()) {
          for (Tensor result : step.get()) {
            numbers = Arrays.copyOf(numbers, numbers.length + 1);
            numbers[numbers.length - 1] = Numbers.meanSize(array(result));
          }
        }
      }
      return numbers;
    }

    @Override
    public void close() {
      made.close();
    }
  }

  private static float[] array(Tensor tensor) {
    float[] array = new float[(int) tensor.numel()];
    tensor.contiguous().toType(torch.ScalarType.Float).data_ptr_float().get(array, 0, array.length);
    return array;
  }

  private static Supplier<List<Tensor>> training(TensorVector parameters, Supplier<Tensor> lossOf) {
    Adam adam = adam(parameters);
    return () -> {
      Tensor loss = lossOf.get();
      loss.backward();
      adam.step();
      adam.zero_grad();
      loss.item_float();
      return List.of(loss);
    };
  }

  @Override
  public Task mlp(Workload.Mlp workload) {
    PointerScope made = new PointerScope();
    int in = workload.sizes().get(0);
    int batch = workload.batch();
    Tensor x = tensor(Numbers.uniform(1, batch * in, -1, 1), batch, in);
    List<Linear> layers = network(workload.sizes());
    Supplier<Tensor> loss;
    if (workload.tanh()) {
      int out = workload.outputs();
      Tensor t = tensor(Numbers.uniform(2, batch * out, -1, 1), batch, out);
      loss = () -> torch.mse_loss(forward(layers, torch::tanh, x), t);
    } else {
      Tensor t = labels(2, batch, workload.outputs());
      loss = () -> torch.cross_entropy_loss(forward(layers, torch::relu, x), t);
    }
    return new Steps(made, Task.CHECKED_STEPS, training(parameters(layers), loss));
  }

  /** The derivatives come from autograd, each with a graph of its own. */
  @Override
  public Task pinn(Workload.Pinn workload) {
    PointerScope made = new PointerScope();
    int batch = workload.batch();
    float[] points = Numbers.uniform(1, batch, -1, 1);
    Tensor x = tensor(points, batch, 1).set_requires_grad(true);
    Tensor f = tensor(Numbers.source(points), batch, 1);
    List<Linear> layers = network(workload.sizes());
    TensorVector weights = parameters(layers);
    Adam adam = adam(weights);
    return new Steps(
        made,
        Task.CHECKED_STEPS,
        () -> {
          Tensor u = forward(layers, torch::tanh, x);
          Tensor second = derivative(derivative(u, x), x);
          Tensor loss = second.add(u).sub(f).square().mean();
          // By the weights alone: loss.backward() would compute the gradient by x too.
          TensorVector gradients = torch.grad(new TensorVector(loss), weights);
          for (long i = 0; i < weights.size(); i++) {
            weights.get(i).mutable_grad().put(gradients.get(i));
          }
          adam.step();
          loss.item_float();
          return List.of(loss);
        });
  }

  private static Tensor derivative(Tensor y, Tensor x) {
    return torch
        .grad(
            new TensorVector(y.sum()),
            new TensorVector(x),
            new TensorVector(),
            new BoolOptional(true),
            true,
            false)
        .get(0);
  }

  @Override
  public Task adam(Workload.AdamStep workload) {
    PointerScope made = new PointerScope();
    int size = workload.size();
    Tensor p = tensor(new float[size], size).set_requires_grad(true);
    p.mutable_grad().put(tensor(Numbers.uniform(2, size, -1, 1), size));
    Adam adam = adam(new TensorVector(p));
    return new Steps(
        made,
        Task.CHECKED_STEPS,
        () -> {
          adam.step();
          return List.of(p);
        });
  }

  @Override
  public Task crossEntropy(Workload.CrossEntropy workload) {
    PointerScope made = new PointerScope();
    int rows = workload.rows();
    int classes = workload.classes();
    float[] logits = Numbers.uniform(1, rows * classes, -2, 2);
    Tensor x = tensor(logits, rows, classes).set_requires_grad(true);
    Tensor t = labels(2, rows, classes);
    return new Steps(
        made,
        1,
        () -> {
          Tensor loss = torch.cross_entropy_loss(x, t);
          TensorVector dx = torch.grad(new TensorVector(loss), new TensorVector(x));
          return List.of(loss, dx.get(0));
        });
  }

  @Override
  public Task fused(Workload.Fused workload) {
    PointerScope made = new PointerScope();
    Tensor x = tensor(Numbers.uniform(1, workload.size(), -1, 1), workload.size());
    Tensor y = tensor(Numbers.uniform(2, workload.size(), -1, 1), workload.size());
    return new Steps(made, 1, () -> List.of(x.mul(y).add(x.tanh())));
  }

  /** Images may lie in memory channel by channel, or with a pixel's channels beside each other. */
  private static Task inBestLayout(Network network, Function<torch.MemoryFormat, Task> task) {
    boolean images = network.input().size() == 4;
    return images
        ? new Fastest(
            List.of(
                task.apply(torch.MemoryFormat.Contiguous),
                task.apply(torch.MemoryFormat.ChannelsLast)))
        : task.apply(torch.MemoryFormat.Contiguous);
  }

  @Override
  public Task training(Workload.Training workload) {
    return inBestLayout(
        workload.network(),
        format -> {
          PointerScope made = new PointerScope();
          PyTorchNetwork network = new PyTorchNetwork(workload.network(), format);
          return new Steps(made, Task.CHECKED_STEPS, training(network.parameters(), network::loss));
        });
  }

  /** One example after another: its gradients, their norm, and a share of them to the sums. */
  @Override
  public Task perExample(Workload.PerExample workload) {
    return inBestLayout(
        workload.network(),
        format -> {
          PointerScope made = new PointerScope();
          PyTorchNetwork network = new PyTorchNetwork(workload.network(), format);
          TensorVector weights = network.parameters();
          int examples = workload.network().input().get(0);
          Scalar bound = new Scalar(workload.bound());
          return new Steps(
              made,
              1,
              () -> {
                List<Tensor> sums = new ArrayList<>();
                for (Tensor weight : weights.get()) {
                  sums.add(torch.zeros_like(weight));
                }
                for (int i = 0; i < examples; i++) {
                  addClipped(network, i, weights, bound, sums);
                }
                return sums;
              });
        });
  }

  /** Adds an example's gradients, their norm being the bound at most. */
  @SuppressWarnings("try")
  private static void addClipped(
      PyTorchNetwork network, int example, TensorVector weights, Scalar bound, List<Tensor> sums) {
    try (PointerScope scope = new PointerScope()) {
      Tensor[] gradients = torch.grad(new TensorVector(network.loss(example)), weights).get();
      Tensor squares = gradients[0].square().sum();
      for (int i = 1; i < gradients.length; i++) {
        squares = squares.add(gradients[i].square().sum());
      }
      Tensor share = squares.rsqrt().mul(bound).clamp_max(new Scalar(1.0));
      for (int i = 0; i < gradients.length; i++) {
        sums.get(i).addcmul_(gradients[i], share);
      }
    }
  }

  @Override
  public Task vjp(Workload.Vjp workload) {
    PointerScope made = new PointerScope();
    List<Tensor> inputs = new ArrayList<>();
    for (List<Integer> shape : workload.inputs()) {
      float[] data = Numbers.uniform(1 + inputs.size(), Network.size(shape), -1, 1);
      inputs.add(tensor(data, Network.dims(shape)).set_requires_grad(true));
    }
    int size = Network.size(workload.dims());
    float[] cotangent = Numbers.uniform(1 + inputs.size(), size, -1, 1);
    TensorVector g = new TensorVector(tensor(cotangent, Network.dims(workload.dims())));
    TensorVector by = new TensorVector(inputs.toArray(new Tensor[0]));
    return new Steps(
        made,
        1,
        () -> {
          Tensor a = inputs.get(0);
          Tensor b = inputs.get(1);
          Tensor c = inputs.get(2);
          Tensor y =
              switch (workload.function()) {
                case LAYER_NORM -> PyTorchNetwork.layerNorm(a, b, c);
                case BATCH_NORM -> PyTorchNetwork.batchNorm(a, b, c);
                case ATTENTION -> PyTorchNetwork.scaledDotProduct(a, b, c, false);
              };
          List<Tensor> results = new ArrayList<>(List.of(y));
          results.addAll(
              List.of(
                  torch
                      .grad(new TensorVector(y), by, g, new BoolOptional(false), false, false)
                      .get()));
          return results;
        });
  }

  @Override
  public Task program(Workload.Program workload) {
    PointerScope made = new PointerScope();
    return new Steps(made, 1, PyTorchPrograms.of(workload.name(), workload.derivative()));
  }
}

package org.adjoint.benchmarks.peer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import org.adjoint.benchmarks.compare.Contestant;
import org.adjoint.benchmarks.compare.Numbers;
import org.adjoint.benchmarks.compare.Task;
import org.adjoint.benchmarks.compare.Workload;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.OptimizerOptions;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * TensorFlow's Java API in graph mode: a task is a graph with static shapes and a session over it,
 * a step is one run. Data are fed, weights and the optimizer's state are resource variables, and
 * gradients come from {@code Graph.addGradients}.
 */
public final class TensorFlow implements Contestant {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;

  /** Its Adam adds ε to a root that is not corrected for its start at zero, as DJL's does. */
  private static final float EPSILON = (float) (1e-8 * Math.sqrt(1 - 0.999 * 0.999));

  /**
   * The number of threads between operations that means none but the caller's: one operation after
   * another, each on {@code threads}. A pool there made small steps slower.
   */
  private static final int CALLING_THREAD = -1;

  private final ConfigProto config;

  /**
   * Starts it.
   *
   * @param compiled whether XLA compiles the graph, which takes {@code TF_XLA_FLAGS} too; its calls
   *     need the executor that knows branches, others get the one that has the least to do
   * @param threads its threads
   */
  public TensorFlow(boolean compiled, int threads) {
    ConfigProto.Builder builder =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setInterOpParallelismThreads(CALLING_THREAD);
    if (compiled) {
      OptimizerOptions xla =
          OptimizerOptions.newBuilder()
              .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_2)
              .build();
      builder.setGraphOptions(GraphOptions.newBuilder().setOptimizerOptions(xla));
    } else {
      builder.setExperimental(
          ConfigProto.Experimental.newBuilder().setExecutorType("SINGLE_THREADED_EXECUTOR"));
    }
    this.config = builder.build();
    TensorFlowGradients.register();
  }

  /** A variable, and its value at the start of a step. */
  private record Variable(Operand<? extends TType> handle, Operand<TFloat32> value, Shape shape) {}

  /** A graph while it is built, and steps of it from {@link #start} on. */
  private final class Steps implements Task {
    private final Graph graph = new Graph();
    private final Ops tf = Ops.create(graph);
    private final Map<Operand<?>, Tensor> initial = new LinkedHashMap<>();
    private final List<Op> assignments = new ArrayList<>();
    private final List<Variable> weights = new ArrayList<>();
    private final Map<Operand<?>, Tensor> fed = new LinkedHashMap<>();
    private final List<Op> updates = new ArrayList<>();
    private final List<Operand<TFloat32>> results = new ArrayList<>();

    /** What Adam divides by is 1 minus these, which are fed: a loop knows the number of a step. */
    private final TFloat32 power1 = TFloat32.scalarOf(1);

    private final TFloat32 power2 = TFloat32.scalarOf(1);
    private Session session;
    private int checked = 1;
    private List<Operand<TFloat32>> checkedAfter = List.of();
    private ToDoubleFunction<Tensor> read = result -> 0;

    private Operand<TFloat32> placeholder(Shape shape) {
      return tf.placeholder(TFloat32.class, Placeholder.shape(shape));
    }

    private Operand<TFloat32> input(float[] values, long... dims) {
      return input(tensor(values, dims));
    }

    private Operand<TFloat32> input(TFloat32 value) {
      Operand<TFloat32> input = placeholder(value.shape());
      fed.put(input, value);
      return input;
    }

    private Operand<TInt32> labels(int count, int classes) {
      Operand<TInt32> labels = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(count)));
      fed.put(labels, TInt32.vectorOf(Numbers.labels(2, count, classes)));
      return labels;
    }

    private Variable weight(float[] values, long... dims) {
      Operand<TFloat32> value = placeholder(Shape.of(dims));
      initial.put(value, tensor(values, dims));
      Variable weight = variable(value, Shape.of(dims));
      weights.add(weight);
      return weight;
    }

    private Variable zeros(Shape shape) {
      return variable(tf.zeros(tf.constant(shape.asArray()), TFloat32.class), shape);
    }

    private Variable variable(Operand<TFloat32> value, Shape shape) {
      // Two without a name would be the same variable.
      VarHandleOp.Options name = VarHandleOp.sharedName("variable" + assignments.size());
      Operand<? extends TType> handle = tf.varHandleOp(TFloat32.class, shape, name);
      assignments.add(tf.assignVariableOp(handle, value));
      return new Variable(handle, tf.readVariableOp(handle, TFloat32.class), shape);
    }

    private Operand<TFloat32> network(
        List<Integer> sizes, UnaryOperator<Operand<TFloat32>> activation, Operand<TFloat32> x) {
      Operand<TFloat32> y = x;
      for (int i = 1; i < sizes.size(); i++) {
        int in = sizes.get(i - 1);
        int out = sizes.get(i);
        Variable weight = weight(Numbers.weight(i, in, out), in, out);
        Variable bias = weight(Numbers.bias(i, out), out);
        y = tf.nn.biasAdd(tf.linalg.matMul(y, weight.value()), bias.value());
        y = i + 1 < sizes.size() ? activation.apply(y) : y;
      }
      return y;
    }

    private Operand<TFloat32> crossEntropy(Operand<TFloat32> logits, Operand<TInt32> labels) {
      return mean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(logits, labels).loss());
    }

    private Operand<TFloat32> mean(Operand<TFloat32> x) {
      int[] axes = new int[x.shape().numDimensions()];
      Arrays.setAll(axes, axis -> axis);
      return tf.math.mean(x, tf.constant(axes));
    }

    /** Returns the gradients of {@code y}, whose cotangent is 1. */
    private List<Output<TFloat32>> gradients(Operand<TFloat32> y, List<Operand<TFloat32>> by) {
      // Said here, because the ones that it makes by itself have no derivative in C++.
      Operand<TFloat32> ones = tf.fill(tf.constant(y.shape().asArray()), tf.constant(1f));
      Output<?>[] gradients =
          graph.addGradients(null, outputs(List.of(y)), outputs(by), outputs(List.of(ones)));
      return Arrays.stream(gradients).map(gradient -> gradient.expect(TFloat32.class)).toList();
    }

    private Output<?>[] outputs(List<Operand<TFloat32>> operands) {
      return operands.stream().map(Operand::asOutput).toArray(Output<?>[]::new);
    }

    private void adam(List<? extends Operand<TFloat32>> gradients) {
      Operand<TFloat32> fedPower1 = input(power1);
      Operand<TFloat32> fedPower2 = input(power2);
      for (int i = 0; i < weights.size(); i++) {
        Variable weight = weights.get(i);
        updates.add(
            tf.train.resourceApplyAdam(
                weight.handle(),
                zeros(weight.shape()).handle(),
                zeros(weight.shape()).handle(),
                fedPower1,
                fedPower2,
                tf.constant((float) Workload.LEARNING_RATE),
                tf.constant(BETA1),
                tf.constant(BETA2),
                tf.constant(EPSILON),
                gradients.get(i)));
      }
    }

    private Task training(Operand<TFloat32> loss) {
      adam(gradients(loss, weights.stream().map(Variable::value).toList()));
      results.add(loss);
      checked = CHECKED_STEPS;
      read = result -> ((TFloat32) result).getFloat();
      return start();
    }

    /** Makes the session, and gives the variables their first values. */
    private Task start() {
      session = new Session(graph, config);
      if (!assignments.isEmpty()) {
        run(initial, assignments, List.of(), read);
      }
      initial.values().forEach(Tensor::close);
      return this;
    }

    private double[] run(
        Map<Operand<?>, Tensor> feeds,
        List<Op> targets,
        List<Operand<TFloat32>> fetches,
        ToDoubleFunction<Tensor> reading) {
      Session.Runner runner = session.runner();
      feeds.forEach(runner::feed);
      targets.forEach(runner::addTarget);
      fetches.forEach(runner::fetch);
      try (Result found = runner.run()) {
        double[] numbers = new double[found.size()];
        Arrays.setAll(numbers, i -> reading.applyAsDouble(found.get(i)));
        return numbers;
      }
    }

    private double[] step(ToDoubleFunction<Tensor> reading) {
      power1.setFloat(power1.getFloat() * BETA1);
      power2.setFloat(power2.getFloat() * BETA2);
      return run(fed, updates, results, reading);
    }

    @Override
    public void step() {
      step(read);
    }

    @Override
    public double[] check() {
      DoubleStream numbers = DoubleStream.empty();
      for (int i = 0; i < checked; i++) {
        numbers = DoubleStream.concat(numbers, Arrays.stream(step(TensorFlow::meanSize)));
        if (!checkedAfter.isEmpty()) {
          double[] after = run(Map.of(), List.of(), checkedAfter, TensorFlow::meanSize);
          numbers = DoubleStream.concat(numbers, Arrays.stream(after));
        }
      }
      return numbers.toArray();
    }

    @Override
    public void close() {
      session.close();
      graph.close();
      fed.values().forEach(Tensor::close);
    }
  }

  private static TFloat32 tensor(float[] values, long... dims) {
    return TFloat32.tensorOf(Shape.of(dims), DataBuffers.of(values));
  }

  private static double meanSize(Tensor tensor) {
    float[] values = new float[(int) tensor.shape().size()];
    tensor.asRawTensor().data().asFloats().read(values);
    return Numbers.meanSize(values);
  }

  @Override
  public Task mlp(Workload.Mlp workload) {
    Steps steps = new Steps();
    Ops tf = steps.tf;
    int in = workload.sizes().get(0);
    int out = workload.outputs();
    int batch = workload.batch();
    Operand<TFloat32> x = steps.input(Numbers.uniform(1, batch * in, -1, 1), batch, in);
    if (workload.tanh()) {
      Operand<TFloat32> t = steps.input(Numbers.uniform(2, batch * out, -1, 1), batch, out);
      Operand<TFloat32> y = steps.network(workload.sizes(), tf.math::tanh, x);
      return steps.training(steps.mean(tf.math.squaredDifference(y, t)));
    }
    Operand<TFloat32> y = steps.network(workload.sizes(), tf.nn::relu, x);
    return steps.training(steps.crossEntropy(y, steps.labels(batch, out)));
  }

  @Override
  public Task pinn(Workload.Pinn workload) {
    Steps steps = new Steps();
    Ops tf = steps.tf;
    int batch = workload.batch();
    float[] points = Numbers.uniform(1, batch, -1, 1);
    Operand<TFloat32> x = steps.input(points, batch, 1);
    Operand<TFloat32> f = steps.input(Numbers.source(points), batch, 1);
    Operand<TFloat32> u = steps.network(workload.sizes(), tf.math::tanh, x);
    Operand<TFloat32> first = steps.gradients(u, List.of(x)).get(0);
    Operand<TFloat32> second = steps.gradients(first, List.of(x)).get(0);
    return steps.training(steps.mean(tf.math.square(tf.math.sub(tf.math.add(second, u), f))));
  }

  @Override
  public Task adam(Workload.AdamStep workload) {
    int size = workload.size();
    Steps steps = new Steps();
    Variable p = steps.weight(new float[size], size);
    steps.adam(List.of(steps.input(Numbers.uniform(2, size, -1, 1), size)));
    steps.checked = Task.CHECKED_STEPS;
    steps.checkedAfter = List.of(p.value());
    return steps.start();
  }

  @Override
  public Task crossEntropy(Workload.CrossEntropy workload) {
    int rows = workload.rows();
    int classes = workload.classes();
    Steps steps = new Steps();
    Operand<TFloat32> x = steps.input(Numbers.uniform(1, rows * classes, -2, 2), rows, classes);
    Operand<TFloat32> loss = steps.crossEntropy(x, steps.labels(rows, classes));
    steps.results.add(loss);
    steps.results.addAll(steps.gradients(loss, List.of(x)));
    return steps.start();
  }

  @Override
  public Task fused(Workload.Fused workload) {
    int size = workload.size();
    Steps steps = new Steps();
    Ops tf = steps.tf;
    Operand<TFloat32> x = steps.input(Numbers.uniform(1, size, -1, 1), size);
    Operand<TFloat32> y = steps.input(Numbers.uniform(2, size, -1, 1), size);
    steps.results.add(tf.math.add(tf.math.mul(x, y), tf.math.tanh(x)));
    return steps.start();
  }
}

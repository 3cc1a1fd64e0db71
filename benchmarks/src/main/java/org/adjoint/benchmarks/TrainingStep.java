package org.adjoint.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Adam;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One step of training a classifier, as a user writes it: forward, fused softmax cross-entropy,
 * backward, Adam, and the loss read back. The time is everything between two values of the loss,
 * building the graph included.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(2)
public class TrainingStep {
  /**
   * The sizes of input, hidden layers and output: the digits network and the one for 28×28 images.
   */
  @Param({"64-128-64-10", "784-256-128-10"})
  public String network;

  /** The rows of a step. */
  @Param("64")
  public int batch;

  /** Which backend runs it; it never falls back. */
  @Param("native")
  public String backend;

  private Mlp model;
  private Adam optimizer;
  private Tensor x;
  private Tensor labels;

  /** Makes the network and one batch of made-up data. */
  @Setup
  public void setUp() {
    Adjoint.backend(backend);
    List<Integer> sizes = Arrays.stream(network.split("-")).map(Integer::valueOf).toList();
    Key key = Key.of(0);
    model = Mlp.of(sizes, Activation.RELU, Activation.IDENTITY, Init::heNormal, key.fold(1));
    optimizer = new Adam(model.parameters(), 1e-3);
    x = key.fold(2).uniform(DType.F32, batch, sizes.get(0));
    int classes = sizes.get(sizes.size() - 1);
    int[] classOf = new int[batch];
    Arrays.setAll(classOf, row -> row % classes);
    labels = Tensor.of(classOf, batch);
    Tensor.evalAll(x, labels);
  }

  /** Returns the loss of one step. */
  @Benchmark
  @SuppressWarnings("try") // a scope works by being open
  public double step() {
    try (Scope scope = Scope.open()) {
      Tensor loss = Losses.softmaxCrossEntropy(model.apply(x), labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step(loss);
      return loss.item();
    }
  }
}

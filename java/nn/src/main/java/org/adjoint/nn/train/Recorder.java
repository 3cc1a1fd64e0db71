package org.adjoint.nn.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Memory;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.Dataset;

/**
 * Writes a {@link History} while a loop trains. {@link Trainer} takes one; a loop of your own calls
 * four methods:
 *
 * <pre>{@code
 * Recorder recorder = Recorder.of("mine", model).testing(split.test());
 * ...                                                        // for each step
 *   Tensor logits = model.apply(x, recorder.watch(Training.of(key)));
 *   Tensor loss = Losses.softmaxCrossEntropy(logits, labels);
 *   adam.zeroGrad();
 *   loss.backward();
 *   adam.step(recorder.outputs(loss));                       // norms come out of the same program
 *   recorder.step(epoch, loss.item(), Double.NaN, adam.learningRate());
 * ...                                                        // for each epoch
 * recorder.epoch(epoch, meanLoss, accuracy, rows);
 * Report.of(recorder.history()).write(Path.of("report.html"));
 * }</pre>
 *
 * <p>At most 120 steps are kept: whenever there are as many, every other one is dropped and half as
 * many are recorded from then on, so they are evenly spread however long the training is. Steps
 * between are left as they are; only the first whose loss is no finite number is kept wherever it
 * is. Recording reads values and changes none: the weights are the same bit for bit. A recorder
 * belongs to one training on one thread.
 */
public final class Recorder {
  /** Records nothing, and costs nothing. */
  public static final Recorder NONE = new Recorder();

  private static final int MOST_STEPS = 120;
  private static final int BINS = 40;

  private final String name;
  private final Optional<Layer> model;
  private final Map<String, List<Parameter>> layers = new LinkedHashMap<>();
  private final Map<String, History.Histogram> start = new LinkedHashMap<>();
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final List<String> activationLayers = new ArrayList<>();
  private final List<History.Step> steps = new ArrayList<>();
  private final List<History.Epoch> epochs = new ArrayList<>();

  /** What the running step measures: a value by layer, while it is recorded. */
  private final Map<String, Tensor> gradients = new LinkedHashMap<>();

  private final Map<String, Tensor> activations = new LinkedHashMap<>();

  private Optional<Dataset> test = Optional.empty();
  private int width;
  private long number;
  private long stride = 1;
  private long epochStart = System.nanoTime();

  private Recorder() {
    name = "";
    model = Optional.empty();
  }

  private Recorder(String name, Layer model) {
    this.name = name;
    this.model = Optional.of(model);
    model
        .named()
        .forEach(
            (path, parameter) -> {
              if (parameter.isTrainable() || parameter.isFrozen()) {
                int dot = path.lastIndexOf('.');
                String layer = dot < 0 ? path : path.substring(0, dot);
                layers.computeIfAbsent(layer, l -> new ArrayList<>()).add(parameter);
                start.put(path, histogram(parameter));
              }
            });
  }

  /**
   * Returns a recorder of a training that begins.
   *
   * @param name what the training is called
   * @param model what is trained
   */
  public static Recorder of(String name, Layer model) {
    return new Recorder(name, model);
  }

  /** Says what the training is run with, for a reader; returns this recorder. */
  public Recorder with(String setting, Object value) {
    settings.put(setting, value.toString());
    return this;
  }

  /**
   * Has a classifier tested at the end of each epoch, and its mistakes shown at the end of all.
   * Rows of a square number of features are shown as square images, others as lines; see {@link
   * #images}.
   *
   * @param data rows that nothing is learnt from, at least one
   * @return this recorder
   * @throws IllegalArgumentException if there is no row
   */
  public Recorder testing(Dataset data) {
    if (data.rows() == 0) {
      throw new IllegalArgumentException("recorder: " + data.name() + " has no rows to test");
    }
    test = Optional.of(data);
    int side = (int) Math.round(Math.sqrt(data.columns()));
    width = side * side == data.columns() ? side : data.columns();
    return this;
  }

  /**
   * Says how many columns the rows of the test data have as images; returns this recorder.
   *
   * @throws IllegalStateException if there is no test data
   * @throws IllegalArgumentException naming both numbers, if features do not fill such images
   */
  public Recorder images(int columns) {
    Dataset data =
        test.orElseThrow(
            () ->
                new IllegalStateException("recorder: images are of test data; call testing first"));
    if (columns < 1 || data.columns() % columns != 0) {
      throw new IllegalArgumentException(
          "recorder: %d features are no image of %d columns".formatted(data.columns(), columns));
    }
    width = columns;
    return this;
  }

  /** Returns whether the running step is measured. */
  boolean records() {
    return model.isPresent() && number % stride == 0;
  }

  /**
   * Returns the training for a step's forward pass, which measures the layers' outputs if the step
   * is recorded. Layers inside {@code Checkpoint}, {@code Vmap} and {@code Scan}, whose training is
   * {@linkplain Training#still still}, are not measured.
   */
  public Training watch(Training training) {
    return records() ? training.watched(this::applied) : training;
  }

  private void applied(Training at, Layer layer, Tensor x, Tensor y) {
    if (layer.children().isEmpty() && at.movesStatistics() && y.dtype().isFloating()) {
      activations.put(at.path(), y.detach().cast(DType.F64).square().mean().sqrt());
    }
  }

  /**
   * Returns what an optimizer's step is to evaluate: {@code others}, and what this recorder
   * measures if the step is recorded. Called between {@code backward()} and the step.
   */
  public Tensor[] outputs(Tensor... others) {
    if (!records()) {
      return others;
    }
    layers.forEach((layer, parameters) -> norm(parameters).ifPresent(n -> gradients.put(layer, n)));
    List<Tensor> all = new ArrayList<>(List.of(others));
    all.addAll(gradients.values());
    all.addAll(activations.values());
    return all.toArray(Tensor[]::new);
  }

  /** Returns the Euclidean norm of the gradients by some parameters, if any of them has one. */
  private static Optional<Tensor> norm(List<Parameter> parameters) {
    return parameters.stream()
        .flatMap(parameter -> parameter.grad().stream())
        .map(gradient -> gradient.cast(DType.F64).square().sum())
        .reduce(Tensor::plus)
        .map(Tensor::sqrt);
  }

  /**
   * Says that a step is done; called for every step.
   *
   * @param epoch its epoch, from 1
   * @param loss the mean over its rows
   * @param accuracy the share of its rows that were right; NaN where nothing is classified
   * @param learningRate the optimizer's
   */
  public void step(int epoch, double loss, double accuracy, double learningRate) {
    if (model.isEmpty()) {
      return;
    }
    boolean fails = !Double.isFinite(loss) && (steps.isEmpty() || !hasFailed());
    if (records() || fails) {
      // Parameters that nothing reaches have a gradient of zero; a step that was not measured has
      // no values at all.
      double absent = records() ? 0 : Double.NaN;
      List<Double> norms = layers.keySet().stream().map(l -> value(gradients, l, absent)).toList();
      for (String layer : activations.keySet()) {
        if (!activationLayers.contains(layer)) {
          activationLayers.add(layer);
        }
      }
      List<Double> outputs =
          activationLayers.stream().map(l -> value(activations, l, Double.NaN)).toList();
      History.Score score = new History.Score(loss, accuracy);
      steps.add(new History.Step(number, epoch, score, learningRate, norms, outputs));
      if (steps.size() == MOST_STEPS) {
        stride *= 2;
        steps.removeIf(step -> step.number() % stride != 0);
      }
    }
    gradients.clear();
    activations.clear();
    number++;
  }

  /** Returns whether the loss of the latest step that is kept is no finite number. */
  private boolean hasFailed() {
    return !Double.isFinite(steps.get(steps.size() - 1).score().loss());
  }

  private static double value(Map<String, Tensor> values, String layer, double absent) {
    return values.containsKey(layer) ? values.get(layer).item() : absent;
  }

  /**
   * Says that an epoch is done, and tests the model if there is data for it.
   *
   * @param epoch from 1
   * @param loss the mean over its rows
   * @param accuracy the share of its rows that were right; NaN where nothing is classified
   * @param rows how many rows it learnt from
   */
  public void epoch(int epoch, double loss, double accuracy, long rows) {
    if (model.isEmpty()) {
      return;
    }
    long trained = System.nanoTime();
    Memory.Report memory = Memory.report();
    Runtime heap = Runtime.getRuntime();
    History.Held held =
        new History.Held(
            heap.totalMemory() - heap.freeMemory(), memory.outstanding(), memory.peak());
    Optional<History.Score> score = outcome().map(History.Test::score);
    long tested = System.nanoTime();
    epochs.add(
        new History.Epoch(
            epoch,
            number,
            new History.Score(loss, accuracy),
            score,
            rows,
            (trained - epochStart) * 1e-9,
            (tested - trained) * 1e-9,
            held));
    epochStart = tested;
  }

  private Optional<History.Test> outcome() {
    return model.flatMap(m -> test.map(data -> Outcome.of(m, data, width)));
  }

  @SuppressWarnings("try") // a scope works by being open
  private static History.Histogram histogram(Parameter parameter) {
    try (Scope scope = Scope.open()) {
      return History.Histogram.of(parameter.cast(DType.F64).toDoubleArray(), BINS);
    }
  }

  /**
   * Returns what was recorded until now, with the weights and the test as they are now. Called
   * after a training that failed, too: what led to the failure is what is wanted then.
   *
   * @throws IllegalStateException if this is {@link #NONE}
   */
  public History history() {
    Layer trained =
        model.orElseThrow(() -> new IllegalStateException("recorder: NONE has recorded nothing"));
    Map<String, Parameter> named = trained.named();
    List<History.Weights> weights = new ArrayList<>();
    start.forEach(
        (path, before) ->
            weights.add(new History.Weights(path, before, histogram(named.get(path)))));
    // A layer that was first applied later has no value in the steps before.
    List<History.Step> whole =
        steps.stream()
            .map(
                s ->
                    new History.Step(
                        s.number(),
                        s.epoch(),
                        s.score(),
                        s.learningRate(),
                        s.gradients(),
                        padded(s.activations())))
            .toList();
    return new History(
        name,
        settings,
        List.copyOf(layers.keySet()),
        activationLayers,
        whole,
        epochs,
        weights,
        outcome());
  }

  private List<Double> padded(List<Double> values) {
    Double[] all = new Double[activationLayers.size()];
    Arrays.fill(all, Double.NaN);
    for (int i = 0; i < values.size(); i++) {
      all[i] = values.get(i);
    }
    return List.of(all);
  }
}

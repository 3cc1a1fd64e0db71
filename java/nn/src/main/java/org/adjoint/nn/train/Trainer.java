package org.adjoint.nn.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BinaryOperator;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Losses;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.metric.Metric;
import org.adjoint.nn.optim.Optimizer;

/**
 * The loop that teaches a model: shuffled batches, a loss, one optimizer step each. Settings are
 * named and return the trainer:
 *
 * <pre>{@code
 * Trainer trainer = new Trainer(30, 64, 3e-3, Schedule.cosine(0)).compiled().validate(split.test(), List.of(new LogLoss()));
 * trainer.callback(EarlyStopping.lowest(model, "validation log loss", 3));
 * Result result = trainer.train(model, adam, split.train(), Key.of(2), progress -> {});
 * }</pre>
 *
 * <p>It is no framework: what differs from it is ten lines of your own around {@code backward()}
 * and {@code step()}. The same model, data, settings and key give the same weights bit for bit.
 * Everything a step makes is freed with it, so memory does not grow with the number of steps. An
 * interrupt of its thread ends a training behind the running step.
 */
public final class Trainer {

  /** Tells the key of what the model draws from those of the epochs, which are small numbers. */
  private static final long DRAWS = -1;

  private final int epochs;
  private final int batch;
  private final double learningRate;
  private final Schedule schedule;
  private final List<Callback> callbacks = new ArrayList<>();
  private BinaryOperator<Tensor> loss = Losses::softmaxCrossEntropy;
  private OptionalLong most = OptionalLong.empty();
  private Optional<Dataset> validation = Optional.empty();
  private List<Metric> metrics = List.of();
  private int parts = 1;
  private boolean compiles;
  private long first;

  /**
   * Makes a trainer.
   *
   * @param epochs how often every row is learnt from, ≥ 1
   * @param batch the rows of a step, ≥ 1
   * @param learningRate the base learning rate, &gt; 0
   * @param schedule what the base learning rate is multiplied by
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Trainer(int epochs, int batch, double learningRate, Schedule schedule) {
    if (epochs < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "trainer: epochs " + epochs + " and batch " + batch + " must both be at least 1");
    }
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "trainer: learning rate " + learningRate + " is not in (0, inf)");
    }
    this.epochs = epochs;
    this.batch = batch;
    this.learningRate = learningRate;
    this.schedule = Objects.requireNonNull(schedule, "trainer: schedule");
  }

  /** Returns how often every row is learnt from. */
  public int epochs() {
    return epochs;
  }

  /** Returns the rows of a step. */
  public int batch() {
    return batch;
  }

  /** Returns the base learning rate. */
  public double learningRate() {
    return learningRate;
  }

  /**
   * Sets the loss of outputs and labels, the mean over rows; softmax cross-entropy unless set.
   * Returns this trainer.
   */
  public Trainer loss(BinaryOperator<Tensor> loss) {
    this.loss = loss;
    return this;
  }

  /**
   * Ends the training after so many steps, in the midst of an epoch or not; the epochs are then the
   * most that there can be. Returns this trainer.
   *
   * @throws IllegalArgumentException naming the number, if it is below 1
   */
  public Trainer steps(long steps) {
    if (steps < 1) {
      throw new IllegalArgumentException("trainer: steps " + steps + " must be at least 1");
    }
    this.most = OptionalLong.of(steps);
    return this;
  }

  /**
   * Cuts each batch into parts, whose gradients add up to those of the batch with the memory of a
   * part. The loss has to be a mean over rows. A layer that looks at a batch as a whole, such as
   * BatchNorm, sees a part. Returns this trainer.
   *
   * @param parts ≥ 1; a batch with fewer rows has fewer parts
   * @throws IllegalArgumentException naming the number, if it is below 1
   */
  public Trainer accumulate(int parts) {
    if (parts < 1) {
      throw new IllegalArgumentException("trainer: parts " + parts + " must be at least 1");
    }
    this.parts = parts;
    return this;
  }

  /**
   * Writes the step down once and runs it from then on, by {@code Compiled}, to the same bits. The
   * model must not look at values. Returns this trainer.
   */
  public Trainer compiled() {
    this.compiles = true;
    return this;
  }

  /** Measures the model on other rows behind each epoch. Returns this trainer. */
  public Trainer validate(Dataset data, List<Metric> metrics) {
    this.validation = Optional.of(data);
    this.metrics = List.copyOf(metrics);
    return this;
  }

  /**
   * Has a callback hear of each epoch, behind those that were added before. Returns this trainer.
   */
  public Trainer callback(Callback callback) {
    callbacks.add(callback);
    return this;
  }

  /**
   * Begins behind so many steps, which were made before: with the model and the optimizer's state
   * of then, the rest of the training gives the same bits as the whole in one. The reports of the
   * epoch in whose midst it begins are about the steps made now. Returns this trainer.
   *
   * @throws IllegalArgumentException naming the number, if it is negative
   */
  public Trainer from(long steps) {
    if (steps < 0) {
      throw new IllegalArgumentException("trainer: from " + steps + " is below 0");
    }
    this.first = steps;
    return this;
  }

  /**
   * Trains a model in place, each step with a key of its own.
   *
   * @param model what is trained; with the loss that is set first, its output has one column a
   *     class
   * @param optimizer what moves the model's parameters; its learning rate is set at every step
   * @param data the rows to learn from
   * @param key where the order of the rows comes from, and what the model draws
   * @param listener called after each step
   * @return how it ended
   * @throws IllegalArgumentException naming the factor, if the schedule gives one that makes the
   *     learning rate negative or not finite
   * @throws DivergenceException if the loss of a step is not finite; the parameters are then of no
   *     use
   */
  public Result train(
      Layer model, Optimizer optimizer, Dataset data, Key key, Progress.Listener listener) {
    return train(model, optimizer, data, key, listener, Recorder.NONE);
  }

  /**
   * Trains a model in place as {@link #train(Layer, Optimizer, Dataset, Key, Progress.Listener)}
   * does, to the same weights bit for bit, and records how.
   *
   * @param model what is trained; with the loss that is set first, its output has one column a
   *     class
   * @param optimizer what moves the model's parameters; its learning rate is set at every step
   * @param data the rows to learn from
   * @param key where the order of the rows comes from, and what the model draws
   * @param listener called after each step
   * @param recorder of this model; after a {@link DivergenceException} it has the diverging step
   * @return how it ended
   * @throws IllegalArgumentException naming the factor, if the schedule gives one that makes the
   *     learning rate negative or not finite
   * @throws DivergenceException if the loss of a step is not finite; the parameters are then of no
   *     use
   */
  @SuppressWarnings("try") // a scope works by being open
  public Result train(
      Layer model,
      Optimizer optimizer,
      Dataset data,
      Key key,
      Progress.Listener listener,
      Recorder recorder) {
    Batches batches = new Batches(data, batch, key);
    int perEpoch = batches.count();
    long steps = Math.min(most.orElse(Long.MAX_VALUE), (long) epochs * perEpoch);
    int rounds = (int) ((steps + perEpoch - 1) / perEpoch);
    Key draws = key.fold(DRAWS);
    StepRunner runner = new StepRunner(model, optimizer, loss, recorder, compiles);
    Result.Ending ending = Result.Ending.DONE;
    long start = System.nanoTime();
    long step = Math.min(first, steps);
    long made = 0;
    while (step < steps && ending == Result.Ending.DONE) {
      int epoch = (int) (step / perEpoch) + 1;
      int[] order = batches.epoch(epoch).order();
      long epochEnd = Math.min(steps, (long) epoch * perEpoch);
      long epochStart = System.nanoTime();
      double lossSum = 0;
      double correct = 0;
      long seen = 0;
      while (step < epochEnd && ending == Result.Ending.DONE) {
        int i = (int) (step % perEpoch);
        optimizer.learningRate(learningRate * factor(step, steps));
        int size;
        try (Scope scope = Scope.open()) {
          int from = i * batch;
          int to = (int) Math.min((long) from + batch, order.length);
          size = to - from;
          List<Dataset.Batch> cut = cut(data, order, from, to);
          StepRunner.Outcome outcome = runner.run(cut, draws.fold(step));
          recorder.step(epoch, outcome.loss(), outcome.right() / size, optimizer.learningRate());
          lossSum += finite(outcome.loss(), epoch, i + 1) * size;
          correct += outcome.right();
        }
        seen += size;
        step++;
        made++;
        long now = System.nanoTime();
        double seconds = Math.max(now - epochStart, 1) * 1e-9;
        double left = (double) (now - start) / made * (steps - step);
        listener.progressed(
            new Progress(
                epoch,
                rounds,
                step == epochEnd,
                lossSum / seen,
                correct / seen,
                seen / seconds,
                Duration.ofNanos((long) left)));
        if (step < steps && Thread.currentThread().isInterrupted()) {
          ending = Result.Ending.INTERRUPTED;
        }
      }
      if (step == epochEnd) {
        recorder.epoch(epoch, lossSum / seen, correct / seen, seen);
        double rate = optimizer.learningRate();
        Map<String, Double> figures =
            validation.isEmpty() ? Map.of() : Evaluation.measure(model, validation.get(), metrics);
        EpochReport report =
            new EpochReport(epoch, step, lossSum / seen, correct / seen, rate, figures);
        for (Callback callback : callbacks) {
          if (callback.epochEnded(report) == Callback.Next.STOP
              && ending == Result.Ending.DONE
              && step < steps) {
            ending = Result.Ending.STOPPED;
          }
        }
      }
    }
    optimizer.zeroGrad();
    callbacks.forEach(Callback::trainingEnded);
    return new Result(ending, step);
  }

  /** Returns rows in as many parts as are wanted, whose sizes differ by at most one. */
  private List<Dataset.Batch> cut(Dataset data, int[] order, int from, int to) {
    int size = to - from;
    int count = Math.min(parts, size);
    List<Dataset.Batch> cut = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int begin = from + (int) ((long) size * i / count);
      cut.add(data.batch(order, begin, from + (int) ((long) size * (i + 1) / count)));
    }
    return cut;
  }

  private double factor(long step, long steps) {
    double factor = schedule.factor(step, steps);
    double rate = learningRate * factor;
    if (factor >= 0 && rate < Double.POSITIVE_INFINITY) {
      return factor;
    }
    throw new IllegalArgumentException(
        "trainer: the schedule's factor at step "
            + step
            + " of "
            + steps
            + " is "
            + factor
            + ", which makes the learning rate "
            + rate
            + "; it is not in [0, inf)");
  }

  private double finite(double loss, int epoch, int step) {
    if (Double.isFinite(loss)) {
      return loss;
    }
    throw new DivergenceException(
        "training diverged: the loss is "
            + loss
            + " at epoch "
            + epoch
            + ", step "
            + step
            + "; a learning rate below "
            + learningRate
            + " may help");
  }
}

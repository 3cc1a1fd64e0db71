package org.adjoint.nn.train;

import java.time.Duration;
import java.util.Objects;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.optim.Optimizer;

/**
 * The plain loop that teaches a classifier: shuffled batches, softmax cross-entropy, one optimizer
 * step each. It is a record of settings, not a framework: what differs from it is ten lines of your
 * own around {@code backward()} and {@code step()}.
 *
 * <p>The same model, data, settings and key give the same weights bit for bit. Everything a step
 * makes is freed with it, so memory does not grow with the number of steps.
 *
 * @param epochs how often every row is learnt from, ≥ 1
 * @param batch the rows of a step, ≥ 1
 * @param learningRate the base learning rate, &gt; 0
 * @param schedule what the base learning rate is multiplied by
 */
public record Trainer(int epochs, int batch, double learningRate, Schedule schedule) {

  /** Tells the key of what the model draws from those of the epochs, which are small numbers. */
  private static final long DRAWS = -1;

  /**
   * Makes the settings.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Trainer {
    if (epochs < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "trainer: epochs " + epochs + " and batch " + batch + " must both be at least 1");
    }
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "trainer: learning rate " + learningRate + " is not in (0, inf)");
    }
    Objects.requireNonNull(schedule, "trainer: schedule");
  }

  /**
   * Trains a model in place, each step with a key of its own.
   *
   * @param model the classifier; its output has one column a class
   * @param optimizer what moves the model's parameters; its learning rate is set at every step
   * @param data the rows to learn from
   * @param key where the order of the rows comes from, and what the model draws
   * @param listener called after each step
   * @throws IllegalArgumentException naming the factor, if the schedule gives one that makes the
   *     learning rate negative or not finite
   * @throws DivergenceException if the loss of a step is not finite; the parameters are then of no
   *     use
   */
  public void train(
      Layer model, Optimizer optimizer, Dataset data, Key key, Progress.Listener listener) {
    train(model, optimizer, data, key, listener, Recorder.NONE);
  }

  /**
   * Trains a model in place as {@link #train(Layer, Optimizer, Dataset, Key, Progress.Listener)}
   * does, to the same weights bit for bit, and records how.
   *
   * @param model the classifier; its output has one column a class
   * @param optimizer what moves the model's parameters; its learning rate is set at every step
   * @param data the rows to learn from
   * @param key where the order of the rows comes from, and what the model draws
   * @param listener called after each step
   * @param recorder of this model; after a {@link DivergenceException} it has the diverging step
   * @throws IllegalArgumentException naming the factor, if the schedule gives one that makes the
   *     learning rate negative or not finite
   * @throws DivergenceException if the loss of a step is not finite; the parameters are then of no
   *     use
   */
  @SuppressWarnings("try") // a scope works by being open
  public void train(
      Layer model,
      Optimizer optimizer,
      Dataset data,
      Key key,
      Progress.Listener listener,
      Recorder recorder) {
    Batches batches = new Batches(data, batch, key);
    int perEpoch = batches.count();
    long steps = (long) epochs * perEpoch;
    Key draws = key.fold(DRAWS);
    long start = System.nanoTime();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      Batches.Epoch rows = batches.epoch(epoch);
      long epochStart = System.nanoTime();
      double lossSum = 0;
      long correct = 0;
      long seen = 0;
      for (int i = 0; i < perEpoch; i++) {
        long step = (long) (epoch - 1) * perEpoch + i;
        optimizer.learningRate(learningRate * factor(step, steps));
        try (Scope scope = Scope.open()) {
          Dataset.Batch part = rows.batch(i);
          Tensor logits =
              model.apply(part.features(), recorder.watch(Training.of(draws.fold(step))));
          Tensor loss = Losses.softmaxCrossEntropy(logits, part.labels());
          Tensor hits = Evaluation.correct(logits, part.labels());
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step(recorder.outputs(loss, hits));
          double right = hits.item();
          recorder.step(epoch, loss.item(), right / part.rows(), optimizer.learningRate());
          lossSum += finite(loss.item(), epoch, i + 1) * part.rows();
          correct += (long) right;
          seen += part.rows();
        }
        long now = System.nanoTime();
        double seconds = Math.max(now - epochStart, 1) * 1e-9;
        double left = (double) (now - start) / (step + 1) * (steps - step - 1);
        listener.progressed(
            new Progress(
                epoch,
                epochs,
                i + 1 == perEpoch,
                lossSum / seen,
                (double) correct / seen,
                seen / seconds,
                Duration.ofNanos((long) left)));
      }
      recorder.epoch(epoch, lossSum / seen, (double) correct / seen, seen);
    }
    optimizer.zeroGrad();
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

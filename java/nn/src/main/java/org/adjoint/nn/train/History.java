package org.adjoint.nn.train;

import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What happened in a training, as a value: any loop can fill one, a {@link Recorder} does so for
 * the usual ones, {@code HistoryFile} keeps it in a file, and {@code Report} of java/lens draws it.
 * It holds numbers alone, no tensor.
 *
 * @param name what the training is called
 * @param settings what it was run with, for a reader: {@code batch}, {@code seed}
 * @param gradientLayers what {@link Step#gradients} counts, from the input to the output
 * @param activationLayers what {@link Step#activations} counts, in the order of application
 * @param steps some of the steps, ascending
 * @param epochs all epochs that ended, ascending
 * @param weights how the parameters are spread
 * @param test how the trained model does on rows that it has not seen, if there are any
 */
public record History(
    String name,
    Map<String, String> settings,
    List<String> gradientLayers,
    List<String> activationLayers,
    List<Step> steps,
    List<Epoch> epochs,
    List<Weights> weights,
    Optional<Test> test) {

  /**
   * Makes the value; collections are copied.
   *
   * @throws IllegalArgumentException naming the step, if it does not have a number for each layer,
   *     or steps or epochs do not ascend
   */
  public History {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    gradientLayers = List.copyOf(gradientLayers);
    activationLayers = List.copyOf(activationLayers);
    steps = List.copyOf(steps);
    epochs = List.copyOf(epochs);
    weights = List.copyOf(weights);
    long before = -1;
    for (Step step : steps) {
      if (step.number <= before) {
        throw new IllegalArgumentException(
            "history: step " + step.number + " comes after step " + before);
      }
      before = step.number;
      requireEach(step, "gradients", step.gradients, gradientLayers);
      requireEach(step, "activations", step.activations, activationLayers);
    }
    long ended = 0;
    for (Epoch epoch : epochs) {
      if (epoch.number <= ended) {
        throw new IllegalArgumentException(
            "history: epoch " + epoch.number + " comes after epoch " + ended);
      }
      ended = epoch.number;
    }
  }

  private static void requireEach(
      Step step, String what, List<Double> values, List<String> layers) {
    if (values.size() != layers.size()) {
      throw new IllegalArgumentException(
          "history: step %d has %d %s for %d layers"
              .formatted(step.number, values.size(), what, layers.size()));
    }
  }

  /** Returns a history of steps alone, as a loop without layers and epochs fills it. */
  public static History of(String name, List<Step> steps) {
    return new History(
        name, Map.of(), List.of(), List.of(), steps, List.of(), List.of(), Optional.empty());
  }

  /** Returns this history under another name. */
  public History named(String other) {
    return new History(
        other, settings, gradientLayers, activationLayers, steps, epochs, weights, test);
  }

  /** Returns whether there is neither a step nor an epoch. */
  public boolean isEmpty() {
    return steps.isEmpty() && epochs.isEmpty();
  }

  /**
   * How well a model does.
   *
   * @param loss the mean over rows
   * @param accuracy the share of rows that are right, in [0, 1]; NaN where nothing is classified
   */
  public record Score(double loss, double accuracy) {}

  /**
   * One step, measured on the rows that it learnt from, just before they were learnt.
   *
   * @param number the steps before it
   * @param epoch its epoch, from 1
   * @param score of its rows
   * @param learningRate the optimizer's
   * @param gradients the Euclidean norm of the loss's gradient by the parameters of each layer
   * @param activations the root of the mean square of each layer's output
   */
  public record Step(
      long number,
      int epoch,
      Score score,
      double learningRate,
      List<Double> gradients,
      List<Double> activations) {
    /** Makes the value; lists are copied. */
    public Step {
      gradients = List.copyOf(gradients);
      activations = List.copyOf(activations);
    }
  }

  /**
   * One epoch.
   *
   * @param number from 1
   * @param steps how many steps there were until it ended
   * @param training the mean over its rows, each taken before it was learnt from
   * @param test of the model as the epoch left it, if it was tested
   * @param rows how many rows it learnt from
   * @param trainingSeconds how long it learnt
   * @param testingSeconds how long testing and recording at its end took
   * @param memory what was held at its end
   */
  public record Epoch(
      int number,
      long steps,
      Score training,
      Optional<Score> test,
      long rows,
      double trainingSeconds,
      double testingSeconds,
      Held memory) {}

  /**
   * What was held at a moment, in bytes.
   *
   * @param heap of Java's heap, garbage included
   * @param offHeap of values and workspaces
   * @param offHeapPeak the most of {@code offHeap} until then
   */
  public record Held(long heap, long offHeap, long offHeapPeak) {}

  /**
   * How a parameter's numbers are spread.
   *
   * @param path the parameter's
   * @param start before the training
   * @param end after it
   */
  public record Weights(String path, Histogram start, Histogram end) {}

  /**
   * How many of some numbers lie in each of some bins, all equally wide.
   *
   * @param from where the first bin begins; the smallest number
   * @param to where the last bin ends; the largest number, which belongs to it
   * @param counts for each bin; a single one where all numbers are equal, none where there is none
   * @param notFinite how many numbers lie in no bin
   */
  public record Histogram(double from, double to, List<Long> counts, long notFinite) {
    /**
     * Makes the value; the list is copied.
     *
     * @throws IllegalArgumentException naming the ends, if they are no range
     */
    public Histogram {
      counts = List.copyOf(counts);
      if (!(from <= to) || !Double.isFinite(to - from)) {
        throw new IllegalArgumentException(
            "histogram: " + from + " to " + to + " is not a finite range");
      }
    }

    /**
     * Returns how these numbers are spread.
     *
     * @param bins how many bins, ≥ 1
     * @throws IllegalArgumentException if {@code bins} is below 1
     */
    public static Histogram of(double[] numbers, int bins) {
      if (bins < 1) {
        throw new IllegalArgumentException("histogram: " + bins + " bins; at least 1 is needed");
      }
      double from = Double.POSITIVE_INFINITY;
      double to = Double.NEGATIVE_INFINITY;
      long finite = 0;
      for (double x : numbers) {
        if (Double.isFinite(x)) {
          from = Math.min(from, x);
          to = Math.max(to, x);
          finite++;
        }
      }
      if (finite == 0) {
        return new Histogram(0, 0, List.of(), numbers.length);
      }
      double width = to - from;
      int used = width > 0 && Double.isFinite(width) ? bins : 1;
      Long[] counts = new Long[used];
      Arrays.fill(counts, 0L);
      for (double x : numbers) {
        if (Double.isFinite(x)) {
          counts[used == 1 ? 0 : Math.min((int) ((x - from) / width * used), used - 1)]++;
        }
      }
      return new Histogram(from, to, List.of(counts), numbers.length - finite);
    }
  }

  /**
   * How a classifier does on rows that it has not seen.
   *
   * @param score over all of them
   * @param confusion for each class, how many of its rows were taken for each class
   * @param mistakes the rows that were classified wrongly with the largest losses, largest first
   */
  public record Test(Score score, List<List<Long>> confusion, List<Mistake> mistakes) {
    /**
     * Makes the value; lists are copied.
     *
     * @throws IllegalArgumentException naming the sizes, if {@code confusion} is not square
     */
    public Test {
      confusion = confusion.stream().map(List::copyOf).toList();
      mistakes = List.copyOf(mistakes);
      for (List<Long> row : confusion) {
        if (row.size() != confusion.size()) {
          throw new IllegalArgumentException(
              "history: a confusion of %d classes has a row of %d"
                  .formatted(confusion.size(), row.size()));
        }
      }
    }
  }

  /**
   * A row that was classified wrongly.
   *
   * @param row its number in the test rows
   * @param label the class that it is of
   * @param predicted the class that it was taken for
   * @param labelProbability what the model gave for {@code label}
   * @param predictedProbability what the model gave for {@code predicted}
   * @param image its features
   */
  public record Mistake(
      int row,
      int label,
      int predicted,
      double labelProbability,
      double predictedProbability,
      Image image) {}

  /**
   * Features as shades of grey, the smallest black and the largest white.
   *
   * @param width the columns
   * @param height the rows
   * @param shades a byte for each place, row by row, as Base64 (RFC 4648, section 4)
   */
  public record Image(int width, int height, String shades) {
    /**
     * Makes the value.
     *
     * @throws IllegalArgumentException naming the sizes, if there is not one byte for each place
     */
    public Image {
      int bytes = Base64.getDecoder().decode(shades).length;
      if (width < 1 || height < 1 || (long) width * height != bytes) {
        throw new IllegalArgumentException(
            "history: an image of " + width + " x " + height + " has " + bytes + " bytes");
      }
    }

    /** Returns the shades of numbers, of which there are {@code width} times {@code height}. */
    static Image of(int width, int height, float[] numbers) {
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      for (float x : numbers) {
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
      byte[] shades = new byte[numbers.length];
      for (int i = 0; i < numbers.length; i++) {
        double place = high > low ? ((double) numbers[i] - low) / ((double) high - low) : 0;
        shades[i] = (byte) Math.round(255 * place);
      }
      return new Image(width, height, Base64.getEncoder().encodeToString(shades));
    }

    /** Returns the bytes of {@link #shades}. */
    public byte[] bytes() {
      return Base64.getDecoder().decode(shades);
    }
  }
}

package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network as data, and the batch that it is trained with: stages that each library builds of its
 * own layers, so that a row is described once. Weights and data are those of {@link Numbers}.
 *
 * @param stages the stages, first applied first
 * @param input the shape of the input, the batch first; numbers of an {@link Stage.Embedding} if
 *     that is the first stage
 * @param loss what is made of the output
 */
public record Network(List<Stage> stages, List<Integer> input, Loss loss) {
  private static final int FIRST_STREAM = 300;

  /** What a step makes smaller. */
  public enum Loss {
    /** The mean softmax cross-entropy of the output's rows and labels. */
    CROSS_ENTROPY,
    /** The mean of the squared differences from targets of the output's shape. */
    MEAN_SQUARES
  }

  /** Makes the network; the lists are copied. */
  public Network {
    stages = List.copyOf(stages);
    input = List.copyOf(input);
  }

  /** Returns the same network for sequences of another length. */
  public Network length(int places) {
    List<Integer> dims = new ArrayList<>(input);
    dims.set(1, places);
    return new Network(stages, dims, loss);
  }

  /** Returns whether the input's second axis is the places of a sequence. */
  public boolean isSequence() {
    return vocabulary() > 0 || stages.get(0) instanceof Stage.Recurrent;
  }

  /** Returns the output's shape. */
  public List<Integer> output() {
    return output(stages, input);
  }

  /** Returns how many classes the output tells apart: the size of its last axis. */
  public int classes() {
    return output().get(output().size() - 1);
  }

  /** Returns how many labels a batch has: one for each row of the output. */
  public int rows() {
    return size(output()) / classes();
  }

  /** Returns how many different numbers the input is made of; 0 if it is not whole numbers. */
  public int vocabulary() {
    return stages.get(0) instanceof Stage.Embedding embedding ? embedding.count() : 0;
  }

  /** Returns all weights, each by its path: the stage's place, and {@code body} in a residual. */
  public Map<String, Stage.Weight> weights() {
    Map<String, Stage.Weight> weights = new LinkedHashMap<>();
    collect(stages, "", weights);
    return weights;
  }

  private static void collect(List<Stage> stages, String path, Map<String, Stage.Weight> weights) {
    for (int i = 0; i < stages.size(); i++) {
      String at = path + i + ".";
      stages.get(i).weights().forEach(weight -> weights.put(at + weight.name(), weight));
      if (stages.get(i) instanceof Stage.Residual residual) {
        collect(residual.body(), at + "body.", weights);
      }
    }
  }

  /** Returns how many numbers are trained. */
  public long parameters() {
    return weights().values().stream()
        .filter(Stage.Weight::trained)
        .mapToLong(Stage.Weight::size)
        .sum();
  }

  /** Makes something of every weight and the elements that it begins with. */
  public interface Reader<T> {
    /** Makes it. */
    T read(Stage.Weight weight, float[] elements);
  }

  /** Returns what {@code reader} makes of every weight, by path. */
  public <T> Map<String, T> read(Reader<T> reader) {
    Map<String, T> values = new LinkedHashMap<>();
    weights()
        .forEach(
            (path, weight) -> {
              int stream = FIRST_STREAM + values.size();
              float[] elements =
                  Numbers.uniform(stream, weight.size(), weight.low(), weight.high());
              values.put(path, reader.read(weight, elements));
            });
    return values;
  }

  /** Returns the layers that a library makes of the stages. */
  public <L> List<L> build(Layers<L> layers) {
    return build(stages, layers, "");
  }

  static <L> List<L> build(List<Stage> stages, Layers<L> layers, String path) {
    List<L> built = new ArrayList<>();
    for (Stage stage : stages) {
      built.add(stage.build(layers, path + built.size() + "."));
    }
    return built;
  }

  /**
   * Returns the operations of one step's products: forward, by the weights, and by the inputs of
   * all stages but the first.
   */
  public double flops() {
    double products = 3 * multiplyAdds(stages, input) - stages.get(0).inputMultiplyAdds(input);
    return 2 * products;
  }

  static double multiplyAdds(List<Stage> stages, List<Integer> input) {
    double sum = 0;
    List<Integer> x = input;
    for (Stage stage : stages) {
      sum += stage.multiplyAdds(x);
      x = stage.output(x);
    }
    return sum;
  }

  private static List<Integer> output(List<Stage> stages, List<Integer> input) {
    List<Integer> x = input;
    for (Stage stage : stages) {
      x = stage.output(x);
    }
    return x;
  }

  /** Returns how many elements a shape has. */
  public static int size(List<Integer> dims) {
    return dims.stream().reduce(1, Math::multiplyExact);
  }

  /** Returns a shape as an array. */
  public static long[] dims(List<Integer> dims) {
    return dims.stream().mapToLong(Integer::longValue).toArray();
  }

  static List<Integer> withLast(List<Integer> dims, int last) {
    List<Integer> changed = new ArrayList<>(dims);
    changed.set(dims.size() - 1, last);
    return changed;
  }

  static List<Integer> appended(List<Integer> dims) {
    List<Integer> longer = new ArrayList<>(dims);
    longer.add(1);
    return longer;
  }
}

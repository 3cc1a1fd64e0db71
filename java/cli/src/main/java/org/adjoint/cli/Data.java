package org.adjoint.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.data.FashionMnist;
import org.adjoint.nn.data.Split;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The data sets that the command line knows, each with its split and with the settings that suit
 * it. A new one is a constant here and a loader in {@code org.adjoint.nn.data}.
 */
enum Data {
  /** 1797 images of 8×8 pixels that travel in the jar. */
  DIGITS("digits", new Settings(List.of(128, 64), 30, 32, 3e-3)) {
    @Override
    Split load(Optional<Path> at) {
      if (at.isEmpty()) {
        return Digits.split(Digits.load());
      }
      Path file = at.get();
      if (Files.isDirectory(file)) {
        file = file.resolve("digits.csv.gz");
      }
      return Digits.split(Digits.read(file));
    }
  },

  /** 60 000 and 10 000 images of 28×28 pixels, in four files that the user has. */
  FASHION_MNIST("fashion-mnist", new Settings(List.of(256, 128), 5, 64, 1e-3)) {
    @Override
    Split load(Optional<Path> at) {
      return FashionMnist.load(
          at.orElseThrow(
              () ->
                  new DataException(
                      "fashion-mnist",
                      "needs --data DIR, the folder of train-images-idx3-ubyte.gz and its three"
                          + " companions (Debian: package dataset-fashion-mnist, folder"
                          + " /usr/share/datasets/fashion-mnist)")));
    }
  };

  /**
   * What a training uses where no option says otherwise.
   *
   * @param hidden the columns of the hidden layers
   * @param epochs how often every row is learnt from
   * @param batch the rows of a step
   * @param learningRate the learning rate at the start; it falls to zero in a straight line
   */
  record Settings(List<Integer> hidden, int epochs, int batch, double learningRate) {}

  private final String label;
  private final Settings settings;

  Data(String label, Settings settings) {
    this.label = label;
    this.settings = settings;
  }

  /**
   * Returns what to train and to test on.
   *
   * @param at where {@code --data} points to
   * @throws DataException if it is not there or not what it claims to be
   */
  abstract Split load(Optional<Path> at);

  /** Returns the name that {@code --dataset} takes. */
  String label() {
    return label;
  }

  /** Returns what a training uses where no option says otherwise. */
  Settings settings() {
    return settings;
  }

  /** Returns the data set of that name, if there is one. */
  static Optional<Data> named(String label) {
    return Arrays.stream(values()).filter(data -> data.label.equals(label)).findFirst();
  }

  /** Returns all names. */
  static List<String> labels() {
    return Arrays.stream(values()).map(Data::label).toList();
  }

  /** Reads the value of {@code --dataset}. */
  static final class Converter implements ITypeConverter<Data> {
    @Override
    public Data convert(String text) {
      return named(text)
          .orElseThrow(
              () -> new TypeConversionException("'" + text + "' is not one of " + labels()));
    }
  }
}

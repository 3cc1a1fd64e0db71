package org.adjoint.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Adjoint;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what runs the numbers. */
final class BackendOptions {
  private static final List<String> NAMES = List.of("native", "cuda", "reference");

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      converter = Name.class,
      description =
          "What runs the numbers: native, cuda or reference (plain Java). Named, it is that one or an"
              + " error; otherwise the native one where it loads, with a warning where it does"
              + " not.")
  private Optional<String> backend = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = OptionValues.Threads.class,
      description =
          "How many cores may be busy at once (default: all). Results do not depend on it.")
  private Optional<Integer> threads = Optional.empty();

  /** Makes the choice; before the first tensor. */
  void apply() {
    threads.ifPresent(Adjoint::threads);
    backend.ifPresent(Adjoint::backend);
  }

  /** Returns the same as lines of Java, for a process that makes the choice itself. */
  List<String> javaLines() {
    List<String> lines = new ArrayList<>();
    threads.ifPresent(n -> lines.add("Adjoint.threads(" + n + ");"));
    backend.ifPresent(name -> lines.add("Adjoint.backend(\"" + name + "\");"));
    return lines;
  }

  /** Reads the value of {@code --backend}. */
  static final class Name implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!NAMES.contains(text)) {
        throw new TypeConversionException("'" + text + "' is not one of " + NAMES);
      }
      return text;
    }
  }
}

package org.adjoint.lens.modes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Tensor;

/**
 * A page that differentiates one function in four ways: forward mode, a pass for each input;
 * reverse mode, one pass for all; symbolically, with the growth of the formulas; and numerically,
 * with the error against the step. It counts operations in the graphs that the engine builds, and
 * measures errors against derivatives of 40 digits, which are computed without a rule of
 * differentiation wherever the function has a formula.
 *
 * <pre>{@code
 * Modes.of(x -> x.get(0).times(x.get(1)).sin()).at("x", 1.5).at("y", -0.5).write(Path.of("f.html"));
 * Modes.of(Formula.of("x*sin(y) + x^2"), 1.5, -0.5).write(Path.of("g.html"));
 * }</pre>
 */
public final class Modes {
  private final Function<List<Tensor>, Tensor> f;
  private final Map<String, Tensor> at;
  private final String title;
  private final String intro;

  private Modes(
      Function<List<Tensor>, Tensor> f, Map<String, Tensor> at, String title, String intro) {
    this.f = f;
    this.at = at;
    this.title = title;
    this.intro = intro;
  }

  /**
   * Returns the comparison for a function, which is called at other points too; {@link #at} says
   * where.
   */
  public static Modes of(Function<List<Tensor>, Tensor> f) {
    return new Modes(f, Map.of(), "Four ways to differentiate", "");
  }

  /**
   * Returns the comparison for a formula at values of its variables, in their order.
   *
   * @throws IllegalArgumentException if there are not as many values as variables
   */
  public static Modes of(Formula formula, double... at) {
    List<String> names = formula.variables();
    if (names.size() != at.length) {
      throw new IllegalArgumentException(
          "modes: the function has the variables " + names + ", got " + at.length + " values");
    }
    Modes modes = of(formula);
    for (int i = 0; i < at.length; i++) {
      modes = modes.at(names.get(i), at[i]);
    }
    return modes;
  }

  /** Returns this comparison with one more argument of the function: an F64 scalar. */
  public Modes at(String name, double value) {
    return at(name, Tensor.scalar(value));
  }

  /**
   * Returns this comparison with one more argument of the function.
   *
   * @param name letters, digits and underscores, of its own; an element of a tensor is called
   *     {@code name_row_column}
   * @param value of any shape, F64 or F32
   * @throws IllegalArgumentException if the name is none or is used, the value is of another dtype
   *     or than those before, or there would be more than 32 numbers
   */
  public Modes at(String name, Tensor value) {
    Map<String, Tensor> all = new LinkedHashMap<>(at);
    if (!name.matches("[\\p{L}_][\\p{L}\\p{N}_]*") || all.put(name, value) != null) {
      throw new IllegalArgumentException(
          "modes: '" + name + "' is no name or is used already; " + at.keySet() + " are");
    }
    DType dtype = all.values().iterator().next().dtype();
    if (dtype != DType.F64 && dtype != DType.F32 || value.dtype() != dtype) {
      throw new IllegalArgumentException(
          "modes: arguments should be all F64 or all F32, got "
              + all.values().stream().map(Tensor::dtype).toList());
    }
    long numbers = all.values().stream().mapToLong(Tensor::size).sum();
    if (numbers > Comparison.MOST) {
      throw new IllegalArgumentException(
          "modes: the function depends on "
              + numbers
              + " numbers, of which the page shows "
              + Comparison.MOST
              + " at most; hold some of them fixed");
    }
    return new Modes(f, all, title, intro);
  }

  /** Returns this comparison with a title, and a few sentences that say what to look at. */
  public Modes titled(String title, String intro) {
    return new Modes(f, at, title, intro);
  }

  /** Returns the arguments' names. */
  List<String> names() {
    return List.copyOf(at.keySet());
  }

  String title() {
    return title;
  }

  String intro() {
    return intro;
  }

  /**
   * Computes all that the page shows.
   *
   * @throws IllegalArgumentException as {@link #html()} does
   */
  Comparison compare() {
    if (at.isEmpty()) {
      throw new IllegalArgumentException(
          "modes: nothing to differentiate by; name a point: .at(\"x\", 1.5)");
    }
    return Comparison.of(new Subject(f, at));
  }

  /**
   * Returns one page of several functions, with a list to choose from.
   *
   * @throws IllegalArgumentException as {@link #html()} does, or if there is no function
   */
  public static String html(String title, List<Modes> all) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("modes: a page of no functions");
    }
    return ModesPage.of(title, all);
  }

  /**
   * Returns the page.
   *
   * @throws IllegalArgumentException if no argument is given, or the function returns no floating
   *     scalar
   */
  public String html() {
    return ModesPage.of(title, List.of(this));
  }

  /**
   * Writes the page.
   *
   * @throws IllegalArgumentException as {@link #html()} does
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    Files.writeString(file, html());
  }
}

package org.adjoint.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.adjoint.lens.example.Example;
import org.adjoint.lens.example.Functions;
import org.adjoint.lens.example.Trainings;
import org.adjoint.lens.modes.Formula;
import org.adjoint.lens.modes.Modes;

/**
 * A page that {@code adjoint lens} can write.
 *
 * @param name what its file is called
 * @param summary what it shows
 * @param hint what to do with it, behind "open it in a browser"
 * @param html computes it
 */
record LensPage(String name, String summary, String hint, Supplier<String> html) {
  private static final String TITLE = "Four ways to differentiate";

  /** Returns the page that steps through an example, empty if there is none of that name. */
  static Optional<LensPage> example(String name) {
    String hint = ", and press Forward step, then Backward step";
    return Example.find(name)
        .map(e -> new LensPage(name, e.summary(), hint, () -> e.stepper().get().html()));
  }

  /** Returns the page of all built-in functions, differentiated in four ways. */
  static LensPage functions() {
    Supplier<String> html =
        () -> {
          List<Modes> all = Functions.all().stream().map(f -> f.modes().get()).toList();
          return Modes.html(TITLE, all);
        };
    String summary = "forward, reverse, symbolic and numerical derivatives compared";
    return new LensPage("modes", summary, ", and choose a function", html);
  }

  /**
   * Returns the page of a function that is given as text.
   *
   * @throws IllegalArgumentException if it is none, or {@code at} has not just its variables
   */
  static LensPage function(String text, Map<String, Double> at) {
    Formula formula = Formula.of(text);
    List<String> names = formula.variables();
    if (!at.keySet().equals(Set.copyOf(names))) {
      throw new IllegalArgumentException(
          "--at should give a number to each of "
              + names
              + ", and to nothing else; got "
              + at.keySet());
    }
    Modes modes = Modes.of(formula, names.stream().mapToDouble(at::get).toArray());
    return new LensPage("modes", text + " differentiated in four ways", "", modes::html);
  }

  /** Returns the page of a training, empty if there is none of that name. */
  static Optional<LensPage> landscape(String name) {
    String hint = ", and press Play or move the slider";
    return Trainings.all().stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .map(t -> new LensPage(name, t.summary(), hint, () -> t.landscape().get().html()));
  }
}

package org.adjoint.lens.stepper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * A page that steps through a loss: forward, a value at a time; backward, an application of the
 * chain rule at a time, each as incoming gradient × local Jacobian = contribution, in symbols and
 * in numbers. All numbers are the engine's. The page is one file that asks for nothing else: it can
 * be mailed, printed, and opened without a network.
 *
 * <pre>{@code
 * Tensor h = x.times(w).plus(b).tanh();
 * Tensor loss = h.minus(t).square();
 * Stepper.of(loss).named(Map.of(x, "x", h, "h", t, "t")).write(Path.of("loss.html"));
 * }</pre>
 *
 * <p>Each op is a step, unless tensors inside the graph have names: then each of them is a step, of
 * all the ops between it and those before it. Parameters and leaves marked {@link Tensor#variable}
 * get gradients, and the page can train them; other leaves are inputs. The graph that is shown
 * stays as it is.
 */
public final class Stepper {
  private static final double USUAL_RATE = 0.1;

  private final Tensor loss;
  private final Map<Tensor, String> names;
  private final List<Tensor> held;
  private final Lecture lecture;

  private Stepper(Tensor loss, Map<Tensor, String> names, List<Tensor> held, Lecture lecture) {
    this.loss = loss;
    this.names = names;
    this.held = held;
    this.lecture = lecture;
  }

  /** Returns the stepper of a floating scalar. */
  public static Stepper of(Tensor loss) {
    String intro =
        "Step forward to compute each value, then backward to apply the chain rule, one edge of the"
            + " graph at a time.";
    Lecture lecture = new Lecture("Backpropagation, step by step", intro, Map.of(), USUAL_RATE);
    return new Stepper(loss, Map.of(), List.of(), lecture);
  }

  /** Returns this stepper with names for tensors; parameters have theirs. */
  public Stepper named(Map<Tensor, String> more) {
    Map<Tensor, String> all = new IdentityHashMap<>(names);
    all.putAll(more);
    return new Stepper(loss, all, held, lecture);
  }

  /** Returns this stepper with leaves that are inputs, although they are sources of gradients. */
  public Stepper holding(Tensor... inputs) {
    return new Stepper(loss, names, List.of(inputs), lecture);
  }

  /** Returns this stepper with a title and a few sentences that say what to look at. */
  public Stepper titled(String title, String intro) {
    return new Stepper(
        loss, names, held, new Lecture(title, intro, lecture.notes(), lecture.rate()));
  }

  /** Returns this stepper with a remark for the step that computes {@code name}. */
  public Stepper noted(String name, String text) {
    Map<String, String> notes = new LinkedHashMap<>(lecture.notes());
    notes.put(name, text);
    return new Stepper(
        loss, names, held, new Lecture(lecture.title(), lecture.intro(), notes, lecture.rate()));
  }

  /** Returns this stepper with another learning rate for the page to begin with. */
  public Stepper rate(double rate) {
    Lecture other = new Lecture(lecture.title(), lecture.intro(), lecture.notes(), rate);
    return new Stepper(loss, names, held, other);
  }

  Lesson lesson() {
    return Lesson.of(loss, names, held);
  }

  /**
   * Returns the page.
   *
   * @throws IllegalArgumentException if the loss is no floating scalar, depends on nothing that
   *     gets a gradient, or has more than 500 scalars or 200 tensors behind it
   * @throws IllegalStateException if an evaluation or an optimizer step has dropped its graph
   */
  public String html() {
    return Page.of(lecture.title(), LessonJson.of(lesson(), lecture));
  }

  /**
   * Writes the page.
   *
   * @throws IllegalArgumentException as {@link #html} does
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    Files.writeString(file, html());
  }
}

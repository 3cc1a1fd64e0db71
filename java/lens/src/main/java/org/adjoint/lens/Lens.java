package org.adjoint.lens;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.graph.GraphPicture;
import org.adjoint.lens.graph.ProgramPicture;
import org.adjoint.lens.landscape.Landscape;
import org.adjoint.lens.modes.Modes;
import org.adjoint.lens.picture.Dot;
import org.adjoint.lens.picture.Mermaid;
import org.adjoint.lens.picture.Picture;
import org.adjoint.lens.picture.Svg;
import org.adjoint.lens.picture.Text;
import org.adjoint.lens.profile.Profile;
import org.adjoint.lens.stepper.Stepper;

/**
 * Pictures of a tensor's graph. Nothing is computed, and the graph stays as it is; the same graph
 * gives the same picture, byte for byte.
 *
 * <pre>{@code
 * Files.writeString(Path.of("loss.svg"), Lens.svg(loss));                  // the graph
 * System.out.println(Lens.text(loss));                                    // in a terminal
 * Lens.of(loss).gradients(model.parameters()).openAll().svg();            // with its gradients, layers open
 * Lens.of(loss).gradients(model.parameters()).program().svg();            // what runs
 * }</pre>
 *
 * <p>Boxes are numbered {@code #1}, {@code #2}, … in an order in which they can be computed. Layers
 * of a network, known by the paths of their parameters, are boxes that {@link #open} opens. Draw
 * before evaluating: a value that depends on no parameter forgets what it was computed from.
 */
public final class Lens {
  /** Of so many layers each has a picture in which it is the open one. */
  private static final int MOST_APART = 12;

  private final Tensor tensor;
  private final Map<Tensor, String> names;
  private final List<Tensor> gradients;
  private final Set<String> open;
  private final boolean allOpen;
  private final boolean program;

  private Lens(
      Tensor tensor,
      Map<Tensor, String> names,
      List<Tensor> gradients,
      Set<String> open,
      boolean allOpen,
      boolean program) {
    this.tensor = tensor;
    this.names = names;
    this.gradients = gradients;
    this.open = open;
    this.allOpen = allOpen;
    this.program = program;
  }

  /** Returns a lens on the graph that leads to a tensor, with layers closed. */
  public static Lens of(Tensor y) {
    return new Lens(y, Map.of(), List.of(), Set.of(), false, false);
  }

  /** Returns the graph of a tensor as the text of an SVG file. */
  public static String svg(Tensor y) {
    return of(y).svg();
  }

  /** Returns the graph of a tensor in the DOT language of Graphviz. */
  public static String dot(Tensor y) {
    return of(y).dot();
  }

  /** Returns the graph of a tensor as a Mermaid flowchart. */
  public static String mermaid(Tensor y) {
    return of(y).mermaid();
  }

  /** Returns the graph of a tensor as lines for a terminal. */
  public static String text(Tensor y) {
    return of(y).text();
  }

  /**
   * Writes a page that steps through the graph of a loss; {@link Stepper} has the options.
   *
   * @throws IllegalArgumentException if the loss is no floating scalar, depends on nothing that
   *     gets a gradient, or has more than 500 scalars or 200 tensors behind it
   * @throws IllegalStateException if an evaluation or an optimizer step has dropped its graph
   * @throws IOException if the file cannot be written
   */
  public static void stepper(Tensor loss, Path file) throws IOException {
    Stepper.of(loss).write(file);
  }

  /**
   * Writes a page that differentiates a function at x, of any shape, in four ways; {@link Modes}
   * has the options.
   *
   * @throws IllegalArgumentException if x is not F64 or F32 or has more than 32 numbers, the
   *     function returns no floating scalar, or its value or gradient at x is not finite
   * @throws IOException if the file cannot be written
   */
  public static void modes(UnaryOperator<Tensor> f, Tensor x, Path file) throws IOException {
    Modes.of(xs -> f.apply(xs.get(0))).at("x", x).write(file);
  }

  /**
   * Returns a page to be written of the loss around the parameters that a training finds; {@link
   * Landscape#record} takes down its path.
   *
   * @throws IllegalArgumentException if there is no parameter, or one is not floating
   */
  public static Landscape landscape(Supplier<Tensor> loss, List<Parameter> parameters) {
    return Landscape.of(loss, parameters);
  }

  /**
   * Returns where the time of the program goes that would compute these tensors now; see {@link
   * Profile}, which writes a page, JSON or text. The program runs, its results are dropped.
   *
   * @throws IllegalArgumentException if the values of all exist
   * @throws IllegalStateException if one of them cannot be computed
   */
  public static Profile profile(Tensor... ys) {
    return Profile.of(ys);
  }

  /**
   * Returns where the time of all programs goes that some work runs on this thread, such as a call
   * of a compiled function. The work is done again and again, as {@link Profile} says.
   *
   * @throws IllegalArgumentException if the work runs no program on this thread
   */
  public static Profile profile(Runnable work) {
    return Profile.of(work);
  }

  /** Returns this lens with names for tensors; parameters have theirs. */
  public Lens named(Map<Tensor, String> more) {
    Map<Tensor, String> all = new IdentityHashMap<>(names);
    all.putAll(more);
    return new Lens(tensor, all, gradients, open, allOpen, program);
  }

  /**
   * Returns this lens with the gradients by {@code xs} beside the forward graph. A parameter among
   * them that the tensor does not depend on is drawn too, marked as never reached.
   */
  public Lens gradients(List<? extends Tensor> xs) {
    return new Lens(tensor, names, List.copyOf(xs), open, allOpen, program);
  }

  /** Returns this lens with these layers open, by their paths, and the layers in them. */
  public Lens open(String... paths) {
    Set<String> all = new HashSet<>(open);
    all.addAll(List.of(paths));
    return new Lens(tensor, names, gradients, Set.copyOf(all), allOpen, program);
  }

  /** Returns this lens with every layer open. */
  public Lens openAll() {
    return new Lens(tensor, names, gradients, open, true, program);
  }

  /**
   * Returns this lens on the compiled program instead: the kernel calls that the tensor, and the
   * gradients that were asked for, take on the backend in use.
   */
  public Lens program() {
    return new Lens(tensor, names, gradients, open, allOpen, true);
  }

  /**
   * Returns the picture itself, for a writer of your own.
   *
   * @throws IllegalArgumentException if gradients are asked for and the tensor is no floating
   *     scalar
   * @throws IllegalStateException if gradients are asked for and an evaluation has dropped the
   *     graph
   */
  public Picture picture() {
    if (!program) {
      return GraphPicture.of(tensor, names, gradients, this::folded);
    }
    List<Tensor> wanted = new ArrayList<>(List.of(tensor));
    if (!gradients.isEmpty()) {
      wanted.addAll(Grad.grad(tensor, gradients));
    }
    return ProgramPicture.of(wanted, names);
  }

  private String folded(String layer) {
    boolean isOpen =
        allOpen || open.stream().anyMatch(p -> layer.equals(p) || layer.startsWith(p + "."));
    return isOpen ? "" : layer;
  }

  /**
   * Returns the picture as the text of an SVG file, in which a click on a layer opens that layer;
   * of more than twelve layers a click opens all, which keeps the file small.
   */
  public String svg() {
    Picture picture = picture();
    SortedMap<String, Picture> open = new TreeMap<>();
    for (Picture.Panel panel : picture.panels()) {
      for (Picture.Box box : panel.boxes()) {
        if (box.kind() == Picture.Kind.LAYER) {
          open.put(box.group(), picture);
        }
      }
    }
    if (open.isEmpty()) {
      return Svg.of(picture);
    }
    if (open.size() > MOST_APART) {
      open.clear();
    }
    open.replaceAll((layer, closed) -> open(GraphPicture.path(layer)).picture());
    return Svg.of(picture, open, openAll().picture());
  }

  /** Returns the picture in the DOT language of Graphviz. */
  public String dot() {
    return Dot.of(picture());
  }

  /** Returns the picture as a Mermaid flowchart. */
  public String mermaid() {
    return Mermaid.of(picture());
  }

  /** Returns the picture as lines for a terminal. */
  public String text() {
    return Text.of(picture());
  }
}

package org.adjoint.lens.landscape;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * A page of the loss around the parameters that a training has found: contours over the plane in
 * which the optimizer moved most and over a plane of random directions, with the optimizer's path;
 * and, for a classifier of points in the plane, what it takes each point for, step by step.
 *
 * <pre>{@code
 * Landscape landscape = Landscape.of(() -> loss(net.apply(x), labels), net.parameters());
 * landscape.classifying(net::apply, x, labels);          // for points with two coordinates
 * landscape.record();                                    // before the first step, and after each
 * for (int step = 0; step < 200; step++) {
 *   …
 *   landscape.record();
 * }
 * landscape.write(Path.of("landscape.html"));
 * }</pre>
 *
 * <p>Nothing of the training changes. The parameters' values are copied at each call of {@link
 * #record}, of which 64 are kept; all losses are computed when the page is written. The same points
 * and the same key give the same page.
 */
public final class Landscape {
  private static final int USUAL_POINTS = 41;
  private static final int FEWEST_POINTS = 3;
  private static final int MOST_POINTS = 201;

  private final Supplier<Tensor> loss;
  private final Trajectory trajectory;
  private Optional<Boundary> boundary = Optional.empty();
  private Key key = Key.of(0);
  private int points = USUAL_POINTS;
  private String title = "The loss around what was learnt";
  private String intro = "";

  private Landscape(Supplier<Tensor> loss, Trajectory trajectory) {
    this.loss = loss;
    this.trajectory = trajectory;
  }

  /**
   * Returns the landscape of a loss with no point recorded.
   *
   * @param loss builds the loss, a floating scalar, of the parameters' current values; always over
   *     the same data
   * @param parameters what the optimizer moves; all else is held
   * @throws IllegalArgumentException if there is no parameter, or one is not floating
   */
  public static Landscape of(Supplier<Tensor> loss, List<Parameter> parameters) {
    return new Landscape(loss, new Trajectory(parameters));
  }

  /**
   * Adds an animation of what a classifier makes of the plane.
   *
   * @param model returns of points [n, 2] the logits [n, k], k at least 2
   * @param x the points that are learnt, [n, 2]
   * @param labels their classes from 0 to k − 1, I32 [n]
   * @throws IllegalArgumentException if x is no [n, 2] or the labels are no I32 [n]
   */
  public Landscape classifying(UnaryOperator<Tensor> model, Tensor x, Tensor labels) {
    boundary = Optional.of(new Boundary(model, x, labels));
    return this;
  }

  /** Seeds the random directions; {@code Key.of(0)} unless this is called. */
  public Landscape key(Key key) {
    this.key = key;
    return this;
  }

  /**
   * Sets how many points the grid has on each axis: 41 unless this is called.
   *
   * @throws IllegalArgumentException if it is not from 3 to 201
   */
  public Landscape points(int points) {
    if (points < FEWEST_POINTS || points > MOST_POINTS) {
      throw new IllegalArgumentException(
          "landscape: points " + points + " is not from " + FEWEST_POINTS + " to " + MOST_POINTS);
    }
    this.points = points;
    return this;
  }

  /** Sets the title, and a few sentences that say what to look at. */
  public Landscape titled(String title, String intro) {
    this.title = title;
    this.intro = intro;
    return this;
  }

  /** Copies where the parameters are now, as the next point of the path. */
  public Landscape record() {
    trajectory.record();
    return this;
  }

  Trajectory trajectory() {
    return trajectory;
  }

  String title() {
    return title;
  }

  String intro() {
    return intro;
  }

  /** Computes the planes: the principal one, then the random one. */
  List<Surface> surfaces() {
    if (trajectory.points().isEmpty()) {
      throw new IllegalStateException(
          "landscape: no point was recorded; call record() before the first step of the optimizer"
              + " and after each");
    }
    List<Surface> surfaces = new ArrayList<>();
    Plane principal = Plane.principal(trajectory, key);
    surfaces.add(Surface.of(principal, trajectory, loss, points, 0));
    Plane random = Plane.random(trajectory, key);
    surfaces.add(Surface.of(random, trajectory, loss, points, 2));
    return surfaces;
  }

  /** Computes what the classifier makes of the plane at the recorded points. */
  Optional<Frames> frames() {
    return boundary.map(b -> b.frames(trajectory));
  }

  /**
   * Returns the page.
   *
   * @throws IllegalArgumentException if the loss is no floating scalar, or a model's logits are no
   *     [n, k]
   * @throws IllegalStateException if no two different points were recorded
   */
  public String html() {
    return LandscapePage.of(this);
  }

  /**
   * Writes the page.
   *
   * @throws IllegalArgumentException as {@link #html} does
   * @throws IllegalStateException as {@link #html} does
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    Files.writeString(file, html());
  }
}

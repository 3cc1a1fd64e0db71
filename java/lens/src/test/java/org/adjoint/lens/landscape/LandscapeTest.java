package org.adjoint.lens.landscape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** Planes, losses and frames, against what they are by hand. */
class LandscapeTest {
  private static final double HAIR = 1e-12;

  private final Parameter w = Parameter.of(Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2), "w");
  private final Parameter b = Parameter.of(Tensor.of(new double[] {0.5, -0.5}, 2), "b");

  /** ‖w‖² + 10‖b‖². */
  private Tensor loss() {
    return w.square().sum().plus(b.square().sum().times(10));
  }

  private Landscape recorded() {
    Landscape landscape = Landscape.of(this::loss, List.of(w, b)).points(5);
    landscape.record();
    for (int step = 0; step < 4; step++) {
      w.assign(w.times(0.5));
      b.assign(b.times(-0.25));
      w.eval();
      landscape.record();
    }
    return landscape;
  }

  private static double loss(double[] values) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += (i < 6 ? 1 : 10) * values[i] * values[i];
    }
    return sum;
  }

  @Test
  void lossesAreTheEnginesOverThePlane() {
    Landscape landscape = recorded();
    for (Surface surface : landscape.surfaces()) {
      Plane plane = surface.plane();
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
          double[] at = plane.origin().clone();
          for (int k = 0; k < at.length; k++) {
            at[k] += surface.x()[j] * plane.first()[k] + surface.y()[i] * plane.second()[k];
          }
          assertEquals(loss(at), surface.losses()[i][j], 1e-9 * loss(at) + HAIR);
        }
      }
      List<Trajectory.Point> points = landscape.trajectory().points();
      for (int i = 0; i < points.size(); i++) {
        assertEquals(loss(points.get(i).values()), surface.pathLosses()[i], 1e-9);
      }
    }
    assertEquals(6, w.get(2, 1).item() * 16, HAIR, "the parameters stay where they were");
  }

  /** The path shrinks w and swings b: two directions, so the plane holds all of it. */
  @Test
  void thePrincipalPlaneHoldsAPathOfTwoDirections() {
    Surface surface = recorded().surfaces().get(0);
    Plane plane = surface.plane();
    assertEquals(1, plane.share(), HAIR);
    assertEquals(1, Principal.dot(plane.first(), plane.first()), HAIR);
    assertEquals(0, Principal.dot(plane.first(), plane.second()), 1e-9);
    Plane.Spot start = surface.path().get(0);
    double[] at = plane.origin().clone();
    for (int k = 0; k < at.length; k++) {
      at[k] += start.x() * plane.first()[k] + start.y() * plane.second()[k];
    }
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6, 0.5, -0.5}, at, 1e-9);
    Plane.Spot end = surface.path().get(4);
    assertEquals(0, Math.hypot(end.x(), end.y()), HAIR);
    for (Plane.Spot spot : surface.path()) {
      assertTrue(spot.x() >= surface.x()[0] && spot.x() <= surface.x()[4], spot.toString());
      assertTrue(spot.y() >= surface.y()[0] && spot.y() <= surface.y()[4], spot.toString());
    }
  }

  @Test
  void eachFilterOfARandomDirectionIsAsLongAsItsOwn() {
    Landscape landscape = recorded();
    double[] origin = landscape.trajectory().last().values();
    double[] first = landscape.surfaces().get(1).plane().first();
    int[][] filters = {{0, 2, 4}, {1, 3, 5}, {6, 7}};
    for (int[] filter : filters) {
      double own = 0;
      double drawn = 0;
      for (int k : filter) {
        own = Math.hypot(own, origin[k]);
        drawn = Math.hypot(drawn, first[k]);
      }
      assertEquals(own, drawn, HAIR);
    }
  }

  @Test
  void theKeyDecidesTheRandomPlane() {
    Landscape landscape = recorded();
    double[] zero = landscape.surfaces().get(1).plane().first();
    assertArrayEquals(zero, landscape.key(Key.of(0)).surfaces().get(1).plane().first());
    assertNotEquals(zero[0], landscape.key(Key.of(1)).surfaces().get(1).plane().first()[0]);
  }

  /** Eigenvalues by hand: along e₁ 9 + 16, along e₂ 4. */
  @Test
  void principalDirectionsAreThoseOfTheLargestSpread() {
    Principal p =
        Principal.of(
            List.of(new double[] {3, 0, 0}, new double[] {0, -2, 0}, new double[] {-4, 0, 0}), 2);
    assertArrayEquals(new double[] {1, 0, 0}, p.directions().get(0), HAIR);
    assertEquals(1, Math.abs(p.directions().get(1)[1]), HAIR);
    assertEquals(25 / 29.0, p.shares().get(0), HAIR);
    assertEquals(4 / 29.0, p.shares().get(1), HAIR);
  }

  @Test
  void ofALongTrainingSomePointsAreKept() {
    Parameter p = Parameter.of(Tensor.scalar(0.0), "p");
    Trajectory trajectory = new Trajectory(List.of(p));
    for (int step = 0; step < 1000; step++) {
      trajectory.record();
      int kept = trajectory.points().size();
      assertTrue(kept <= Trajectory.MOST, kept + " kept");
      assertEquals(step, trajectory.last().step());
      assertEquals(0, trajectory.points().get(0).step());
    }
    List<Integer> steps = trajectory.points().stream().map(Trajectory.Point::step).toList();
    assertEquals(List.of(0, 16, 32), steps.subList(0, 3));
    assertTrue(steps.size() >= Trajectory.MOST / 2, steps.toString());
  }

  /** Logits (x, y): a point belongs to the larger coordinate's class. */
  @Test
  void framesAreWhatTheClassifierSaysOfEachPlace() {
    Tensor x = Tensor.of(new float[] {1, 0, 0, 1, 2, 1}, 3, 2);
    Tensor labels = Tensor.of(new int[] {0, 1, 1}, 3);
    Parameter scale = Parameter.of(Tensor.scalar(0f), "scale");
    Landscape landscape =
        Landscape.of(() -> scale.square(), List.of(scale))
            .classifying(in -> in.times(scale), x, labels)
            .record();
    scale.assign(Tensor.scalar(2f));
    landscape.record();
    Frames frames = landscape.frames().orElseThrow();
    assertEquals(2, frames.frames().size());
    assertEquals(0.5, frames.frames().get(0).probabilities()[3][4][1], 1e-6);
    Frames.Frame last = frames.frames().get(1);
    assertArrayEquals(new int[] {0, 1, 0}, last.found());
    assertEquals(2, last.right(frames.labels()));
    double across = frames.x()[40];
    double up = frames.y()[7];
    double expected = 1 / (1 + Math.exp(2 * (across - up)));
    assertEquals(expected, last.probabilities()[7][40][1], 1e-6);
  }

  @Test
  void badInputIsOneLine() {
    Landscape none = Landscape.of(this::loss, List.of(w, b));
    assertMessage(
        "landscape: no point was recorded; call record() before the first step of the optimizer"
            + " and after each",
        none::html);
    assertMessage(
        "landscape: the parameters have not moved; call record() before the first step of the"
            + " optimizer and after each",
        none.record().record()::html);
    assertMessage(
        "landscape: there are no parameters to move", () -> Landscape.of(this::loss, List.of()));
    assertMessage("landscape: points 2 is not from 3 to 201", () -> none.points(2));
    Tensor x = Tensor.zeros(DType.F32, 4, 3);
    Tensor labels = Tensor.of(new int[4], 4);
    assertMessage(
        "landscape: the points should be floating [n, 2], got F32[4, 3]",
        () -> none.classifying(in -> in, x, labels));
    Tensor flat = Tensor.zeros(DType.F32, 4, 2);
    assertMessage(
        "landscape: points F32[4, 2] need labels I32[4], got F32[4, 2]",
        () -> none.classifying(in -> in, flat, flat));
    Landscape vector = Landscape.of(() -> b.times(w.sum()), List.of(w, b)).record();
    b.assign(b.times(2));
    assertMessage(
        "landscape: the loss should be a floating scalar, got F64[2]", vector.record()::html);
  }

  private static void assertMessage(String expected, Runnable call) {
    Exception e = assertThrows(RuntimeException.class, call::run);
    assertEquals(expected, e.getMessage());
  }
}

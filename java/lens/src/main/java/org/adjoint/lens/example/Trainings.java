package org.adjoint.lens.example;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.lens.landscape.Landscape;

/**
 * A training that is worth seeing as a landscape: a small network of two tanh layers that learns to
 * tell points of the plane apart, by gradient descent with momentum over all points at once. To add
 * one, write a line here and the points that it learns.
 *
 * @param name what the command line calls it
 * @param summary what it shows, in one line
 * @param landscape trains the network, and returns its path
 */
public record Trainings(String name, String summary, Supplier<Landscape> landscape) {
  private static final double MOMENTUM = 0.9;
  private static final double NOISE = 0.12;
  private static final Key KEY = Key.of(3);

  /** Returns all trainings, the simplest first. */
  public static List<Trainings> all() {
    return List.of(
        new Trainings("moons", "two half moons, and the loss around them", () -> moons(120)),
        new Trainings("spirals", "two spirals: harder, with a winding path", () -> spirals(320)));
  }

  /** Points and their classes. */
  private record Points(double[] x, int[] labels) {}

  static Landscape moons(int steps) {
    Landscape landscape = trained(moonPoints(50), 8, 0.1, steps);
    return landscape.titled(
        "Learning two moons",
        "A network of two tanh layers, eight units each, learns to tell the points of two half"
            + " moons apart. Move the slider: the line between the classes bends, while the"
            + " optimizer walks down into a valley of the loss.");
  }

  static Landscape spirals(int steps) {
    Landscape landscape = trained(spiralPoints(80), 24, 0.07, steps);
    return landscape.titled(
        "Learning two spirals",
        "A network of two tanh layers, 24 units each, learns to tell two spirals apart, which no"
            + " straight line and no circle does. The loss falls slowly while the line between the"
            + " classes only bends, and faster once it winds around the middle.");
  }

  /** Two half circles that reach into each other, with noise. */
  private static Points moonPoints(int each) {
    double[] noise = KEY.fold(1).normal(DType.F64, 4L * each).toDoubleArray();
    double[] x = new double[4 * each];
    int[] labels = new int[2 * each];
    for (int i = 0; i < 2 * each; i++) {
      int moon = i % 2;
      double angle = Math.PI * (i / 2) / (each - 1);
      double side = moon == 0 ? 1 : -1;
      x[2 * i] = side * Math.cos(angle) + moon - 0.5 + NOISE * noise[2 * i];
      x[2 * i + 1] = side * Math.sin(angle) + 0.5 * moon - 0.25 + NOISE * noise[2 * i + 1];
      labels[i] = moon;
    }
    return new Points(x, labels);
  }

  /** Two arms that wind one and a quarter times around the middle. */
  private static Points spiralPoints(int each) {
    double[] x = new double[4 * each];
    int[] labels = new int[2 * each];
    for (int i = 0; i < 2 * each; i++) {
      int arm = i % 2;
      double along = (double) (i / 2) / (each - 1);
      double radius = 0.15 + 1.35 * along;
      double angle = 2.5 * Math.PI * along + Math.PI * arm;
      x[2 * i] = radius * Math.cos(angle);
      x[2 * i + 1] = radius * Math.sin(angle);
      labels[i] = arm;
    }
    return new Points(x, labels);
  }

  private static Landscape trained(Points points, int units, double rate, int steps) {
    Tensor x = Tensor.of(points.x(), points.labels().length, 2).cast(DType.F32).eval();
    Tensor labels = Tensor.of(points.labels(), points.labels().length);
    List<Parameter> p = new ArrayList<>();
    int[] sizes = {2, units, units, 2};
    for (int layer = 0; layer < 3; layer++) {
      Tensor drawn = KEY.fold(layer + 2L).normal(DType.F32, sizes[layer], sizes[layer + 1]);
      p.add(Parameter.of(drawn.div(Math.sqrt(sizes[layer])), "W" + (layer + 1)));
      p.add(Parameter.of(Tensor.zeros(DType.F32, sizes[layer + 1]), "b" + (layer + 1)));
    }
    Supplier<Tensor> loss = () -> logits(p, x).softmaxCrossEntropy(labels).mean();
    Landscape landscape =
        Landscape.of(loss, p).classifying(in -> logits(p, in), x, labels).key(KEY).record();
    descend(loss, p, rate, steps, landscape::record);
    return landscape;
  }

  private static Tensor logits(List<Parameter> p, Tensor x) {
    Tensor first = x.matmul(p.get(0)).plus(p.get(1)).tanh();
    Tensor second = first.matmul(p.get(2)).plus(p.get(3)).tanh();
    return second.matmul(p.get(4)).plus(p.get(5));
  }

  /**
   * Source: B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
   */
  private static void descend(
      Supplier<Tensor> loss, List<Parameter> p, double rate, int steps, Runnable after) {
    List<Tensor> speeds = p.stream().map(w -> Tensor.zeros(w.dtype(), w.shape().dims())).toList();
    for (int step = 0; step < steps; step++) {
      List<Tensor> slopes = Grad.grad(loss.get(), p);
      List<Tensor> next = new ArrayList<>();
      for (int i = 0; i < p.size(); i++) {
        Tensor speed = speeds.get(i).times(MOMENTUM).plus(slopes.get(i)).detach();
        p.get(i).assign(p.get(i).minus(speed.times(rate)));
        next.add(speed);
      }
      Parameters.commit(p, next.toArray(new Tensor[0]));
      speeds = next;
      after.run();
    }
  }
}

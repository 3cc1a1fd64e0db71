package org.adjoint.lens.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Charts as text. The golden files are what the writers give; with {@code
 * -Dadjoint.golden=src/test/resources/org/adjoint/lens} they are written anew.
 */
class ChartTest {
  private static void golden(String name, String text) throws IOException {
    String folder = System.getProperty("adjoint.golden");
    if (folder != null) {
      Path file = Path.of(folder, "chart", name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
      return;
    }
    try (InputStream in = ChartTest.class.getResourceAsStream(name)) {
      assertNotNull(in, name);
      assertEquals(new String(in.readAllBytes(), StandardCharsets.UTF_8), text, name);
    }
  }

  /** A mark as it stands in the text: its classes, and what is shown of it. */
  private record Mark(String style, String x, String y, String title) {}

  private static final Pattern MARK =
      Pattern.compile(
          "<\\w+ class=\"([^\"]*\\bhit)\" data-x=\"([^\"]*)\" data-y=\"([^\"]*)\"[^>]*>"
              + "<title>([^<]*)</title>");

  private static List<Mark> marks(String svg) {
    return MARK.matcher(svg)
        .results()
        .map(m -> new Mark(m.group(1), m.group(2), m.group(3), m.group(4)))
        .toList();
  }

  private static String labels(Ticks ticks) {
    return String.join(
        " ",
        ticks.marks().stream().map(Ticks.Mark::label).filter(label -> !label.isEmpty()).toList());
  }

  private static Chart errors() {
    double[] steps = {1e-8, 1e-6, 1e-4, 1e-2, 1};
    return Chart.of("Error <of> a quotient", Axis.log("step size"), Axis.log("error"))
        .line("forward", steps, new double[] {1e-8, 1e-10, 1e-4, 1e-2, 1})
        .line("central", steps, new double[] {1e-8, 0, Double.NaN, 1e-4, 1});
  }

  @Test
  void goldenFiles() throws IOException {
    golden("errors.svg", errors().svg());
    golden(
        "spread.svg",
        Chart.of("Weights", Axis.linear("value"), Axis.linear("density"))
            .steps("end", new double[] {-1, 0, 1, 2}, new double[] {0.25, 0.5, 0.25})
            .points("mean", new double[] {0.5}, new double[] {0.4})
            .svg());
    golden(
        "heat.svg",
        HeatMap.of(
                "Gradient norm",
                Axis.count("step"),
                new double[] {0, 10, 20},
                List.of("fc1", "fc2"),
                Axis.log("norm"),
                new double[][] {{1e-4, 1e-3, 0}, {1, 2, Double.NaN}})
            .svg());
  }

  @Test
  void ticksAreNumbersThatAReaderWouldChoose() {
    assertEquals("0 0.2 0.4 0.6 0.8 1.0", labels(Ticks.linear(0, 1, 5, 0)));
    assertEquals("−1 0 1 2", labels(Ticks.linear(-0.7, 1.9, 3, 0)));
    assertEquals("0 5e6 1e7 1.5e7 2e7", labels(Ticks.linear(1, 2e7, 4, 0)));
    assertEquals("0 1 2 3", labels(Ticks.linear(0.5, 2.5, 5, 1)));
    assertEquals("0.001 0.01 0.1 1", labels(Ticks.log(0.002, 0.7, 5)));
    assertEquals("10⁻⁸ 10⁻⁶ 10⁻⁴ 10⁻² 10⁰", labels(Ticks.log(1e-8, 1, 5)));
    assertEquals("1 2 5 10", labels(Ticks.log(1.5, 9, 5)));
  }

  /** Whatever the numbers: ticks ascend, hold all values, and are neither none nor hundreds. */
  @Test
  void anyNumbersHaveAnAxis() {
    Random random = new Random(5);
    double[] extremes = {0, -0.0, 1e300, -1e300, Double.MAX_VALUE, -Double.MAX_VALUE, 1e-300, 1};
    for (int i = 0; i < 3000; i++) {
      double a = i < 64 ? extremes[i / 8] : random.nextGaussian() * Math.pow(10, i % 40 - 20);
      double b = i < 64 ? extremes[i % 8] : random.nextGaussian() * Math.pow(10, i / 40 % 40 - 20);
      check(Ticks.linear(Math.min(a, b), Math.max(a, b), 5, i % 2), a, b);
      double p = Math.min(Math.max(Math.abs(a), Ticks.SMALLEST_RATIO), Ticks.LARGEST_RATIO);
      double q = Math.min(Math.max(Math.abs(b), Ticks.SMALLEST_RATIO), Ticks.LARGEST_RATIO);
      check(Ticks.log(Math.min(p, q), Math.max(p, q), 5), p, q);
    }
  }

  private static void check(Ticks ticks, double... values) {
    String all = ticks.toString();
    assertTrue(ticks.from() < ticks.to(), all);
    for (double value : values) {
      double place = ticks.place(value);
      assertTrue(place >= -1e-6 && place <= 1 + 1e-6, value + " at " + place + " of " + all);
    }
    long named = ticks.marks().stream().filter(mark -> !mark.label().isEmpty()).count();
    assertTrue(named >= 2 && named <= 12, all);
    for (int i = 1; i < ticks.marks().size(); i++) {
      assertTrue(ticks.marks().get(i).at() > ticks.marks().get(i - 1).at(), all);
    }
  }

  @Test
  void everyValueIsThereToReadAndWhatHasNoPlaceIsMarked() {
    String svg = errors().element();
    List<Mark> marks = marks(svg);
    assertEquals(10, marks.size());
    assertEquals(
        new Mark("hit", "step size 1e−6", "forward: 1e−10", "step size 1e−6\nforward: 1e−10"),
        marks.get(1));
    assertEquals("bad hit central: 0", marks.get(6).style + " " + marks.get(6).y);
    assertEquals("bad hit central: NaN", marks.get(7).style + " " + marks.get(7).y);
    assertTrue(
        svg.contains("aria-label=\"Error &lt;of&gt; a quotient: error by step size. forward: 5"),
        svg);
    assertTrue(svg.contains("lowest 1e−10, highest 1."), svg);
  }

  @Test
  void aPointThatNoLineReachesIsADot() {
    Chart one = Chart.of("Loss", Axis.count("epoch"), Axis.linear("loss"));
    Chart dot = one.line("run", new double[] {1}, new double[] {0.5});
    assertEquals("dot hit", marks(dot.element()).get(0).style);
    double[] xs = {1, 2};
    assertEquals("hit", marks(one.line("run", xs, xs).element()).get(0).style);
  }

  @Test
  void nothingToDrawIsSaid() {
    Chart empty = Chart.of("Loss", Axis.count("step"), Axis.log("loss"));
    assertTrue(empty.element().contains(">no values<"), empty.element());
    double[] nan = {Double.NaN};
    assertTrue(empty.line("run", new double[] {1}, nan).element().contains(">no finite values<"));
    HeatMap map =
        HeatMap.of(
            "Norms",
            Axis.count("step"),
            new double[0],
            List.of(),
            Axis.log("norm"),
            new double[0][]);
    assertTrue(map.element().contains(">no values<"), map.element());
  }

  @Test
  void whatDoesNotFitIsNamed() {
    Chart chart = Chart.of("Loss", Axis.count("step"), Axis.linear("loss"));
    double[] two = {1, 2};
    double[] three = {1, 2, 3};
    assertRefused("chart 'Loss': run has 2 xs and 3 ys", () -> chart.line("run", two, three));
    assertRefused("one x more", () -> chart.steps("run", two, two));
    Chart full = chart;
    for (int i = 0; i < 6; i++) {
      full = full.points("s" + i, two, two);
    }
    Chart six = full;
    assertRefused("s6 would be series 7", () -> six.line("s6", two, two));
    assertRefused(
        "row fc1 has 2 values for 3 columns",
        () ->
            HeatMap.of(
                "Norms",
                Axis.count("step"),
                three,
                List.of("fc1"),
                Axis.log("norm"),
                new double[][] {two}));
  }

  private static void assertRefused(String part, Runnable made) {
    String message = assertThrows(IllegalArgumentException.class, made::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  /** Text on any of the colours has a contrast of 4.5 to 1, so the choice must change once. */
  @Test
  void inkCanBeReadOnEveryColour() {
    assertEquals("#440154", Palette.at(0));
    assertEquals("#fde725", Palette.at(1));
    assertEquals("#21918c", Palette.at(0.5));
    assertEquals("#fff", Palette.ink(0));
    assertEquals("#000", Palette.ink(1));
    boolean black = false;
    for (int i = 0; i <= 100; i++) {
      boolean now = Palette.ink(i / 100.0).equals("#000");
      assertFalse(black && !now, "back to white at " + i);
      black = now;
    }
  }
}

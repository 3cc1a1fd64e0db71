package org.adjoint.lens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.picture.Picture;
import org.adjoint.lens.picture.Picture.Box;
import org.adjoint.lens.picture.Picture.Kind;
import org.adjoint.lens.picture.Picture.Panel;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.junit.jupiter.api.Test;

/**
 * Pictures of real graphs. The golden files are what the writers give for one small network; with
 * {@code -Dadjoint.golden=src/test/resources/org/adjoint/lens} the test writes them anew.
 */
class LensTest {
  private final Tensor x = Tensor.of(new float[6], 3, 2);
  private final Tensor labels = Tensor.of(new int[] {0, 1, 1}, 3);
  private final Mlp net =
      Mlp.of(List.of(2, 4, 2), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(0));
  private final Parameter lost = Parameter.of(Tensor.zeros(DType.F32, 3), "old.weight");

  LensTest() {
    Tensor.evalAll(net.parameters());
  }

  private Lens lens() {
    List<Parameter> parameters = new ArrayList<>(net.parameters());
    parameters.add(lost);
    Tensor loss = Losses.softmaxCrossEntropy(net.apply(x), labels);
    return Lens.of(loss)
        .named(Map.of(x, "x", labels, "labels", loss, "loss"))
        .gradients(parameters);
  }

  private static Set<String> labels(Panel panel, Kind kind) {
    return panel.boxes().stream()
        .filter(box -> box.kind() == kind)
        .map(Box::label)
        .collect(Collectors.toSet());
  }

  private static void golden(String name, String text) throws IOException {
    String folder = System.getProperty("adjoint.golden");
    if (folder != null) {
      Files.createDirectories(Path.of(folder));
      Files.writeString(Path.of(folder, name), text);
      return;
    }
    try (InputStream in = LensTest.class.getResourceAsStream(name)) {
      assertNotNull(in, name);
      assertEquals(new String(in.readAllBytes(), StandardCharsets.UTF_8), text, name);
    }
  }

  @Test
  void goldenFiles() throws IOException {
    Lens lens = lens();
    golden("network.svg", lens.svg());
    golden("network.dot", lens.dot());
    golden("network.mmd", lens.mermaid());
    golden("network.txt", lens.text());
    golden("network-open.txt", lens.openAll().text());
  }

  @Test
  void theSameGraphGivesTheSameFile() {
    assertEquals(lens().svg(), lens().svg());
  }

  @Test
  void layersAreBoxesThatOpen() {
    Panel closed = lens().picture().panels().get(0);
    assertEquals(Set.of("fc1", "fc2"), labels(closed, Kind.LAYER));
    assertEquals(Set.of(), labels(closed, Kind.PARAMETER));
    Panel half = lens().open("fc1").picture().panels().get(0);
    assertEquals(Set.of("fc2"), labels(half, Kind.LAYER));
    assertEquals(Set.of("fc1.weight", "fc1.bias"), labels(half, Kind.PARAMETER));
    Panel open = lens().openAll().picture().panels().get(0);
    assertEquals(Set.of(), labels(open, Kind.LAYER));
    assertEquals(
        Set.of("matmul", "plus", "tanh", "softmaxCrossEntropy", "sum"), labels(open, Kind.OP));
  }

  @Test
  void aLayerUsedTwiceIsTwoBoxes() {
    Parameter w = Parameter.of(Tensor.ones(DType.F32, 2, 2), "cell.weight");
    Tensor y = x.matmul(w).tanh().matmul(w).tanh().sum();
    Panel panel = Lens.of(y).picture().panels().get(0);
    assertEquals(Set.of("cell", "cell (2)"), labels(panel, Kind.LAYER));
    assertEquals(Set.of("cell.weight"), labels(panel, Kind.PARAMETER));
  }

  /** What lies between two ops of a layer is in its box, whatever it reads. */
  @Test
  void aLayerHoldsWhatLiesBetweenItsOps() {
    Parameter a = Parameter.of(Tensor.ones(DType.F32, 2, 2), "cell.a");
    Parameter b = Parameter.of(Tensor.ones(DType.F32, 3, 2), "cell.b");
    Tensor start = x.matmul(a);
    Tensor end = Tensor.concat(0, start.tanh(), start.times(b), b);
    Panel panel = Lens.of(end.sum()).picture().panels().get(0);
    assertEquals(Set.of("cell"), labels(panel, Kind.LAYER));
    assertFalse(labels(panel, Kind.OP).contains("tanh"), panel.toString());
  }

  /** Two layers that feed each other cannot both be boxes: edges lead forward alone. */
  @Test
  void layersThatFeedEachOtherAreNotBothBoxes() {
    Parameter a = Parameter.of(Tensor.ones(DType.F32, 2, 2), "one.w");
    Parameter b = Parameter.of(Tensor.ones(DType.F32, 2, 2), "two.w");
    Tensor one = x.matmul(a);
    Tensor two = x.matmul(b);
    Tensor twoAfterOne = Tensor.concat(0, two, one, b);
    Tensor oneAfterTwo = Tensor.concat(0, one, two.matmul(b), a);
    Panel panel = Lens.of(twoAfterOne.plus(oneAfterTwo).sum()).picture().panels().get(0);
    assertEquals(1, labels(panel, Kind.LAYER).size(), panel.toString());
    assertTrue(panel.boxes().stream().anyMatch(box -> box.kind() == Kind.RESULT));
  }

  @Test
  void aLayerAroundAnotherStaysOpen() {
    Parameter a = Parameter.of(Tensor.ones(DType.F32, 2, 2), "outer.first");
    Parameter c = Parameter.of(Tensor.ones(DType.F32, 2, 2), "outer.second");
    Parameter b = Parameter.of(Tensor.ones(DType.F32, 2, 2), "inner.weight");
    Tensor start = x.matmul(a);
    Tensor y = start.matmul(b).plus(start.matmul(c)).sum();
    Panel panel = Lens.of(y).picture().panels().get(0);
    assertTrue(labels(panel, Kind.LAYER).contains("inner"), panel.boxes().toString());
    assertTrue(panel.edges().stream().allMatch(e -> e.from() < e.to()));
  }

  @Test
  void parametersThatTheLossNeverReachesAreMarked() {
    Panel panel = lens().picture().panels().get(0);
    assertEquals(Set.of("old.weight"), labels(panel, Kind.UNREACHED));
    assertTrue(lens().text().contains("NEVER REACHED"));
    assertTrue(panel.summary().contains("1 parameter never reached"), panel.summary());
  }

  @Test
  void gradientsStandBesideTheForwardGraph() {
    Picture picture = lens().picture();
    assertEquals(2, picture.panels().size());
    Panel gradient = picture.panels().get(1);
    assertEquals(
        Set.of("∂/∂fc1.weight", "∂/∂fc1.bias", "∂/∂fc2.weight", "∂/∂fc2.bias"),
        labels(gradient, Kind.SLOPE));
    assertTrue(labels(gradient, Kind.GRADIENT).contains("softmaxCrossEntropyGrad"));
    assertTrue(labels(gradient, Kind.REFERENCE).contains("labels"));
  }

  /** A gradient may be a number, or a forward value itself. */
  @Test
  void gradientsWithoutOpsAreDrawn() {
    Tensor a = Tensor.scalar(2f).variable();
    Tensor b = Tensor.scalar(3f).variable();
    Tensor sum = a.times(b).plus(a);
    Lens lens = Lens.of(sum).named(Map.of(a, "a", b, "b")).gradients(List.of(a, b));
    Panel gradient = lens.picture().panels().get(1);
    assertEquals(Set.of("∂/∂a", "∂/∂b"), labels(gradient, Kind.SLOPE));
    assertTrue(labels(gradient, Kind.REFERENCE).contains("a"), gradient.toString());
  }

  @Test
  void nothingRunsForAPicture() {
    Tensor y = Tensor.of(new double[] {1, 0}).div(Tensor.of(new double[] {0, 0})).sum();
    Tensor loud =
        y.plus(
            Tensor.scalar(
                () -> {
                  throw new AssertionError("was computed");
                }));
    assertTrue(Lens.text(loud).contains("plus"));
  }

  @Test
  void programsShowCallsFusionAndSharedMemory() {
    Lens program = lens().program();
    Panel panel = program.picture().panels().get(0);
    assertTrue(program.picture().title().matches("Program: \\d+ kernel calls"));
    assertTrue(panel.summary().startsWith("workspace "), panel.summary());
    Panel forward = Lens.of(net.apply(x)).program().picture().panels().get(0);
    assertTrue(labels(forward, Kind.CALL).contains("matmul + bias, tanh"), forward.toString());
    assertTrue(labels(panel, Kind.PARAMETER).contains("fc1.weight"));
    assertTrue(panel.boxes().stream().anyMatch(b -> b.detail().contains("in place")));
    assertTrue(panel.boxes().stream().anyMatch(b -> b.hint().contains("shares memory that !")));
    assertTrue(panel.edges().stream().allMatch(e -> e.from() < e.to()));
  }

  /** A value has one type, however its readers look at it. */
  @Test
  void aCallsResultIsLabelledAsItWasWritten() {
    Tensor y = x.tanh();
    Panel panel = Lens.of(y.transpose().matmul(y)).program().picture().panels().get(0);
    assertEquals(
        Set.of("F32[3, 2]"),
        panel.edges().stream()
            .map(edge -> edge.label())
            .filter(label -> !label.isEmpty())
            .collect(Collectors.toSet()));
  }

  @Test
  void aProgramOfValuesIsEmpty() {
    Tensor y = Tensor.of(new float[] {1, 2}).sum().eval();
    assertTrue(Lens.of(y).program().picture().panels().isEmpty());
    assertFalse(Lens.of(y).program().svg().isEmpty());
  }

  @Test
  void deepGraphsAreReadWithoutRecursion() {
    Tensor y = Tensor.scalar(1f).variable();
    for (int i = 0; i < 100_000; i++) {
      y = y.neg();
    }
    assertEquals(100_001, Lens.of(y).picture().panels().get(0).boxes().size());
  }
}

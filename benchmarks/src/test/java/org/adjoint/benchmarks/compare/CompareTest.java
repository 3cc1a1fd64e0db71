package org.adjoint.benchmarks.compare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The comparison without its peers: what rows mean, how turns are counted, what comes out. */
class CompareTest {
  private static final Entrant OURS = new Entrant("adjoint", 2);

  @Test
  void everyRowHasAWorkload() {
    assertEquals(41, Table.rows().size());
    for (Table.Row row : Table.rows()) {
      Workload workload = Table.find(row.name()).orElseThrow();
      // A program of many small operations has no floor: calls are what it costs.
      boolean floor = workload.flops() + workload.bytes() > 0;
      assertEquals(!(workload instanceof Workload.Program), floor, row.name());
    }
    assertEquals(6, Table.rows().stream().filter(r -> Table.isTrainingStep(r.name())).count());
    assertEquals(10, Table.rows().stream().filter(r -> Table.isGemm(r.name())).count());
    assertTrue(Table.find("mlp-huge").isEmpty());
    assertTrue(Table.find("width-0").isEmpty());
  }

  @Test
  void floorsCountWhatMustBeDone() {
    Workload.Mlp mlp = new Workload.Mlp(List.of(3, 5, 2), false, 7);
    assertEquals(3 * 5 + 5 + 5 * 2 + 2, mlp.parameters());
    assertEquals(2 * 7 * (2 * 3 * 5 + 3 * 5 * 2), mlp.flops());
    assertEquals(24 * 32 + 4 * 7 * 3, mlp.bytes());
    Workload.Gemm gemm = new Workload.Gemm(32, 16, 16);
    assertEquals(2 * 32 * 16 * 16, gemm.flops());
    assertEquals(4 * (32 * 16 + 16 * 16 + 32 * 16), gemm.bytes());
    assertEquals(244, gemm.chain());
    assertEquals(1, new Workload.Gemm(64, 256, 784).chain());
    Floors floors = new Floors(10, 100, "nobody");
    assertEquals(gemm.bytes() / 10, floors.micros(gemm));
    assertEquals(mlp.flops() / 1, new Floors(1e9, 1, "nobody").micros(mlp));
  }

  @Test
  void numbersDependOnStreamAndPlaceAlone() {
    float[] few = Numbers.uniform(1, 10, -1, 1);
    float[] many = Numbers.uniform(1, 10_000, -1, 1);
    for (int i = 0; i < few.length; i++) {
      assertEquals(few[i], many[i]);
    }
    assertEquals(0.5, Numbers.meanSize(many), 0.02);
    assertFalse(many[0] == Numbers.uniform(2, 1, -1, 1)[0]);
    assertArrayEquals(
        new float[] {1, 4, 2, 5, 3, 6}, Numbers.transposed(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
  }

  @Test
  void theBetterThreadCountOfAPeerCounts() {
    Map<Entrant, Double> micros =
        Map.of(
            OURS,
            10.0,
            new Entrant("pytorch", 1),
            30.0,
            new Entrant("pytorch", 2),
            40.0,
            new Entrant("djl", 1),
            50.0);
    Turns.Outcome outcome =
        new Turns.Outcome(micros, micros, Map.of(new Entrant("mkl", 1), "a \"reason\""));
    Result result = result(outcome);
    assertEquals(3, result.ratio().orElseThrow());
    assertEquals(Map.of("pytorch", 30.0, "djl", 50.0), result.peers());
    assertEquals(1, result.threads().get("pytorch"));
    assertEquals("pytorch", result.bestPeer().orElseThrow());
    assertTrue(result.isLost());
    assertEquals(0.2, result.floorFraction().orElseThrow(), 1e-12);
  }

  private static Result result(Turns.Outcome outcome) {
    return Result.of(
        new Table.Row("fused-10m", OptionalDouble.of(4)),
        new Workload.Fused(1),
        outcome,
        Optional.of(new Floors(6, 1, "nobody")));
  }

  @Test
  void jsonHasItsFields() throws Exception {
    Turns.Outcome outcome =
        new Turns.Outcome(
            Map.of(OURS, 1234567.0, new Entrant("mkl", 2), 2e-5),
            Map.of(),
            Map.of(OURS, "a \"reason\"\n"));
    Turns.Outcome nobody = new Turns.Outcome(Map.of(), Map.of(), Map.of());
    List<String> fields = new ArrayList<>();
    try (JsonParser parser =
        new JsonFactory().createParser(Report.json(List.of(result(outcome), result(nobody))))) {
      while (parser.nextToken() != null) {
        if (parser.currentName() != null && parser.currentToken().isScalarValue()) {
          fields.add(parser.currentName() + "=" + parser.getText());
        }
      }
    }
    assertEquals("name=fused-10m", fields.get(0));
    assertEquals("ours_us=1.23457e+06", fields.get(1));
    assertEquals("mkl=2.00000e-05", fields.get(2));
    assertTrue(fields.containsAll(List.of("best_peer=mkl", "adjoint=a \"reason\"\n")), "" + fields);
    assertTrue(fields.containsAll(List.of("ours_us=null", "ratio=null", "best_peer=null")));
  }

  @Test
  void plotsAreWellFormed() throws Exception {
    Map<Entrant, Double> micros = Map.of(OURS, 1.0, new Entrant("djl", 1), 500.0);
    List<String> plots =
        List.of(
            Bars.svg(List.of(result(new Turns.Outcome(micros, micros, Map.of())))),
            Plot.svg("t", "a", List.of(1, 2, 4), Map.of("x", Map.of(1, 0.5, 4, 2e6))));
    for (String svg : plots) {
      var document =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
      assertEquals("svg", document.getDocumentElement().getTagName());
      assertFalse(svg.contains("NaN"));
    }
  }

  @Test
  @DisabledIfSystemProperty(
      named = "adjoint.skipNative",
      matches = "true",
      disabledReason = "built with -DskipNative: there is no native backend")
  void childrenTakeTurnsAndPeersMayBeMissing(@TempDir Path folder) {
    Entrant peer = new Entrant("pytorch", 1);
    try (Turns turns = new Turns(folder.resolve("peers"), 0.01)) {
      List<Entrant> all = new ArrayList<>(Entrant.ours(1));
      all.add(peer);
      Turns.Outcome outcome = turns.play("mlp-tiny", all);
      assertEquals(2, outcome.micros().size());
      assertTrue(outcome.micros().values().stream().allMatch(micros -> micros > 0));
      assertTrue(outcome.absent().get(peer).startsWith("not fetched: mvn -Ppeers"));
      assertTrue(turns.isAgreed());
      assertEquals(1, turns.play("gemm-3x4x5", Entrant.ours(1).subList(0, 1)).micros().size());
    }
  }

  @Test
  void tensorFlowTakesPartPlainAndCompiled() {
    Workload step = Table.find("mlp-tiny").orElseThrow();
    Entrant plain = new Entrant(Entrant.TENSORFLOW, 2);
    Entrant compiled = new Entrant(Entrant.TENSORFLOW_XLA, 2);
    List<Entrant> peers = Entrant.peers(step, 2);
    assertTrue(peers.contains(plain) && peers.contains(new Entrant(Entrant.TENSORFLOW, 1)));
    assertTrue(peers.contains(compiled) && compiled.isPeer());
    Map<String, String> environment = compiled.process(Path.of("peers")).environment();
    assertTrue(environment.get("TF_XLA_FLAGS").contains("--tf_xla_cpu_global_jit"));
    assertEquals("0", environment.get("MALLOC_MMAP_MAX_"));
    assertFalse(plain.process(Path.of("peers")).environment().containsKey("TF_XLA_FLAGS"));
  }

  /** Its classes are on the class path of the tests, its libraries are not. */
  @Test
  void aPeerWithoutItsLibrariesSaysSo(@TempDir Path folder) {
    Entrant peer = new Entrant(Entrant.TENSORFLOW, 1);
    try (Turns turns = new Turns(folder, 0.01)) {
      String reason = turns.play("mlp-tiny", List.of(peer)).absent().get(peer);
      assertTrue(reason.startsWith("cannot be loaded: "), reason);
    }
  }

  /** With the libraries of {@code -Ppeers}: first derivatives, labels, second derivatives. */
  @Test
  @DisabledIfSystemProperty(
      named = "adjoint.skipNative",
      matches = "true",
      disabledReason = "built with -DskipNative: there is no native backend")
  void tensorFlowComputesWhatOursDoes() throws IOException {
    Path peers = Path.of("target", "peers").toAbsolutePath();
    assumeTrue(Files.isDirectory(peers), "the peers are not fetched: mvn -Ppeers");
    try (Stream<Path> jars = Files.list(peers)) {
      boolean fetched = jars.anyMatch(jar -> jar.toString().contains("tensorflow-core-native"));
      assumeTrue(fetched, "the peers were fetched without TensorFlow: mvn -Ppeers");
    }
    try (Turns turns = new Turns(peers, 0.01)) {
      List<Entrant> all = new ArrayList<>(Entrant.ours(1).subList(0, 1));
      all.add(new Entrant(Entrant.TENSORFLOW, 1));
      all.add(new Entrant(Entrant.TENSORFLOW_XLA, 1));
      for (String name : List.of("mlp-tiny", "width-16", "pinn-32")) {
        Turns.Outcome outcome = turns.play(name, all);
        assertEquals(Map.of(), outcome.absent(), name);
        assertEquals(3, outcome.micros().size());
      }
      assertTrue(turns.isAgreed());
    }
  }

  /** Its peer is ours in F32, which is no library of somebody else's. */
  @Test
  void mixedPrecisionIsComparedWithOurOwn() {
    Workload mixed = Table.find("bf16-2048").orElseThrow();
    assertEquals(List.of(new Entrant("adjoint-f32", 2)), Entrant.peers(mixed, 2));
    assertFalse(new Entrant("adjoint-f32", 2).isPeer());
    assertEquals(1e-2, mixed.tolerance());
    assertEquals(1e-4, Table.find("mlp-2048").orElseThrow().tolerance());
  }

  @Test
  void aChildThatFailsSaysSo(@TempDir Path folder) {
    Entrant peer = new Entrant("nobody", 1);
    try (Turns turns = new Turns(folder, 0.01)) {
      String reason = turns.play("mlp-tiny", List.of(peer)).absent().get(peer);
      assertEquals("failed IllegalArgumentException: no contestant 'nobody'", reason);
    }
  }

  @Test
  void mediansOfEvenAndOddNumbers() {
    assertEquals(2, Turns.median(new double[] {9, 2, 1}));
    assertEquals(2.5, Turns.median(new double[] {9, 2, 1, 3}));
  }
}

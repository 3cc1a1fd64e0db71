package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The main job at full length on the native backend: what the README promises of it. */
@DisabledIfSystemProperty(
    named = "skipNative",
    matches = ".*",
    disabledReason = "built with -DskipNative: there is no native library")
class DigitsAccuracyTest {
  private static final double PROMISED = 0.97;
  private static final int SEEDS = 5;

  @TempDir private Path folder;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void digitsAreLearnt(int seed) {
    Path file = folder.resolve("model");
    Run train = train(seed, file);
    assertTrue(train.accuracy() >= PROMISED, train.toString());
    assertEquals(
        train.last(), Run.of("evaluate", "--model", file.toString(), "--backend", "native").last());
  }

  /** Mixed precision may cost half a point at most, over the five seeds and in each of them two. */
  @Test
  void bf16IsAsGoodAsF32() {
    double sum = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Run brief = train(seed, folder.resolve("bf16"), "--dtype", "bf16");
      assertTrue(brief.out().get(0).contains(" in bf16; "), brief.toString());
      double lost = train(seed, folder.resolve("f32")).accuracy() - brief.accuracy();
      assertTrue(lost <= 0.02, "seed " + seed + " loses " + lost);
      sum += lost;
    }
    assertTrue(sum / SEEDS <= 0.005, "lost " + sum / SEEDS);
  }

  @Test
  void aSecondTrainingGivesTheSameWeightsBitForBit() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    assertEquals(train(0, first).last(), train(0, second).last());
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
  }

  private static Run train(int seed, Path file, String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "--dataset", "digits"));
    arguments.addAll(List.of("--backend", "native", "--seed", String.valueOf(seed)));
    arguments.addAll(List.of("--save", file.toString()));
    arguments.addAll(List.of(more));
    Run run = Run.of(arguments.toArray(new String[0]));
    assertEquals(0, run.status(), run.toString());
    return run;
  }
}

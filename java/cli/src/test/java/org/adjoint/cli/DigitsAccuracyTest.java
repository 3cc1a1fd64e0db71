package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @Test
  void aSecondTrainingGivesTheSameWeightsBitForBit() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    assertEquals(train(0, first).last(), train(0, second).last());
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
  }

  private static Run train(int seed, Path file) {
    Run run =
        Run.of(
            "train",
            "--dataset",
            "digits",
            "--backend",
            "native",
            "--seed",
            String.valueOf(seed),
            "--save",
            file.toString());
    assertEquals(0, run.status(), run.toString());
    return run;
  }
}

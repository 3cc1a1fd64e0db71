package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands from end to end, with short trainings. */
class TrainAndEvaluateTest {
  private static final String PROGRESS =
      "epoch \\d/\\d  loss \\d+\\.\\d{4}  accuracy [01]\\.\\d{4}  \\d+ samples/s  ETA \\d+ s";

  @TempDir private Path folder;

  @Test
  void trainTellsItsProgressAndEndsWithTheAccuracy() {
    Run run = Run.of("train", "--dataset", "digits", "--epochs", "2", "--seed", "3");
    assertEquals(0, run.status(), run.toString());
    assertEquals(List.of(), run.err());
    assertTrue(
        run.out()
            .get(0)
            .startsWith(
                "digits: 1437 rows to learn, 360 to test; 64-128-64-10 relu; seed 3; backend "),
        run.toString());
    assertTrue(run.out().get(1).matches(PROGRESS), run.toString());
    assertTrue(run.out().get(2).matches(PROGRESS), run.toString());
    assertEquals(4, run.out().size());
    assertTrue(run.accuracy() > 0.5, run.toString());
  }

  @Test
  void onAScreenOneLineIsWrittenOver() {
    Run run = Run.of(true, "train", "--dataset", "digits", "--epochs", "2");
    assertEquals(0, run.status(), run.toString());
    String line = run.out().stream().filter(l -> l.contains("epoch 2/2")).findFirst().orElseThrow();
    assertTrue(line.matches("\\V*" + PROGRESS + "\u001b\\[K"), line);
    assertTrue(run.accuracy() > 0.5, run.toString());
  }

  @Test
  void theSameSeedGivesTheSameFileAndAnotherSeedAnother() throws IOException {
    byte[] first = trained("a", "1");
    assertArrayEquals(first, trained("b", "1"));
    assertFalse(Arrays.equals(first, trained("c", "2")));
  }

  private byte[] trained(String name, String seed) throws IOException {
    Path file = folder.resolve(name);
    Run run =
        Run.of(
            "train",
            "--dataset",
            "digits",
            "--epochs",
            "2",
            "--seed",
            seed,
            "--save",
            file.toString());
    assertEquals(0, run.status(), run.toString());
    return Files.readAllBytes(file);
  }

  @Test
  void evaluateReadsBackWhatTrainSaved() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Run train =
        Run.of(
            "train",
            "--dataset",
            "digits",
            "--epochs",
            "2",
            "--hidden",
            "32",
            "--batch",
            "64",
            "--lr",
            "0.01",
            "--save",
            file.toString());
    assertEquals(0, train.status(), train.toString());
    assertEquals("saved " + file, train.out().get(train.out().size() - 2));
    Run evaluate = Run.of("evaluate", "--model", file.toString());
    assertEquals(0, evaluate.status(), evaluate.toString());
    assertEquals("digits: 360 rows to test; 64-32-10 relu", evaluate.out().get(0));
    assertEquals(train.last(), evaluate.last());
    assertEquals(
        train.last(), Run.of("evaluate", "--model", file.toString(), "--dataset", "digits").last());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void fashionMnistIsReadFromItsFolder() throws IOException {
    Idx.write(folder, 600, 200);
    Path file = folder.resolve("model.safetensors");
    Run train =
        Run.of(
            "train",
            "--dataset",
            "fashion-mnist",
            "--data",
            folder.toString(),
            "--hidden",
            "16",
            "--epochs",
            "3",
            "--lr",
            "0.005",
            "--save",
            file.toString());
    assertEquals(0, train.status(), train.toString());
    assertTrue(train.accuracy() > 0.95, train.toString());
    Run evaluate = Run.of("evaluate", "--model", file.toString(), "--data", folder.toString());
    assertEquals(train.last(), evaluate.last(), evaluate.toString());
  }

  @Test
  void theNumberOfThreadsChangesNoBit() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    for (Path file : List.of(one, two)) {
      Run run =
          Run.of(
              "train",
              "--dataset",
              "digits",
              "--epochs",
              "1",
              "--backend",
              backend(),
              "--threads",
              file == one ? "1" : "2",
              "--save",
              file.toString());
      assertEquals(0, run.status(), run.toString());
    }
    assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
  }

  private static String backend() {
    return System.getProperty("skipNative") == null ? "native" : "reference";
  }

  @Test
  void theReferenceBackendTrainsToo() {
    Run run =
        Run.of(
            "train",
            "--dataset",
            "digits",
            "--epochs",
            "1",
            "--hidden",
            "16",
            "--backend",
            "reference");
    assertEquals(0, run.status(), run.toString());
    assertTrue(run.out().get(0).endsWith("backend reference"), run.toString());
    Run.of("example", "scalar", "--backend", backend());
  }

  @Test
  void wrongDataGivesOneLineStatus2AndNoFile() throws IOException {
    Path csv = Files.writeString(folder.resolve("digits.csv"), "1,2,3\n");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(("0,".repeat(64) + "1\n").repeat(500).getBytes(StandardCharsets.UTF_8));
    }
    Path packed = folder.resolve("cut.gz");
    Files.write(packed, Arrays.copyOf(bytes.toByteArray(), bytes.size() - 20));
    Path idx = Files.createDirectory(folder.resolve("idx"));
    Idx.write(idx, 20, 10);
    Path labels = idx.resolve("t10k-labels-idx1-ubyte");
    byte[] wrong = Files.readAllBytes(labels);
    wrong[9] = 10;
    Files.write(labels, wrong);

    assertRefused(
        "line 1: 3 values, expected 65", "train", "--dataset", "digits", "--data", csv.toString());
    assertRefused("truncated", "train", "--dataset", "digits", "--data", packed.toString());
    assertRefused(
        "no such file",
        "train",
        "--dataset",
        "digits",
        "--data",
        folder.resolve("none").toString());
    assertRefused("needs --data DIR", "train", "--dataset", "fashion-mnist");
    assertRefused(
        "is not a folder", "train", "--dataset", "fashion-mnist", "--data", csv.toString());
    assertRefused(
        "has neither", "train", "--dataset", "fashion-mnist", "--data", folder.toString());
    assertRefused(
        "label 1 (byte 9) is 10, not in 0..9",
        "train",
        "--dataset",
        "fashion-mnist",
        "--data",
        idx.toString());
    wrong[3] = 3;
    Files.write(labels, wrong);
    assertRefused("magic number", "train", "--dataset", "fashion-mnist", "--data", idx.toString());
  }

  private void assertRefused(String part, String... args) throws IOException {
    Path save = folder.resolve("out.safetensors");
    String[] all = Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--save";
    all[args.length + 1] = save.toString();
    assertWrong(part, Run.of(all));
    assertFalse(Files.exists(save));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".tmp")).toList());
    }
  }

  private static void assertWrong(String part, Run run) {
    assertEquals(2, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    String line = run.err().get(0);
    assertTrue(line.startsWith("adjoint: ") && line.contains(part), line);
    assertTrue(run.out().stream().noneMatch(l -> l.startsWith("test accuracy")), run.toString());
  }

  @Test
  void aWrongModelGivesOneLineAndStatus2() throws IOException {
    Path none = folder.resolve("none");
    assertWrong("no such file", Run.of("evaluate", "--model", none.toString()));
    Path text = Files.writeString(folder.resolve("text"), "these are no weights at all");
    assertWrong("header", Run.of("evaluate", "--model", text.toString()));
    Path model = folder.resolve("model");
    Run.of(
        "train",
        "--dataset",
        "digits",
        "--epochs",
        "1",
        "--hidden",
        "4",
        "--save",
        model.toString());
    byte[] bytes = Files.readAllBytes(model);
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 1));
    assertWrong("reach beyond", Run.of("evaluate", "--model", cut.toString()));
    Idx.write(folder, 20, 10);
    assertWrong(
        "takes 64 columns",
        Run.of(
            "evaluate",
            "--model",
            model.toString(),
            "--dataset",
            "fashion-mnist",
            "--data",
            folder.toString()));
  }

  @Test
  void aTrainingThatDivergesFailsAndSavesNothing() {
    Path save = folder.resolve("out.safetensors");
    Run run =
        Run.of(
            "train",
            "--dataset",
            "digits",
            "--lr",
            "1e30",
            "--epochs",
            "3",
            "--save",
            save.toString());
    assertEquals(1, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    assertTrue(run.err().get(0).contains("diverged"), run.toString());
    assertFalse(Files.exists(save));
    assertNotEquals("", run.last());
  }
}

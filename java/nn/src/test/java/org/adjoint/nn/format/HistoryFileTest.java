package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Epoch;
import org.adjoint.nn.train.History.Held;
import org.adjoint.nn.train.History.Histogram;
import org.adjoint.nn.train.History.Image;
import org.adjoint.nn.train.History.Mistake;
import org.adjoint.nn.train.History.Score;
import org.adjoint.nn.train.History.Step;
import org.adjoint.nn.train.History.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryFileTest {
  @TempDir private Path folder;

  static History history() {
    Score score = new Score(0.1 + 0.2, 1 / 3.0);
    Histogram spread = Histogram.of(new double[] {-1, 0.5, 1, Double.NaN}, 4);
    Mistake mistake = new Mistake(7, 1, 0, 1e-9, 1 - 1e-9, new Image(2, 1, "AP8="));
    return new History(
        "a \"run\" ü",
        Map.of("seed", "0"),
        List.of("fc1"),
        List.of("fc1", "relu"),
        List.of(
            new Step(0, 1, score, 0.01, List.of(1e-40), List.of(2.0, 3.0)),
            new Step(
                4,
                2,
                new Score(Double.NaN, 0),
                0,
                List.of(Double.POSITIVE_INFINITY),
                List.of(Double.NaN, Double.NEGATIVE_INFINITY))),
        List.of(
            new Epoch(1, 4, score, Optional.empty(), 64, 0.5, 0.25, new Held(1, 2, 3)),
            new Epoch(2, 8, score, Optional.of(score), 64, 0.5, 0.25, new Held(1L << 40, 2, 3))),
        List.of(new Weights("fc1.weight", spread, spread)),
        Optional.of(
            new History.Test(score, List.of(List.of(5L, 0L), List.of(1L, 4L)), List.of(mistake))));
  }

  @Test
  void whatIsWrittenIsReadBitForBit() {
    Path file = folder.resolve("run.json");
    HistoryFile.write(history(), file);
    assertEquals(history(), HistoryFile.read(file));
    History steps = History.of("steps", history().steps().subList(0, 0));
    HistoryFile.write(steps, file);
    assertEquals(steps, HistoryFile.read(file));
  }

  /** Puts something wrong into a file that is right, and expects it to be named. */
  private void refused(String from, String to, String problem) throws IOException {
    Path file = folder.resolve("run.json");
    HistoryFile.write(history(), file);
    String text = Files.readString(file);
    assertTrue(text.contains(from), text);
    Files.writeString(file, text.replace(from, to));
    String message = assertThrows(DataException.class, () -> HistoryFile.read(file)).getMessage();
    assertTrue(message.startsWith(file + ": ") && message.contains(problem), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void whatIsWrongIsNamedWithItsPlace() throws IOException {
    refused("\"adjoint-history\"", "\"notes\"", "is no history of a training");
    refused("\"version\":1", "\"version\":2", "has version 2; this program reads 1");
    refused("\"learningRate\":0.01", "\"learningRate\":\"x\"", "steps[0].learningRate is 'x'");
    refused("\"number\":0", "\"number\":-1", "steps[0].number is -1, expected a whole number");
    refused("\"rows\":64", "\"lines\":64", "epochs[0]: the field rows is missing");
    refused("\"number\":4", "\"number\":0", "step 0 comes after step 0");
    refused("[2.0,3.0]", "[2.0]", "step 0 has 1 activations for 2 layers");
    refused("\"AP8=\"", "\"AP8A\"", "an image of 2 x 1 has 3 bytes");
    refused("[[5,0],[1,4]]", "[[5,0],[1]]", "a confusion of 2 classes has a row of 1");
    refused("\"fc1.weight\"", "[\"fc1\"]", "weights[0].path is a list, expected a string");
    refused("\"settings\"", "settings", "is no JSON, see line 1");
  }

  @Test
  void filesOfAnotherKindAreNamed() throws IOException {
    Path file = folder.resolve("other");
    for (String text : List.of("", "[]", "7", "{}", "PK\3\4", "[".repeat(100), "null")) {
      Files.writeString(file, text);
      String message =
          assertThrows(DataException.class, () -> HistoryFile.read(file), text).getMessage();
      assertTrue(message.startsWith(file + ": "), message);
    }
    Path none = folder.resolve("none");
    String message = assertThrows(DataException.class, () -> HistoryFile.read(none)).getMessage();
    assertEquals(none + ": no such file", message);
    assertThrows(DataException.class, () -> HistoryFile.read(folder));
    assertThrows(DataException.class, () -> HistoryFile.write(history(), none.resolve("x")));
  }

  @Test
  void histogramsCountEveryNumberOnce() {
    Histogram spread = Histogram.of(new double[] {0, 0.1, 0.9, 1, Double.NaN, 1.0 / 0}, 2);
    assertEquals(new Histogram(0, 1, List.of(2L, 2L), 2), spread);
    assertEquals(new Histogram(3, 3, List.of(2L), 0), Histogram.of(new double[] {3, 3}, 40));
    assertEquals(new Histogram(0, 0, List.of(), 1), Histogram.of(new double[] {Double.NaN}, 40));
  }
}

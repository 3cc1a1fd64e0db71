package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.adjoint.nn.format.HistoryFile;
import org.adjoint.nn.train.History;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The options and the command that write reports; what is on the page is lens' business. */
class ReportTest {
  @TempDir private Path folder;

  private static Run train(String... more) {
    List<String> args =
        new ArrayList<>(List.of("train", "--dataset", "digits", "--epochs", "1", "--hidden", "8"));
    args.addAll(List.of(more));
    return Run.of(args.toArray(String[]::new));
  }

  @Test
  void aTrainingIsReportedAndComparedAndItsWeightsStayTheSame() throws IOException {
    Path page = folder.resolve("page.html");
    Path first = folder.resolve("first.json");
    Path second = folder.resolve("second.json");
    Path plain = folder.resolve("plain.safetensors");
    Path recorded = folder.resolve("recorded.safetensors");
    assertEquals(0, train("--save", plain.toString()).status());
    Run run =
        train(
            "--report",
            page.toString(),
            "--history",
            first.toString(),
            "--save",
            recorded.toString());
    assertEquals(0, run.status(), run.toString());
    assertTrue(run.out().contains("report " + page), run.toString());
    assertTrue(run.out().contains("history " + first), run.toString());
    assertArrayEquals(Files.readAllBytes(plain), Files.readAllBytes(recorded));
    assertTrue(Files.readString(page).contains("<th scope=\"row\">network</th><td>64-8-10 relu"));

    History history = HistoryFile.read(first);
    assertEquals(1, history.epochs().size());
    assertEquals(run.accuracy(), history.test().orElseThrow().score().accuracy(), 5e-5);

    assertEquals(0, train("--seed", "1", "--history", second.toString()).status());
    Path both = folder.resolve("both.html");
    Run compared = Run.of("report", first.toString(), second.toString(), "--out", both.toString());
    assertEquals(0, compared.status(), compared.toString());
    assertEquals(List.of(both.toString()), compared.out());
    assertTrue(Files.readString(both).contains("Training report: first and second"));
  }

  @Test
  void aTrainingThatDivergesIsReportedAllTheSame() throws IOException {
    Path page = folder.resolve("page.html");
    Run run = train("--lr", "1e30", "--report", page.toString());
    assertEquals(1, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    assertTrue(Files.readString(page).contains("digits diverged: at step "));
  }

  @Test
  void whatIsWrongIsOneLineBeforeAnythingIsDone() throws IOException {
    Path nowhere = folder.resolve("none").resolve("page.html");
    Run train = train("--report", nowhere.toString());
    assertWrong(nowhere + ": the folder", train);
    assertEquals(List.of(), train.out());
    assertWrong("see adjoint report --help", Run.of("report"));
    Path none = folder.resolve("none.json");
    assertWrong(none + ": no such file", Run.of("report", none.toString()));
    Path other = Files.writeString(folder.resolve("other.json"), "{\"format\":\"x\"}");
    assertWrong(other + ": is no history of a training", Run.of("report", other.toString()));
    Path empty = folder.resolve("empty.json");
    HistoryFile.write(History.of("empty", List.of()), empty);
    Path page = folder.resolve("page.html");
    assertWrong(
        empty + ": has no step and no epoch",
        Run.of("report", empty.toString(), "--out", page.toString()));
    assertFalse(Files.exists(page));
  }

  private static void assertWrong(String part, Run run) {
    assertEquals(2, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    assertTrue(run.err().get(0).contains(part), run.toString());
  }
}

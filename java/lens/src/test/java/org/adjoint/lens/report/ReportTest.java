package org.adjoint.lens.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.train.History;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page says is what the history says. */
class ReportTest {
  @TempDir private Path folder;

  private static void assertSays(String page, String text) {
    assertTrue(page.contains(text), "no '" + text + "' in " + page);
  }

  private static int count(String page, String part) {
    return page.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void everyNumberIsTheHistorys() {
    String page = Report.of(Histories.of("mine", 2, 1, 0.5)).html();
    assertSays(page, "<title>Training report: mine</title>");
    assertSays(page, "<th scope=\"row\">test accuracy</th><td>0.6250</td>");
    assertSays(page, "<th scope=\"row\">last training loss</th><td>0.5</td>");
    assertSays(page, "<th scope=\"row\">steps</th><td>3, 3 recorded</td>");
    assertSays(page, "<th scope=\"row\">time learning</th><td>6 s</td>");
    assertSays(page, "<th scope=\"row\">seed</th><td>7</td>");
    assertSays(page, "data-x=\"epoch 2\" data-y=\"training: 1\"");
    assertSays(page, "data-x=\"epoch 2\" data-y=\"test: 2\"");
    assertSays(page, "data-x=\"step 2\" data-y=\"learning rate: 0.125\"");
    assertSays(page, "data-x=\"fc1, step 1\" data-y=\"‖∂L/∂θ‖: 1e−6\"");
    assertSays(page, "data-x=\"fc2, step 1\" data-y=\"root mean square: 3\"");
    assertSays(page, "At step 2 the gradient of fc1 is 5e−7 times that of fc2. It has vanished");
    // 4 of 8 numbers in a bin of width 0.5
    assertSays(page, "data-x=\"value 0.5 to 1\" data-y=\"end: 1\"");
    assertSays(page, "<p>Not drawn: fc1.bias, start: all 0.</p>");
    assertSays(page, "title=\"2 of 4 rows of class 1 were taken for 0\"");
    assertSays(page, "<td class=\"right\">75 %</td>");
    assertSays(page, "<b>1</b> taken for <b>0</b><br><small>0.125 against 0.875</small>");
    assertSays(page, "data-x=\"epoch 1\" data-y=\"rows per second: 32 1/s\"");
    assertSays(page, "data-x=\"epoch 1\" data-y=\"off-heap peak: 2 MiB\"");
    assertFalse(page.contains("{{"), page);
  }

  @Test
  void aRealTrainingIsDrawnWhole() {
    History history = Histories.digits(2);
    String page = Report.of(history).html();
    assertEquals(history.steps().size() * 2 * 2, count(page, "class=\"cell hit\""));
    assertEquals(history.test().orElseThrow().mistakes().size(), count(page, "data:image/png"));
    assertTrue(page.length() < 600_000, page.length() + " characters");
  }

  @Test
  void twoRunsShareAxesAndColours() {
    String page = Report.of(Histories.of("a", 2, 1), Histories.of("b", 20, 10, 5)).html();
    assertSays(page, "Training report: a and b");
    assertSays(page, "<tr class=\"differ\"><th scope=\"row\">epochs</th><td>2</td><td>3</td>");
    assertSays(page, "<tr><th scope=\"row\">seed</th><td>7</td><td>7</td>");
    assertSays(page, "data-y=\"a training: 2\"");
    assertSays(page, "data-y=\"b test: 21\"");
    assertSays(page, ">Gradient norm, a<");
    assertSays(page, ">Gradient norm, b<");
    String same = Report.of(Histories.of("a", 1), Histories.of("a", 2)).html();
    assertSays(same, "a and a (2)");
  }

  @Test
  void lossesThatAreNoNumbersAreSaid() {
    String page = Report.of(Histories.of("mine", 2, Double.NaN)).html();
    assertSays(page, "mine diverged: at step 1 of epoch 2 the loss is NaN.");
    assertSays(page, "class=\"bad hit\" data-x=\"step 1\" data-y=\"loss: NaN\"");
  }

  @Test
  void stepsAloneAreEnough() {
    History whole = Histories.of("mine", 2, 1);
    List<History.Step> steps =
        whole.steps().stream()
            .map(s -> new History.Step(s.number(), 1, s.score(), 0.1, List.of(), List.of()))
            .toList();
    String page = Report.of(History.of("mine", steps)).html();
    assertSays(page, "data-x=\"step 1\" data-y=\"loss: 1\"");
    assertFalse(page.contains("id=\"confusion\"") || page.contains("id=\"costs\""), page);
  }

  @Test
  void namesAreTextAndNeverMarkup() {
    String page = Report.of(Histories.of("<script>alert(1)</script>", 1)).html();
    assertFalse(page.contains("<script>alert"), page);
    assertSays(page, "&lt;script&gt;alert(1)");
  }

  @Test
  void whatCannotBeDrawnOrWrittenIsOneClearError() {
    History one = Histories.of("one", 1);
    assertRefused("0 histories; a page takes 1 to 3");
    assertRefused("4 histories; a page takes 1 to 3", one, one, one, one);
    assertRefused(
        "the history 'none' has no step and no epoch", one, History.of("none", List.of()));
    Path file = folder.resolve("none").resolve("page.html");
    String message =
        assertThrows(DataException.class, () -> Report.of(one).write(file)).getMessage();
    assertTrue(message.startsWith(file + ": the folder"), message);
  }

  private static void assertRefused(String part, History... histories) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Report.of(histories)).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void theFileIsThePage() throws IOException {
    Path file = folder.resolve("page.html");
    Report report = Report.of(Histories.of("mine", 2, 1));
    report.write(file);
    assertEquals(report.html(), Files.readString(file));
    Matcher asked = Pattern.compile("(?:src|href)=\"(?!data:|#)[^\"]*\"").matcher(report.html());
    assertFalse(asked.find(), "asks for another file");
  }

  @Test
  void imagesHoldTheShades() {
    byte[] shades = {0, 85, (byte) 170, (byte) 255, 1, 2};
    String text = Base64.getEncoder().encodeToString(shades);
    int[][] pixels = Mistakes.pixels(new History.Image(3, 2, text));
    assertArrayEquals(new int[] {0, 0x555555, 0xaaaaaa}, pixels[0]);
    assertArrayEquals(new int[] {0xffffff, 0x010101, 0x020202}, pixels[1]);
  }
}

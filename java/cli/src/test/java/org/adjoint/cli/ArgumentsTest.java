package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the program says to wrong arguments, before any work is done. */
class ArgumentsTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "\"\"                                    | a command is missing",
        "learn                                   | 'learn'",
        "--wrong                                 | '--wrong'",
        "train                                   | '--dataset=NAME'",
        "train --dataset                         | '--dataset'",
        "train --dataset mnist                   | 'mnist' is not one of [digits, fashion-mnist]",
        "train --dataset digits --epochs 0       | '0' is not a whole number",
        "train --dataset digits --epochs -3      | '-3' is not a whole number",
        "train --dataset digits --epochs x       | 'x' is not a whole number",
        "train --dataset digits --epochs 1.5     | '1.5' is not a whole number",
        "train --dataset digits --epochs 9999999999 | '9999999999' is not a whole number",
        "train --dataset digits --batch 0        | '0' is not a whole number",
        "train --dataset digits --lr 0           | '0' is not a number above 0",
        "train --dataset digits --lr -0.1        | '-0.1' is not a number above 0",
        "train --dataset digits --lr NaN         | 'NaN' is not a number above 0",
        "train --dataset digits --lr Infinity    | 'Infinity' is not a number above 0",
        "train --dataset digits --lr fast        | 'fast' is not a number above 0",
        "train --dataset digits --hidden 1,x     | '1,x' is not a list of whole numbers",
        "train --dataset digits --hidden 128,    | '128,' is not a list",
        "train --dataset digits --hidden 128,,64 | '128,,64' is not a list",
        "train --dataset digits --hidden 0       | '0' is not a list",
        "train --dataset digits --hidden -5      | '-5' is not a list",
        "train --dataset digits --dtype f16      | 'f16' is not one of [f32, bf16]",
        "train --dataset digits --dtype          | '--dtype'",
        "train --dataset digits --threads 0      | '0' is not a whole number",
        "train --dataset digits --threads 1025    | '1025' is not a whole number from 1 to 1024",
        "train --dataset digits --seed x         | 'x' is not a long",
        "train --dataset digits --backend gpu    | 'gpu' is not one of [native, cuda, reference]",
        "train --dataset digits --data           | '--data'",
        "train --dataset digits --save           | '--save'",
        "train --dataset digits more             | 'more'",
        "train --dataset digits --epoch 3        | '--epoch'",
        "train --dataset digits --dataset digits | '--dataset' (NAME) should be specified only once",
        "evaluate                                | '--model=FILE'",
        "evaluate --model m --epochs 3           | '--epochs'",
        "example burgers --seed x                | 'x' is not a long",
        "example burgers --adam-steps 0          | '0' is not a whole number",
        "example poisson --lbfgs-iterations -1   | '-1' is not a whole number",
        "example xor --seed 1                    | mean nothing to 'xor'",
        "example --adam-steps 5                  | need the name of an example",
        "example nothing                         | 'nothing' is not one of [scalar, network",
        "lens --example 1-2-2                    | '1-2-2' is not one of [1-2-1, xor, ",
        "lens --out                              | '--out'",
        "gradcheck --op tanj                     | there is no op 'tanj'; the nearest are tan, tanh, ",
        "gradcheck --op Softmax                  | the nearest are softmax, ",
        "gradcheck --order 3                     | '3' is not 1 or 2",
        "gradcheck --order 0                     | '0' is not 1 or 2",
        "gradcheck --backend gpu                 | 'gpu' is not one of [native, cuda, reference]",
        "gradcheck --op                          | '--op'",
      })
  void wrongArgumentsGiveOneLineAndStatus2(String arguments, String part) {
    Run run = Run.of(arguments.isEmpty() ? new String[0] : arguments.split(" +"));
    assertEquals(2, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    assertEquals(List.of(), run.out());
    String line = run.err().get(0);
    assertTrue(line.startsWith("adjoint: ") && line.contains(part), line);
    assertTrue(line.contains("--help"), line);
  }

  @TempDir private Path folder;

  @Test
  void whereNothingCanBeSavedNothingIsTrained() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    for (Path target : List.of(folder, folder.resolve("no/file"), file.resolve("below"))) {
      Run run = Run.of("train", "--dataset", "digits", "--save", target.toString());
      assertEquals(2, run.status(), run.toString());
      assertEquals(List.of(), run.out(), run.toString());
      assertEquals(1, run.err().size(), run.toString());
      assertTrue(run.err().get(0).startsWith("adjoint: " + target + ": "), run.toString());
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }

  @Test
  void whereTheResultCannotBeWrittenTheProgramFails() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(new String[] {"example"}, new PrintStream(full), new PrintStream(err, true));
    assertEquals(1, status);
    assertEquals(
        "adjoint: standard output cannot be written: the result is lost", err.toString().strip());
  }

  @Test
  void helpNamesEveryOptionAndItsDefault() {
    List<String> help = new ArrayList<>(Run.of("--help").out());
    assertTrue(help.get(0).startsWith("Usage: adjoint"), help.toString());
    assertTrue(String.join("\n", help).contains("Exit status"), help.toString());
    Run train = Run.of("train", "--help");
    assertEquals(0, train.status());
    String text = String.join("\n", train.out());
    for (String option :
        List.of(
            "--dataset",
            "--data",
            "--backend",
            "--threads",
            "--seed",
            "--epochs",
            "--batch",
            "--lr",
            "--hidden",
            "--save",
            "--stacktrace",
            "--version")) {
      assertTrue(text.contains(option + "=") || text.contains(option + " "), option + text);
    }
    for (Data data : Data.values()) {
      Data.Settings defaults = data.settings();
      for (Object value :
          List.of(
              defaults.epochs(),
              defaults.batch(),
              defaults.learningRate(),
              defaults.hidden().get(0) + "," + defaults.hidden().get(1))) {
        assertTrue(
            text.replaceAll("\\s+", " ").contains(data.label() + " " + value),
            "default " + value + " of " + data.label() + text);
      }
    }
    assertEquals(0, Run.of("evaluate", "--help").status());
    assertEquals(0, Run.of("example", "--help").status());
    String gradcheck = String.join("\n", Run.of("gradcheck", "--help").out());
    for (String option : List.of("--op=", "--order=", "--backend=", "PASS or FAIL")) {
      assertTrue(gradcheck.contains(option), option + gradcheck);
    }
  }

  @Test
  void versionIsTheFirstLine() {
    Run run = Run.of("--version");
    assertEquals(0, run.status());
    assertTrue(run.out().get(0).startsWith("adjoint "), run.toString());
    assertTrue(run.out().get(1).startsWith("JVM "), run.toString());
  }
}

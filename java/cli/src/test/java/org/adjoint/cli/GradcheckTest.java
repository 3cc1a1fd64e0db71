package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.adjoint.Adjoint;
import org.adjoint.Shape;
import org.adjoint.check.OpCase;
import org.adjoint.op.Op;
import org.adjoint.op.Ops;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** {@code adjoint gradcheck}: a line an op, and the exit status. */
class GradcheckTest {
  private static final String LINE =
      "\\S+ +(reverse,forward|none) +order [012] +worst error (\\d\\.\\de[+-]\\d\\d|-) +PASS";

  @Test
  void aLineForEveryOpOfTheTable() {
    Run run = Run.of("gradcheck", "--order", "1", "--backend", "reference");
    assertEquals(0, run.status(), run.toString());
    assertEquals(List.of(), run.err());
    for (String line : run.out()) {
      assertTrue(line.matches(LINE), line);
      assertEquals(run.out().get(0).length(), line.length(), "columns are aligned: " + line);
    }
    Set<String> names =
        run.out().stream().map(line -> line.split(" ")[0]).collect(Collectors.toSet());
    assertEquals(run.out().size(), names.size());
    Set<String> missing =
        Ops.ALL.stream().map(Op::name).collect(Collectors.toCollection(TreeSet::new));
    missing.removeAll(names);
    assertEquals(Set.of(), missing);
    assertTrue(names.containsAll(List.of("var", "einsum", "clamp")), names.toString());
  }

  @Test
  void oneOpByItsNameOrAMethodMadeOfSeveral() {
    for (String name : List.of("tanh", "var")) {
      Run run = Run.of("gradcheck", "--op", name, "--backend", "reference");
      assertEquals(0, run.status(), run.toString());
      assertEquals(1, run.out().size(), run.toString());
      assertTrue(run.last().startsWith(name + "  reverse,forward  order 2  "), run.last());
      assertTrue(run.last().matches(LINE), run.last());
    }
    Run still = Run.of("gradcheck", "--op", "argmax", "--backend", "reference");
    assertEquals(0, still.status());
    assertTrue(still.last().matches("argmax  none +order 0  worst error - +PASS"), still.last());
  }

  private static OpCase row(String name, double factor) {
    List<OpCase.Input> in = List.of(new OpCase.Floating(OpCase.Domain.POSITIVE, Shape.of(3)));
    // The gradient of x·detach(x) is half of the function's slope.
    return new OpCase(
        name,
        name,
        "",
        in,
        x -> factor == 1 ? x.get(0).square() : x.get(0).times(x.get(0).detach()),
        "",
        1e-6);
  }

  @Test
  void aWrongOpFailsItsLineAndTheProgram() {
    Adjoint.backend("reference");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    GradcheckCommand command =
        new GradcheckCommand(terminal, List.of(row("right", 1), row("wrong", 0.5)));
    int status = new CommandLine(command).execute();
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    List<String> errors = err.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(1, status, errors.toString());
    assertEquals(2, lines.size());
    assertTrue(lines.get(0).endsWith(" PASS"), lines.get(0));
    assertTrue(lines.get(1).matches("wrong .* worst error [1-9]\\.\\de-01 +FAIL"), lines.get(1));
    assertTrue(errors.get(0).contains("input 0, entry ["), errors.get(0));
    assertEquals("adjoint: 1 of 2 ops fail", errors.get(1));
  }

  @Test
  void namesAreNearByTheirLetters() {
    assertEquals(3, Names.edits("kitten", "sitting"));
    assertEquals(4, Names.edits("", "tanh"));
    assertEquals(0, Names.edits("sum", "sum"));
    assertEquals(
        List.of("cumsum", "sum"), Names.nearest("cumSun", List.of("sum", "tanh", "cumsum"), 2));
  }
}

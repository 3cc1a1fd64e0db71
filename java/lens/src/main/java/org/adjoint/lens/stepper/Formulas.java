package org.adjoint.lens.stepper;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Node;
import org.adjoint.lens.graph.Reading;
import org.adjoint.op.Elementwise;
import org.adjoint.symbolic.Symbolic;

/**
 * How cells and their local Jacobians read as formulas. Scalars, and tensors that are computed
 * element by element, are written by {@link Symbolic}, which reads the derivative that the engine
 * builds; for all else the ops are named.
 */
final class Formulas {
  private static final int LONGEST = 160;

  private final Cells cells;
  private final Replay replay;

  /** A cell over scalars with the names of its inputs. */
  private record Scalars(Symbolic value, List<Tensor> inputs) {}

  Formulas(Cells cells) {
    this.cells = cells;
    this.replay = new Replay(cells);
  }

  /** Returns what a cell computes, without its name: {@code w11·x + b1}. */
  String value(Cell cell) {
    return scalars(cell).flatMap(s -> written(s.value())).orElseGet(() -> named(cell));
  }

  /** Returns the local Jacobian of a cell by one of its inputs, as a formula. */
  String local(Cell cell, int input) {
    Optional<String> scalar =
        scalars(cell).flatMap(s -> written(() -> s.value().derivative(s.inputs().get(input))));
    if (scalar.isPresent()) {
      return scalar.get();
    }
    String x = cells.all().get(cell.inputs().get(input)).name();
    return "∂" + cell.name() + "/∂" + x;
  }

  private Optional<Scalars> scalars(Cell cell) {
    boolean scalar = cell.type().shape().rank() == 0;
    boolean elementwise = true;
    for (int in : cell.inputs()) {
      scalar &= cells.all().get(in).type().shape().rank() == 0;
    }
    for (int op : cell.ops()) {
      elementwise &= cells.reading().vertices().get(op).node().op() instanceof Elementwise;
    }
    if (!scalar && !elementwise) {
      return Optional.empty();
    }
    List<Tensor> inputs = new ArrayList<>();
    Map<Tensor, String> names = new LinkedHashMap<>();
    for (int in : cell.inputs()) {
      DType dtype = cells.all().get(in).type().dtype();
      if (!dtype.isArithmetic()) {
        return Optional.empty();
      }
      Tensor x = Tensor.scalar(0.5, dtype).variable();
      inputs.add(x);
      names.put(x, cells.all().get(in).name());
    }
    try {
      return Optional.of(new Scalars(Symbolic.of(replay.of(cell, inputs), names), inputs));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // an op without a formula
    }
  }

  private static Optional<String> written(Symbolic formula) {
    return written(() -> formula);
  }

  private static Optional<String> written(Supplier<Symbolic> formula) {
    try {
      String text = typeset(formula.get().infix());
      return text.length() > LONGEST ? Optional.empty() : Optional.of(text);
    } catch (IllegalArgumentException | IllegalStateException e) {
      return Optional.empty(); // without a formula, or too long to be read
    }
  }

  /** Returns a formula as books write it: raised dots, minus signs, squares. */
  private static String typeset(String infix) {
    return infix
        .replace("*", "·")
        .replace("-", "−")
        .replaceAll("\\^2(?![\\d.])", "²")
        .replaceAll("\\^3(?![\\d.])", "³");
  }

  /** Returns the ops of a cell as calls of each other. */
  private String named(Cell cell) {
    Map<Cells.Value, String> texts = new LinkedHashMap<>();
    for (int in : cell.inputs()) {
      Cell from = cells.all().get(in);
      texts.put(new Cells.Value(from.vertex(), from.output()), from.name());
    }
    Reading reading = cells.reading();
    String last = "";
    for (int at : cell.ops()) {
      Node node = reading.vertices().get(at).node();
      List<String> arguments = new ArrayList<>();
      for (int i = 0; i < reading.vertices().get(at).inputs().length; i++) {
        int u = reading.vertices().get(at).inputs()[i];
        String text = texts.get(new Cells.Value(u, node.index(i)));
        arguments.add(text != null ? text : reading.number(u));
      }
      last = call(node.op().name(), arguments);
      for (int output = 0; output < node.outputs(); output++) {
        texts.put(new Cells.Value(at, output), last);
      }
    }
    return last.length() > LONGEST ? last.substring(0, LONGEST - 1) + "…" : last;
  }

  private static String call(String op, List<String> arguments) {
    String infix =
        switch (op) {
          case "plus" -> " + ";
          case "minus" -> " − ";
          case "times", "scale" -> " ⊙ ";
          case "matmul" -> " @ ";
          case "div" -> " / ";
          default -> "";
        };
    if (op.equals("square")) {
      return grouped(arguments.get(0)) + "²";
    }
    if (op.equals("neg")) {
      return "−" + grouped(arguments.get(0));
    }
    if (infix.isEmpty() || arguments.size() != 2) {
      return op + "(" + String.join(", ", arguments) + ")";
    }
    boolean sum = infix.equals(" + ");
    String left = sum ? arguments.get(0) : grouped(arguments.get(0));
    return left + infix + (sum ? arguments.get(1) : grouped(arguments.get(1)));
  }

  private static String grouped(String text) {
    return text.contains(" ") && !text.endsWith(")") ? "(" + text + ")" : text;
  }
}

package org.adjoint.lens.stepper;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;

/**
 * A loss taken apart into the steps of backpropagation, with every number computed by the engine:
 * the value of each cell, and for each edge of the chain rule the gradient that comes in, the local
 * Jacobian and their product. The gradients are {@link Grad}'s graphs over fresh leaves, so the
 * user's graph stays as it is, and {@link Tape} can hand the same graphs to the page.
 */
final class Lesson {
  /** The most cells of a graph of scalars, and of any other. */
  static final int MOST_SCALARS = 500;

  static final int MOST_TENSORS = 200;

  /** The most numbers of a local Jacobian that is written out, and the most rows of it. */
  private static final int MOST_ENTRIES = 256;

  private static final int MOST_ROWS = 16;

  /**
   * One application of the chain rule: the gradient of a cell goes to one of its inputs.
   *
   * @param cell the cell that has the gradient
   * @param input the cell that gets the contribution
   * @param symbol the local Jacobian as a formula
   * @param jacobian its numbers [entries of the cell, entries of the input]; empty if too many
   * @param contribution the product, of the input's shape
   */
  record Edge(int cell, int input, String symbol, Optional<Tensor> jacobian, Tensor contribution) {}

  private final Cells cells;
  private final List<String> formulas = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();
  private final Map<Integer, Tensor> gradients = new HashMap<>();
  private final boolean[] needed;

  private Lesson(Cells cells) {
    this.cells = cells;
    this.needed = new boolean[cells.all().size()];
  }

  /**
   * Returns the lesson of a loss.
   *
   * @param names what tensors are called; those of them that ops compute are the steps
   * @param held leaves that are no parameters, although gradients could be taken by them
   * @throws IllegalArgumentException if the loss is no floating scalar, no leaf is trained, or
   *     there are more cells than a page can show
   */
  static Lesson of(Tensor loss, Map<Tensor, String> names, List<Tensor> held) {
    if (loss.size() != 1 || !loss.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "stepper: needs a floating scalar, got " + loss.type() + "; sum() or mean() it");
    }
    Cells cells = Cells.of(loss, names, held);
    check(cells.all());
    Lesson lesson = new Lesson(cells);
    lesson.forward();
    lesson.backward();
    return lesson;
  }

  private static void check(List<Cell> all) {
    boolean scalars = all.stream().allMatch(Cell::isScalar);
    int most = scalars ? MOST_SCALARS : MOST_TENSORS;
    if (all.size() > most) {
      throw new IllegalArgumentException(
          "stepper: the graph has "
              + all.size()
              + (scalars ? " scalars" : " tensors")
              + ", a page shows "
              + most
              + "; name the tensors to stop at, so that the ops between them become one step");
    }
    if (all.stream().noneMatch(cell -> cell.kind() == Cell.Kind.PARAMETER)) {
      throw new IllegalArgumentException(
          "stepper: the loss depends on no parameter and no variable(); mark a leaf with variable()");
    }
  }

  private void forward() {
    Replay replay = new Replay(cells);
    Formulas texts = new Formulas(cells);
    for (int at = 0; at < cells.all().size(); at++) {
      Cell cell = cells.all().get(at);
      needed[at] = cell.kind() == Cell.Kind.PARAMETER;
      if (!cell.isOp()) {
        values.add(leaf(cell));
        formulas.add("");
        continue;
      }
      for (int in : cell.inputs()) {
        needed[at] |= needed[in];
      }
      needed[at] &= cell.type().dtype().isFloating();
      values.add(replay.of(cell, cell.inputs().stream().map(values::get).toList()));
      formulas.add(texts.value(cell));
    }
  }

  /** Returns a copy of a leaf's value: nothing that happens here reaches the user's graph. */
  private Tensor leaf(Cell cell) {
    Tensor x = Access.tensor(cells.reading().vertices().get(cell.vertex()).node(), cell.output());
    long[] dims = cell.type().shape().dims();
    return switch (cell.type().dtype()) {
      case F32 -> Tensor.of(x.toArray(), dims).variable();
      case F64 -> Tensor.of(x.toDoubleArray(), dims).variable();
      case I32 -> Tensor.of(x.toIntArray(), dims);
      case I64 -> Tensor.of(x.toLongArray(), dims);
      case BOOL -> Tensor.of(x.toBooleanArray(), dims);
      case BF16 ->
          throw new IllegalArgumentException(
              "stepper: '" + cell.name() + "' is " + cell.type() + "; cast() it to F32");
    };
  }

  private void backward() {
    Formulas texts = new Formulas(cells);
    int last = cells.all().size() - 1;
    Type seed = cells.all().get(last).type().tangent();
    gradients.put(last, Tensor.ones(seed.dtype(), seed.shape().dims()));
    for (int at = last; at >= 0; at--) {
      Cell cell = cells.all().get(at);
      Tensor gradient = gradients.get(at);
      if (!cell.isOp() || !needed[at] || gradient == null) {
        continue;
      }
      List<Tensor> inputs = cell.inputs().stream().map(values::get).toList();
      for (int i = 0; i < inputs.size(); i++) {
        int in = cell.inputs().get(i);
        if (!needed[in]) {
          continue;
        }
        Tensor contribution = pulled(at, gradient, inputs, i);
        edges.add(new Edge(at, in, texts.local(cell, i), jacobian(at, inputs, i), contribution));
        gradients.merge(in, contribution, Tensor::plus);
      }
    }
  }

  private Tensor pulled(int at, Tensor cotangent, List<Tensor> inputs, int i) {
    return Grad.vjpWithin(
            List.of(values.get(at)), List.of(cotangent), inputs, List.of(inputs.get(i)))
        .get(0);
  }

  /** Returns the local Jacobian, a row an entry of the cell, if it is small enough to be read. */
  private Optional<Tensor> jacobian(int at, List<Tensor> inputs, int i) {
    Tensor y = values.get(at);
    long rows = y.size();
    long columns = inputs.get(i).size();
    if (rows > MOST_ROWS || rows * columns > MOST_ENTRIES) {
      return Optional.empty();
    }
    DType dtype = y.dtype().tangent();
    List<Tensor> all = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      double[] one = new double[(int) rows];
      one[row] = 1;
      Tensor unit = Tensor.of(one, y.shape().dims()).cast(dtype);
      all.add(pulled(at, unit, inputs, i).reshape(1, columns));
    }
    return Optional.of(rows == 1 ? all.get(0) : Tensor.concat(0, all));
  }

  List<Cell> cells() {
    return cells.all();
  }

  /** Returns what a cell computes as a formula, empty for a leaf. */
  String formula(int cell) {
    return formulas.get(cell);
  }

  Tensor value(int cell) {
    return values.get(cell);
  }

  /** Returns the gradient of a cell, empty where none arrives. */
  Optional<Tensor> gradient(int cell) {
    return Optional.ofNullable(gradients.get(cell));
  }

  /** Returns the applications of the chain rule, in reverse topological order of the cells. */
  List<Edge> edges() {
    return Collections.unmodifiableList(edges);
  }

  /** Computes everything in one run. */
  void evaluate() {
    List<Tensor> all = new ArrayList<>(values);
    all.addAll(gradients.values());
    for (Edge edge : edges) {
      all.add(edge.contribution());
      edge.jacobian().ifPresent(all::add);
    }
    Tensor.evalAll(all);
  }

  /**
   * Returns how many products expanding every path from the loss to a parameter would take, one an
   * edge of each path; the engine takes one an edge of the graph.
   */
  double pathProducts() {
    int n = cells.all().size();
    double[] paths = new double[n];
    double[] lengths = new double[n];
    paths[n - 1] = 1;
    double products = 0;
    int next = 0;
    for (int at = n - 1; at >= 0; at--) {
      for (; next < edges.size() && edges.get(next).cell() == at; next++) {
        int in = edges.get(next).input();
        paths[in] += paths[at];
        lengths[in] += lengths[at] + paths[at];
      }
      products += cells.all().get(at).kind() == Cell.Kind.PARAMETER ? lengths[at] : 0;
    }
    return products;
  }
}

package org.adjoint.lens.stepper;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;
import org.adjoint.lens.graph.Reading;
import org.adjoint.lens.graph.Reading.Vertex;

/** Cuts a graph into the cells of a page, each after those that it reads. */
final class Cells {
  /** An output of a vertex. */
  record Value(int vertex, int output) {}

  private final Reading reading;
  private final Set<Value> boundaries = new HashSet<>();
  private final Map<Value, Integer> places = new HashMap<>();
  private final List<Cell> cells = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();
  private final Map<Tensor, String> names;
  private final Set<Node> held = new HashSet<>();
  private final int result;
  private final Value resultValue;

  private Cells(Tensor loss, Map<Tensor, String> names, List<Tensor> held) {
    this.names = names;
    held.forEach(x -> this.held.add(Access.node(x)));
    this.reading = new Reading(names);
    this.result = reading.read(loss);
    this.resultValue = new Value(result, Access.index(loss));
  }

  /** Returns the cells of the graph that leads to a loss, which is the last of them. */
  static Cells of(Tensor loss, Map<Tensor, String> names, List<Tensor> held) {
    Cells cells = new Cells(loss, names, held);
    cells.markBoundaries();
    cells.cut();
    return cells;
  }

  Reading reading() {
    return reading;
  }

  List<Cell> all() {
    return cells;
  }

  /** Returns the cell of a value, −1 if it is inside one. */
  int place(Value value) {
    return places.getOrDefault(value, Reading.NONE);
  }

  private void markBoundaries() {
    boolean named = false;
    for (Tensor x : names.keySet()) {
      int vertex = reading.place(x);
      if (vertex != Reading.NONE) {
        boundaries.add(new Value(vertex, Access.index(x)));
        named |= reading.vertices().get(vertex).isOp() && vertex != result;
      }
    }
    for (int v = 0; v < reading.vertices().size(); v++) {
      Vertex vertex = reading.vertices().get(v);
      for (int i = 0; i < vertex.inputs().length; i++) {
        int u = vertex.inputs()[i];
        boolean leaf = !reading.vertices().get(u).isOp() && !reading.isNumber(u);
        if (leaf || (!named && !reading.isNumber(u))) {
          boundaries.add(new Value(u, vertex.node().index(i)));
        }
      }
    }
    boundaries.add(resultValue);
  }

  private void cut() {
    for (int v = 0; v < reading.vertices().size(); v++) {
      for (int output = 0; output < reading.vertices().get(v).node().outputs(); output++) {
        Value value = new Value(v, output);
        if (boundaries.contains(value)) {
          places.put(value, cells.size());
          cells.add(cell(value));
        }
      }
    }
  }

  private Cell cell(Value value) {
    Vertex vertex = reading.vertices().get(value.vertex());
    Node node = vertex.node();
    Cell.Kind kind = Cell.Kind.INPUT;
    List<Integer> inputs = new ArrayList<>();
    TreeSet<Integer> ops = new TreeSet<>();
    if (vertex.isOp()) {
      kind = Cell.Kind.OP;
      collect(value, inputs, ops);
    } else if (isTrained(node) && !held.contains(node)) {
      kind = Cell.Kind.PARAMETER;
    }
    return new Cell(
        value.vertex(),
        value.output(),
        name(value, kind),
        node.type(value.output()),
        kind,
        inputs,
        List.copyOf(ops));
  }

  private static boolean isTrained(Node node) {
    boolean source = node instanceof Version v ? v.parameter().isTrainable() : node.isVariable();
    return source && node.type(0).dtype().isFloating();
  }

  /** Finds the ops behind a value, up to cells, and those cells in the order of their use. */
  private void collect(Value value, List<Integer> inputs, TreeSet<Integer> ops) {
    List<Integer> waiting = new ArrayList<>(List.of(value.vertex()));
    TreeSet<Integer> found = new TreeSet<>();
    while (!waiting.isEmpty()) {
      int at = waiting.remove(waiting.size() - 1);
      if (!ops.add(at)) {
        continue;
      }
      Vertex vertex = reading.vertices().get(at);
      for (int i = 0; i < vertex.inputs().length; i++) {
        int u = vertex.inputs()[i];
        Value input = new Value(u, vertex.node().index(i));
        if (places.containsKey(input)) {
          found.add(places.get(input));
        } else if (!reading.isNumber(u)) {
          waiting.add(u);
        }
      }
    }
    inputs.addAll(found);
  }

  private String name(Value value, Cell.Kind kind) {
    String given = reading.name(value.vertex(), value.output()).orElse("");
    if (given.isEmpty()) {
      given = value.equals(resultValue) ? "L" : (kind == Cell.Kind.OP ? "v" : "c") + cells.size();
    }
    String name = given;
    for (int again = 2; !taken.add(name); again++) {
      name = given + "_" + again;
    }
    return name;
  }
}

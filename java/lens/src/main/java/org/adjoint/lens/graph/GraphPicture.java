package org.adjoint.lens.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.lens.graph.Reading.Vertex;
import org.adjoint.lens.picture.Picture;
import org.adjoint.lens.picture.Picture.Box;
import org.adjoint.lens.picture.Picture.Edge;
import org.adjoint.lens.picture.Picture.Flow;
import org.adjoint.lens.picture.Picture.Kind;
import org.adjoint.lens.picture.Picture.Panel;

/**
 * Makes pictures of graphs: the forward part in one panel, what {@link Grad} has built for the
 * gradients in another, where forward values appear as references. Numbers that ops were given
 * stand in the label of the op.
 */
public final class GraphPicture {
  private final Reading reading;
  private final int result;
  private final int forward;
  private final String[] layers;
  private final List<Parameter> unreached = new ArrayList<>();
  private final Map<Integer, String> slopes = new LinkedHashMap<>();
  private final List<Map.Entry<Integer, Integer>> slopePlaces = new ArrayList<>();

  /** A panel in the making: boxes by the vertices or layers that they stand for. */
  private static final class Sheet {
    private final List<Box> boxes = new ArrayList<>();
    private final Set<Edge> edges = new LinkedHashSet<>();
    private final Map<Object, Integer> places = new HashMap<>();

    /** By box of a layer which of its ops' outputs leave it. */
    private final Map<Integer, List<Object>> ports = new HashMap<>();

    int port(int box, Object output) {
      List<Object> known = ports.computeIfAbsent(box, b -> new ArrayList<>());
      if (!known.contains(output)) {
        known.add(output);
      }
      return known.indexOf(output);
    }

    int add(Object key, Box box) {
      places.put(key, boxes.size());
      boxes.add(box);
      return boxes.size() - 1;
    }
  }

  private GraphPicture(
      Tensor y, Map<Tensor, String> names, List<Tensor> xs, UnaryOperator<String> folded) {
    this.reading = new Reading(names);
    this.result = reading.read(y);
    this.forward = reading.vertices().size();
    List<Tensor> reached = new ArrayList<>();
    for (Tensor x : xs) {
      if (reading.place(x) != Reading.NONE) {
        reached.add(x);
      } else if (x instanceof Parameter parameter) {
        unreached.add(parameter);
      }
    }
    if (!reached.isEmpty()) {
      List<Tensor> gradients = Grad.grad(y, reached);
      for (int i = 0; i < gradients.size(); i++) {
        int place = reading.read(gradients.get(i));
        Tensor x = reached.get(i);
        String name =
            reading.name(reading.place(x), Access.index(x)).orElse("#" + (reading.place(x) + 1));
        slopePlaces.add(Map.entry(place, Access.index(gradients.get(i))));
        slopes.put(i, name);
      }
    }
    String[] path = new String[forward];
    for (int v = 0; v < forward; v++) {
      boolean parameter = reading.vertices().get(v).isParameter();
      path[v] = parameter ? folded.apply(layer(reading.name(v, 0).orElse(""))) : "";
    }
    this.layers = Layers.of(reading.vertices().subList(0, forward), path);
  }

  private static String layer(String parameter) {
    return parameter.contains(".") ? parameter.substring(0, parameter.lastIndexOf('.')) : "";
  }

  /**
   * Returns the picture of the graph that leads to {@code y}.
   *
   * @param names what tensors are called, beside parameters
   * @param xs what gradients are drawn by, none for the forward part alone; a parameter among them
   *     that y does not depend on is drawn as unreached
   * @param folded by the path of a layer that of the box to draw it in, empty to leave it open
   */
  public static Picture of(
      Tensor y, Map<Tensor, String> names, List<Tensor> xs, UnaryOperator<String> folded) {
    return new GraphPicture(y, names, xs, folded).picture();
  }

  private Picture picture() {
    Panel forwards = forwardPanel();
    String title = "Graph of " + label(result) + " " + type(result, 0);
    if (slopes.isEmpty()) {
      return new Picture(title, List.of(forwards));
    }
    return new Picture(title, List.of(forwards, gradientPanel()));
  }

  private static String id(int vertex) {
    return "#" + (vertex + 1);
  }

  private String type(int vertex, int output) {
    return reading.vertices().get(vertex).node().type(output).toString();
  }

  private Panel forwardPanel() {
    Sheet sheet = new Sheet();
    int ops = 0;
    for (int v = 0; v < forward; v++) {
      Vertex vertex = reading.vertices().get(v);
      ops += vertex.isOp() ? 1 : 0;
      if (reading.isNumber(v) && v != result) {
        continue;
      }
      if (layers[v].isEmpty()) {
        sheet.add(v, box(v, v == result ? Kind.RESULT : kind(vertex)));
      }
    }
    for (int v = 0; v < forward; v++) {
      if (!layers[v].isEmpty() && !sheet.places.containsKey(layers[v])) {
        sheet.add(layers[v], layerBox(layers[v]));
      }
    }
    for (int v = 0; v < forward; v++) {
      link(sheet, v, u -> layers[u].isEmpty() ? u : layers[u]);
    }
    for (Parameter parameter : unreached) {
      String hint = parameter.name() + ": the result does not depend on this parameter";
      Box box =
          new Box(parameter.name(), parameter.name(), "never reached", hint, Kind.UNREACHED, "");
      sheet.add(parameter, box);
    }
    String lost =
        unreached.isEmpty()
            ? ""
            : ", "
                + unreached.size()
                + (unreached.size() == 1 ? " parameter" : " parameters")
                + " never reached";
    return panel("Forward", ops + " ops" + lost, Flow.DOWN, sheet);
  }

  private Panel gradientPanel() {
    Sheet sheet = new Sheet();
    int ops = 0;
    for (int v = forward; v < reading.vertices().size(); v++) {
      Vertex vertex = reading.vertices().get(v);
      if (reading.isNumber(v)) {
        continue;
      }
      ops++;
      sheet.add(v, box(v, Kind.GRADIENT));
      for (int u : vertex.inputs()) {
        refer(sheet, u, v);
      }
    }
    for (int v = forward; v < reading.vertices().size(); v++) {
      int reader = v;
      link(sheet, v, u -> u < forward ? List.of(u, reader) : u);
    }
    for (Map.Entry<Integer, String> slope : slopes.entrySet()) {
      int from = slopePlaces.get(slope.getKey()).getKey();
      int output = slopePlaces.get(slope.getKey()).getValue();
      String label = "∂/∂" + slope.getValue();
      refer(sheet, from, label);
      String hint = "the gradient by " + slope.getValue() + ", " + type(from, output);
      String detail = reading.isNumber(from) ? "= " + reading.number(from) : "gradient";
      int box = sheet.add(label, new Box(label, label, detail, hint, Kind.SLOPE, ""));
      Integer source = sheet.places.get(from < forward ? List.of(from, label) : (Object) from);
      if (source != null) {
        sheet.edges.add(new Edge(source, output, box, type(from, output)));
      }
    }
    return panel("Gradient", ops + " ops, from the result up", Flow.UP, sheet);
  }

  /** Adds a forward value that one box of the gradient reads: a reference beside each reader. */
  private void refer(Sheet sheet, int u, Object reader) {
    List<Object> key = List.of(u, reader);
    if (u < forward && !reading.isNumber(u) && !sheet.places.containsKey(key)) {
      String hint = "the forward value " + id(u) + " " + label(u) + ", " + type(u, 0);
      sheet.add(key, new Box(id(u), label(u), id(u), hint, Kind.REFERENCE, ""));
    }
  }

  private void link(Sheet sheet, int v, IntFunction<Object> keyOf) {
    Vertex vertex = reading.vertices().get(v);
    Integer to = sheet.places.get(keyOf.apply(v));
    for (int i = 0; i < vertex.inputs().length; i++) {
      int u = vertex.inputs()[i];
      Integer from = sheet.places.get(keyOf.apply(u));
      if (from != null && to != null && !from.equals(to)) {
        int output = vertex.node().index(i);
        boolean folded = keyOf.apply(u) instanceof String;
        int port = folded ? sheet.port(from, List.of(u, output)) : output;
        sheet.edges.add(new Edge(from, port, to, type(u, output)));
      }
    }
  }

  /** Returns the panel with its boxes in an order that follows the edges. */
  private static Panel panel(String title, String summary, Flow flow, Sheet sheet) {
    int n = sheet.boxes.size();
    List<List<Edge>> out = new ArrayList<>();
    int[] in = new int[n];
    for (int i = 0; i < n; i++) {
      out.add(new ArrayList<>());
    }
    for (Edge edge : sheet.edges) {
      out.get(edge.from()).add(edge);
      in[edge.to()]++;
    }
    TreeSet<Integer> ready = new TreeSet<>();
    for (int i = 0; i < n; i++) {
      if (in[i] == 0) {
        ready.add(i);
      }
    }
    int[] order = new int[n];
    List<Box> boxes = new ArrayList<>();
    while (!ready.isEmpty()) {
      int box = ready.pollFirst();
      order[box] = boxes.size();
      boxes.add(sheet.boxes.get(box));
      for (Edge edge : out.get(box)) {
        if (--in[edge.to()] == 0) {
          ready.add(edge.to());
        }
      }
    }
    List<Edge> edges = new ArrayList<>();
    for (Edge edge : sheet.edges) {
      edges.add(new Edge(order[edge.from()], edge.port(), order[edge.to()], edge.label()));
    }
    return new Panel(title, summary, flow, boxes, edges);
  }

  private Kind kind(Vertex vertex) {
    if (vertex.isParameter()) {
      return Kind.PARAMETER;
    }
    return vertex.isOp() ? Kind.OP : Kind.INPUT;
  }

  private String label(int v) {
    Vertex vertex = reading.vertices().get(v);
    Node node = vertex.node();
    String name = reading.name(v, 0).orElse("");
    if (vertex.isParameter()) {
      return name;
    }
    if (!vertex.isOp()) {
      if (reading.isNumber(v)) {
        return reading.number(v);
      }
      return !name.isEmpty() ? name : node.kind() == Node.Kind.OP ? node.op().name() : "input";
    }
    StringBuilder call = new StringBuilder(name.isEmpty() ? "" : name + " = ").append(node.op());
    boolean scalars = Arrays.stream(vertex.inputs()).anyMatch(reading::isNumber);
    if (scalars) {
      List<String> arguments = new ArrayList<>();
      for (int u : vertex.inputs()) {
        arguments.add(reading.isNumber(u) ? reading.number(u) : "·");
      }
      call.append('(').append(String.join(", ", arguments)).append(')');
    }
    return call.toString();
  }

  private Box box(int v, Kind kind) {
    Vertex vertex = reading.vertices().get(v);
    Node node = vertex.node();
    StringBuilder hint = new StringBuilder(id(v)).append(' ').append(label(v));
    if (vertex.isOp() && node.attrs().length > 0) {
      hint.append(' ').append(Arrays.toString(node.attrs()));
    }
    for (int i = 0; vertex.isOp() && i < vertex.inputs().length; i++) {
      int u = vertex.inputs()[i];
      hint.append(i == 0 ? " of " : ", ").append(reading.isNumber(u) ? reading.number(u) : id(u));
    }
    hint.append(" → ").append(node.type(0));
    for (int output = 1; output < node.outputs(); output++) {
      hint.append(", ").append(node.type(output));
    }
    String detail = id(v) + (vertex.isOp() ? "" : " · " + node.type(0));
    String group = vertex.isParameter() ? layer(reading.name(v, 0).orElse("")) : "";
    return new Box(id(v), label(v), detail, hint.toString(), kind, group);
  }

  /** Returns the path of a layer by the group of its box: {@code fc1} of {@code fc1 (2)}. */
  public static String path(String group) {
    int use = group.indexOf(" (");
    return use < 0 ? group : group.substring(0, use);
  }

  private Box layerBox(String layer) {
    int ops = 0;
    long numbers = 0;
    int parameters = 0;
    StringBuilder hint = new StringBuilder(layer).append(':');
    for (int v = 0; v < forward; v++) {
      if (layers[v].equals(layer)) {
        Vertex vertex = reading.vertices().get(v);
        ops += vertex.isOp() ? 1 : 0;
        if (vertex.isParameter()) {
          parameters++;
          numbers += vertex.node().type(0).shape().size();
        }
        hint.append('\n').append(id(v)).append(' ').append(label(v));
        hint.append(" → ").append(type(v, 0));
      }
    }
    String trained = parameters == 0 ? "" : ", " + numbers + " numbers";
    String detail = ops + (ops == 1 ? " op" : " ops") + trained;
    return new Box(layer, layer, detail, hint.toString(), Kind.LAYER, layer);
  }
}

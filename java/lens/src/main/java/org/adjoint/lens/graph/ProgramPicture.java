package org.adjoint.lens.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.adjoint.Plan;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.run.CompiledGraph;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.Leaf;
import org.adjoint.lens.picture.Picture;
import org.adjoint.lens.picture.Picture.Box;
import org.adjoint.lens.picture.Picture.Edge;
import org.adjoint.lens.picture.Picture.Flow;
import org.adjoint.lens.picture.Picture.Kind;
import org.adjoint.lens.picture.Picture.Panel;

/**
 * Makes a picture of a compiled program: kernel calls, which of them are several ops in one, where
 * in the workspace results lie, and whose memory they take over.
 */
public final class ProgramPicture {
  /** By code in the attributes of a product: what it applies to its result. */
  private static final List<String> EPILOGUES = List.of("", "relu", "tanh", "sigmoid");

  private static final Set<String> PRODUCTS = Set.of("matmul", "matmulBf16", "conv", "convInput");

  /** Memory that a call has written: which bytes of which binding. */
  private record Written(int box, int port, int binding, long from, long to, Type type) {
    boolean meets(Written other) {
      return binding == other.binding && from < other.to && other.from < to;
    }
  }

  private final CompiledGraph compiled;
  private final List<Leaf> leaves;
  private final Reading names;
  private final List<Box> boxes = new ArrayList<>();
  private final Set<Edge> edges = new LinkedHashSet<>();
  private final List<Written> written = new ArrayList<>();
  private final Map<Integer, Integer> arguments = new LinkedHashMap<>();

  private ProgramPicture(Evaluator.Listing listing, Map<Tensor, String> names) {
    this.compiled = listing.compiled();
    this.leaves = listing.leaves();
    this.names = new Reading(names);
  }

  /**
   * Returns the picture of the program that would compute these tensors now; it is compiled, and
   * nothing runs. For values that exist there is nothing to draw.
   *
   * @param names what leaves are called, beside parameters
   */
  public static Picture of(List<Tensor> ys, Map<Tensor, String> names) {
    return Evaluator.listing(ys)
        .map(listing -> new ProgramPicture(listing, names).picture(ys))
        .orElseGet(() -> new Picture("Program: empty, the values exist", List.of()));
  }

  private Picture picture(List<Tensor> ys) {
    Program program = compiled.program();
    for (int at = 0; at < program.instructions().size(); at++) {
      add(at, program.instructions().get(at));
    }
    Plan plan = Plan.of(ys.toArray(new Tensor[0]));
    String summary =
        "workspace "
            + bytes(plan.workspaceBytes())
            + ", unshared it would be "
            + bytes(plan.unsharedBytes())
            + "; scratch "
            + bytes(plan.scratchBytes());
    int calls = program.instructions().size();
    String title = "Program: " + calls + (calls == 1 ? " kernel call" : " kernel calls");
    return new Picture(
        title, List.of(new Panel("Calls", summary, Flow.DOWN, boxes, List.copyOf(edges))));
  }

  private void add(int at, Instruction instruction) {
    List<Edge> entering = new ArrayList<>();
    for (Operand input : instruction.inputs()) {
      if (input.binding() != Program.SCALARS) {
        entering.addAll(sources(input));
      }
    }
    int box = boxes.size();
    StringBuilder hint = new StringBuilder("call " + at + ": " + instruction);
    Set<String> shared = new LinkedHashSet<>();
    boolean inPlace = false;
    long total = 0;
    List<Written> made = new ArrayList<>();
    for (int port = 0; port < instruction.outputs().size(); port++) {
      Operand output = instruction.outputs().get(port);
      Written here = range(box, port, output);
      total += type(output).bytes();
      boolean same = instruction.inputs().stream().anyMatch(i -> range(0, 0, i).meets(here));
      inPlace |= same;
      for (Written before : written) {
        if (!same && output.binding() == Program.WORKSPACE && before.meets(here)) {
          shared.add(boxes.get(before.box()).id());
        }
      }
      made.add(here);
    }
    Operand first = instruction.outputs().get(0);
    StringBuilder detail = new StringBuilder("!" + at + " · " + bytes(total));
    if (first.binding() == Program.WORKSPACE) {
      detail.append(" at ").append(first.offset());
    }
    detail.append(inPlace ? ", in place" : "");
    if (!shared.isEmpty()) {
      List<String> all = List.copyOf(shared);
      detail.append(", after ").append(all.get(all.size() - 1));
      hint.append("\nshares memory that ").append(String.join(", ", all)).append(" had before");
    }
    List<String> ops = compiled.fusedOps(at);
    Kind kind = ops.isEmpty() ? Kind.CALL : Kind.FUSED;
    hint.append(ops.isEmpty() ? "" : "\nfused: " + String.join(", ", ops));
    boxes.add(new Box("!" + at, label(instruction), detail.toString(), hint.toString(), kind, ""));
    for (Edge edge : entering) {
      edges.add(new Edge(edge.from(), edge.port(), box, edge.label()));
    }
    written.removeIf(before -> made.stream().anyMatch(before::meets));
    written.addAll(made);
  }

  /**
   * Returns edges without an end from the calls, or the argument, that an operand was written by.
   */
  private List<Edge> sources(Operand input) {
    Written read = range(0, 0, input);
    List<Edge> found = new ArrayList<>();
    for (Written writer : written) {
      if (writer.meets(read)) {
        // As it was written: a reader may look at the transpose.
        found.add(new Edge(writer.box(), writer.port(), 0, writer.type().toString()));
      }
    }
    if (found.isEmpty() && input.binding() >= Program.ARGUMENTS) {
      int argument = input.binding() - Program.ARGUMENTS;
      Integer known = arguments.get(argument);
      if (known == null) {
        known = boxes.size();
        arguments.put(argument, known);
        boxes.add(argument(argument, input));
      }
      found.add(new Edge(known, 0, 0, ""));
    }
    return found;
  }

  private Box argument(int argument, Operand input) {
    String id = "arg " + argument;
    if (argument >= leaves.size()) {
      return new Box(id, id, type(input).toString(), "", Kind.INPUT, "");
    }
    Leaf leaf = leaves.get(argument);
    int vertex = names.read(leaf.tensor());
    String name = names.name(vertex, leaf.index()).orElse("input");
    Kind kind = names.vertices().get(vertex).isParameter() ? Kind.PARAMETER : Kind.INPUT;
    String detail = id + " · " + leaf.type();
    return new Box(id, name, detail, name + ", " + detail, kind, "");
  }

  /** Returns what a call is named: its kernel, and what that does besides. */
  public static String label(Instruction instruction) {
    List<String> ops = CompiledGraph.fusedOps(instruction);
    String name = instruction.kernel().name();
    if (!ops.isEmpty()) {
      return "fused " + String.join("·", ops);
    }
    if (instruction.body().isPresent()) {
      return name + " of " + instruction.body().get().instructions().size() + " calls";
    }
    if (PRODUCTS.contains(name) && instruction.ints().length >= 2) {
      String activation = EPILOGUES.get((int) instruction.ints()[1]);
      String bias = instruction.ints()[0] == 1 ? " + bias" : "";
      return name + bias + (activation.isEmpty() ? "" : ", " + activation);
    }
    return name;
  }

  private static Type type(Operand operand) {
    return new Type(operand.dtype(), Shape.of(operand.dims()));
  }

  private static Written range(int box, int port, Operand operand) {
    long last = 0;
    for (int axis = 0; axis < operand.dims().length; axis++) {
      last += Math.max(0, operand.dims()[axis] - 1) * operand.strides()[axis];
    }
    long end = operand.size() == 0 ? 0 : (last + 1) * operand.dtype().bytes();
    return new Written(
        box, port, operand.binding(), operand.offset(), operand.offset() + end, type(operand));
  }

  /** Returns a count of bytes with the unit that suits it. */
  public static String bytes(long n) {
    if (n < 1024) {
      return n + " B";
    }
    double value = n / 1024.0;
    String unit = "KiB";
    if (value >= 1024) {
      value /= 1024;
      unit = "MiB";
    }
    if (value >= 1024) {
      value /= 1024;
      unit = "GiB";
    }
    return String.format(Locale.ROOT, "%.1f %s", value, unit);
  }
}

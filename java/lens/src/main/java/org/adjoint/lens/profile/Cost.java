package org.adjoint.lens.profile;

import static java.util.Map.entry;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.ScalarFunction;
import org.adjoint.internal.run.CompiledGraph;

/**
 * What an instruction has to do, whatever the machine: the arithmetic of its definition and the
 * bytes of its operands. A multiplication, an addition and a call of {@code exp} count one each; so
 * a product of matrices [m, k] and [k, n] counts 2·m·k·n. What a kernel computes twice, or need not
 * compute, is not seen here. Of memory each place counts once, read or written or both, wherever it
 * lies: what stays in a cache has its bytes too.
 *
 * @param operations arithmetic of one run
 * @param bytes memory of one run
 */
record Cost(double operations, double bytes) {
  static final Cost NOTHING = new Cost(0, 0);

  /** By kernel its operations for each element of its first output, where that is all. */
  private static final Map<String, Double> BY_OUTPUT =
      Map.ofEntries(
          entry("softmax", 5.0),
          entry("logSoftmax", 5.0),
          entry("softmaxCrossEntropyGrad", 6.0),
          entry("linearScan", 2.0),
          entry("scaleScan", 2.0),
          entry("logCumSumExp", 5.0),
          entry("cumsum", 1.0),
          entry("standardize", 7.0),
          entry("standardizeGrad", 11.0));

  /** By kernel its operations for each element of its first input. */
  private static final Map<String, Double> BY_INPUT =
      Map.ofEntries(
          entry("sum", 1.0),
          entry("prod", 1.0),
          entry("max", 1.0),
          entry("min", 1.0),
          entry("argmax", 1.0),
          entry("logSumExp", 4.0),
          entry("softmaxCrossEntropy", 5.0),
          entry("softmaxCrossEntropyWithGrad", 8.0));

  /** By optimizer step its operations for each element of its parameters. */
  private static final Map<String, Double> BY_PARAMETER =
      Map.of("adam", 14.0, "clippedAdam", 17.0, "sgd", 5.0, "clippedSgd", 8.0);

  /** Ops that move or convert elements, and compute nothing. */
  private static final Set<String> MOVES = Set.of("copy", "cast", "where", "barrier");

  /** Returns the cost of one run of an instruction; a loop has that of its body's instructions. */
  static Cost of(Instruction instruction) {
    return new Cost(operations(instruction), bytes(instruction));
  }

  private static double operations(Instruction call) {
    String name = call.kernel().name();
    List<Operand> in = call.inputs();
    List<Operand> out = call.outputs();
    if (call.body().isPresent()) {
      return 0;
    }
    if (BY_OUTPUT.containsKey(name)) {
      return BY_OUTPUT.get(name) * out.get(0).size();
    }
    if (BY_INPUT.containsKey(name)) {
      return BY_INPUT.get(name) * in.get(0).size();
    }
    if (BY_PARAMETER.containsKey(name)) {
      int singles = call.kernel().lists().orElseThrow().inputs();
      int length = call.kernel().listLength(out.size());
      double elements =
          in.subList(singles, singles + length).stream().mapToLong(Operand::size).sum();
      return BY_PARAMETER.get(name) * elements;
    }
    return switch (name) {
      case "matmul", "matmulBf16" -> {
        long[] dims = in.get(0).dims();
        double k = dims[dims.length - 1];
        yield (2 * k + call.ints()[0]) * out.get(0).size();
      }
      case "conv" -> 2 * out.get(0).size() * byFilter(in.get(1));
      case "convInput" -> 2 * in.get(0).size() * byFilter(in.get(1));
      case "convWeight" -> 2 * in.get(1).size() * byFilter(out.get(0));
      case "attention" -> scores(call) * 2 * (depth(in.get(0)) + depth(in.get(2)));
      case "attentionGrad" -> scores(call) * 2 * (3 * depth(in.get(0)) + 2 * depth(in.get(2)));
      case "scatterAdd" -> in.get(1).size();
      default -> elementwise(call);
    };
  }

  private static double elementwise(Instruction call) {
    List<String> fused = CompiledGraph.fusedOps(call);
    if (!fused.isEmpty()) {
      long ops = fused.stream().filter(op -> !MOVES.contains(op)).count();
      return (double) ops * call.inputs().stream().mapToLong(Operand::size).max().orElse(0);
    }
    boolean computes =
        call.kernel().scalar() != ScalarFunction.NONE && !MOVES.contains(call.kernel().name());
    return computes ? call.outputs().get(0).size() : 0;
  }

  /** Returns the multiply-adds for each element of a convolution's result: w is [g·o, c, …]. */
  private static double byFilter(Operand w) {
    return w.dims()[0] == 0 ? 0 : (double) w.size() / w.dims()[0];
  }

  private static double depth(Operand x) {
    return x.dims()[3];
  }

  /** Returns how many scores an attention has: [b, h, n, m], about half of them if it is causal. */
  private static double scores(Instruction call) {
    long[] q = call.inputs().get(0).dims();
    double all = (double) q[0] * q[1] * q[2] * call.inputs().get(1).dims()[2];
    return call.ints()[2] == 1 ? all / 2 : all;
  }

  /** A place in memory. */
  private record Place(int binding, long offset, long bytes) {}

  private static double bytes(Instruction call) {
    if (call.body().isPresent()) {
      return 0;
    }
    boolean picks = call.kernel().name().equals("gather");
    Set<Place> places = new HashSet<>();
    for (int i = 0; i < call.inputs().size(); i++) {
      Operand x = call.inputs().get(i);
      if (x.binding() != Program.SCALARS && !(picks && i == 0)) {
        places.add(place(x));
      }
    }
    call.outputs().forEach(y -> places.add(place(y)));
    double bytes = places.stream().mapToDouble(Place::bytes).sum();
    // Of a table that rows are picked from, the rows count.
    return picks ? bytes + place(call.outputs().get(0)).bytes() : bytes;
  }

  /** Returns the place of an operand; an axis that repeats a value takes no memory. */
  private static Place place(Operand x) {
    long elements = 1;
    for (int axis = 0; axis < x.dims().length; axis++) {
      elements *= x.strides()[axis] == 0 ? Math.min(1, x.dims()[axis]) : x.dims()[axis];
    }
    return new Place(x.binding(), x.offset(), elements * x.dtype().bytes());
  }

  Cost plus(Cost other) {
    return new Cost(operations + other.operations, bytes + other.bytes);
  }

  Cost times(double factor) {
    return new Cost(operations * factor, bytes * factor);
  }
}

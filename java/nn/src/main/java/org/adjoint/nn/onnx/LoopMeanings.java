package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Op.Meaning;

/** What choices and loops compute. A condition must not depend on what the file is fed. */
final class LoopMeanings {
  /** How many turns a Loop may have, each of which is built again. */
  private static final long MOST_TURNS = 10_000;

  private LoopMeanings() {}

  /** Returns the meanings by operator. */
  static Map<String, Meaning> all() {
    Map<String, Meaning> all = new HashMap<>();
    all.put(
        "If",
        op -> {
          boolean then = op.longs(0)[0] != 0;
          return op.run().apply(op.graph(then ? "then_branch" : "else_branch"), List.of());
        });
    all.put("Loop", LoopMeanings::loop);
    all.put("Scan", LoopMeanings::scan);
    return all;
  }

  /** Turns are built one after another, without stacks. */
  private static List<Tensor> loop(Op op) {
    Graph body = op.graph("body");
    long most = op.maybe(0).map(m -> op.numbers(m)[0]).orElse(Long.MAX_VALUE);
    Optional<Tensor> condition = op.maybe(1);
    boolean on = condition.isEmpty() || op.numbers(condition.get())[0] != 0;
    List<Tensor> carries = new ArrayList<>();
    for (int i = 2; i < op.in().size(); i++) {
      carries.add(op.x(i));
    }
    if (body.outputs().size() != 1 + carries.size()) {
      throw op.error("stacks results, which is not read");
    }
    for (long turn = 0; on && turn < most; turn++) {
      if (turn == MOST_TURNS) {
        throw op.error("runs more than " + MOST_TURNS + " turns");
      }
      List<Tensor> in = new ArrayList<>(List.of(Tensor.scalar(turn), Tensor.of(true).reshape()));
      in.addAll(carries);
      List<Tensor> out = op.run().apply(body, in);
      on = op.numbers(out.get(0))[0] != 0;
      carries = out.subList(1, out.size());
    }
    return carries;
  }

  private static List<Tensor> scan(Op op) {
    Graph body = op.graph("body");
    int sequences = Math.toIntExact(op.number("num_scan_inputs", 0));
    int carries = op.in().size() - sequences;
    if (sequences < 1 || carries < 0 || op.opset() < 9) {
      throw op.error(sequences + " sequences among " + op.in().size() + " inputs");
    }
    for (String name : List.of("scan_input_axes", "scan_output_axes")) {
      if (Arrays.stream(op.ints(name).orElse(new long[0])).anyMatch(axis -> axis != 0)) {
        throw op.error(name + " other than 0 are not read");
      }
    }
    int stacks = body.outputs().size() - carries;
    if (stacks < 0) {
      throw op.error("its body gives " + body.outputs().size() + " of " + carries + " carries");
    }
    long[] from = op.ints("scan_input_directions").orElse(new long[sequences]);
    long[] to = op.ints("scan_output_directions").orElse(new long[stacks]);
    List<Tensor> start = new ArrayList<>();
    List<Tensor> xs = new ArrayList<>();
    for (int i = 0; i < op.in().size(); i++) {
      if (i < carries) {
        start.add(op.x(i));
      } else {
        xs.add(directed(op.x(i), from, i - carries));
      }
    }
    Scan.Step end =
        Scan.ofList(
                (carry, inputs) -> {
                  List<Tensor> in = new ArrayList<>(carry);
                  in.addAll(inputs);
                  List<Tensor> out = op.run().apply(body, in);
                  return new Scan.Step(out.subList(0, carries), out.subList(carries, out.size()));
                })
            .apply(start, xs);
    List<Tensor> all = new ArrayList<>(end.carry());
    for (int i = 0; i < stacks; i++) {
      all.add(directed(end.outputs().get(i), to, i));
    }
    return all;
  }

  private static Tensor directed(Tensor x, long[] directions, int at) {
    return at < directions.length && directions[at] != 0 ? x.flip(0) : x;
  }
}

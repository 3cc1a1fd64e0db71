package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Op.Meaning;

/**
 * What the recurrent operators compute, each direction a {@link Scan}. Shapes: x [n, batch, in], W
 * [directions, gates·h, in], R [directions, gates·h, h], B [directions, 2·gates·h]; Y [n,
 * directions, batch, h]. Gates stand in ONNX's order: i, o, f, c of an LSTM, z, r, h of a GRU.
 */
final class RecurrentMeanings {
  private static final int LENGTHS = 4;
  private static final int START = 5;
  private static final int CELL = 6;
  private static final int PEEPHOLES = 7;

  private RecurrentMeanings() {}

  /** One turn: what the input and the state give to the gates, and the state. */
  private interface Turn {
    List<Tensor> next(Tensor input, Tensor state, List<Tensor> carry);
  }

  /** Returns the meanings by operator. */
  static Map<String, Meaning> all() {
    Map<String, Meaning> all = new HashMap<>();
    all.put("LSTM", op -> run(op, 4, 2, direction -> (i, h, c) -> lstm(i.plus(h), c)));
    all.put("RNN", op -> run(op, 1, 1, direction -> (i, h, c) -> List.of(i.plus(h).tanh())));
    all.put("GRU", op -> run(op, 3, 1, direction -> gru(op, direction)));
    return all;
  }

  private static List<Tensor> lstm(Tensor gates, List<Tensor> carry) {
    List<Tensor> g = gates.chunk(1, 4);
    Tensor kept = g.get(2).sigmoid().times(carry.get(1));
    Tensor c = kept.plus(g.get(0).sigmoid().times(g.get(3).tanh()));
    return List.of(g.get(1).sigmoid().times(c.tanh()), c);
  }

  /** Where the reset gate stands before the product, its share of the state is computed anew. */
  private static Turn gru(Op op, int direction) {
    boolean behind = op.number("linear_before_reset", 0) != 0;
    return (i, h, carry) -> {
      List<Tensor> in = i.chunk(1, 3);
      List<Tensor> past = h.chunk(1, 3);
      Tensor z = in.get(0).plus(past.get(0)).sigmoid();
      Tensor r = in.get(1).plus(past.get(1)).sigmoid();
      Tensor state = carry.get(0);
      Tensor share;
      if (behind) {
        share = r.times(past.get(2));
      } else {
        long width = state.dim(1);
        Tensor weight = row(op.x(2), direction).slice(0, 2 * width, 3 * width);
        share = r.times(state).matmul(weight.transpose());
        Optional<Tensor> bias = op.maybe(3).map(b -> row(b, direction));
        share = bias.isPresent() ? share.plus(bias.get().slice(0, 5 * width, 6 * width)) : share;
      }
      Tensor n = in.get(2).plus(share).tanh();
      return List.of(n.plus(z.times(state.minus(n))));
    };
  }

  private static Tensor row(Tensor x, int direction) {
    return x.slice(0, direction, direction + 1).squeeze(0);
  }

  private static List<Tensor> run(Op op, int gates, int states, IntFunction<Turn> turns) {
    op.only("layout", 0);
    op.only("input_forget", 0);
    for (String name : List.of("activations", "clip")) {
      if (op.has(name) && !isUsual(op, name)) {
        throw op.error(name + " other than the usual ones are not read");
      }
    }
    if (op.maybe(PEEPHOLES).isPresent()) {
      throw op.error("peepholes are not read");
    }
    Tensor x = op.x();
    if (x.rank() != 3 || op.x(1).rank() != 3 || op.x(2).rank() != 3) {
      throw op.error(x.shape() + ", " + op.x(1).shape() + ", " + op.x(2).shape() + ": three axes");
    }
    if (op.maybe(LENGTHS).isPresent()) {
      for (long length : op.longs(LENGTHS)) {
        if (length != x.dim(0)) {
          throw op.error("lengths other than " + x.dim(0) + " are not read");
        }
      }
    }
    int directions = Math.toIntExact(op.x(1).dim(0));
    long width = op.x(2).dim(2);
    String direction = op.text("direction", "forward");
    List<Tensor> ys = new ArrayList<>();
    List<List<Tensor>> ends = new ArrayList<>();
    for (int d = 0; d < directions; d++) {
      boolean back = d == 1 || direction.equals("reverse");
      Tensor in = row(op.x(1), d).transpose();
      Tensor past = row(op.x(2), d).transpose();
      Optional<Tensor> bias = op.maybe(3);
      long all = gates * width;
      int at = d;
      Optional<Tensor> first = bias.map(b -> row(b, at).slice(0, 0, all));
      Optional<Tensor> second = bias.map(b -> row(b, at).slice(0, all, 2 * all));
      Tensor sequence = back ? x.flip(0) : x;
      Tensor shares = sequence.reshape(-1, x.dim(2)).matmul(in);
      shares = first.isPresent() ? shares.plus(first.get()) : shares;
      List<Tensor> start = new ArrayList<>();
      for (int s = 0; s < states; s++) {
        start.add(
            op.maybe(s == 0 ? START : CELL)
                .map(h -> row(h, at))
                .orElseGet(() -> Tensor.zeros(x.dtype(), x.dim(1), width)));
      }
      Turn turn = turns.apply(d);
      Scan.Step end =
          Scan.ofList(
                  (carry, element) -> {
                    Tensor h = carry.get(0).matmul(past);
                    h = second.isPresent() ? h.plus(second.get()) : h;
                    List<Tensor> next = turn.next(element.get(0), h, carry);
                    return new Scan.Step(next, next.subList(0, 1));
                  })
              .apply(start, List.of(shares.reshape(x.dim(0), x.dim(1), all)));
      Tensor y = end.outputs().get(0);
      ys.add(back ? y.flip(0) : y);
      ends.add(end.carry());
    }
    List<Tensor> results = new ArrayList<>(List.of(Tensor.stack(1, ys)));
    for (int s = 0; s < states; s++) {
      int state = s;
      results.add(Tensor.stack(0, ends.stream().map(e -> e.get(state)).toList()));
    }
    return results;
  }

  /** Returns whether activations are those that an operator has by itself. */
  private static boolean isUsual(Op op, String name) {
    if (!(op.node().attributes().get(name) instanceof Onnx.Attribute.Texts texts)) {
      return false;
    }
    List<String> usual =
        switch (op.node().op()) {
          case "LSTM" -> List.of("Sigmoid", "Tanh", "Tanh");
          case "GRU" -> List.of("Sigmoid", "Tanh");
          default -> List.of("Tanh");
        };
    for (int i = 0; i < texts.values().size(); i++) {
      if (!texts.values().get(i).equalsIgnoreCase(usual.get(i % usual.size()))) {
        return false;
      }
    }
    return true;
  }
}

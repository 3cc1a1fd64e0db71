package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.LoopOp;

/**
 * A loop without a loop: its body once a turn. For backends that run no bodies, and for formulas.
 */
final class Unrolled {
  private Unrolled() {}

  static List<Tensor> of(LoopBody body, List<Tensor> inputs, long[] attrs) {
    if (attrs[Loop.WHILE] != 0) {
      throw new IllegalStateException(
          "loop: one that ends by itself has as many turns as its values want; it has no formula"
              + " and needs a backend that runs loops");
    }
    int carries = body.carries();
    int turns = Math.toIntExact(attrs[Loop.TURNS]);
    boolean reverse = attrs[Loop.REVERSE] != 0;
    List<Tensor> carry = inputs.subList(0, carries);
    List<Tensor[]> rows = new ArrayList<>();
    for (int j = carries; j < body.results().size(); j++) {
      rows.add(new Tensor[turns]);
    }
    for (int turn = 0; turn < turns; turn++) {
      int at = reverse ? turns - 1 - turn : turn;
      List<Tensor> in = new ArrayList<>(carry);
      for (Tensor sequence : inputs.subList(carries, body.firstInvariant())) {
        in.add(sequence.get(at));
      }
      in.addAll(inputs.subList(body.firstInvariant(), inputs.size()));
      List<Tensor> out = body.turn(in);
      carry = out.subList(0, carries);
      for (int j = 0; j < rows.size(); j++) {
        rows.get(j)[at] = out.get(carries + j);
      }
    }
    List<Tensor> all = new ArrayList<>(carry);
    for (int j = 0; j < rows.size(); j++) {
      all.add(LoopOp.stacked(body.results().get(carries + j).type(), rows.get(j)));
    }
    return all;
  }
}

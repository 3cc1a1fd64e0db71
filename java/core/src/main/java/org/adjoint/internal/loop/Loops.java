package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.ThreadState;

/** Writes a function down as the body of a loop, and puts the loop into the graph. */
public final class Loops {
  private Loops() {}

  /**
   * Returns the carries behind the last turn, then what the turns gave, stacked. Calls {@code body}
   * once, on stand-ins.
   *
   * @param name the transformation, as errors call it
   * @param turns how many turns there are
   * @param whileTrue whether turns end once carry 0 is false
   * @param carry the carries of the first turn
   * @param sequences with the turns as their leading axis
   * @param body takes carries and elements, returns the carries of the next turn and what to stack
   */
  public static List<Tensor> run(
      String name,
      long turns,
      boolean whileTrue,
      List<Tensor> carry,
      List<Tensor> sequences,
      Function<List<Tensor>, List<Tensor>> body) {
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> standIns = new ArrayList<>();
    for (Tensor x : carry) {
      inputs.add(Access.fixed(x));
      standIns.add(Access.argument(x.type()));
    }
    for (Tensor x : sequences) {
      inputs.add(Access.fixed(x));
      standIns.add(Access.argument(element(x)));
    }
    List<Tensor> results =
        ThreadState.get().writing(name, () -> body.apply(standIns)).stream()
            .map(Access::fixed)
            .toList();
    LoopTrace.Closed loop =
        LoopTrace.close(
            standIns.subList(0, carry.size()),
            standIns.subList(carry.size(), standIns.size()),
            results);
    inputs.addAll(loop.invariants());
    return loop.op().apply(new long[] {turns, 0, whileTrue ? 1 : 0}, inputs.toArray(new Tensor[0]));
  }

  private static Type element(Tensor x) {
    long[] dims = x.shape().dims();
    long[] rest = new long[dims.length - 1];
    System.arraycopy(dims, 1, rest, 0, rest.length);
    return new Type(x.dtype(), Shape.of(rest));
  }
}

package org.adjoint.internal.compile;

import java.util.Map;
import java.util.Optional;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;

/**
 * A reduction that may end a region: over leading axes, or over trailing ones.
 *
 * @param node the reduction
 * @param code the fold's number in the kernel's contract
 * @param axes over how many leading axes, negative: trailing ones
 * @param quotient what divides the result by a number, if nothing else reads it: together they are
 *     a mean
 */
record Fold(Graph.Node node, int code, int axes, Optional<Graph.Node> quotient) {
  // The numbers stand in native/src/kernels/README.md.
  private static final Map<String, Integer> CODES =
      Map.of("sum", 1, "max", 2, "min", 3, "logSumExp", 4);
  private static final String LOG_SUM_EXP = "logSumExp";

  /**
   * Over fewer rows than this nothing is gained: the parts' own states are as large as the rows.
   */
  private static final int LEAST_ROWS = 16;

  /** Of single elements there is nothing to fold. */
  private static final int LEAST_ELEMENTS = 2;

  /** Returns a node as a fold; empty if a region cannot compute it. */
  static Optional<Fold> of(Graph.Node node, Type[] types) {
    Integer code = CODES.get(node.op().name());
    if (code == null) {
      return Optional.empty();
    }
    Type x = types[node.inputs()[0]];
    if (!x.dtype().isFloating()) {
      return Optional.empty(); // states of folds are doubles
    }
    int axes = node.op().name().equals(LOG_SUM_EXP) ? -1 : axes(node.attrs(), x.shape().rank());
    int least = axes > 0 ? LEAST_ROWS : LEAST_ELEMENTS;
    long kept = node.outputs()[0].shape().size();
    boolean worth = axes != 0 && kept > 0 && x.shape().size() >= least * kept;
    return worth ? Optional.of(new Fold(node, code, axes, Optional.empty())) : Optional.empty();
  }

  /** Returns how many axes trail, as a negative number, or lead; 0 if they do neither. */
  private static int axes(long[] axes, int rank) {
    boolean leading = true;
    boolean trailing = true;
    for (int i = 0; i < axes.length; i++) {
      leading &= axes[i] == i;
      trailing &= axes[i] == rank - axes.length + i;
    }
    return trailing ? -axes.length : leading ? axes.length : 0;
  }

  Fold dividedBy(Graph.Node division) {
    return new Fold(node, code, axes, Optional.of(division));
  }

  /** Returns the node whose value leaves the region. */
  Graph.Node last() {
    return quotient.orElse(node);
  }

  /** Returns the value that it is divided by. */
  Optional<Integer> divisor() {
    return quotient.map(division -> division.inputs()[1]);
  }
}

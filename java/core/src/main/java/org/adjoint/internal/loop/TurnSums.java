package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.internal.ir.Axes;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.Op;
import org.adjoint.op.ProductOps;
import org.adjoint.op.ShapeOps;

/**
 * The cotangent of an invariant is a sum over all turns, which no turn reads. A product of two
 * columns a turn, added to a whole matrix each time, is one product of matrices behind the loop:
 * the columns are stacked. Anything else that is small is stacked, too, and added up by one kernel
 * that loses nothing in many additions; but F64 has digits to spare, and a sum that is carried from
 * turn to turn stays in the first cache, where stacks of as many elements go through memory twice.
 */
final class TurnSums {
  /** The most bytes of a turn that are stacked: a state, not a weight. */
  private static final long MOST_BYTES = 32 << 10;

  /** What turns compute anyway: carries of the way back, and cotangents of elements. */
  private final NodeMap needed = new NodeMap();

  /** What has to be stacked, each once. */
  private final List<Tensor> exports = new ArrayList<>();

  /**
   * A summand: of one stack its elements, of two an elementwise op or a product of theirs.
   *
   * @param op what is done with two stacks, empty for one
   * @param first the number of an export
   * @param second the number of another one, if there are two
   */
  record Term(Optional<Op> op, int first, int second) {
    Tensor over(List<Tensor> stacks) {
      Tensor a = stacks.get(first);
      if (op.isEmpty()) {
        return a.sum(0);
      }
      Tensor b = stacks.get(second);
      if (op.get() != ProductOps.MATMUL) {
        return op.get().apply(a, b).sum(0);
      }
      long turns = a.dim(0);
      Tensor rows = a.permute(Axes.moved(3, 0, 1)).reshape(a.dim(1), turns * a.dim(2));
      return rows.matmul(b.reshape(turns * b.dim(1), b.dim(2)));
    }
  }

  /**
   * A sum over all turns.
   *
   * @param terms what is added up behind the loop
   * @param rest what is added up turn by turn, empty if nothing is
   */
  record Sum(List<Term> terms, Optional<Tensor> rest) {}

  /** Starts with the results that turns compute whatever the sums are. */
  TurnSums(List<Tensor> results) {
    for (Tensor result : results) {
      PostOrder.walk(
          Access.node(result),
          node -> needed.get(node) != NodeMap.ABSENT,
          (node, inputs) -> needed.put(node, 1));
    }
  }

  /** Returns what has to be stacked for the sums so far. */
  List<Tensor> exports() {
    return exports;
  }

  /** Returns how the cotangents of one invariant are summed. */
  Sum of(Tensor cotangent) {
    List<Term> terms = new ArrayList<>();
    List<Tensor> rest = new ArrayList<>();
    List<Tensor> open = new ArrayList<>(List.of(cotangent));
    while (!open.isEmpty()) {
      Tensor g = open.remove(open.size() - 1);
      Node node = Access.node(g);
      boolean free = node.kind() == Node.Kind.OP && needed.get(node) == NodeMap.ABSENT;
      if (free && node.op() == ShapeOps.RESHAPE) {
        open.add(input(node, 0));
      } else if (free && node.op() == ElementwiseOps.PLUS && isAlike(node)) {
        open.add(input(node, 1));
        open.add(input(node, 0));
      } else {
        term(g, node, free).ifPresentOrElse(terms::add, () -> rest.add(g));
      }
    }
    long[] dims = cotangent.shape().dims();
    Optional<Tensor> sum = rest.stream().map(g -> g.reshape(dims)).reduce(Tensor::plus);
    return new Sum(terms, sum);
  }

  private Optional<Term> term(Tensor g, Node node, boolean free) {
    boolean pair = free && node.inputs().length == 2;
    if (pair && node.op() == ProductOps.MATMUL && g.rank() == 2 && g.dtype() != DType.BF16) {
      Tensor a = input(node, 0);
      Tensor b = input(node, 1);
      boolean small = a.type().bytes() + b.type().bytes() <= g.type().bytes();
      return small && a.dtype() == g.dtype() && b.dtype() == g.dtype()
          ? Optional.of(new Term(Optional.of(node.op()), export(a), export(b)))
          : Optional.empty();
    }
    if (g.type().bytes() > MOST_BYTES || g.dtype() == DType.F64) {
      return Optional.empty();
    }
    boolean product =
        pair && (node.op() == ElementwiseOps.TIMES || node.op() == ElementwiseOps.SCALE);
    return Optional.of(
        product && isAlike(node)
            ? new Term(Optional.of(node.op()), export(input(node, 0)), export(input(node, 1)))
            : new Term(Optional.empty(), export(g), 0));
  }

  private int export(Tensor x) {
    for (int i = 0; i < exports.size(); i++) {
      if (isSame(exports.get(i), x)) {
        return i;
      }
    }
    exports.add(x);
    return exports.size() - 1;
  }

  static boolean isSame(Tensor x, Tensor y) {
    return Access.node(x) == Access.node(y) && Access.index(x) == Access.index(y);
  }

  private static Tensor input(Node node, int i) {
    return Access.tensor(node.inputs()[i], node.index(i));
  }

  private static boolean isAlike(Node node) {
    return input(node, 0).type().equals(node.type(0)) && input(node, 1).type().equals(node.type(0));
  }
}

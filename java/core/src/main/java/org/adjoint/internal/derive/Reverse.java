package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.compose.ShapeRules;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.Seed;
import org.adjoint.op.Call;
import org.adjoint.op.ShapeOps;

/**
 * Reverse mode: cotangents go back along a {@link DifferentiablePart}; the op of each node pulls
 * the cotangents of its outputs to its inputs. Several uses of a value are summed, {@link
 * EqualViews} counting as one, and broadcasting is undone here; no rule knows of either.
 */
public final class Reverse {
  private Reverse() {}

  /**
   * Checks that y is a floating scalar.
   *
   * @param name the method that needs a scalar, for the error
   * @throws IllegalArgumentException if y is none
   */
  public static void checkScalar(String name, Tensor y) {
    if (y.size() != 1 || !y.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": needs a floating scalar, got " + y.type() + "; sum() or mean() it, or use vjp");
    }
  }

  /** Returns the gradients of the scalar y by the xs; zeros by an x that y does not depend on. */
  public static List<Tensor> gradients(Tensor y, DifferentiablePart part, Tensor... xs) {
    List<Tensor> gradients =
        new ArrayList<>(pull(List.of(y), List.of(Seed.of(y)), part, false, xs));
    gradients.replaceAll(Seed::handedOut);
    return gradients;
  }

  /**
   * Returns the cotangents of the xs, pulled back from those of the ys; zeros for an x that no y
   * depends on.
   *
   * @param within whether this is part of a larger graph, where an x that is not reached has
   *     cotangent 0 whatever was dropped elsewhere
   */
  public static List<Tensor> pull(
      List<Tensor> ys,
      List<Tensor> cotangents,
      DifferentiablePart part,
      boolean within,
      Tensor... xs) {
    return Eager.built(Eager.suspended(() -> build(ys, cotangents, part, within, xs)));
  }

  /**
   * Returns the cotangents of the xs inside a part of a larger graph, empty for an x that no
   * cotangent reaches.
   */
  public static List<Optional<Tensor>> pullWithin(
      List<Tensor> ys, List<Tensor> cotangents, DifferentiablePart part, List<Tensor> xs) {
    boolean[] needed = new boolean[part.order().size()];
    for (Tensor x : xs) {
      need(x, part, needed);
    }
    Cotangents sums = Eager.suspended(() -> sums(ys, cotangents, part, needed));
    return xs.stream().map(sums::present).toList();
  }

  private static List<Tensor> build(
      List<Tensor> ys,
      List<Tensor> cotangents,
      DifferentiablePart part,
      boolean within,
      Tensor... xs) {
    boolean[] needed = new boolean[part.order().size()];
    Tensor[] wanted = new Tensor[xs.length];
    for (int i = 0; i < xs.length; i++) {
      wanted[i] = within ? Access.fixed(xs[i]) : Reached.wanted(i, xs[i], part, needed);
      need(wanted[i], part, needed);
    }
    Cotangents sums = sums(ys, cotangents, part, needed);
    List<Tensor> gradients = new ArrayList<>();
    for (Tensor x : wanted) {
      gradients.add(sums.of(x));
    }
    return gradients;
  }

  private static void need(Tensor x, DifferentiablePart part, boolean[] needed) {
    int at = part.position(Access.node(x));
    if (at != NodeMap.ABSENT) {
      needed[at] = true;
    }
  }

  /** Returns what comes back to the nodes that are needed, and to all that depends on them. */
  private static Cotangents sums(
      List<Tensor> ys, List<Tensor> cotangents, DifferentiablePart part, boolean[] needed) {
    List<Node> order = part.order();
    Cotangents sums = new Cotangents(part);
    int[] firsts = EqualViews.of(part, needed);
    spread(part, needed);
    for (int i = 0; i < ys.size(); i++) {
      Node node = Access.node(ys.get(i));
      sums.add(firsts[part.position(node)], node, Access.index(ys.get(i)), cotangents.get(i));
    }
    for (int at = order.size() - 1; at >= 0; at--) {
      Node node = order.get(at);
      if (needed[at] && sums.reached(at) && part.isInner(at)) {
        pullThrough(node, at, part, needed, firsts, sums);
      }
    }
    return sums;
  }

  /** Extends {@code needed} from the xs to everything that depends on them. */
  private static void spread(DifferentiablePart part, boolean[] needed) {
    List<Node> order = part.order();
    for (int at = 0; at < order.size(); at++) {
      if (needed[at] || !part.isInner(at)) {
        continue;
      }
      Node[] inputs = part.inputs(at);
      for (int i = 0; i < inputs.length && !needed[at]; i++) {
        needed[at] = part.passes(at, i) && needed[part.position(at, i)];
      }
    }
  }

  private static void pullThrough(
      Node node, int at, DifferentiablePart part, boolean[] needed, int[] firsts, Cotangents sums) {
    Node[] inputs = part.inputs(at);
    Call call = DifferentiablePart.call(node, inputs);
    List<Integer> wanted = new ArrayList<>(inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      if (part.passes(at, i) && needed[part.position(at, i)]) {
        wanted.add(i);
      }
    }
    List<Tensor> pulled =
        Anomaly.differentiating(node, () -> node.op().pull(call, wanted, sums.ofAll(at, node)));
    for (int nth = 0; nth < wanted.size(); nth++) {
      int i = wanted.get(nth);
      int to = firsts[part.position(at, i)];
      if (node.op() == ShapeOps.SLICE) {
        sums.addSlice(to, inputs[i], node.index(i), pulled.get(nth));
      } else {
        Shape shape = inputs[i].type(node.index(i)).shape();
        sums.add(to, inputs[i], node.index(i), ShapeRules.sumTo(pulled.get(nth), shape));
      }
    }
  }
}

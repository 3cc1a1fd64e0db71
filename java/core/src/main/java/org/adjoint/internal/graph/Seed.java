package org.adjoint.internal.graph;

import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Words;
import org.adjoint.op.ShapeOps;

/**
 * The cotangent 1 that {@link Grad#grad} starts from. A product with the seed is not built: for the
 * derivative of a sum that product would be a pass over memory for nothing. A seed is known by a
 * mark on its node, never by its value; users never hold one, so none is a variable.
 */
public final class Seed {
  /** Views between the seed and the first product, such as the broadcast of a sum's. */
  private static final int MOST_VIEWS = 4;

  private Seed() {}

  /** Returns a new seed of the type of a scalar's cotangents. */
  public static Tensor of(Tensor y) {
    DType dtype = y.dtype().tangent();
    Tensor one = Access.tensor(Node.seed(dtype, Words.of(dtype, 1)), 0);
    return y.rank() == 0 ? one : one.broadcastTo(y.shape().dims());
  }

  /** Returns whether a tensor is a seed, or a view of one. */
  private static boolean is(Tensor g) {
    Node node = Access.node(g);
    for (int views = 0; views <= MOST_VIEWS; views++) {
      if (node.isSeed()) {
        return true;
      }
      boolean view = node.op() == ShapeOps.BROADCAST_TO || node.op() == ShapeOps.RESHAPE;
      Node[] inputs = node.inputs();
      if (!view || inputs.length == 0 || node.isVariable()) {
        return false;
      }
      node = inputs[0];
    }
    return false;
  }

  /** Returns g·d as a view of d if g is a seed and has d's type but for axes that repeat it. */
  public static Optional<Tensor> times(Tensor g, Tensor d) {
    if (g.dtype() != d.dtype() || !d.shape().broadcastsTo(g.shape()) || !is(g)) {
      return Optional.empty();
    }
    boolean same = d.shape().equals(g.shape());
    return Optional.of(same ? ShapeOps.renamed(d) : d.broadcastTo(g.shape().dims()));
  }

  /**
   * Replaces the driver's seed by an ordinary tensor of ones before a gradient reaches its user.
   */
  public static Tensor handedOut(Tensor gradient) {
    return is(gradient) ? Tensor.ones(gradient.dtype(), gradient.shape().dims()) : gradient;
  }
}

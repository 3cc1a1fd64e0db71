package org.adjoint.internal.compile;

import java.util.HashMap;
import java.util.Map;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Lets the readers of many outer products compute them: a matmul of an inner size of 1 whose every
 * reader is an elementwise op, or a fold that may end a region, becomes a {@code times} for each of
 * its readers, which {@link ElementwiseFusion} puts into the reader's region. So the gradients of a
 * dense layer by single examples, each an outer product, are clipped and summed without standing in
 * memory (row {@code dp-sgd} of {@code Compare}). Single matrices stay products: those stay in a
 * cache. Elements are the same bits but for zeros of the other sign and subnormal numbers, which
 * products take for zero.
 */
final class OuterProducts {
  private static final Kernel TIMES =
      new Kernel("times", new ScalarFunction.Binary((a, b) -> a * b), Kernel.ANY);

  private static final Primitive PRIMITIVE =
      new Primitive(
          Contraction.NONE,
          TIMES.name(),
          false,
          TIMES,
          (emitter, attrs, in, out) -> {
            Shape shape = out[0].shape();
            Ref[] y = {emitter.allocate(out[0])};
            Ref[] factors = {in[0].broadcast(shape), in[1].broadcast(shape)};
            emitter.call(OuterProducts.TIMES, attrs, factors, y);
            return y;
          });

  /** So many readers at most compute a product each for itself. */
  private static final int MOST_READERS = 4;

  private OuterProducts() {}

  static Graph apply(Graph graph) {
    Type[] types = graph.types();
    boolean[] spread = new boolean[graph.values()];
    boolean some = false;
    int[] uses = graph.uses();
    for (Graph.Node node : graph.nodes()) {
      spread[node.first()] = isOuterProduct(node, types) && uses[node.first()] <= MOST_READERS;
      some |= spread[node.first()];
    }
    if (!some) {
      return graph;
    }
    for (int root : graph.roots()) {
      spread[root] = false;
    }
    for (Graph.Node node : graph.nodes()) {
      if (!ElementwiseFusion.isElementwise(node) && Fold.of(node, types).isEmpty()) {
        for (int input : node.inputs()) {
          spread[input] = false;
        }
      }
    }
    return spread(graph, spread);
  }

  private static boolean isOuterProduct(Graph.Node node, Type[] types) {
    if (!node.op().name().equals("matmul") || node.inputs().length != 2) {
      return false;
    }
    Type out = node.outputs()[0];
    Type a = types[node.inputs()[0]];
    int rank = out.shape().rank();
    long one = rank < 2 ? 0 : out.shape().dim(-1) * out.shape().dim(-2);
    return node.attrs().length == 0
        && a.dtype() == out.dtype() // else of BF16
        && a.shape().dim(-1) == 1
        && rank <= FusedRegion.MOST_AXES
        && out.shape().size() > one;
  }

  private static Graph spread(Graph graph, boolean[] spread) {
    Graph.Builder builder = new Graph.Builder(graph);
    Map<Integer, Graph.Node> products = new HashMap<>();
    for (Graph.Node node : graph.nodes()) {
      if (spread[node.first()]) {
        products.put(node.first(), node);
        continue;
      }
      for (int input : node.inputs()) {
        Graph.Node product = products.get(input);
        if (product != null) {
          int[] factors = builder.map(product.inputs());
          builder.replace(
              product, builder.add(PRIMITIVE, product.attrs(), factors, product.outputs()));
        }
      }
      builder.keep(node);
    }
    return builder.build();
  }
}

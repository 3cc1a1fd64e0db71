package org.adjoint.internal.compile;

import java.util.HashMap;
import java.util.Map;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;

/**
 * Lets a product add its bias and apply its activation while the result is still in cache: matmul,
 * conv or convInput → plus → relu, tanh or sigmoid becomes one node, where nothing else reads the
 * values between. Transposed operands need no pass: they are views.
 */
final class ProductEpilogue {
  /** The products, and whether a bias may be any that broadcasts or must be one of channels. */
  private static final Map<String, Boolean> PRODUCTS =
      Map.of("matmul", true, "conv", false, "convInput", false);

  private static final Map<String, Long> ACTIVATIONS =
      Map.of("relu", 1L, "tanh", 2L, "sigmoid", 3L);

  private final Graph graph;
  private final int[] uses;
  private final Type[] types;
  private final Map<Integer, Graph.Node> producers = new HashMap<>();

  private ProductEpilogue(Graph graph) {
    this.graph = graph;
    this.uses = graph.uses();
    this.types = graph.types();
    for (Graph.Node node : graph.nodes()) {
      producers.put(node.first(), node);
    }
  }

  /** A product with what it absorbs. */
  private record Chain(Graph.Node product, int bias, long activation) {
    static final int NO_BIAS = -1;

    boolean hasBias() {
      return bias != NO_BIAS;
    }
  }

  static Graph apply(Graph graph) {
    boolean any = graph.nodes().stream().anyMatch(node -> PRODUCTS.containsKey(node.op().name()));
    return any ? new ProductEpilogue(graph).run() : graph;
  }

  private Graph run() {
    // By the node that ends the chain; a longer chain takes the shorter one's place.
    Map<Graph.Node, Chain> ends = new HashMap<>();
    Map<Graph.Node, Boolean> absorbed = new HashMap<>();
    for (Graph.Node node : graph.nodes()) {
      if (PRODUCTS.containsKey(node.op().name())) {
        ends.put(node, new Chain(node, Chain.NO_BIAS, 0));
      } else if (node.op().name().equals("plus")) {
        addBias(node, 0, ends, absorbed);
        addBias(node, 1, ends, absorbed);
      } else if (ACTIVATIONS.containsKey(node.op().name())) {
        addActivation(node, ends, absorbed);
      }
    }
    Graph.Builder builder = new Graph.Builder(graph);
    for (Graph.Node node : graph.nodes()) {
      Chain chain = ends.get(node);
      if (absorbed.containsKey(node)) {
        continue;
      }
      if (chain == null || chain.product() == node) {
        builder.keep(node);
      } else {
        emit(builder, node, chain);
      }
    }
    return builder.build();
  }

  private void addBias(
      Graph.Node plus, int side, Map<Graph.Node, Chain> ends, Map<Graph.Node, Boolean> absorbed) {
    Graph.Node before = producers.get(plus.inputs()[side]);
    Chain chain = before == null ? null : ends.get(before);
    if (chain == null
        || chain.product() != before
        || ends.containsKey(plus)
        || uses[before.first()] != 1) {
      return;
    }
    int bias = plus.inputs()[1 - side];
    Shape out = before.outputs()[0].shape();
    if (plus.outputs()[0].shape().equals(out) && isBias(before, types[bias].shape(), out)) {
      ends.put(plus, new Chain(before, bias, 0));
      absorbed.put(before, true);
    }
  }

  private static boolean isBias(Graph.Node product, Shape bias, Shape out) {
    if (PRODUCTS.get(product.op().name())) {
      return bias.broadcastsTo(out);
    }
    boolean ofChannels = bias.rank() >= out.rank() - 1 && bias.rank() <= out.rank();
    for (int i = 1; ofChannels && i <= bias.rank(); i++) {
      ofChannels = bias.dim(-i) == (i == out.rank() - 1 ? out.dim(1) : 1);
    }
    return ofChannels;
  }

  private void addActivation(
      Graph.Node node, Map<Graph.Node, Chain> ends, Map<Graph.Node, Boolean> absorbed) {
    Graph.Node before = producers.get(node.inputs()[0]);
    Chain chain = before == null ? null : ends.get(before);
    if (chain != null && chain.activation() == 0 && uses[before.first()] == 1) {
      ends.put(node, new Chain(chain.product(), chain.bias(), ACTIVATIONS.get(node.op().name())));
      absorbed.put(before, true);
    }
  }

  /** The attributes are whether there is a bias, the activation, and the product's own. */
  private static void emit(Graph.Builder builder, Graph.Node end, Chain chain) {
    Graph.Node product = chain.product();
    int a = builder.map(product.inputs()[0]);
    int b = builder.map(product.inputs()[1]);
    int[] inputs = chain.hasBias() ? new int[] {a, b, builder.map(chain.bias())} : new int[] {a, b};
    long[] attrs = new long[2 + product.attrs().length];
    attrs[0] = chain.hasBias() ? 1 : 0;
    attrs[1] = chain.activation();
    System.arraycopy(product.attrs(), 0, attrs, 2, product.attrs().length);
    builder.replace(end, builder.add(product.op(), attrs, inputs, end.outputs()));
  }
}

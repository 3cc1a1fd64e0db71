package org.adjoint.internal.compile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;

/**
 * Lets a product add its bias and apply its activation while the result is still in cache: matmul,
 * conv or convInput → plus → relu, tanh or sigmoid becomes one node, where nothing else reads the
 * values between. A reshape between them moves behind: {@code Vmap} puts one there, between the
 * rows of all examples and the examples. Transposed operands need no pass: they are views.
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

  /** By the node that ends the chain; a longer chain takes the shorter one's place. */
  private final Map<Graph.Node, Chain> ends = new HashMap<>();

  private final Set<Graph.Node> absorbed = new HashSet<>();

  private ProductEpilogue(Graph graph) {
    this.graph = graph;
    this.uses = graph.uses();
    this.types = graph.types();
    for (Graph.Node node : graph.nodes()) {
      producers.put(node.first(), node);
    }
  }

  /** A product with what it absorbs, and the reshape behind it, if any. */
  private record Chain(
      Graph.Node product, Optional<Graph.Node> reshape, int bias, long activation) {
    static final int NO_BIAS = -1;

    boolean hasBias() {
      return bias != NO_BIAS;
    }

    Chain reshaped(Graph.Node by) {
      return new Chain(product, Optional.of(by), bias, activation);
    }

    Chain with(int addend) {
      return new Chain(product, reshape, addend, activation);
    }

    Chain with(long function) {
      return new Chain(product, reshape, bias, function);
    }
  }

  static Graph apply(Graph graph) {
    boolean any = graph.nodes().stream().anyMatch(node -> PRODUCTS.containsKey(node.op().name()));
    return any ? new ProductEpilogue(graph).run() : graph;
  }

  private Graph run() {
    for (Graph.Node node : graph.nodes()) {
      if (PRODUCTS.containsKey(node.op().name())) {
        ends.put(node, new Chain(node, Optional.empty(), Chain.NO_BIAS, 0));
      } else if (node.op().name().equals("plus")) {
        addBias(node, 0);
        addBias(node, 1);
      } else if (ACTIVATIONS.containsKey(node.op().name())) {
        addActivation(node);
      }
    }
    Graph.Builder builder = new Graph.Builder(graph);
    for (Graph.Node node : graph.nodes()) {
      Chain chain = ends.get(node);
      if (absorbed.contains(node)) {
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

  /**
   * Returns the chain that a value ends, behind a reshape or not; empty if there is none, or if the
   * value or what is reshaped has other readers.
   */
  private Optional<Chain> chainTo(int value) {
    Graph.Node node = producers.get(value);
    if (node == null || uses[value] != 1) {
      return Optional.empty();
    }
    if (!node.op().name().equals("reshape")) {
      return Optional.ofNullable(ends.get(node));
    }
    int from = node.inputs()[0];
    Graph.Node before = producers.get(from);
    return Optional.ofNullable(before == null || uses[from] != 1 ? null : ends.get(before))
        .map(chain -> chain.reshaped(node));
  }

  /** Lets a node end a chain that went as far as a value. */
  private void end(Graph.Node node, Chain chain, int value) {
    Graph.Node before = producers.get(value);
    absorbed.add(before);
    if (chain.reshape().filter(reshape -> reshape == before).isPresent()) {
      absorbed.add(producers.get(before.inputs()[0]));
    }
    ends.put(node, chain);
  }

  private void addBias(Graph.Node plus, int side) {
    int value = plus.inputs()[side];
    int bias = plus.inputs()[1 - side];
    boolean same = types[value].equals(plus.outputs()[0]) && !ends.containsKey(plus);
    chainTo(value)
        .filter(chain -> same && !chain.hasBias() && chain.activation() == 0)
        .filter(chain -> isBias(chain, types[bias].shape()))
        .ifPresent(chain -> end(plus, chain.with(bias), value));
  }

  private static boolean isBias(Chain chain, Shape bias) {
    Shape out = chain.product().outputs()[0].shape();
    boolean kept =
        chain.reshape().map(by -> keepsTrailing(out, by.outputs()[0].shape(), bias)).orElse(true);
    return kept && isBias(chain.product(), bias, out);
  }

  /** Returns whether the axes along which a bias varies are the same of both shapes. */
  private static boolean keepsTrailing(Shape a, Shape b, Shape bias) {
    int varying = bias.rank();
    while (varying > 0 && bias.dim(-varying) == 1) {
      varying--;
    }
    boolean same = varying <= Math.min(a.rank(), b.rank());
    for (int i = 1; same && i <= varying; i++) {
      same = a.dim(-i) == b.dim(-i);
    }
    return same;
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

  private void addActivation(Graph.Node node) {
    int value = node.inputs()[0];
    long function = ACTIVATIONS.get(node.op().name());
    chainTo(value)
        .filter(chain -> chain.activation() == 0)
        .ifPresent(chain -> end(node, chain.with(function), value));
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
    int made = builder.add(product.op(), attrs, inputs, product.outputs());
    if (chain.reshape().isPresent()) {
      Graph.Node by = chain.reshape().get();
      made = builder.add(by.op(), by.attrs(), new int[] {made}, by.outputs());
    }
    builder.replace(end, made);
  }
}

package org.adjoint.internal.ir;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.adjoint.DType;
import org.adjoint.Type;

/**
 * The structure of a graph: ops, attributes, topology, types, roots and donors. Graphs of equal
 * keys are one program on other data. Equality is full, never by hash alone.
 */
public final class GraphKey {
  /** The id of primitives that passes make; their loops are told apart by their bodies. */
  private static final int NONE = -1;

  private final long[] words;
  private final int hash;

  private GraphKey(long... words) {
    this.words = words;
    this.hash = Arrays.hashCode(words);
  }

  /**
   * Returns the key of a graph.
   *
   * @throws IllegalArgumentException if an op of the graph is of a pass's making and no loop: such
   *     an op has no identity
   */
  public static GraphKey of(Graph graph) {
    LongStream.Builder words = LongStream.builder();
    add(words, graph);
    return new GraphKey(words.build().toArray());
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof GraphKey other && Arrays.equals(words, other.words);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  private static void add(LongStream.Builder words, Graph graph) {
    words.add(graph.leaves().size());
    graph.leaves().forEach(type -> add(words, type));
    words.add(graph.scalars().size());
    for (DType scalar : graph.scalars()) {
      words.add(scalar.code());
    }
    words.add(graph.nodes().size());
    for (Graph.Node node : graph.nodes()) {
      add(words, node.op());
      words.add(node.attrs().length);
      Arrays.stream(node.attrs()).forEach(words);
      add(words, node.inputs());
      words.add(node.outputs().length);
      for (Type type : node.outputs()) {
        add(words, type);
      }
    }
    add(words, graph.roots());
    add(words, graph.donors());
  }

  private static void add(LongStream.Builder words, Primitive op) {
    words.add(op.id());
    if (op.id() == NONE) {
      Loop loop =
          op.loop()
              .orElseThrow(
                  () -> new IllegalArgumentException("key: " + op + " is no row of the op table"));
      words.add(loop.carries()).add(loop.sequences());
      add(words, loop.body());
    }
  }

  private static void add(LongStream.Builder words, int... numbers) {
    words.add(numbers.length);
    Arrays.stream(numbers).asLongStream().forEach(words);
  }

  private static void add(LongStream.Builder words, Type type) {
    words.add(type.dtype().code()).add(type.shape().rank());
    Arrays.stream(type.shape().dims()).forEach(words);
  }
}

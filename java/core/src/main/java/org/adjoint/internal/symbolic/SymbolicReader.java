package org.adjoint.internal.symbolic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.op.Custom;
import org.adjoint.op.Fused;
import org.adjoint.op.LoopOp;
import org.adjoint.symbolic.Algebra;
import org.adjoint.symbolic.Expression;

/**
 * Reads a graph as expressions, one an element, each node once and after its inputs. What ops mean
 * stands in {@link SymbolicElementwise} and {@link SymbolicShapes}; a fused op without a formula of
 * its own is read as what it expands to. One thread's at a time.
 */
public final class SymbolicReader {
  /** More scalars than this are no small graph. */
  private static final long MOST_SCALARS = 1_000_000;

  private final Algebra algebra;
  private final SymbolicNames names;
  private final Map<Node, Expression[][]> read = new HashMap<>();
  private final Map<Node, List<Tensor>> expansions = new HashMap<>();
  private long scalars;

  public SymbolicReader(Algebra algebra, SymbolicNames names) {
    this.algebra = algebra;
    this.names = names;
  }

  public SymbolicNames names() {
    return names;
  }

  /** Returns the elements of a tensor in row-major order. */
  public Expression[] read(Tensor y) {
    Node root = Access.node(y);
    int index = Access.index(y);
    if (root.isCut() && root.inputs().length == 0 && names.of(root, index).isEmpty()) {
      throw new IllegalStateException(
          "symbolic: an evaluation has dropped the graph of "
              + root.type(index)
              + "; read it before it is evaluated, or mark what it depends on with variable()");
    }
    PostOrder.walk(
        root,
        node -> needed(node).stream().map(Access::node).toArray(Node[]::new),
        read::containsKey,
        (node, inputs) -> read.put(node, entries(node, needed(node))));
    return read.get(root)[index];
  }

  /** Returns what must be read before a node; nothing for a leaf. */
  private List<Tensor> needed(Node node) {
    if (isLeaf(node)) {
      return List.of();
    }
    if (node.op() instanceof Fused fused && !SymbolicShapes.has(fused)) {
      return expansions.computeIfAbsent(node, n -> fused.expand(inputs(n), n.attrs()));
    }
    if (node.op() instanceof LoopOp loop) {
      return expansions.computeIfAbsent(node, n -> loop.body().unroll(inputs(n), n.attrs()));
    }
    return inputs(node);
  }

  private static List<Tensor> inputs(Node node) {
    Node[] nodes = node.inputs();
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < nodes.length; i++) {
      inputs.add(Access.tensor(nodes[i], node.index(i)));
    }
    return inputs;
  }

  /** A leaf has names, is a number, or has a value and no inputs any more. */
  private boolean isLeaf(Node node) {
    if (node.kind() != Node.Kind.OP || (node.isEvaluated() && node.inputs().length == 0)) {
      return true;
    }
    for (int i = 0; i < node.outputs(); i++) {
      if (names.of(node, i).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private Expression[][] entries(Node node, List<Tensor> needed) {
    for (Type type : node.types()) {
      count(SymbolicShapes.work(node, type), node);
    }
    Expression[][] outputs = new Expression[node.outputs()][];
    for (int i = 0; i < outputs.length; i++) {
      Optional<List<String>> given = names.of(node, i);
      if (given.isPresent()) {
        outputs[i] = given.get().stream().map(algebra::variable).toArray(Expression[]::new);
      } else if (isLeaf(node)) {
        outputs[i] = constants(Access.tensor(node, i));
      } else if (expansions.containsKey(node) || node.op() instanceof Custom) {
        Tensor meaning = needed.get(i); // the first inputs of a custom op are its outputs
        outputs[i] = read.get(Access.node(meaning))[Access.index(meaning)];
      } else {
        outputs[i] = apply(node, needed);
      }
    }
    return outputs;
  }

  private Expression[] apply(Node node, List<Tensor> needed) {
    Expression[][] inputs = new Expression[needed.size()][];
    Type[] types = new Type[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = read.get(Access.node(needed.get(i)))[Access.index(needed.get(i))];
      types[i] = needed.get(i).type();
    }
    SymbolicCall call =
        new SymbolicCall(algebra, node.op(), node.attrs(), inputs, types, node.type(0));
    return SymbolicElementwise.apply(call)
        .or(() -> SymbolicShapes.apply(call))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "symbolic: "
                        + node.op()
                        + " "
                        + node.type(0)
                        + " has no formula; give its result a name, which then stands for it:"
                        + " Symbolic.of(y, Map.of(result, \"r\"))"));
  }

  private Expression[] constants(Tensor leaf) {
    double[] values =
        switch (leaf.dtype()) {
          case F32, F64, BF16 -> leaf.toDoubleArray();
          case I32, I64 -> whole(leaf.toLongArray());
          case BOOL -> bits(leaf.toBooleanArray());
        };
    Expression[] entries = new Expression[values.length];
    for (int i = 0; i < entries.length; i++) {
      // An F32 0.1 stands for the number that was meant, not for its nearest float.
      boolean narrow = leaf.dtype() == DType.F32;
      double meant = narrow ? Double.parseDouble(Float.toString((float) values[i])) : values[i];
      entries[i] = algebra.number(meant);
    }
    return entries;
  }

  private static double[] whole(long[] values) {
    double[] numbers = new double[values.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = values[i];
    }
    return numbers;
  }

  private static double[] bits(boolean[] values) {
    double[] numbers = new double[values.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = values[i] ? 1 : 0;
    }
    return numbers;
  }

  private void count(double more, Node node) {
    scalars = (long) Math.min(Long.MAX_VALUE, scalars + more);
    if (scalars > MOST_SCALARS) {
      throw tooLarge(node.kind() == Node.Kind.OP ? node.op().name() : "a leaf", node.type(0));
    }
  }

  /** Returns the size of what is to be written element by element. */
  public static long checkedSize(String what, Shape shape) {
    if (shape.size() > MOST_SCALARS) {
      throw tooLarge(what, new Type(DType.F64, shape));
    }
    return shape.size();
  }

  private static IllegalArgumentException tooLarge(String what, Type type) {
    return new IllegalArgumentException(
        "symbolic: with "
            + what
            + " "
            + type
            + " the graph has more than "
            + MOST_SCALARS
            + " scalars; formulas are for small graphs");
  }
}

package org.adjoint.symbolic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.symbolic.SymbolicNames;
import org.adjoint.internal.symbolic.SymbolicReader;

/**
 * A scalar of a graph as a simplified formula. A graph is read element by element, so the small
 * networks of a lesson have formulas too; their derivatives are {@link Grad}'s graphs, read in the
 * same way: nothing is differentiated here.
 *
 * <pre>
 * Tensor x = Tensor.scalar(2.0), w = Tensor.scalar(-3.0);
 * Symbolic y = Symbolic.of(x.times(w).tanh(), Map.of(x, "x", w, "w"));
 * y.infix();                  // tanh(w*x)
 * y.derivative(w).infix();    // x*(1 - tanh(w*x)^2)
 * y.derivative(w).latex();    // x \left(1 - \tanh\left(w x\right)^{2}\right)
 * </pre>
 *
 * <p>Variables are the tensors that are given a name, which may be results of ops too and then
 * stand for them; parameters under their own names; and leaves marked {@link Tensor#variable}, as
 * x1, x2, … in the order they are met. Any other leaf is a number. An element of a larger tensor
 * has its indices behind the name, leaving out axes of size 1: {@code w1_0}, {@code w_0_1}.
 *
 * <p>A formula has the value of its graph, up to rounding, wherever that and its parts are finite.
 * The convention of the derivative rules that 0 times an infinite derivative is 0 is none of
 * algebra's, so at such points the two may differ, and so may they where softmax would overflow.
 *
 * <p>Written out, a formula repeats what a graph shares: its length can grow exponentially with a
 * graph that grows linearly. That is the expression swell of symbolic differentiation (Baydin,
 * Pearlmutter, Radul, Siskind, "Automatic differentiation in machine learning: a survey", JMLR 18,
 * 2018, section 2.2); {@link #symbols} against {@link #nodes} shows it.
 */
public final class Symbolic {
  private final SymbolicReader reader;
  private final Tensor tensor;
  private final Expression expression;

  private Symbolic(SymbolicReader reader, Tensor tensor, Expression expression) {
    this.reader = reader;
    this.tensor = tensor;
    this.expression = expression;
  }

  /**
   * Returns the formula of a tensor of one element.
   *
   * @throws IllegalArgumentException if it has more, the graph has an op without a formula, such as
   *     a random draw, or two tensors would have one name
   * @throws IllegalStateException if an evaluation has dropped its graph
   */
  public static Symbolic of(Tensor y) {
    return of(y, Map.of());
  }

  /** Returns the formula of a tensor of one element in which tensors have these names. */
  public static Symbolic of(Tensor y, Map<Tensor, String> names) {
    checkOne("of", y, "entries");
    return entries(y, names).get(0);
  }

  /** Returns the formulas of all elements, in row-major order. */
  public static List<Symbolic> entries(Tensor y) {
    return entries(y, Map.of());
  }

  /** Returns the formulas of all elements, in row-major order, with tensors of these names. */
  public static List<Symbolic> entries(Tensor y, Map<Tensor, String> names) {
    return entries(
        new SymbolicReader(Algebra.simplifying(), new SymbolicNames(names)), Access.fixed(y));
  }

  private static List<Symbolic> entries(SymbolicReader reader, Tensor y) {
    Expression[] read;
    synchronized (reader) {
      read = reader.read(y);
    }
    List<Symbolic> entries = new ArrayList<>();
    for (int i = 0; i < read.length; i++) {
      Tensor one = read.length == 1 ? y : y.reshape(read.length).get(i);
      entries.add(new Symbolic(reader, one, read[i]));
    }
    return entries;
  }

  private static void checkOne(String method, Tensor x, String cure) {
    if (x.size() != 1) {
      throw new IllegalArgumentException(
          "symbolic: " + method + " needs one element, got " + x.type() + "; use " + cure);
    }
  }

  /**
   * Returns the derivative by a tensor of one element, simplified. It can be differentiated again.
   *
   * @throws IllegalArgumentException if x has more elements, or is a number in this formula because
   *     it has no name and is not marked {@link Tensor#variable}
   */
  public Symbolic derivative(Tensor x) {
    checkOne("derivative", x, "gradient");
    return gradient(x).get(0);
  }

  /**
   * Returns the derivatives by each element of {@code x}, in row-major order.
   *
   * @throws IllegalArgumentException if {@code x} is a number in this formula, because it has no
   *     name and is not marked {@link Tensor#variable}
   */
  public List<Symbolic> gradient(Tensor x) {
    Node node = Access.node(x);
    boolean isNumber = node.kind() != Node.Kind.OP || node.inputs().length == 0;
    synchronized (reader) {
      if (isNumber && reader.names().of(node, Access.index(x)).isEmpty()) {
        throw new IllegalArgumentException(
            "symbolic: the tensor "
                + x.type()
                + " to differentiate by is a number in this formula; give it a name:"
                + " Symbolic.of(y, Map.of(x, \"x\"))");
      }
    }
    return entries(reader, Grad.grad(tensor, x).get(0));
  }

  /**
   * Returns the formula as the graph has it, op for op. Its derivatives are of that kind too: they
   * show what simplification is worth.
   */
  public Symbolic unsimplified() {
    synchronized (reader) {
      SymbolicReader literal = new SymbolicReader(Algebra.literal(), reader.names());
      return entries(literal, tensor).get(0);
    }
  }

  /** Returns the formula as an expression, to be walked. */
  public Expression expression() {
    return expression;
  }

  /** Returns the names of the variables in the formula, in alphabetical order. */
  public Set<String> variables() {
    return expression.variables();
  }

  /**
   * Returns the formula's value where the variables have these values, computed in doubles.
   *
   * @throws IllegalArgumentException if a variable has none
   */
  public double evaluate(Map<String, Double> values) {
    return expression.evaluate(values);
  }

  /**
   * Returns how many numbers, variables, functions and operators {@link #infix} writes; counted
   * without writing, as a double that is exact up to 2⁵³.
   */
  public double symbols() {
    return expression.symbols();
  }

  /**
   * Returns how many nodes the graph behind the formula has: ops and leaves, a derivative's with
   * those of the function that it reuses.
   */
  public int nodes() {
    Set<Node> seen = new HashSet<>();
    Deque<Node> rest = new ArrayDeque<>();
    rest.push(Access.node(tensor));
    while (!rest.isEmpty()) {
      Node node = rest.pop();
      // A parameter's version is a leaf, whatever was assigned to it.
      if (seen.add(node) && !(node instanceof Version)) {
        for (Node input : node.inputs()) {
          rest.push(input);
        }
      }
    }
    return seen.size();
  }

  /**
   * Returns the formula on one line, such as {@code x*(1 - tanh(w*x)^2)}.
   *
   * @throws IllegalStateException if it has more than 10 000 symbols, saying how many
   */
  public String infix() {
    return expression.infix();
  }

  /**
   * Returns the formula in LaTeX's mathematics, such as {@code x^{2}}; {@code cases} needs amsmath.
   *
   * @throws IllegalStateException if it has more than 10 000 symbols, saying how many
   */
  public String latex() {
    return expression.latex();
  }

  /** Returns {@link #infix}, or its length if that is too long to be written. */
  @Override
  public String toString() {
    return expression.isWritable() ? infix() : "a formula of " + symbols() + " symbols";
  }
}

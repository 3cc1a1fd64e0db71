package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.op.Call;
import org.adjoint.op.ShapeOps;

/**
 * Reverse-mode differentiation: a graph in, a graph out. The result is made of the same ops as any
 * other graph, so it can be differentiated again, to any order. Nothing runs here.
 */
public final class Grad {
  private Grad() {}

  /**
   * Returns the gradient of a scalar by each of {@code xs}: tensors of their shapes, zeros for one
   * that y does not depend on.
   *
   * @throws IllegalArgumentException if y is not a floating scalar or an x is not floating
   * @throws IllegalStateException if the graph of y was consumed by an optimizer step, or was
   *     dropped by an evaluation
   */
  public static List<Tensor> grad(Tensor y, Tensor... xs) {
    checkScalar("grad", y);
    return grad(y, DifferentiablePart.of(List.of(y.node()), List.of()), xs);
  }

  /** Returns the gradient of a scalar whose differentiable part is known. */
  static List<Tensor> grad(Tensor y, DifferentiablePart part, Tensor... xs) {
    List<Tensor> gradients =
        new ArrayList<>(pull(List.of(y), List.of(Seed.of(y)), part, false, xs));
    gradients.replaceAll(Seed::handedOut);
    return gradients;
  }

  /**
   * Returns the vector-Jacobian products {@code cotangentᵀ · ∂y/∂x} for each of {@code xs}, of
   * their shapes.
   *
   * @throws IllegalArgumentException if the cotangent has another shape than y or another dtype
   *     than its tangents ({@link DType#tangent}), or an x is not floating
   */
  public static List<Tensor> vjp(Tensor y, Tensor cotangent, Tensor... xs) {
    if (!cotangent.type().equals(y.type().tangent())) {
      throw new IllegalArgumentException(
          "vjp: the cotangent of "
              + y.type()
              + " should be "
              + y.type().tangent()
              + ", got "
              + cotangent.type());
    }
    DifferentiablePart part = DifferentiablePart.of(List.of(y.node()), List.of());
    return pull(List.of(y), List.of(cotangent), part, false, xs);
  }

  /**
   * Returns the vector-Jacobian products by each of {@code xs} of outputs whose graph is followed
   * no further back than {@code inputs}: the derivative of a part of a graph, as rules of fused ops
   * need it.
   */
  public static List<Tensor> vjpWithin(
      List<Tensor> ys, List<Tensor> cotangents, List<Tensor> inputs, List<Tensor> xs) {
    DifferentiablePart part = DifferentiablePart.of(nodes(ys), nodes(inputs));
    return pull(ys, cotangents, part, true, xs.toArray(new Tensor[0]));
  }

  /**
   * Returns the Jacobian-vector product {@code ∂y/∂x · tangent}: how y moves as x moves along
   * {@code tangent}, of y's shape; zeros if y does not depend on x. Forward mode: costs about as
   * much as y, whatever the size of x.
   *
   * @throws IllegalArgumentException if the tangent has another shape than x or another dtype than
   *     its tangents ({@link DType#tangent}), or y or x is not floating
   */
  public static Tensor jvp(Tensor y, Tensor x, Tensor tangent) {
    return jvp(y, List.of(x), List.of(tangent));
  }

  /** Returns how y moves as all of {@code xs} move along their tangents. */
  public static Tensor jvp(Tensor y, List<Tensor> xs, List<Tensor> tangents) {
    if (xs.size() != tangents.size()) {
      throw new IllegalArgumentException(
          "jvp: " + xs.size() + " inputs and " + tangents.size() + " tangents");
    }
    if (!y.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "jvp: y is " + y.type() + "; integers and booleans have no derivative");
    }
    for (int i = 0; i < xs.size(); i++) {
      if (!tangents.get(i).type().equals(xs.get(i).type().tangent())) {
        throw new IllegalArgumentException(
            "jvp: the tangent of "
                + xs.get(i).type()
                + " should be "
                + xs.get(i).type().tangent()
                + ", got "
                + tangents.get(i).type());
      }
    }
    DifferentiablePart part = DifferentiablePart.of(List.of(y.node()), List.of());
    boolean[] needed = new boolean[part.order().size()];
    for (int i = 0; i < xs.size(); i++) {
      wanted(i, xs.get(i), part, needed);
    }
    return push(y, part, xs, tangents.stream().map(Optional::of).toList());
  }

  /**
   * Returns the Hessian-vector product {@code ∂²y/∂x² · v} of a scalar, of x's shape: forward mode
   * over reverse mode.
   */
  public static Tensor hvp(Tensor y, Tensor x, Tensor v) {
    return jvp(grad(y, x).get(0), x, v);
  }

  /**
   * Returns the Jacobian ∂y/∂x, of y's shape followed by x's. Reverse mode over all outputs at
   * once, or forward mode over all inputs where those are fewer.
   */
  public static Tensor jacobian(Tensor y, Tensor x) {
    Shape rows = y.shape();
    Shape columns = x.shape();
    long[] dims = Arrays.copyOf(rows.dims(), rows.rank() + columns.rank());
    System.arraycopy(columns.dims(), 0, dims, rows.rank(), columns.rank());
    boolean forward = columns.size() < rows.size();
    Tensor seed = Vmap.argument(forward ? x.type().tangent() : y.type().tangent());
    Tensor one = forward ? jvp(y, x, seed) : vjp(y, seed, x).get(0);
    long n = seed.size();
    long[] seeds = Arrays.copyOf(new long[] {n}, 1 + seed.rank());
    System.arraycopy(seed.shape().dims(), 0, seeds, 1, seed.rank());
    Tensor basis = identity(n, seed.dtype()).reshape(seeds);
    Tensor all = Vmap.substitute(List.of(one), List.of(seed), List.of(basis), n).get(0);
    Tensor table = forward ? all.reshape(n, rows.size()).transpose() : all;
    return table.reshape(dims);
  }

  /**
   * Returns the Hessian ∂²y/∂x² of a scalar, of x's shape twice: forward mode over reverse mode.
   */
  public static Tensor hessian(Tensor y, Tensor x) {
    return jacobian(grad(y, x).get(0), x);
  }

  /**
   * Returns {@code f(x)} and its derivatives up to {@code order}, all of {@code f(x)}'s shape: u,
   * u′, u″, … for a function that works on each element, or each row of a column, by itself; in
   * general the derivatives of f(x + ε · 1) by ε at 0. Taylor mode: products with constants, such
   * as those with weights, are as many as the order, elementwise nodes at most grow with its square
   * (with its cube where f raises to a fractional power), while nesting {@link #jvp} doubles the
   * graph each time. The result is a graph like any other: take its gradient by parameters, or its
   * derivatives by another input.
   *
   * @throws IllegalArgumentException if the order is negative, or x or f(x) is not floating
   */
  public static List<Tensor> derivatives(UnaryOperator<Tensor> f, Tensor x, int order) {
    return derivatives(f, x, Tensor.ones(x.dtype().tangent(), x.shape().dims()), order);
  }

  /**
   * Returns f(x + ε · direction) and its derivatives by ε at 0, up to {@code order}.
   *
   * @throws IllegalArgumentException if the order is negative, x or f(x) is not floating, or the
   *     direction has another shape or dtype than x
   */
  public static List<Tensor> derivatives(
      UnaryOperator<Tensor> f, Tensor x, Tensor direction, int order) {
    if (order < 0) {
      throw new IllegalArgumentException(
          "derivatives: the order must not be negative, got " + order);
    }
    if (!x.dtype().isFloating() || !direction.type().equals(x.type().tangent())) {
      throw new IllegalArgumentException(
          "derivatives: x is "
              + x.type()
              + ", the direction "
              + direction.type()
              + "; both must be of one floating type, for BF16 the direction F32");
    }
    Tensor fresh = rebound(x);
    Tensor y = f.apply(fresh);
    if (!y.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "derivatives: f(x) is " + y.type() + "; integers and booleans have no derivative");
    }
    return Eager.built(
        Eager.suspended(() -> Taylor.derivatives(y.fixed(), fresh, direction.fixed(), order)));
  }

  /** Returns the identity matrix; a slice of a strided line of ones, so nothing is copied here. */
  private static Tensor identity(long n, DType dtype) {
    long[] places = {0, n + 1, n * (n + 1)};
    return ShapeOps.UNSLICE
        .apply(places, Tensor.ones(dtype, n))
        .get(0)
        .reshape(n + 1, n)
        .slice(0, 0, n);
  }

  /**
   * Returns the gradient of a function of one tensor as a function: its argument is bound to a
   * fresh variable, so nested calls never confuse each other's, and only the dependence through the
   * argument counts.
   */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> f) {
    return x -> valueAndGrad(f).apply(x).grad();
  }

  /** Returns the gradient of a function of two tensors by its first, as a function of both. */
  public static BinaryOperator<Tensor> of(BinaryOperator<Tensor> f) {
    return (x, y) -> of((Tensor t) -> f.apply(t, y)).apply(x);
  }

  /**
   * Returns the gradients of a scalar function of several tensors by each of them, as a function.
   */
  public static Function<List<Tensor>, List<Tensor>> ofList(Function<List<Tensor>, Tensor> f) {
    return xs -> {
      List<Tensor> fresh = xs.stream().map(Grad::rebound).toList();
      return grad(f.apply(fresh), fresh.toArray(new Tensor[0]));
    };
  }

  /** A function's value and gradient at one argument. */
  public record ValueAndGrad(Tensor value, Tensor grad) {}

  /** Returns a function that gives the value and the gradient of {@code f}, sharing their graph. */
  public static Function<Tensor, ValueAndGrad> valueAndGrad(UnaryOperator<Tensor> f) {
    return x -> {
      Tensor fresh = rebound(x);
      Tensor y = f.apply(fresh);
      return new ValueAndGrad(y, grad(y, fresh).get(0));
    };
  }

  /** Returns the same value as a node of its own that gradients are taken by. */
  private static Tensor rebound(Tensor x) {
    return ShapeOps.renamed(x).variable();
  }

  /**
   * Returns the Jacobian-vector product of an output whose graph is followed no further back than
   * {@code inputs}, as rules of fused ops need it.
   */
  public static Tensor jvpWithin(Tensor y, List<Tensor> inputs, List<Optional<Tensor>> tangents) {
    List<Node> boundary = inputs.stream().map(Tensor::node).toList();
    return push(y, DifferentiablePart.of(List.of(y.node()), boundary), inputs, tangents);
  }

  private static Tensor push(
      Tensor y, DifferentiablePart part, List<Tensor> xs, List<Optional<Tensor>> tangents) {
    return Eager.built(List.of(Eager.suspended(() -> build(y, part, xs, tangents)))).get(0);
  }

  private static Tensor build(
      Tensor y, DifferentiablePart part, List<Tensor> xs, List<Optional<Tensor>> tangents) {
    Cotangents moved = new Cotangents(part);
    for (int i = 0; i < xs.size(); i++) {
      Tensor x = xs.get(i);
      if (tangents.get(i).isPresent() && part.position(x.node()) != NodeMap.ABSENT) {
        moved.add(x.node(), x.index(), tangents.get(i).get());
      }
    }
    for (int at = 0; at < part.order().size(); at++) {
      if (part.isInner(at)) {
        pushThrough(part.order().get(at), part.inputs(at), moved);
      }
    }
    return moved.of(y);
  }

  private static void pushThrough(Node node, Node[] inputs, Cotangents moved) {
    List<Optional<Tensor>> tangents = new ArrayList<>(inputs.length);
    boolean any = false;
    for (int i = 0; i < inputs.length; i++) {
      Optional<Tensor> t =
          DifferentiablePart.passes(node, inputs, i)
              ? moved.present(inputs[i], node.index(i))
              : Optional.empty();
      tangents.add(t);
      any |= t.isPresent();
    }
    if (any) {
      List<Tensor> outputs =
          Anomaly.differentiating(node, () -> node.op().jvp(call(node, inputs), tangents));
      for (int i = 0; i < outputs.size(); i++) {
        if (node.type(i).dtype().isFloating()) {
          moved.add(node, i, outputs.get(i));
        }
      }
    }
  }

  private static Call call(Node node, Node[] inputs) {
    List<Tensor> tensors = new ArrayList<>(inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      tensors.add(new Tensor(inputs[i], node.index(i)));
    }
    List<Tensor> outputs =
        node.outputs() == 1 ? List.of(new Tensor(node, 0)) : Tensor.outputs(node);
    return new Call(tensors, outputs, node.attrs());
  }

  /**
   * Returns the names of those parameters that a loss does not reach: their gradient would be
   * absent. Meant for a look before training.
   */
  public static List<String> unreached(Tensor loss, List<Parameter> parameters) {
    DifferentiablePart part = DifferentiablePart.of(List.of(loss.node()), List.of());
    List<String> names = new ArrayList<>();
    for (Parameter parameter : parameters) {
      if (part.position(parameter.node()) == NodeMap.ABSENT) {
        names.add(parameter.name());
      }
    }
    return names;
  }

  static void checkScalar(String name, Tensor y) {
    if (y.size() != 1 || !y.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": needs a floating scalar, got " + y.type() + "; sum() or mean() it, or use vjp");
    }
  }

  /**
   * Returns the trainable parameters that a node reaches, in the order a depth-first walk meets
   * them.
   */
  static List<Parameter> trainableParameters(Node y, DifferentiablePart part) {
    List<Parameter> parameters = new ArrayList<>();
    checkNotCut("backward", y, part);
    for (Node node : part.order()) {
      if (node instanceof Version v && v.parameter().isTrainable()) {
        if (isPast(v)) {
          throw v.supersededError();
        }
        if (!v.isSnapshot() || v.parameter().current() == v) {
          parameters.add(v.parameter());
        }
      }
    }
    if (parameters.isEmpty() && part.earliestCut() != Long.MAX_VALUE) {
      throw dropped("backward", y);
    }
    for (Parameter parameter : part.behind()) {
      if (parameter.isTrainable()) {
        throw compiled("backward", parameter);
      }
    }
    return parameters;
  }

  /** Returns whether a newer version has taken this one's place, and no snapshot keeps it. */
  private static boolean isPast(Version v) {
    return v.parameter().current() != v && !v.isSnapshot();
  }

  /** Checks that what is to be differentiated still has the graph it was built from. */
  private static void checkNotCut(String name, Node y, DifferentiablePart part) {
    if (y.isCut() && part.order().size() == 1) {
      throw dropped(name, y);
    }
  }

  private static IllegalStateException compiled(String name, Parameter parameter) {
    return new IllegalStateException(
        name
            + ": a result of a compiled function is on the way to parameter '"
            + parameter.name()
            + "', which it read; differentiate inside the function, or detach() its result");
  }

  private static IllegalStateException dropped(String name, Node y) {
    return new IllegalStateException(
        name
            + ": an evaluation has dropped the graph of "
            + y.type(0)
            + ", which reached no current parameter and no variable(), or came out of Compiled;"
            + " mark what you differentiate by with variable() first, or differentiate before"
            + " assign() and step(), or inside the compiled function");
  }

  /**
   * Pulls cotangents back.
   *
   * @param within whether this is part of a larger graph, where an x that is not reached has
   *     cotangent 0 whatever was dropped elsewhere
   */
  private static List<Tensor> pull(
      List<Tensor> ys,
      List<Tensor> cotangents,
      DifferentiablePart part,
      boolean within,
      Tensor... xs) {
    return Eager.built(Eager.suspended(() -> build(ys, cotangents, part, within, xs)));
  }

  private static List<Node> nodes(List<Tensor> tensors) {
    List<Node> nodes = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors) {
      nodes.add(tensor.node());
    }
    return nodes;
  }

  private static List<Tensor> build(
      List<Tensor> ys,
      List<Tensor> cotangents,
      DifferentiablePart part,
      boolean within,
      Tensor... xs) {
    List<Node> order = part.order();
    Node first = ys.get(0).node();
    boolean lone = ys.size() == 1 && part.position(first) == 0;
    if (!within && lone && !isAsked(first, xs)) {
      checkNotCut("grad", first, part);
    }
    Cotangents sums = new Cotangents(part);
    boolean[] needed = new boolean[order.size()];
    Tensor[] wanted = new Tensor[xs.length];
    for (int i = 0; i < xs.length; i++) {
      wanted[i] = within ? xs[i].fixed() : wanted(i, xs[i], part, needed);
      int at = part.position(wanted[i].node());
      if (at != NodeMap.ABSENT) {
        needed[at] = true;
      }
    }
    spread(part, needed);
    for (int i = 0; i < ys.size(); i++) {
      sums.add(ys.get(i).node(), ys.get(i).index(), cotangents.get(i));
    }
    for (int at = order.size() - 1; at >= 0; at--) {
      Node node = order.get(at);
      if (needed[at] && sums.reached(at) && part.isInner(at)) {
        pullThrough(node, at, part, needed, sums);
      }
    }
    List<Tensor> gradients = new ArrayList<>();
    for (Tensor x : wanted) {
      gradients.add(sums.of(x));
    }
    return gradients;
  }

  /** Marks an x as needed if the graph reaches it, and checks that its gradient can be had. */
  private static Tensor wanted(int i, Tensor x, DifferentiablePart part, boolean[] needed) {
    Tensor fixed = new Tensor(x.node(), x.index());
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "grad: input "
              + i
              + " is "
              + x.type()
              + "; integers and booleans have no derivative, cast() it first");
    }
    int at = part.position(fixed.node());
    if (at != NodeMap.ABSENT) {
      needed[at] = true;
      return fixed;
    }
    if (x instanceof Parameter p) {
      if (part.behind().contains(p)) {
        throw compiled("grad", p);
      }
      for (Node node : part.order()) {
        if (node instanceof Version v && v.parameter() == p && isPast(v)) {
          throw v.supersededError();
        }
      }
      return fixed;
    }
    boolean marked = fixed.node().isVariable() && fixed.node().variableSince() < part.earliestCut();
    if (part.earliestCut() != Long.MAX_VALUE && !marked && !(fixed.node() instanceof Version)) {
      throw new IllegalStateException(
          "grad: y does not reach input "
              + i
              + ", "
              + x.type()
              + ", but an evaluation has dropped part of its graph; mark the input with variable()"
              + " before building on it, or differentiate before evaluating");
    }
    return fixed;
  }

  private static boolean isAsked(Node y, Tensor... xs) {
    for (Tensor x : xs) {
      if (x.node() == y) {
        return true;
      }
    }
    return false;
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
      Node node, int at, DifferentiablePart part, boolean[] needed, Cotangents sums) {
    Node[] inputs = part.inputs(at);
    Call call = call(node, inputs);
    List<Integer> wanted = new ArrayList<>(inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      if (part.passes(at, i) && needed[part.position(at, i)]) {
        wanted.add(i);
      }
    }
    List<Tensor> pulled =
        Anomaly.differentiating(node, () -> node.op().vjps(call, wanted, sums.ofAll(at, node)));
    for (int nth = 0; nth < wanted.size(); nth++) {
      int i = wanted.get(nth);
      Shape shape = inputs[i].type(node.index(i)).shape();
      sums.add(part.position(at, i), inputs[i], node.index(i), pulled.get(nth).sumTo(shape));
    }
  }

  /** The (co)tangents gathered so far, summed once for each value that has several uses. */
  private static final class Cotangents {
    private final DifferentiablePart part;
    private final Tensor[][] sums;

    Cotangents(DifferentiablePart part) {
      this.part = part;
      this.sums = new Tensor[part.order().size()][];
    }

    void add(Node node, int index, Tensor g) {
      add(part.position(node), node, index, g);
    }

    void add(int at, Node node, int index, Tensor g) {
      if (sums[at] == null) {
        sums[at] = new Tensor[node.outputs()];
      }
      Tensor sum = sums[at][index];
      sums[at][index] = sum == null ? g : sum.plus(g);
    }

    boolean reached(int at) {
      return sums[at] != null;
    }

    Optional<Tensor> present(Node node, int index) {
      int at = part.position(node);
      boolean absent = at == NodeMap.ABSENT || sums[at] == null;
      return absent ? Optional.empty() : Optional.ofNullable(sums[at][index]);
    }

    Tensor of(Tensor x) {
      int at = part.position(x.node());
      Tensor sum = at == NodeMap.ABSENT || sums[at] == null ? null : sums[at][x.index()];
      return sum == null ? Tensor.zeros(x.dtype().tangent(), x.shape().dims()) : sum;
    }

    List<Tensor> ofAll(int at, Node node) {
      if (node.outputs() == 1) {
        return List.of(sums[at][0]);
      }
      List<Tensor> all = new ArrayList<>(node.outputs());
      for (int i = 0; i < node.outputs(); i++) {
        Tensor sum = sums[at][i];
        Type type = node.type(i).tangent();
        all.add(sum == null ? Tensor.zeros(type.dtype(), type.shape().dims()) : sum);
      }
      return all;
    }
  }
}

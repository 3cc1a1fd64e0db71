package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.internal.derive.Arguments;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.derive.Forward;
import org.adjoint.internal.derive.Reached;
import org.adjoint.internal.derive.Reverse;
import org.adjoint.internal.derive.Substitution;
import org.adjoint.internal.derive.Taylor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
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
    Reverse.checkScalar("grad", y);
    return Reverse.gradients(y, part(y, List.of(xs)), xs);
  }

  /**
   * Returns the gradient of a scalar by each of a list of tensors, of their shapes, in their order.
   *
   * @throws IllegalArgumentException if y is not a floating scalar or an x is not floating
   * @throws IllegalStateException if the graph of y was consumed by an optimizer step, or was
   *     dropped by an evaluation
   */
  public static List<Tensor> grad(Tensor y, List<? extends Tensor> xs) {
    return grad(y, xs.toArray(new Tensor[0]));
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
    DifferentiablePart part = part(y, List.of(xs));
    return Reverse.pull(List.of(y), List.of(cotangent), part, false, xs);
  }

  /**
   * Returns the vector-Jacobian products by each of {@code xs} of outputs whose graph is followed
   * no further back than {@code inputs}: the derivative of a part of a graph, as rules of fused ops
   * need it.
   */
  public static List<Tensor> vjpWithin(
      List<Tensor> ys, List<Tensor> cotangents, List<Tensor> inputs, List<Tensor> xs) {
    DifferentiablePart part = DifferentiablePart.of(nodes(ys), nodes(inputs));
    return Reverse.pull(ys, cotangents, part, true, xs.toArray(new Tensor[0]));
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

  /**
   * Returns how y moves as all of {@code xs} move along their tangents.
   *
   * @throws IllegalArgumentException if there are not as many tangents as xs, a tangent has another
   *     shape than its x or another dtype than its tangents ({@link DType#tangent}), or y or an x
   *     is not floating
   * @throws IllegalStateException if the graph of y was dropped by an evaluation
   */
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
    DifferentiablePart part = part(y, xs);
    boolean[] needed = new boolean[part.order().size()];
    for (int i = 0; i < xs.size(); i++) {
      Reached.wanted(i, xs.get(i), part, needed);
    }
    return Forward.push(y, part, xs, tangents.stream().map(Optional::of).toList());
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
    Tensor seed = Access.argument(forward ? x.type().tangent() : y.type().tangent());
    Tensor one = forward ? jvp(y, x, seed) : vjp(y, seed, x).get(0);
    long n = seed.size();
    long[] seeds = Arrays.copyOf(new long[] {n}, 1 + seed.rank());
    System.arraycopy(seed.shape().dims(), 0, seeds, 1, seed.rank());
    Tensor basis = Tensor.eye(seed.dtype(), n).reshape(seeds);
    Tensor all = Substitution.of(List.of(one), List.of(seed), List.of(basis), n).get(0);
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
    return withStandIns(
        List.of(x),
        fresh -> {
          Tensor y = f.apply(fresh.get(0));
          if (!y.dtype().isFloating()) {
            throw new IllegalArgumentException(
                "derivatives: f(x) is " + y.type() + "; integers and booleans have no derivative");
          }
          return Eager.built(
              Eager.suspended(
                  () -> Taylor.derivatives(y.fixed(), fresh.get(0), direction.fixed(), order)));
        });
  }

  /**
   * Returns the gradient of a function of one tensor as a function: its argument is bound to a
   * fresh variable, so nested calls never confuse each other's, and only the dependence through the
   * argument counts. While {@code f} runs, its argument is a leaf: a derivative that {@code f}
   * itself takes by a captured tensor does not pass through the argument, even if {@code f} was
   * applied to that very tensor. The result depends on the tensor it was applied to, and can be
   * differentiated by it.
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
    return xs -> withStandIns(xs, fresh -> grad(f.apply(fresh), fresh));
  }

  /**
   * Returns the gradients of a scalar function of several tensors by those of the arguments that
   * {@code wanted} numbers, in that order; of their shapes and dtypes.
   *
   * @throws IllegalArgumentException when applied, if there is no such argument, it is not
   *     floating, or the function's value is no floating scalar
   */
  public static Function<List<Tensor>, List<Tensor>> ofList(
      Function<List<Tensor>, Tensor> f, int... wanted) {
    return xs -> valueAndGradList(f, wanted).apply(xs).grads();
  }

  /** A function's value and its gradients by several arguments, in their order. */
  public record ValueAndGrads(Tensor value, List<Tensor> grads) {
    /** Keeps a copy of the list. */
    public ValueAndGrads {
      grads = List.copyOf(grads);
    }
  }

  /**
   * Returns a function that gives the value of a scalar function of several tensors, and its
   * gradients by those of the arguments that {@code wanted} numbers, by all if none are numbered.
   *
   * @throws IllegalArgumentException when applied, if there is no such argument, it is not
   *     floating, or the function's value is no floating scalar
   */
  public static Function<List<Tensor>, ValueAndGrads> valueAndGradList(
      Function<List<Tensor>, Tensor> f, int... wanted) {
    int[] chosen = wanted.clone();
    return given -> {
      List<Integer> places = Arguments.chosen("valueAndGrad", given.size(), chosen);
      return Arguments.onSome(
          given,
          places,
          (xs, all) ->
              withStandIns(
                  xs,
                  fresh -> {
                    Tensor y = f.apply(all.apply(fresh));
                    return new ValueAndGrads(y, grad(y, fresh));
                  }));
    };
  }

  /**
   * Returns the gradient of a scalar function of a container of tensors, as a container of the
   * shapes and dtypes of its leaves.
   *
   * @throws IllegalArgumentException when applied, if a leaf is not floating or the function's
   *     value is no floating scalar
   */
  public static <T extends TensorTree<T>> UnaryOperator<T> tree(Function<T, Tensor> f) {
    return x -> valueAndGradTree(f).apply(x).grad();
  }

  /** A function's value and its gradient by a container. */
  public record ValueAndTree<T>(Tensor value, T grad) {}

  /**
   * Returns a function that gives the value of a scalar function of a container, and its gradient
   * as a container of the shapes and dtypes of the leaves.
   *
   * @throws IllegalArgumentException when applied, if a leaf is not floating or the function's
   *     value is no floating scalar
   */
  public static <T extends TensorTree<T>> Function<T, ValueAndTree<T>> valueAndGradTree(
      Function<T, Tensor> f) {
    return x -> {
      ValueAndGrads both = valueAndGradList(xs -> f.apply(x.with(xs))).apply(x.leaves());
      return new ValueAndTree<>(both.value(), x.with(both.grads()));
    };
  }

  /** A function's value, of any shape, and how it moves with its argument. */
  public record ValueAndTangent(Tensor value, Tensor tangent) {}

  /**
   * Returns a function of x and a tangent, of x's shape, that gives {@code f(x)} and the
   * Jacobian-vector product {@code ∂f/∂x · tangent}, of f(x)'s shape: forward mode as a function. x
   * is bound to a fresh leaf, so only the dependence through the argument counts.
   *
   * @throws IllegalArgumentException when applied, if the tangent has another shape than x or
   *     another dtype than its tangents ({@link DType#tangent}), or x or f(x) is not floating
   */
  public static BiFunction<Tensor, Tensor, ValueAndTangent> jvpOf(UnaryOperator<Tensor> f) {
    return (x, tangent) ->
        withStandIns(
            List.of(x),
            fresh -> {
              Tensor y = f.apply(fresh.get(0));
              return new ValueAndTangent(y, jvp(y, fresh.get(0), tangent));
            });
  }

  /** A function's value at a point and its derivative there, a linear function of the tangent. */
  public record Linearized(Tensor value, UnaryOperator<Tensor> derivative) {}

  /**
   * Returns {@code f(x)} and the linear function that takes a tangent, of x's shape, to {@code
   * ∂f/∂x · tangent}, of f(x)'s shape. The function is called once, here; each tangent builds its
   * linear part alone, over values that all tangents share.
   *
   * @throws IllegalArgumentException if x or f(x) is not floating; the linear function throws it of
   *     a tangent of another shape or dtype
   */
  public static Linearized linearize(UnaryOperator<Tensor> f, Tensor x) {
    return withStandIns(
        List.of(x),
        fresh -> {
          Tensor y = f.apply(fresh.get(0));
          Tensor seed = Access.argument(x.type().tangent());
          Tensor moved = jvp(y, fresh.get(0), seed);
          return new Linearized(y, Arguments.replayed(moved, seed));
        });
  }

  /** A function's value and gradient at one argument. */
  public record ValueAndGrad(Tensor value, Tensor grad) {}

  /** Returns a function that gives the value and the gradient of {@code f}, sharing their graph. */
  public static Function<Tensor, ValueAndGrad> valueAndGrad(UnaryOperator<Tensor> f) {
    return x ->
        withStandIns(
            List.of(x),
            fresh -> {
              Tensor y = f.apply(fresh.get(0));
              return new ValueAndGrad(y, grad(y, fresh.get(0)).get(0));
            });
  }

  /**
   * Returns what {@code body} returns of stand-ins: the same values as nodes of their own. While
   * the body runs they are sources, and leaves to every derivative: what is differentiated there by
   * a captured tensor does not pass through an argument that equals it or was built from it.
   * Afterwards they are neither, so that what was evaluated keeps no history for their sake, and
   * who differentiates by something outer passes through them.
   */
  private static <T> T withStandIns(List<Tensor> xs, Function<List<Tensor>, T> body) {
    List<Tensor> fresh = new ArrayList<>(xs.size());
    Node.beginAge();
    for (Tensor x : xs) {
      Tensor own = ShapeOps.renamed(x);
      own.node().markStandIn();
      fresh.add(own);
    }
    try {
      return body.apply(fresh);
    } finally {
      fresh.forEach(x -> x.node().unmarkStandIn());
    }
  }

  /**
   * Returns the Jacobian-vector product of an output whose graph is followed no further back than
   * {@code inputs}, as rules of fused ops need it.
   */
  public static Tensor jvpWithin(Tensor y, List<Tensor> inputs, List<Optional<Tensor>> tangents) {
    List<Node> boundary = inputs.stream().map(Tensor::node).toList();
    return Forward.push(y, DifferentiablePart.of(List.of(y.node()), boundary), inputs, tangents);
  }

  /**
   * Returns the names of those parameters that a loss does not reach: their gradient would be
   * absent. Meant for a look before training.
   */
  public static List<String> unreached(Tensor loss, List<Parameter> parameters) {
    DifferentiablePart part = part(loss);
    List<String> names = new ArrayList<>();
    for (Parameter parameter : parameters) {
      if (part.position(parameter.node()) == NodeMap.ABSENT) {
        names.add(parameter.name());
      }
    }
    return names;
  }

  private static List<Node> nodes(List<Tensor> tensors) {
    List<Node> nodes = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors) {
      nodes.add(tensor.node());
    }
    return nodes;
  }

  private static DifferentiablePart part(Tensor y, List<Tensor> xs) {
    boolean arguments = xs.stream().noneMatch(x -> x instanceof Parameter || !x.node().isStandIn());
    return arguments && !xs.isEmpty()
        ? DifferentiablePart.behind(List.of(y.node()), nodes(xs))
        : part(y);
  }

  private static DifferentiablePart part(Tensor y) {
    return DifferentiablePart.of(List.of(y.node()), List.of());
  }
}

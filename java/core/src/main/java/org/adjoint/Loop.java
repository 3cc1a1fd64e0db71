package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.internal.graph.Region;
import org.adjoint.internal.loop.Loops;
import org.adjoint.op.Custom;
import org.adjoint.op.ShapeOps;

/**
 * Loops whose number of turns depends on what they compute, as part of a graph. {@link Scan} runs a
 * number of turns that is known before. Condition and body are called once, on stand-ins; asking
 * for a value inside is an error.
 */
public final class Loop {
  private Loop() {}

  /**
   * Returns the carry once {@code condition} is false of it, which may be at once: {@code while
   * (condition(carry)) carry = body(carry)}. Forward mode of any order passes, and Vmap, where each
   * example ends by itself; reverse mode needs a bound, see {@link #whileTrue(Function,
   * UnaryOperator, List, int)}. A condition that stays true is a run that does not end.
   *
   * @param condition gives one BOOL
   * @param body gives the next carry, of the same types
   * @throws IllegalArgumentException if the condition gives anything but BOOL[], or the body
   *     changes the types of the carry
   */
  public static List<Tensor> whileTrue(
      Function<List<Tensor>, Tensor> condition,
      UnaryOperator<List<Tensor>> body,
      List<Tensor> carry) {
    List<Tensor> inputs = new ArrayList<>();
    inputs.add(checked(condition.apply(carry)));
    inputs.addAll(carry);
    List<Type> types = carry.stream().map(Tensor::type).toList();
    List<Tensor> all =
        Loops.run(
            "Loop",
            Integer.MAX_VALUE,
            true,
            inputs,
            List.of(),
            in -> {
              List<Tensor> next = checked(types, body.apply(in.subList(1, in.size())));
              List<Tensor> results = new ArrayList<>();
              results.add(checked(condition.apply(next)));
              results.addAll(next);
              return results;
            });
    return all.subList(1, all.size());
  }

  /** Returns the like of {@link #whileTrue(Function, UnaryOperator, List)} for one tensor. */
  public static Tensor whileTrue(
      Function<Tensor, Tensor> condition, UnaryOperator<Tensor> body, Tensor start) {
    return whileTrue(
            (List<Tensor> c) -> condition.apply(c.get(0)),
            c -> List.of(body.apply(c.get(0))),
            List.of(start))
        .get(0);
  }

  /**
   * Returns the carry once {@code condition} is false of it, but after {@code most} turns at the
   * latest. All modes pass, reverse mode too; it always costs {@code most} turns, of which those
   * behind the end change nothing.
   *
   * @throws IllegalArgumentException if {@code most} is negative, the condition gives anything but
   *     BOOL[], or the body changes the types of the carry
   */
  public static List<Tensor> whileTrue(
      Function<List<Tensor>, Tensor> condition,
      UnaryOperator<List<Tensor>> body,
      List<Tensor> carry,
      int most) {
    if (most < 0) {
      throw new IllegalArgumentException("loop: cannot run at most " + most + " turns");
    }
    List<Type> types = carry.stream().map(Tensor::type).toList();
    return Loops.run(
        "Loop",
        most,
        false,
        carry,
        List.of(),
        in -> {
          Tensor goes = checked(condition.apply(in));
          List<Tensor> next = checked(types, body.apply(in));
          List<Tensor> results = new ArrayList<>();
          for (int i = 0; i < in.size(); i++) {
            results.add(Tensor.where(goes, next.get(i), in.get(i)));
          }
          return results;
        });
  }

  /** Returns the like of {@link #whileTrue(Function, UnaryOperator, List, int)} for one tensor. */
  public static Tensor whileTrue(
      Function<Tensor, Tensor> condition, UnaryOperator<Tensor> body, Tensor start, int most) {
    return whileTrue(
            (List<Tensor> c) -> condition.apply(c.get(0)),
            c -> List.of(body.apply(c.get(0))),
            List.of(start),
            most)
        .get(0);
  }

  /**
   * Returns x = f(x), found by repeating f from {@code start} on until no element changes by more
   * than {@code tolerance}, or for {@code most} turns. Its derivative is that of the solution, by
   * the implicit function theorem, and depends neither on the start nor on the way: the cotangent u
   * = g + (∂f/∂x)ᵀu is a fixed point again, found in the same way, so every order passes. f has to
   * contract near the solution. Derivatives go to all that f captures.
   *
   * @throws IllegalArgumentException if the start is not floating, f changes its type, the
   *     tolerance is not positive or {@code most} is negative
   */
  public static Tensor fixedPoint(
      UnaryOperator<Tensor> f, Tensor start, double tolerance, int most) {
    if (!start.dtype().isFloating() || !(tolerance > 0) || most < 0) {
      throw new IllegalArgumentException(
          "fixedPoint: needs a floating start, a positive tolerance and turns, got "
              + start.type()
              + ", "
              + tolerance
              + " and "
              + most);
    }
    Region region =
        Region.trace(
            "Loop", List.of(start.type()), in -> checked(types(in), List.of(f.apply(in.get(0)))));
    List<Tensor> outside = region.captured().stream().map(Tensor::detach).toList();
    Tensor x = repeated(y -> region.build(List.of(y), outside).get(0), start, tolerance, most);
    return Custom.of(
            "fixedPoint", List.of(x), region.captured(), new Implicit(region, tolerance, most))
        .get(0);
  }

  private static List<Type> types(List<Tensor> xs) {
    return xs.stream().map(Tensor::type).toList();
  }

  private static Tensor repeated(
      UnaryOperator<Tensor> f, Tensor start, double tolerance, int most) {
    Tensor turns = Tensor.scalar(most, DType.F64);
    List<Tensor> end =
        whileTrue(
            (List<Tensor> c) -> c.get(2),
            c -> {
              Tensor next = f.apply(c.get(0));
              Tensor left = c.get(1).minus(1);
              Tensor more = left.gt(0);
              Tensor moves = next.minus(c.get(0)).abs().gt(tolerance).any();
              return List.of(next, left, Tensor.where(more, moves, more));
            },
            List.of(start.detach(), turns, turns.gt(0)));
    return end.get(0);
  }

  /** The derivative of a fixed point by what its function captures. */
  private record Implicit(Region region, double tolerance, int most) implements Custom.Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      // Under names of their own: what f captures may depend on the solution of another equation.
      Tensor x = ShapeOps.renamed(ys.get(0));
      List<Tensor> inputs = new ArrayList<>(xs.stream().map(ShapeOps::renamed).toList());
      List<Tensor> floating = inputs.stream().filter(t -> t.dtype().isFloating()).toList();
      List<Tensor> y = region.build(List.of(x), inputs);
      inputs.add(x);
      Tensor g = gs.get(0);
      Tensor u =
          fixedPoint(
              v -> g.plus(Grad.vjpWithin(y, List.of(v), inputs, List.of(x)).get(0)),
              g,
              tolerance,
              most);
      return Grad.vjpWithin(y, List.of(u), inputs, floating);
    }
  }

  private static Tensor checked(Tensor condition) {
    if (!condition.type().equals(new Type(DType.BOOL, Shape.SCALAR))) {
      throw new IllegalArgumentException(
          "loop: the condition needs to give BOOL[], got "
              + condition.type()
              + "; reduce it with any() or all()");
    }
    return condition;
  }

  private static List<Tensor> checked(List<Type> before, List<Tensor> after) {
    if (!types(after).equals(before)) {
      throw new IllegalArgumentException(
          "loop: the body takes a carry of " + before + " and returns one of " + types(after));
    }
    return after;
  }
}

package org.adjoint.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.Vmap;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;

/**
 * The kind of ops that have a kernel of their own for speed and an expansion in other ops for
 * meaning. A backend without the kernel runs the expansion, and every transform without a rule of
 * its own uses it: nothing here is differentiable only once. Rows stand in {@link SoftmaxOps} and
 * {@link OptimizerOps}.
 */
public final class Fused extends Op {
  /** The type rule of a row. */
  @FunctionalInterface
  interface Rule {
    /** Returns the types of the outputs. */
    List<Type> infer(Fused op, List<Type> inputs, long[] attrs);
  }

  /** The meaning of a row in other ops. */
  @FunctionalInterface
  interface Expansion {
    /** Returns the outputs. */
    List<Tensor> expand(List<Tensor> inputs, long[] attrs);
  }

  /** A derivative that is better than that of the expansion. */
  @FunctionalInterface
  interface Pull {
    /** Returns the cotangent of the input. */
    Tensor pull(Call call, int input, Tensor g);
  }

  private final Rule rule;
  private final Expansion expansion;
  private final IntPredicate differentiable;
  private final Optional<Pull> pull;
  private final boolean byRows;

  private Fused(
      String name,
      boolean fallible,
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable,
      Optional<Pull> pull,
      boolean byRows) {
    super(name, fallible, kernel, lowering);
    this.rule = rule;
    this.expansion = expansion;
    this.differentiable = differentiable;
    this.pull = pull;
    this.byRows = byRows;
  }

  /** Returns a row along the last axis, any axes leading, with a derivative rule of its own. */
  static Fused byRows(
      Kernel kernel,
      boolean fallible,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable,
      Pull pull) {
    return new Fused(
        kernel.name(),
        fallible,
        kernel,
        rule,
        lowering,
        expansion,
        differentiable,
        Optional.of(pull),
        true);
  }

  /** Returns a row along the last axis, any axes leading, with the derivative of its expansion. */
  static Fused byRows(
      Kernel kernel,
      boolean fallible,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable) {
    return new Fused(
        kernel.name(),
        fallible,
        kernel,
        rule,
        lowering,
        expansion,
        differentiable,
        Optional.empty(),
        true);
  }

  /** Returns a row that cannot fail, with the derivative of its expansion. */
  static Fused of(
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable) {
    return new Fused(
        kernel.name(),
        false,
        kernel,
        rule,
        lowering,
        expansion,
        differentiable,
        Optional.empty(),
        false);
  }

  /** Returns a row that may fail on its data, with the derivative of its expansion. */
  static Fused fallible(
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable) {
    return new Fused(
        kernel.name(),
        true,
        kernel,
        rule,
        lowering,
        expansion,
        differentiable,
        Optional.empty(),
        false);
  }

  /** Returns the same outputs made of other ops. */
  public List<Tensor> expand(List<Tensor> inputs, long[] attrs) {
    return expansion.expand(inputs, attrs);
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    return rule.infer(this, inputs, attrs);
  }

  @Override
  public boolean isDifferentiable(int input) {
    return differentiable.test(input);
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    List<Tensor> inputs = call.inputs().stream().map(ShapeOps::renamed).toList();
    List<Tensor> outputs = expand(inputs, call.attrs());
    List<Tensor> pushed = new ArrayList<>();
    for (Tensor output : outputs) {
      pushed.add(Grad.jvpWithin(output, inputs, tangents));
    }
    return pushed;
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    // A row that works on the last axis takes leading axes as they come; others are expanded.
    return byRows
        ? Tensor.apply(this, batch.attrs(), batch.allWide())
        : Vmap.batchWithin(inputs -> expand(inputs, batch.attrs()), batch);
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return vjps(call, List.of(input), cotangents).get(0);
  }

  @Override
  public List<Tensor> vjps(Call call, List<Integer> inputs, List<Tensor> cotangents) {
    if (pull.isPresent()) {
      return inputs.stream().map(i -> pull.get().pull(call, i, cotangents.get(0))).toList();
    }
    // Under other names: the same tensor may stand for two inputs, and each has a cotangent.
    List<Tensor> own = call.inputs().stream().map(ShapeOps::renamed).toList();
    List<Tensor> wanted = inputs.stream().map(own::get).toList();
    return Grad.vjpWithin(expand(own, call.attrs()), cotangents, own, wanted);
  }
}

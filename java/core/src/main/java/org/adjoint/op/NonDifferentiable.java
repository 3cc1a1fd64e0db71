package org.adjoint.op;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;

/**
 * The kind of ops whose derivative is zero or does not exist: indices, random bits, a cut in the
 * graph.
 */
public final class NonDifferentiable extends Op {
  /** The type rule of a row. */
  @FunctionalInterface
  interface Rule {
    /** Returns the type of the output. */
    Type infer(NonDifferentiable op, List<Type> inputs, long[] attrs);
  }

  private final Rule rule;
  private final Function<Batch, Tensor> batching;

  NonDifferentiable(
      String name, Kernel kernel, Rule rule, Lowering lowering, Function<Batch, Tensor> batching) {
    this(name, false, kernel, rule, lowering, batching);
  }

  private NonDifferentiable(
      String name,
      boolean fallible,
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Function<Batch, Tensor> batching) {
    super(name, fallible, kernel, lowering);
    this.rule = rule;
    this.batching = batching;
  }

  /** Returns a row whose data can make a run fail. */
  static NonDifferentiable fallible(
      String name, Kernel kernel, Rule rule, Lowering lowering, Function<Batch, Tensor> batching) {
    return new NonDifferentiable(name, true, kernel, rule, lowering, batching);
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    return List.of(rule.infer(this, inputs, attrs));
  }

  @Override
  public boolean isDifferentiable(int input) {
    return false;
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    throw new IllegalStateException(name() + ": has no derivative");
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    return List.of(batching.apply(batch));
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    throw new IllegalStateException(name() + ": has no derivative");
  }
}

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
 * its own uses it: nothing here is differentiable only once. Rows stand in {@link SoftmaxOps},
 * {@link NormalizationOps}, {@link AttentionOps} and {@link OptimizerOps}.
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

  /** A derivative that is better than that of the expansion, of a row with one output. */
  @FunctionalInterface
  interface Pull {
    /** Returns the cotangent of the input. */
    Tensor pull(Call call, int input, Tensor g);

    /** Returns the same for several inputs. */
    default Pulls each() {
      return (call, inputs, g) ->
          inputs.stream().map(i -> pull(call, i, g.get(0).orElseThrow())).toList();
    }
  }

  /** The same of a row with several outputs, or whose inputs share the work. */
  @FunctionalInterface
  interface Pulls {
    /** Returns the cotangents of the inputs; see {@link Op#pull}. */
    List<Tensor> pull(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents);
  }

  /** How a row takes a whole batch at once. */
  @FunctionalInterface
  interface Batching {
    /** The leading axis is one more axis of rows. */
    Batching BY_ROWS = (op, batch) -> Tensor.apply(op, batch.attrs(), batch.allWide());

    /** A batch of the expansion. */
    Batching EXPANDED = (op, batch) -> Vmap.batchWithin(in -> op.expand(in, batch.attrs()), batch);

    /** Returns the outputs; see {@link Op#batch}. */
    List<Tensor> apply(Fused op, Batch batch);
  }

  private final Rule rule;
  private final Expansion expansion;
  private final IntPredicate differentiable;
  private final Optional<Pulls> pulls;
  private final Batching batching;

  private Fused(
      String name,
      boolean fallible,
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable,
      Optional<Pulls> pulls,
      Batching batching) {
    super(name, fallible, kernel, lowering);
    this.rule = rule;
    this.expansion = expansion;
    this.differentiable = differentiable;
    this.pulls = pulls;
    this.batching = batching;
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
        Optional.of(pull.each()),
        Batching.BY_ROWS);
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
        Batching.BY_ROWS);
  }

  /** Returns a row that cannot fail, with rules of its own for derivatives and batches. */
  static Fused of(
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable,
      Pulls pulls,
      Batching batching) {
    return new Fused(
        kernel.name(),
        false,
        kernel,
        rule,
        lowering,
        expansion,
        differentiable,
        Optional.of(pulls),
        batching);
  }

  /** Returns a row that cannot fail, with the derivative of its expansion. */
  static Fused of(
      Kernel kernel,
      Rule rule,
      Lowering lowering,
      Expansion expansion,
      IntPredicate differentiable,
      Batching batching) {
    return new Fused(
        kernel.name(),
        false,
        kernel,
        rule,
        lowering,
        expansion,
        differentiable,
        Optional.empty(),
        batching);
  }

  /** Returns a row that cannot fail, with the derivative and the batches of its expansion. */
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
        Batching.EXPANDED);
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
        Batching.EXPANDED);
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
    return batching.apply(this, batch);
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return vjps(call, List.of(input), cotangents).get(0);
  }

  @Override
  public List<Tensor> vjps(Call call, List<Integer> inputs, List<Tensor> cotangents) {
    return pull(call, inputs, cotangents.stream().map(Optional::of).toList());
  }

  @Override
  public List<Tensor> pull(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    return pulls.isPresent()
        ? pulls.get().pull(call, inputs, cotangents)
        : pullExpanded(call, inputs, cotangents);
  }

  /** Returns the cotangents of the inputs as the expansion gives them. */
  List<Tensor> pullExpanded(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    // Under other names: the same tensor may stand for two inputs, and each has a cotangent.
    List<Tensor> own = call.inputs().stream().map(ShapeOps::renamed).toList();
    List<Tensor> wanted = inputs.stream().map(own::get).toList();
    List<Tensor> outputs = expand(own, call.attrs());
    List<Tensor> ys = new ArrayList<>();
    List<Tensor> gs = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      if (cotangents.get(i).isPresent()) {
        ys.add(outputs.get(i));
        gs.add(cotangents.get(i).get());
      }
    }
    return Grad.vjpWithin(ys, gs, own, wanted);
  }
}

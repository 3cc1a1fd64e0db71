package org.adjoint.op;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.Vmap;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Ref;

/**
 * The kind of ops that state a derivative and nothing else: tensors pass unchanged, and what comes
 * back goes by a rule to other tensors than those they were computed from. The inputs of a node are
 * its outputs ys, then the xs that it answers for. {@link Op#custom}, hooks and checkpoints are
 * made of it. As every node brings its own rule, there is no row of it; to a program they are all
 * the same view.
 */
public final class Custom extends Op {
  private static final Primitive PRIMITIVE =
      primitive(
          "custom",
          false,
          Primitive.NO_KERNEL,
          (emitter, attrs, in, out) -> {
            Ref[] ys = new Ref[out.length];
            System.arraycopy(in, 0, ys, 0, ys.length);
            return ys;
          });

  /** How derivatives pass. */
  @FunctionalInterface
  public interface Rule {
    /** Returns the cotangents of the floating ones among {@code xs}, in their order. */
    List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs);

    /**
     * Returns the tangents of {@code ys}: by default those of the transpose of {@link #pull}.
     *
     * @param tangents one for each of {@code xs}, empty where it is zero
     */
    default List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      List<Tensor> gs = new ArrayList<>();
      for (Tensor y : ys) {
        gs.add(Tensor.zeros(y.dtype().tangent(), y.shape().dims()));
      }
      List<Tensor> pulled = new ArrayList<>();
      List<Tensor> weights = new ArrayList<>();
      int floating = 0;
      List<Tensor> all = checked("custom", xs, pull(xs, ys, gs));
      for (int i = 0; i < xs.size(); i++) {
        if (xs.get(i).dtype().isFloating()) {
          if (tangents.get(i).isPresent()) {
            pulled.add(all.get(floating));
            weights.add(tangents.get(i).get());
          }
          floating++;
        }
      }
      List<Tensor> boundary = new ArrayList<>(gs);
      boundary.addAll(xs);
      boundary.addAll(ys);
      List<Tensor> wanted = gs.stream().filter(g -> g.dtype().isFloating()).toList();
      List<Tensor> back = new ArrayList<>(Grad.vjpWithin(pulled, weights, boundary, wanted));
      List<Tensor> pushed = new ArrayList<>();
      for (Tensor g : gs) {
        pushed.add(g.dtype().isFloating() ? back.remove(0) : g);
      }
      return pushed;
    }
  }

  private final String label;
  private final int outputs;
  private final Rule rule;

  private Custom(String label, int outputs, Rule rule) {
    super(PRIMITIVE);
    this.label = label;
    this.outputs = outputs;
    this.rule = rule;
  }

  /**
   * Returns {@code ys} with another derivative: by {@code xs}, as the rule says.
   *
   * @param name how errors call it
   * @throws IllegalArgumentException if there is no y
   */
  public static List<Tensor> of(String name, List<Tensor> ys, List<Tensor> xs, Rule rule) {
    if (ys.isEmpty()) {
      throw new IllegalArgumentException(name + ": has no result");
    }
    Tensor[] inputs = new Tensor[ys.size() + xs.size()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = i < ys.size() ? ys.get(i) : xs.get(i - ys.size());
    }
    return new Custom(name, ys.size(), rule).apply(new long[] {ys.size()}, inputs);
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    return inputs.subList(0, outputs);
  }

  @Override
  public boolean isDifferentiable(int input) {
    return input >= outputs;
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return vjps(call, List.of(input), cotangents).get(0);
  }

  @Override
  public List<Tensor> vjps(Call call, List<Integer> inputs, List<Tensor> cotangents) {
    List<Tensor> xs = call.inputs().subList(outputs, call.inputs().size());
    List<Tensor> pulled = checked(label, xs, rule.pull(xs, call.outputs(), cotangents));
    List<Tensor> wanted = new ArrayList<>();
    for (int input : inputs) {
      int before = 0;
      for (Tensor x : xs.subList(0, input - outputs)) {
        before += x.dtype().isFloating() ? 1 : 0;
      }
      wanted.add(pulled.get(before));
    }
    return wanted;
  }

  /** Returns the cotangents that a rule gave if there is one of its type for each floating x. */
  private static List<Tensor> checked(String label, List<Tensor> xs, List<Tensor> pulled) {
    List<Tensor> floating = xs.stream().filter(x -> x.dtype().isFloating()).toList();
    if (pulled.size() != floating.size()) {
      throw new IllegalStateException(
          label
              + ": its vjp gave "
              + pulled.size()
              + " cotangents for "
              + floating.size()
              + " floating inputs");
    }
    for (int i = 0; i < pulled.size(); i++) {
      if (!pulled.get(i).type().equals(floating.get(i).type().tangent())) {
        throw new IllegalStateException(
            label
                + ": its vjp gave "
                + pulled.get(i).type()
                + " as the cotangent of "
                + floating.get(i).type());
      }
    }
    return pulled;
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    return rule.push(
        call.inputs().subList(outputs, call.inputs().size()),
        call.outputs(),
        tangents.subList(outputs, tangents.size()));
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    List<Tensor> ys = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      ys.add(batch.wide(i));
    }
    int all = batch.inputs().size();
    List<Boolean> batched = batch.batched().subList(outputs, all);
    return of(
        label, ys, batch.inputs().subList(outputs, all), new Batched(rule, batch.size(), batched));
  }

  /** A rule for a whole batch; an input that all examples share gets the sum of its cotangents. */
  private record Batched(Rule rule, long size, List<Boolean> batched) implements Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      int n = xs.size();
      int m = ys.size();
      List<Tensor> inputs = new ArrayList<>(xs);
      inputs.addAll(ys);
      inputs.addAll(gs);
      List<Boolean> flags = new ArrayList<>(batched);
      flags.addAll(Collections.nCopies(2 * m, true));
      List<Tensor> wide =
          Vmap.batchWithin(
              in -> rule.pull(in.subList(0, n), in.subList(n, n + m), in.subList(n + m, n + 2 * m)),
              new Batch(size, inputs, flags, NO_ATTRS));
      List<Tensor> pulled = new ArrayList<>();
      int floating = 0;
      for (int i = 0; i < n; i++) {
        if (xs.get(i).dtype().isFloating()) {
          Tensor g = wide.get(floating++);
          pulled.add(batched.get(i) ? g : g.sum(0));
        }
      }
      return pulled;
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      int n = xs.size();
      int m = ys.size();
      List<Tensor> inputs = new ArrayList<>(xs);
      inputs.addAll(ys);
      List<Boolean> flags = new ArrayList<>(batched);
      flags.addAll(Collections.nCopies(m, true));
      for (int i = 0; i < n; i++) {
        if (tangents.get(i).isPresent()) {
          inputs.add(tangents.get(i).get());
          flags.add(batched.get(i)); // it moves as its x does
        }
      }
      return Vmap.batchWithin(
          in -> {
            List<Optional<Tensor>> moved = new ArrayList<>();
            int at = n + m;
            for (Optional<Tensor> tangent : tangents) {
              moved.add(tangent.isPresent() ? Optional.of(in.get(at++)) : Optional.empty());
            }
            return rule.push(in.subList(0, n), in.subList(n, n + m), moved);
          },
          new Batch(size, inputs, flags, NO_ATTRS));
    }
  }
}

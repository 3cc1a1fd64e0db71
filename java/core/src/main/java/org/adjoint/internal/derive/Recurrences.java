package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.derive.Series.Factor;
import org.adjoint.internal.derive.Series.Rule;
import org.adjoint.op.Call;
import org.adjoint.op.Op;

/**
 * How the coefficients of a product, a quotient and of linear ops follow from those of their inputs
 * (Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), section 13.2).
 */
final class Recurrences {
  private Recurrences() {}

  /** A rule for the terms of one output. */
  @FunctionalInterface
  interface Term {
    Optional<Tensor> term(int k);
  }

  /** Returns the rule of an op with one output. */
  static Rule one(Term term) {
    return k -> List.of(term.term(k));
  }

  /** Returns a tensor times a number. */
  static Tensor times(Tensor x, double factor) {
    return factor == 1 ? x : x.times(Tensor.scalar(factor, x.dtype()));
  }

  private static Optional<Tensor> plus(Optional<Tensor> sum, Tensor term) {
    return Optional.of(sum.isPresent() ? sum.get().plus(term) : term);
  }

  /**
   * Returns Σ aᵢ·bⱼ over i + j = k, j ≥ from. Of each pair the higher term goes first: where it is
   * 0, scale() gives 0 even if the lower term is infinite.
   */
  static Optional<Tensor> convolve(int k, int from, Factor a, Factor b) {
    Optional<Tensor> sum = Optional.empty();
    for (int j = from; j <= k; j++) {
      Optional<Tensor> x = a.term(k - j);
      Optional<Tensor> y = b.term(j);
      if (x.isPresent() && y.isPresent()) {
        boolean higher = 2 * j > k;
        sum = plus(sum, higher ? y.get().scale(x.get()) : x.get().scale(y.get()));
      }
    }
    return sum;
  }

  /** Returns the convolution of x with itself; each pair of unequal terms is taken once. */
  static Optional<Tensor> square(int k, Factor x) {
    Optional<Tensor> pairs = Optional.empty();
    for (int j = 0; 2 * j < k; j++) {
      Optional<Tensor> low = x.term(j);
      Optional<Tensor> high = x.term(k - j);
      if (low.isPresent() && high.isPresent()) {
        pairs = plus(pairs, high.get().scale(low.get()));
      }
    }
    Optional<Tensor> sum = pairs.map(p -> times(p, 2));
    Optional<Tensor> middle = k % 2 == 0 ? x.term(k / 2) : Optional.empty();
    return middle.isPresent() ? plus(sum, middle.get().square()) : sum;
  }

  /** Returns yₖ of y = a/b, from aₖ = b₀yₖ + Σ bⱼyₖ₋ⱼ over j ≥ 1. */
  static Optional<Tensor> divide(int k, Factor a, Factor b, Factor y) {
    Optional<Tensor> known = convolve(k, 1, y, b);
    Optional<Tensor> rest =
        a.term(k).isPresent() && known.isPresent()
            ? Optional.of(a.term(k).get().minus(known.get()))
            : a.term(k).or(() -> known.map(Tensor::neg));
    return rest.map(r -> r.scale(b.value().reciprocal())); // 0 where nothing moves, at poles too
  }

  /** Returns Σ op(aₖ₋ⱼ, bⱼ) over j: term k of an op that is linear in both inputs that vary. */
  static Optional<Tensor> bilinear(
      int k, Op op, long[] attrs, List<Factor> inputs, List<Integer> moving) {
    Tensor[] values = inputs.stream().map(Factor::value).toArray(Tensor[]::new);
    Optional<Tensor> sum = Optional.empty();
    for (int j = 0; j <= k; j++) {
      Optional<Tensor> a = inputs.get(moving.get(0)).term(k - j);
      Optional<Tensor> b = inputs.get(moving.get(1)).term(j);
      if (a.isPresent() && b.isPresent()) {
        values[moving.get(0)] = a.get();
        values[moving.get(1)] = b.get();
        sum = plus(sum, op.apply(attrs, values.clone()).get(0));
      }
    }
    return sum;
  }

  /** Returns the rule of an op that is linear in what varies: jvp takes each term as a tangent. */
  static Rule linear(
      Op op, long[] attrs, List<Factor> inputs, List<Integer> moving, Series series) {
    Call call = new Call(inputs.stream().map(Factor::value).toList(), series.values(), attrs);
    return k -> {
      List<Optional<Tensor>> tangents = new ArrayList<>();
      boolean any = false;
      for (int i = 0; i < inputs.size(); i++) {
        tangents.add(moving.contains(i) ? inputs.get(i).term(k) : Optional.empty());
        any |= tangents.get(i).isPresent();
      }
      List<Optional<Tensor>> terms = new ArrayList<>();
      List<Tensor> pushed = any ? op.jvp(call, tangents) : series.values();
      for (Tensor output : pushed) {
        terms.add(any && output.dtype().isFloating() ? Optional.of(output) : Optional.empty());
      }
      return terms;
    };
  }
}

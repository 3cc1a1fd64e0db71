package org.adjoint.internal.compose;

import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.op.Custom;

/**
 * The norm (Σ |x|ᵖ)^(1/p) over axes, with derivatives that keep their digits. With u = x/‖x‖ the
 * gradient is m = sign(u)·|u|ᵖ⁻¹, and its derivative along v is (p − 1)/‖x‖ · (|u|ᵖ⁻²·v − m·Σ m·v):
 * 0 along x itself, since the length of x does not turn it. Where one element of u is nearly all,
 * the two terms are nearly equal there; so a multiple of u is taken off v first that leaves nothing
 * of v at this element, and what the sum then adds up are the other elements.
 *
 * <p>Everything is computed in units of the largest element, so that no power leaves the range.
 */
final class Norm {
  private final double p;
  private final int[] axes;

  private Norm(double p, int... axes) {
    this.p = p;
    this.axes = axes.clone();
  }

  /** Returns the norm for 0 &lt; p &lt; ∞, its axes kept; of no elements it is not asked for. */
  static Tensor of(Tensor x, double p, int... axes) {
    Norm norm = new Norm(p, axes);
    return Custom.of("norm", List.of(norm.value(x)), List.of(x), norm.new Gradient()).get(0);
  }

  /**
   * x in units of its largest element, and how long it is in them.
   *
   * @param unit a constant
   * @param x in this unit
   * @param root the length, 1 where all elements are 0
   * @param nothing whether all elements are 0
   */
  private record Scaled(Tensor unit, Tensor x, Tensor root, Tensor nothing) {
    /** Returns x/‖x‖. */
    Tensor direction() {
      return x.div(root);
    }
  }

  private Scaled scaled(Tensor x) {
    Tensor unit = Statistics.unit(x, axes);
    Tensor inUnits = x.div(unit);
    Tensor powers = p == 2 ? inUnits.square() : inUnits.abs().pow(p);
    Tensor sum = powers.sum(true, axes);
    Tensor nothing = sum.eq(0);
    Tensor safe = Tensor.where(nothing, x.scalarLike(1), sum);
    return new Scaled(unit, inUnits, p == 2 ? safe.sqrt() : safe.pow(1 / p), nothing);
  }

  private Tensor value(Tensor x) {
    Scaled s = scaled(x);
    return Tensor.where(s.nothing(), x.scalarLike(0), s.root().times(s.unit()));
  }

  /** Returns the gradient m as a function of x with a derivative of its own; 0 of zeros. */
  private Tensor gradient(Tensor x) {
    Scaled s = scaled(x);
    Tensor u = s.direction();
    Tensor m = p == 2 ? u : u.sign().scale(u.abs().pow(p - 1));
    Tensor some = Tensor.where(s.nothing(), x.scalarLike(0), m);
    return Custom.of("norm's gradient", List.of(some), List.of(x), new Curvature()).get(0);
  }

  /** Returns the derivative of m along v, which is symmetric: a cotangent goes the same way. */
  private Tensor curvature(Tensor x, Tensor m, Tensor v) {
    Scaled s = scaled(x);
    Tensor u = s.direction();
    Tensor zero = x.scalarLike(0);
    // At most one element has more than half of Σ |u|ᵖ = 1.
    Tensor most = (p == 2 ? u.square() : u.abs().pow(p)).gt(0.5);
    Tensor peak = Tensor.where(most, u, zero).sum(true, axes);
    Tensor along = Tensor.where(most, v, zero).sum(true, axes);
    Tensor share = along.div(Tensor.where(peak.eq(0), x.scalarLike(1), peak));
    Tensor across = Tensor.where(most, zero, v.minus(share.scale(u)));
    Tensor bent = p == 2 ? across : across.scale(u.abs().pow(p - 2));
    Tensor turned = bent.minus(across.scale(m).sum(true, axes).scale(m));
    Tensor slope = turned.scale(s.root().reciprocal()).div(s.unit());
    return Tensor.where(s.nothing(), zero, p == 2 ? slope : slope.times(p - 1));
  }

  /** The rule of the norm. */
  private final class Gradient implements Custom.Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      return List.of(gs.get(0).scale(gradient(xs.get(0))));
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      Tensor t = tangents.get(0).orElseThrow();
      return List.of(t.scale(gradient(xs.get(0))).sum(true, axes));
    }
  }

  /** The rule of the norm's gradient. */
  private final class Curvature implements Custom.Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      return List.of(curvature(xs.get(0), ys.get(0), gs.get(0)));
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      return List.of(curvature(xs.get(0), ys.get(0), tangents.get(0).orElseThrow()));
    }
  }
}

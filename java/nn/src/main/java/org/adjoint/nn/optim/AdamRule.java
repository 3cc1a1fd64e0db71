package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;

/**
 * What {@link Adam} and {@link AdamW} share: both moments and the step along them. They differ in
 * where weight decay goes.
 */
abstract sealed class AdamRule extends ListOptimizer permits Adam, AdamW {
  private final boolean decoupled;
  private final boolean amsgrad;
  private final double slow;
  private final double slower;
  private final double added;
  private final Tensor beta1;
  private final Tensor beta2;
  private final Tensor epsilon;
  private final Tensor none = Tensor.scalar(0.0);

  AdamRule(Builder<?> settings) {
    super(settings);
    this.decoupled = settings.decoupled;
    this.amsgrad = settings.amsgrad;
    this.slow = settings.beta1;
    this.slower = settings.beta2;
    this.added = settings.epsilon;
    this.beta1 = Tensor.scalar(settings.beta1);
    this.beta2 = Tensor.scalar(settings.beta2);
    this.epsilon = Tensor.scalar(settings.epsilon);
    share("adam.step", 0);
    remember("adam.mean.", 0);
    remember("adam.square.", 0);
    if (amsgrad) {
      remember("adam.largest.", 0);
    }
  }

  @Override
  final boolean clipsItself() {
    return !amsgrad && (decoupled || !anyDecays());
  }

  @Override
  final Next build(Numbers numbers, List<List<Tensor>> lists, Optional<Tensor> maxNorm) {
    if (amsgrad) {
      return super.build(numbers, lists, maxNorm);
    }
    List<List<Tensor>> inputs = new ArrayList<>(lists);
    if (!decoupled && numbers.decays()) {
      List<Tensor> slopes = new ArrayList<>();
      for (int i = 0; i < lists.get(1).size(); i++) {
        slopes.add(numbers.coupled(lists.get(0).get(i), lists.get(1).get(i)));
      }
      inputs.set(1, slopes);
    }
    Tensor decay = decoupled ? numbers.decay() : none;
    var rates = new OptimizerOps.AdamRates(numbers.rate(), beta1, beta2, epsilon, decay);
    return Next.of(OptimizerOps.adam(inputs, numbers.shared().get(0), rates, maxNorm));
  }

  @Override
  final List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory) {
    Tensor slope = decoupled ? squarable(g) : numbers.slope(p, g);
    Tensor from = decoupled ? numbers.decayed(p) : p;
    Tensor mean = mix(memory.get(0), slope, slow);
    Tensor square = mix(memory.get(1), slope.square(), slower);
    Tensor largest = memory.get(2).maximum(square);
    Tensor root = corrected(largest, slower, numbers).sqrt().plus(added);
    Tensor step = corrected(mean, slow, numbers).div(root);
    return List.of(from.minus(step.times(numbers.rate(p))), mean, square, largest);
  }

  /** Returns β·x + (1 − β)·y. */
  static Tensor mix(Tensor x, Tensor y, double beta) {
    return x.times(beta).plus(y.times(1 - beta));
  }

  /** Returns x / (1 − βᵗ) at step t: what a mean that began at zero is too small by. */
  static Tensor corrected(Tensor x, double beta, Numbers numbers) {
    Tensor left = numbers.steps().scalarLike(beta).pow(numbers.steps());
    return x.div(left.neg().plus(1).cast(x.dtype()));
  }

  /** The settings of Adam's rules. */
  abstract static class Builder<B extends Builder<B>> extends MomentsBuilder<B> {
    private final boolean decoupled;
    private boolean amsgrad;

    Builder(List<Group> groups, double decay, boolean decoupled) {
      super(groups, 1e-3, decay, 1e-8);
      this.decoupled = decoupled;
    }

    /**
     * Divides by the root of the largest mean of squares so far instead of the present one.
     *
     * <p>Source: S. J. Reddi, S. Kale, S. Kumar, "On the Convergence of Adam and Beyond", ICLR
     * 2018, with the bias of the largest mean corrected as {@code torch.optim.Adam} does.
     */
    public B amsgrad() {
      this.amsgrad = true;
      return self();
    }
  }
}

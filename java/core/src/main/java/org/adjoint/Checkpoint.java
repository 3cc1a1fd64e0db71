package org.adjoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.internal.graph.Region;
import org.adjoint.op.Custom;
import org.adjoint.op.ShapeOps;

/**
 * Trades arithmetic for memory: a checkpointed function is computed again where its derivative
 * needs what happened inside, instead of keeping it from the forward pass until then. The same
 * numbers, bit for bit; {@link Plan} shows the memory. Checkpointing every k-th of n layers keeps n
 * / k + k of their activations instead of n (T. Chen et al., "Training deep nets with sublinear
 * memory cost", 2016).
 *
 * <p>What the function reads without depending on its arguments is kept as it is, so a dropout mask
 * drawn from a captured key is the same mask. Asking for a value inside the function is an error.
 */
public final class Checkpoint {
  private static final AtomicLong REGIONS = new AtomicLong();

  private Checkpoint() {}

  /** Returns {@code f}, computed again for its derivative. */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> f) {
    return x -> ofList(xs -> List.of(f.apply(xs.get(0)))).apply(List.of(x)).get(0);
  }

  /** Returns {@code f} of two tensors, computed again for its derivative. */
  public static BinaryOperator<Tensor> of(BinaryOperator<Tensor> f) {
    return (x, y) ->
        ofList(xs -> List.of(f.apply(xs.get(0), xs.get(1)))).apply(List.of(x, y)).get(0);
  }

  /**
   * Returns {@code f} of several tensors with several results, computed again for its derivative.
   */
  public static Function<List<Tensor>, List<Tensor>> ofList(
      Function<List<Tensor>, List<Tensor>> f) {
    return xs -> {
      Region region = Region.trace("Checkpoint", xs.stream().map(Tensor::type).toList(), f);
      List<Tensor> inputs = new ArrayList<>(xs);
      inputs.addAll(region.captured());
      List<Tensor> ys = region.build(xs, region.captured());
      return Custom.of("checkpoint", ys, inputs, new Again(region, REGIONS.incrementAndGet()));
    };
  }

  /** The derivative of a region that is computed again. */
  private record Again(Region region, long id) implements Custom.Rule {
    private List<Tensor> build(List<Tensor> xs) {
      int captured = region.captured().size();
      int arguments = xs.size() - captured;
      return region.build(xs.subList(0, arguments), xs.subList(arguments, xs.size()));
    }

    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      // Behind barriers that wait for the cotangents: no pass merges it with the first computation,
      // and nothing of it is computed earlier than the derivative arrives here.
      List<Tensor> fresh = new ArrayList<>(xs);
      for (Tensor g : gs) {
        fresh.replaceAll(x -> ShapeOps.barrier(id, x, g));
      }
      List<Tensor> floating = fresh.stream().filter(x -> x.dtype().isFloating()).toList();
      return Grad.vjpWithin(build(fresh), gs, fresh, floating);
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      // Nothing is kept in forward mode, so nothing need be computed again.
      Set<List<Object>> names = new HashSet<>();
      List<Tensor> distinct = new ArrayList<>();
      for (Tensor x : xs) {
        boolean first = names.add(List.of(x.node(), x.index()));
        distinct.add(first ? x.fixed() : ShapeOps.renamed(x));
      }
      return build(distinct).stream()
          .map(y -> y.dtype().isFloating() ? Grad.jvpWithin(y, distinct, tangents) : y)
          .toList();
    }
  }
}

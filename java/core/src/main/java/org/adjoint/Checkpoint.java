package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
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

  /**
   * Returns the loop of {@link Scan#ofList}, cut into about √n segments of about √n turns each: of
   * n turns the derivative keeps the carries at the start of each segment, and computes one segment
   * at a time again. What is kept grows with √n instead of n; the turns are computed once more.
   *
   * @throws IllegalArgumentException when applied, as {@link Scan#ofList} does
   */
  public static BiFunction<List<Tensor>, List<Tensor>, Scan.Step> scan(Scan.Body body) {
    BiFunction<List<Tensor>, List<Tensor>, Scan.Step> loop = Scan.ofList(body);
    return (carry, xs) -> {
      long turns = xs.isEmpty() || xs.get(0).rank() == 0 ? 0 : xs.get(0).dim(0);
      long each = (long) Math.ceil(Math.sqrt(turns));
      boolean alike = xs.stream().allMatch(x -> x.rank() > 0 && x.dim(0) == turns);
      if (each < 2 || !alike) {
        return loop.apply(carry, xs);
      }
      long whole = turns / each;
      Function<List<Tensor>, List<Tensor>> segment = segment(loop, carry.size());
      Scan.Step first =
          Scan.ofList(
                  (c, rows) -> {
                    List<Tensor> in = new ArrayList<>(c);
                    in.addAll(rows);
                    List<Tensor> out = segment.apply(in);
                    return new Scan.Step(
                        out.subList(0, c.size()), out.subList(c.size(), out.size()));
                  })
              .apply(carry, xs.stream().map(x -> cut(x, whole, each)).toList());
      List<Tensor> in = new ArrayList<>(first.carry());
      xs.forEach(x -> in.add(x.slice(0, whole * each, turns)));
      List<Tensor> rest = segment.apply(in);
      List<Tensor> outputs = new ArrayList<>();
      for (int i = 0; i < first.outputs().size(); i++) {
        Tensor stacked = first.outputs().get(i);
        long[] dims = Arrays.copyOfRange(stacked.shape().dims(), 1, stacked.rank());
        dims[0] = whole * each;
        outputs.add(Tensor.concat(0, stacked.reshape(dims), rest.get(carry.size() + i)));
      }
      return new Scan.Step(rest.subList(0, carry.size()), outputs);
    };
  }

  private static Function<List<Tensor>, List<Tensor>> segment(
      BiFunction<List<Tensor>, List<Tensor>, Scan.Step> loop, int carries) {
    return ofList(
        in -> {
          Scan.Step step = loop.apply(in.subList(0, carries), in.subList(carries, in.size()));
          List<Tensor> all = new ArrayList<>(step.carry());
          all.addAll(step.outputs());
          return all;
        });
  }

  /** Returns the first rows of x as {@code count} rows of {@code each} rows. */
  private static Tensor cut(Tensor x, long count, long each) {
    long[] dims = new long[x.rank() + 1];
    System.arraycopy(x.shape().dims(), 0, dims, 1, x.rank());
    dims[0] = count;
    dims[1] = each;
    return x.slice(0, 0, count * each).reshape(dims);
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

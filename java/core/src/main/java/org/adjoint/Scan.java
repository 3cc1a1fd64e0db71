package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.adjoint.internal.graph.Region;
import org.adjoint.op.Custom;

/**
 * A loop as part of a graph: a step is called once, on stand-ins, and built again for each element
 * of a sequence, carrying a state from one to the next. Recurrent networks, cumulative recurrences
 * and fixed numbers of iterations become one program of that length, with gradients of every order.
 * The step may be a {@link Checkpoint}, which keeps one carried state an element instead of all
 * that happens inside. Asking for a value inside the step is an error, and assignments in it happen
 * once: state that changes from element to element belongs into the carry.
 */
public final class Scan {
  private Scan() {}

  /**
   * What a step, or the whole loop, gives.
   *
   * @param carry the state for the next element; at the end the last one
   * @param outputs what is collected; at the end stacked along a new leading axis
   */
  public record Step(List<Tensor> carry, List<Tensor> outputs) {
    /** Copies the lists. */
    public Step {
      carry = List.copyOf(carry);
      outputs = List.copyOf(outputs);
    }
  }

  /** One turn of the loop. */
  @FunctionalInterface
  public interface Body {
    /**
     * Returns the next state, of the types of {@code carry}, and what to collect.
     *
     * @param inputs one element of each sequence, without its leading axis
     */
    Step step(List<Tensor> carry, List<Tensor> inputs);
  }

  /**
   * Returns the loop {@code (start, xs) → states}: {@code step} takes the state and an element
   * along the leading axis of xs to the next state; all states but the start come out, stacked
   * along a new leading axis.
   *
   * @throws IllegalArgumentException when applied, if the step changes the type of the state
   */
  public static BinaryOperator<Tensor> of(BinaryOperator<Tensor> step) {
    BiFunction<List<Tensor>, List<Tensor>, Step> loop =
        ofList(
            (carry, inputs) -> {
              List<Tensor> next = List.of(step.apply(carry.get(0), inputs.get(0)));
              return new Step(next, next);
            });
    return (start, xs) -> loop.apply(List.of(start), List.of(xs)).outputs().get(0);
  }

  /**
   * Returns {@code step} applied {@code times} times over: {@code x → step(step(… x))}.
   *
   * @throws IllegalArgumentException if {@code times} is negative
   */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> step, int times) {
    if (times < 0) {
      throw new IllegalArgumentException("scan: cannot run " + times + " times");
    }
    return start ->
        run(
                (carry, inputs) -> new Step(List.of(step.apply(carry.get(0))), List.of()),
                List.of(start),
                List.of(),
                times)
            .carry()
            .get(0);
  }

  /**
   * Returns the loop {@code (carry, xs) → (last carry, stacked outputs)} over the leading axes of
   * all sequences xs at once, which must be there and agree.
   *
   * @throws IllegalArgumentException when applied, if there is no sequence, their lengths differ or
   *     the body changes the types of the carry
   */
  public static BiFunction<List<Tensor>, List<Tensor>, Step> ofList(Body body) {
    return (carry, xs) -> {
      if (xs.isEmpty()) {
        throw new IllegalArgumentException(
            "scan: needs a sequence to run over; Scan.of(step, times) runs without one");
      }
      for (Tensor x : xs) {
        if (x.rank() == 0 || x.dim(0) != xs.get(0).dim(0)) {
          throw new IllegalArgumentException(
              "scan: sequences need one length along their leading axes, got "
                  + xs.get(0).type()
                  + " and "
                  + x.type());
        }
      }
      return run(body, carry, xs, Math.toIntExact(xs.get(0).dim(0)));
    };
  }

  private static Step run(Body body, List<Tensor> carry, List<Tensor> xs, int length) {
    int states = carry.size();
    List<Type> types = new ArrayList<>();
    carry.forEach(c -> types.add(c.type()));
    for (Tensor x : xs) {
      long[] dims = x.shape().dims();
      types.add(new Type(x.dtype(), Shape.of(Arrays.copyOfRange(dims, 1, dims.length))));
    }
    List<Type> collected = new ArrayList<>();
    Region region =
        Region.trace(
            "Scan",
            types,
            in -> {
              Step step = body.step(in.subList(0, states), in.subList(states, in.size()));
              checkCarry(types.subList(0, states), step.carry());
              step.outputs().forEach(y -> collected.add(y.type()));
              List<Tensor> all = new ArrayList<>(step.carry());
              all.addAll(step.outputs());
              return all;
            });
    List<List<Tensor>> elements = xs.stream().map(Scan::unstack).toList();
    List<List<Tensor>> outputs = new ArrayList<>();
    collected.forEach(type -> outputs.add(new ArrayList<>()));
    List<Tensor> state = List.copyOf(carry);
    for (int at = 0; at < length; at++) {
      List<Tensor> in = new ArrayList<>(state);
      for (List<Tensor> sequence : elements) {
        in.add(sequence.get(at));
      }
      List<Tensor> out = region.build(in, region.captured());
      state = out.subList(0, states);
      for (int i = 0; i < outputs.size(); i++) {
        outputs.get(i).add(out.get(states + i));
      }
    }
    List<Tensor> stacked = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      stacked.add(stack(collected.get(i), outputs.get(i)));
    }
    return new Step(state, stacked);
  }

  private static void checkCarry(List<Type> before, List<Tensor> after) {
    List<Type> types = after.stream().map(Tensor::type).toList();
    if (!types.equals(before)) {
      throw new IllegalArgumentException(
          "scan: the step takes a carry of " + before + " and returns one of " + types);
    }
  }

  /**
   * Returns the elements along the leading axis. Their cotangents go back stacked, once, where
   * those of slices would be as many arrays of the whole size.
   */
  private static List<Tensor> unstack(Tensor x) {
    int length = Math.toIntExact(x.dim(0));
    if (length == 0) {
      return List.of();
    }
    List<Tensor> elements = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      elements.add(x.get(i));
    }
    Type type = elements.get(0).type();
    return Custom.of("unstack", elements, List.of(x), new Unstack(type));
  }

  /** Returns the elements along a new leading axis. */
  private static Tensor stack(Type type, List<Tensor> elements) {
    if (elements.isEmpty()) {
      return Tensor.zeros(type.dtype(), before(0, type.shape().dims()));
    }
    Tensor[] rows = new Tensor[elements.size()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = elements.get(i).reshape(before(1, type.shape().dims()));
    }
    Tensor all = Tensor.concat(0, rows);
    return Custom.of("stack", List.of(all), elements, new Stack(type)).get(0);
  }

  private static long[] before(long first, long[] dims) {
    long[] all = new long[dims.length + 1];
    all[0] = first;
    System.arraycopy(dims, 0, all, 1, dims.length);
    return all;
  }

  /** The derivative of {@link #unstack}. */
  private record Unstack(Type type) implements Custom.Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      return type.dtype().isFloating() ? List.of(stack(type.tangent(), gs)) : List.of();
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      return unstack(tangents.get(0).orElseThrow());
    }
  }

  /** The derivative of {@link #stack}. */
  private record Stack(Type type) implements Custom.Rule {
    @Override
    public List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs) {
      return type.dtype().isFloating() ? unstack(gs.get(0)) : List.of();
    }

    @Override
    public List<Tensor> push(List<Tensor> xs, List<Tensor> ys, List<Optional<Tensor>> tangents) {
      Type tangentType = type.tangent();
      List<Tensor> all = new ArrayList<>();
      for (Optional<Tensor> tangent : tangents) {
        all.add(tangent.orElseGet(() -> Tensor.zeros(tangentType.dtype(), type.shape().dims())));
      }
      return List.of(stack(tangentType, all));
    }
  }
}

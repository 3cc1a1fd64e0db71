package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.adjoint.internal.loop.Loops;

/**
 * A loop as part of a graph: a step is called once, on stand-ins, and what it builds is run for
 * each element of a sequence, carrying a state from one to the next. Recurrent networks, cumulative
 * recurrences and fixed numbers of iterations become one instruction, whose body is compiled once
 * for every length, with gradients of every order. What the step reads beside its arguments is
 * computed once, before the loop; a key is the same key in each turn, so a sequence of {@link
 * Key#split} keys, as {@link Key#of(Tensor)} takes them, gives each turn its own draws. The step
 * may be a {@link Checkpoint}, which keeps one carried state an element instead of what the
 * derivative needs of all that happens inside; {@link Checkpoint#scan} keeps fewer. Asking for a
 * value inside the step is an error, and assignments in it happen once: state that changes from
 * element to element belongs into the carry.
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
      return run(body, carry, xs, xs.get(0).dim(0));
    };
  }

  private static Step run(Body body, List<Tensor> carry, List<Tensor> xs, long turns) {
    int states = carry.size();
    List<Type> types = carry.stream().map(Tensor::type).toList();
    List<Tensor> all =
        Loops.run(
            "Scan",
            turns,
            false,
            carry,
            xs,
            in -> {
              Step step = body.step(in.subList(0, states), in.subList(states, in.size()));
              checkCarry(types, step.carry());
              List<Tensor> results = new ArrayList<>(step.carry());
              results.addAll(step.outputs());
              return results;
            });
    return new Step(all.subList(0, states), all.subList(states, all.size()));
  }

  private static void checkCarry(List<Type> before, List<Tensor> after) {
    List<Type> types = after.stream().map(Tensor::type).toList();
    if (!types.equals(before)) {
      throw new IllegalArgumentException(
          "scan: the step takes a carry of " + before + " and returns one of " + types);
    }
  }
}

package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.adjoint.internal.ir.Ref;

/**
 * Orders the steps. They come in an order that respects their inputs and keep that order, except
 * for steps that overwrite donated memory: such a step moves behind the last reader of the old
 * contents and behind the last step that can fail, so that a bad label leaves every parameter as it
 * was. A step whose kernel checks before it writes may be the last that can fail, and overwrite.
 */
final class Schedule {
  private Schedule() {}

  private record Placed(Steps.Step step, int at, int order) {}

  static Steps apply(Steps steps) {
    int[] donorOf = new int[steps.buffers().size()];
    Arrays.fill(donorOf, -1);
    boolean any = false;
    for (int i = 0; i < steps.roots().length; i++) {
      donorOf[steps.roots()[i]] = steps.donors()[i];
      any |= steps.donors()[i] >= 0;
    }
    if (!any) {
      return steps;
    }
    int[] last = steps.lastUses();
    int lastFallible = steps.lastFallible();
    List<Placed> placed = new ArrayList<>();
    for (int at = 0; at < steps.steps().size(); at++) {
      Steps.Step step = steps.steps().get(at);
      int behind = behind(step, at, donorOf, last, lastFallible);
      placed.add(new Placed(step, at, behind == at ? 2 * at : 2 * behind + 1));
    }
    placed.sort(Comparator.comparingInt(Placed::order).thenComparingInt(Placed::at));
    return steps.reordered(placed.stream().map(Placed::step).toList());
  }

  /**
   * Returns the old position behind which a step should come: its own, or that of the last step it
   * must wait for.
   */
  private static int behind(Steps.Step step, int at, int[] donorOf, int[] last, int lastFallible) {
    int behind = at;
    for (Ref output : step.outputs()) {
      int donor = donorOf[output.buffer()];
      if (donor < 0) {
        continue;
      }
      behind = Math.max(behind, Math.max(last[donor], lastFallible));
    }
    for (Ref output : step.outputs()) {
      if (last[output.buffer()] > at) {
        return at;
      }
    }
    return behind;
  }
}

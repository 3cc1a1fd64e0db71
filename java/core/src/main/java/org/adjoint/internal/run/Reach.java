package org.adjoint.internal.run;

import java.util.Arrays;

/**
 * Finds which sources each root of a template may reach: an evaluated root keeps its inputs for
 * those that are sources still, and for nothing else.
 */
final class Reach {
  /**
   * Above so many words of masks all roots share one list of all sources: a root then keeps its
   * inputs for longer than it needs to, never shorter.
   */
  private static final long MOST_WORDS = 1 << 22;

  private Reach() {}

  /** Returns by plain root the places of the nodes that it reaches and that may be sources. */
  static int[][] of(StepTemplate template) {
    int firstOp = template.leaves() + template.scalars();
    int[] bits = new int[firstOp + template.ops()];
    int count = 0;
    for (int place = 0; place < bits.length; place++) {
      boolean candidate = place < firstOp || template.isSource(place - firstOp);
      bits[place] = candidate ? count++ : Step.NONE;
    }
    int words = (count + Long.SIZE - 1) / Long.SIZE;
    boolean exact = (long) words * template.ops() <= MOST_WORDS;
    int[] places = new int[count];
    for (int place = 0; place < bits.length; place++) {
      if (bits[place] != Step.NONE) {
        places[bits[place]] = place;
      }
    }
    int[][] reach = new int[template.plainRoots()][];
    long[][] masks = exact ? masks(template, firstOp, words, bits) : new long[0][];
    for (int i = 0; i < reach.length; i++) {
      int op = template.root(i) - firstOp;
      reach[i] = exact ? named(masks[op], places) : places;
    }
    return reach;
  }

  /** Returns by op a mask of what derivatives reach through the op; null for nothing. */
  private static long[][] masks(StepTemplate template, int firstOp, int words, int... bits) {
    long[][] masks = new long[template.ops()][];
    for (int at = 0; at < masks.length; at++) {
      int[] inputs = template.isInner(at) ? template.inputs(at) : new int[0];
      for (int i = 0; i < inputs.length; i++) {
        if (!template.passes(at, i)) {
          continue;
        }
        int place = inputs[i];
        if (masks[at] == null) {
          masks[at] = new long[words];
        }
        if (bits[place] != Step.NONE) {
          masks[at][bits[place] >> 6] |= 1L << bits[place];
        }
        long[] behind = place >= firstOp ? masks[place - firstOp] : null;
        for (int word = 0; behind != null && word < words; word++) {
          masks[at][word] |= behind[word];
        }
      }
    }
    return masks;
  }

  private static int[] named(long[] mask, int... places) {
    int[] named = new int[mask == null ? 0 : places.length];
    int count = 0;
    for (int bit = 0; bit < named.length; bit++) {
      if ((mask[bit >> 6] >> bit & 1) != 0) {
        named[count++] = places[bit];
      }
    }
    return Arrays.copyOf(named, count);
  }
}

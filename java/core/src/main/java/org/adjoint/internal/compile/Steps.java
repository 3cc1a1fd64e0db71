package org.adjoint.internal.compile;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Ref;

/**
 * A program before its memory is planned: kernel calls over numbered buffers. Buffers 0 … leaves −
 * 1 are the leaves, then come the scalars, one each, then what the steps write.
 *
 * @param leaves the types of the leaves
 * @param scalars the types of the scalars, those of the program itself at the end
 * @param constants the words of the program's own scalars
 * @param buffers the types of all buffers
 * @param steps the calls, in order
 * @param roots for each root the buffer that becomes it; no buffer is named twice
 * @param donors for each root the leaf whose memory it may take over, or −1
 */
record Steps(
    List<Type> leaves,
    List<DType> scalars,
    long[] constants,
    List<Type> buffers,
    List<Step> steps,
    int[] roots,
    int[] donors) {

  /** One kernel call, of a loop with its body. */
  record Step(
      Kernel kernel,
      boolean fallible,
      long[] ints,
      Ref[] inputs,
      Ref[] outputs,
      Optional<Program> body) {}

  /** Returns the same with the steps in another order. */
  Steps reordered(List<Step> order) {
    return new Steps(leaves, scalars, constants, buffers, order, roots, donors);
  }

  /** Returns whether a buffer is written by the steps: neither leaf nor scalar. */
  boolean isWritten(int buffer) {
    return buffer >= leaves.size() + scalars.size();
  }

  /** Returns the last step that may fail on its data, −1 for none. */
  int lastFallible() {
    for (int at = steps.size() - 1; at >= 0; at--) {
      if (steps.get(at).fallible()) {
        return at;
      }
    }
    return -1;
  }

  /** Returns for every buffer the last step that reads or writes it, −1 for none. */
  int[] lastUses() {
    int[] last = new int[buffers.size()];
    Arrays.fill(last, -1);
    for (int at = 0; at < steps.size(); at++) {
      for (Ref ref : steps.get(at).inputs()) {
        last[ref.buffer()] = at;
      }
      for (Ref ref : steps.get(at).outputs()) {
        last[ref.buffer()] = at;
      }
    }
    return last;
  }
}

package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Ref;

/**
 * Decides what shares memory with what: a donated leaf with the root that replaces it, an output
 * with an input that dies in the same step, and in the workspace all buffers whose lives do not
 * overlap.
 */
final class Plan {
  /** The most bytes of a small buffer: of a bias, a gradient of one, a batch of numbers. */
  private static final long SMALL = 16 << 10;

  private static final int NONE = -1;

  private final Steps steps;
  private final int[] first;
  private final int[] last;

  /** For every buffer the root that it becomes, or NONE. */
  private final int[] rootOf;

  /** For every buffer the buffer whose memory it uses; itself if it has its own. */
  private final int[] home;

  private Plan(Steps steps) {
    this.steps = steps;
    this.last = steps.lastUses();
    this.first = new int[last.length];
    this.rootOf = new int[last.length];
    this.home = new int[last.length];
    Arrays.fill(first, NONE);
    Arrays.fill(rootOf, NONE);
    Arrays.setAll(home, i -> i);
    for (int at = steps.steps().size() - 1; at >= 0; at--) {
      for (Ref output : steps.steps().get(at).outputs()) {
        first[output.buffer()] = at;
      }
    }
    for (int i = 0; i < steps.roots().length; i++) {
      rootOf[steps.roots()[i]] = i;
    }
  }

  static Program apply(Steps steps) {
    return new Plan(steps).run();
  }

  private Program run() {
    boolean[] donated = donate();
    reuseInputs();
    Workspace large = new Workspace();
    Workspace small = new Workspace();
    long[] offsets = place(large, small);
    int[] bindings = new int[first.length];
    Arrays.fill(bindings, Program.WORKSPACE);
    int leaves = steps.leaves().size();
    int scalars = steps.scalars().size();
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < leaves; i++) {
      bindings[i] = Program.ARGUMENTS + i;
      sizes.add(steps.leaves().get(i).bytes());
    }
    for (int i = 0; i < scalars; i++) {
      bindings[leaves + i] = Program.SCALARS;
      offsets[leaves + i] = 8L * i;
    }
    int[] rootArguments = new int[steps.roots().length];
    for (int i = 0; i < rootArguments.length; i++) {
      int buffer = steps.roots()[i];
      if (donated[i]) {
        rootArguments[i] = steps.donors()[i];
      } else {
        rootArguments[i] = sizes.size();
        sizes.add(steps.buffers().get(buffer).bytes());
      }
      bindings[buffer] = Program.ARGUMENTS + rootArguments[i];
      offsets[buffer] = 0;
    }
    List<Instruction> instructions = new ArrayList<>(steps.steps().size());
    for (Steps.Step step : steps.steps()) {
      List<Operand> inputs = operands(step.inputs(), bindings, offsets);
      List<Operand> outputs = operands(step.outputs(), bindings, offsets);
      instructions.add(new Instruction(step.kernel(), step.ints(), inputs, outputs, step.body()));
    }
    long[] argumentBytes = sizes.stream().mapToLong(Long::longValue).toArray();
    return new Program(
        instructions,
        Math.addExact(large.bytes(), small.bytes()),
        steps.scalars(),
        argumentBytes,
        rootArguments);
  }

  private List<Operand> operands(Ref[] refs, int[] bindings, long[] offsets) {
    Operand[] operands = new Operand[refs.length];
    for (int i = 0; i < refs.length; i++) {
      Ref ref = refs[i];
      int at = home[ref.buffer()];
      long offset = offsets[at] + ref.offset() * ref.dtype().bytes();
      operands[i] = new Operand(bindings[at], offset, ref.dtype(), ref.dims(), ref.strides());
    }
    return List.of(operands);
  }

  /** Returns for each root whether it is written over its donor. */
  private boolean[] donate() {
    boolean[] donated = new boolean[steps.roots().length];
    int lastFallible = steps.lastFallible();
    for (int i = 0; i < donated.length; i++) {
      int donor = steps.donors()[i];
      int writer = first[steps.roots()[i]];
      if (donor != NONE
          && (writer > lastFallible || (writer == lastFallible && checksFirst(writer)))) {
        donated[i] =
            last[donor] < writer
                || (last[donor] == writer && mayOverwrite(writer, donor, steps.roots()[i]));
      }
    }
    return donated;
  }

  /** Returns whether a step that may fail does so before it writes anything. */
  private boolean checksFirst(int at) {
    return at >= 0 && steps.steps().get(at).kernel().checksFirst();
  }

  /** Returns whether a step's output may have the memory of an input that it reads. */
  private boolean mayOverwrite(int at, int input, int output) {
    Steps.Step step = steps.steps().get(at);
    int to = NONE;
    for (int i = 0; i < step.outputs().length; i++) {
      if (step.outputs()[i].buffer() == output) {
        to = i;
      }
    }
    Ref y = step.outputs()[to];
    int allowed = step.kernel().inPlace(to, step.outputs().length);
    for (int i = 0; i < step.inputs().length; i++) {
      Ref x = step.inputs()[i];
      if (x.buffer() != input) {
        continue;
      }
      boolean same =
          x.offset() == y.offset()
              && x.dtype() == y.dtype()
              && Arrays.equals(x.dims(), y.dims())
              && Arrays.equals(x.strides(), y.strides());
      if (!same || (allowed != Kernel.ANY && allowed != i)) {
        return false;
      }
    }
    return allowed != Kernel.NONE;
  }

  /** Lets outputs take the memory of inputs that die in the same step. */
  private void reuseInputs() {
    for (int at = 0; at < steps.steps().size(); at++) {
      Steps.Step step = steps.steps().get(at);
      for (int to = 0; to < step.outputs().length; to++) {
        int y = step.outputs()[to].buffer();
        int allowed = step.kernel().inPlace(to, step.outputs().length);
        if (first[y] != at || rootOf[y] != NONE || home[y] != y || allowed == Kernel.NONE) {
          continue;
        }
        for (int from = 0; from < step.inputs().length; from++) {
          if (allowed != Kernel.ANY && allowed != from) {
            continue;
          }
          Ref input = step.inputs()[from];
          int x = home[input.buffer()];
          boolean dies = steps.isWritten(x) && rootOf[x] == NONE && last[x] == at && x != y;
          boolean sameSize = steps.buffers().get(x).bytes() == steps.buffers().get(y).bytes();
          if (dies && sameSize && alone(step, x) && mayOverwrite(at, input.buffer(), y)) {
            home[y] = x;
            last[x] = last[y];
            break;
          }
        }
      }
    }
  }

  /** Returns whether no output of a step uses this memory yet, and only one input buffer does. */
  private boolean alone(Steps.Step step, int memory) {
    for (Ref output : step.outputs()) {
      if (home[output.buffer()] == memory) {
        return false;
      }
    }
    int buffer = NONE;
    for (Ref input : step.inputs()) {
      if (home[input.buffer()] == memory) {
        if (buffer != NONE && buffer != input.buffer()) {
          return false;
        }
        buffer = input.buffer();
      }
    }
    return true;
  }

  /**
   * Returns the offset in the workspace of each buffer with memory of its own. Small buffers stand
   * behind all large buffers: a small buffer cut from the place of a large one would shift the next
   * large buffer by a little, and two buffers whose rows overlap in part cannot be worked on row by
   * row together.
   */
  private long[] place(Workspace large, Workspace small) {
    long[] offsets = new long[first.length];
    List<List<Integer>> ending = new ArrayList<>();
    for (int i = 0; i < steps.steps().size(); i++) {
      ending.add(List.of());
    }
    for (int buffer = 0; buffer < first.length; buffer++) {
      if (inWorkspace(buffer)) {
        List<Integer> there = ending.get(last[buffer]);
        List<Integer> more = there.isEmpty() ? new ArrayList<>() : there;
        more.add(buffer);
        ending.set(last[buffer], more);
      }
    }
    boolean[] placed = new boolean[first.length]; // outputs of a loop may share a buffer
    for (int at = 0; at < steps.steps().size(); at++) {
      for (Ref output : steps.steps().get(at).outputs()) {
        int buffer = output.buffer();
        if (first[buffer] == at && inWorkspace(buffer) && !placed[buffer]) {
          placed[buffer] = true;
          long bytes = steps.buffers().get(buffer).bytes();
          offsets[buffer] = (bytes > SMALL ? large : small).take(bytes);
        }
      }
      for (int buffer : ending.get(at)) {
        long bytes = steps.buffers().get(buffer).bytes();
        (bytes > SMALL ? large : small).give(offsets[buffer], bytes);
      }
    }
    for (int buffer = 0; buffer < first.length; buffer++) {
      if (inWorkspace(buffer) && steps.buffers().get(buffer).bytes() <= SMALL) {
        offsets[buffer] += large.bytes();
      }
    }
    return offsets;
  }

  private boolean inWorkspace(int buffer) {
    return steps.isWritten(buffer)
        && rootOf[buffer] == NONE
        && home[buffer] == buffer
        && first[buffer] != NONE;
  }
}

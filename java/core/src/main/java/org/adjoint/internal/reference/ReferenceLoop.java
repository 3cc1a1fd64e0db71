package org.adjoint.internal.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;

/**
 * Runs the body of a loop turn by turn. The body's arguments are views of the loop's operands, set
 * anew for each turn: elements of sequences and stacks, and the places of carries.
 */
final class ReferenceLoop {
  private static final int ALIGNMENT = 64;

  private final Instruction instruction;
  private final Program body;
  private final ByteBuffer[] outer;
  private final ByteBuffer[] inner;
  private final int turns;
  private final boolean reverse;
  private final boolean ends;
  private final int carries;
  private final int sequences;
  private final int stacks;

  /** By carry its place in even and odd turns, counted from the last; one twice if in place. */
  private final ByteBuffer[][] places;

  private ReferenceLoop(Instruction instruction, ByteBuffer[] outer) {
    long[] ints = instruction.ints();
    this.instruction = instruction;
    this.body = instruction.body().orElseThrow();
    this.outer = outer;
    this.inner = new ByteBuffer[Program.ARGUMENTS + body.argumentBytes().length];
    this.turns = Math.toIntExact(ints[0]);
    this.reverse = ints[1] != 0;
    this.ends = ints[2] != 0;
    this.carries = (int) ints[3];
    this.sequences = (int) ints[4];
    this.stacks = (int) ints[5];
    this.places = new ByteBuffer[carries][];
  }

  /**
   * Runs a loop.
   *
   * @param index which instruction it is, for errors
   * @param laps what the instructions of a timed run take
   * @param first the number of the body's first instruction there
   */
  static void run(
      int index, Instruction instruction, ByteBuffer[] outer, Optional<Laps> laps, int first) {
    ReferenceLoop loop = new ReferenceLoop(instruction, outer);
    loop.bindOnce();
    for (int turn = 0; turn < loop.turns; turn++) {
      loop.bind(turn);
      if (loop.ends && loop.inner[Program.ARGUMENTS].get(0) == 0) {
        loop.stop();
        return;
      }
      try {
        ReferenceExecutable.run(loop.body, loop.inner, laps, first);
      } catch (KernelException e) {
        throw new KernelException(
            index,
            e.reason(),
            -1,
            e.getMessage() + ", in turn " + turn + " of " + loop.turns + " of a loop");
      }
    }
    loop.finish();
  }

  private int mode(int carry) {
    return (int) instruction.ints()[Loop.MODES + carry];
  }

  private static ByteBuffer view(Operand operand, ByteBuffer[] bindings, long offset, long bytes) {
    long from = operand.offset() + offset;
    return bindings[operand.binding()]
        .slice(Math.toIntExact(from), Math.toIntExact(bytes))
        .order(ByteOrder.nativeOrder());
  }

  private ByteBuffer input(int at, long bytes) {
    return view(instruction.inputs().get(at), outer, 0, bytes);
  }

  private ByteBuffer output(int at, long bytes) {
    return view(instruction.outputs().get(at), outer, 0, bytes);
  }

  private ByteBuffer element(Operand stack, int turn, long bytes) {
    int at = reverse ? turns - 1 - turn : turn;
    return view(stack, outer, at * stack.strides()[0] * stack.dtype().bytes(), bytes);
  }

  private long bytes(int argument) {
    return body.argumentBytes()[argument];
  }

  /** Binds what stays the same: memory, numbers and invariants, and gives carries their places. */
  private void bindOnce() {
    Operand room = instruction.outputs().get(instruction.outputs().size() - 1);
    inner[Program.WORKSPACE] = view(room, outer, 0, body.workspaceBytes());
    int inputs = instruction.inputs().size();
    long words = 8L * body.scalars().size();
    inner[Program.SCALARS] = words > 0 ? input(inputs - 1, words) : ByteBuffer.allocate(0);
    for (int i = carries + sequences; i < inputs - (words > 0 ? 1 : 0); i++) {
      inner[Program.ARGUMENTS + i] = input(i, bytes(i));
    }
    long free = rounded(body.workspaceBytes());
    for (int i = 0; i < carries; i++) {
      ByteBuffer last = output(i, bytes(i));
      ByteBuffer other = last;
      if (mode(i) == Loop.BUFFERED) {
        other = view(room, outer, free, bytes(i));
        free += rounded(bytes(i));
      }
      places[i] = new ByteBuffer[] {last, other};
      if (turns == 0 || mode(i) == Loop.IN_PLACE) {
        last.duplicate().put(input(i, bytes(i)));
      }
    }
  }

  private void bind(int turn) {
    int root = 0;
    int after = (turns - 1 - turn) % 2;
    for (int i = 0; i < carries; i++) {
      boolean first = turn == 0 && mode(i) != Loop.IN_PLACE;
      ByteBuffer now = places[i][1 - after];
      if (mode(i) >= 0) {
        now = turn == 0 ? null : element(stack(mode(i)), turn - 1, bytes(i));
      } else {
        inner[Program.ARGUMENTS + body.rootArguments()[root++]] = places[i][after];
      }
      inner[Program.ARGUMENTS + i] = first ? input(i, bytes(i)) : now;
    }
    for (int i = 0; i < sequences; i++) {
      int at = carries + i;
      inner[Program.ARGUMENTS + at] = element(instruction.inputs().get(at), turn, bytes(at));
    }
    for (int j = 0; j < stacks; j++) {
      int argument = body.rootArguments()[root++];
      inner[Program.ARGUMENTS + argument] = element(stack(j), turn, bytes(argument));
    }
  }

  private Operand stack(int j) {
    return instruction.outputs().get(carries + j);
  }

  /** Copies the carries that the turn which is bound would begin with. */
  private void stop() {
    for (int i = 0; i < carries; i++) {
      ByteBuffer now = inner[Program.ARGUMENTS + i].duplicate();
      if (mode(i) != Loop.IN_PLACE) {
        byte[] copy = new byte[now.capacity()];
        now.get(0, copy);
        places[i][0].duplicate().put(copy);
      }
    }
  }

  /** Copies the last of each carry that is read from its stack. */
  private void finish() {
    for (int i = 0; i < carries; i++) {
      if (turns > 0 && mode(i) >= 0) {
        places[i][0].duplicate().put(element(stack(mode(i)), turns - 1, bytes(i)));
      }
    }
  }

  private static long rounded(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

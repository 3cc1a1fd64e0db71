package org.adjoint.internal.reference;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Timing;

/** Interprets a program, instruction by instruction. */
final class ReferenceExecutable implements Executable {
  private final ReferenceBackend backend;
  private final Program program;

  ReferenceExecutable(ReferenceBackend backend, Program program) {
    this.backend = backend;
    this.program = program;
  }

  @Override
  public void run(Storage[] arguments, long[] scalars) {
    interpret(arguments, Optional.empty(), scalars);
  }

  @Override
  public List<Timing> runTimed(Storage[] arguments, long[] scalars) {
    Laps laps = new Laps(program.flat().size());
    interpret(arguments, Optional.of(laps), scalars);
    return laps.timings();
  }

  private void interpret(Storage[] arguments, Optional<Laps> laps, long... scalars) {
    ByteBuffer[] bindings = new ByteBuffer[Program.ARGUMENTS + arguments.length];
    ByteBuffer words = ByteBuffer.allocate(8 * scalars.length).order(ByteOrder.nativeOrder());
    for (int i = 0; i < scalars.length; i++) {
      words.putLong(8 * i, scalars[i]);
    }
    bindings[Program.SCALARS] = words;
    for (int i = 0; i < arguments.length; i++) {
      bindings[Program.ARGUMENTS + i] = arguments[i].view(0, (int) program.argumentBytes()[i]);
    }
    try (Storage workspace = backend.allocate(program.workspaceBytes())) {
      bindings[Program.WORKSPACE] = workspace.view(0, (int) program.workspaceBytes());
      run(program, bindings, laps, 0);
    } finally {
      Reference.reachabilityFence(arguments);
    }
  }

  /**
   * Runs the instructions of a program, or of the body of a loop, one by one.
   *
   * @param laps what the instructions of a timed run take
   * @param first the number of the first instruction there
   */
  static void run(Program program, ByteBuffer[] bindings, Optional<Laps> laps, int first) {
    int at = first;
    for (int i = 0; i < program.instructions().size(); i++) {
      Instruction instruction = program.instructions().get(i);
      if (laps.isEmpty()) {
        step(i, instruction, bindings, laps, 0);
        continue;
      }
      int index = i;
      int number = at;
      laps.get().time(number, () -> step(index, instruction, bindings, laps, number + 1));
      at += 1 + instruction.body().map(body -> body.flat().size()).orElse(0);
    }
  }

  private static void step(
      int index, Instruction instruction, ByteBuffer[] bindings, Optional<Laps> laps, int inside) {
    if (instruction.body().isPresent()) {
      ReferenceLoop.run(index, instruction, bindings, laps, inside);
      return;
    }
    try {
      Elements[] inputs = new Elements[instruction.inputs().size()];
      Elements[] outputs = new Elements[instruction.outputs().size()];
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = Elements.of(instruction.inputs().get(i), bindings);
      }
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = Elements.of(instruction.outputs().get(i), bindings);
      }
      ReferenceKernels.run(instruction.kernel(), instruction.ints(), inputs, outputs);
    } catch (IndexOutOfBoundsException e) {
      throw new KernelException(index, KernelException.Reason.OUT_OF_RANGE, -1, e.getMessage());
    } catch (NotFinite e) {
      String name = instruction.kernel().name();
      throw new KernelException(
          index, KernelException.Reason.NOT_FINITE, e.input(), name + ": " + e.getMessage());
    } catch (DivisionByZero e) {
      throw new KernelException(index, KernelException.Reason.DIVISION_BY_ZERO, 0, e.getMessage());
    } catch (ArithmeticException e) {
      throw new NativeMemoryException(
          "reference backend: an operand of " + instruction + " has more than 2^31 elements");
    }
  }

  @Override
  public void close() {
    // Nothing outside the heap belongs to it.
  }
}

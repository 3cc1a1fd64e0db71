package org.adjoint;

import java.util.Arrays;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;

/**
 * A program ready to run on any data of its structure: binds leaves, gives the roots memory, and
 * names the op when an instruction fails.
 *
 * @param constants the words of scalars that belong to the program itself, after those of the graph
 */
record CompiledGraph(Program program, Executable executable, long[] constants) {
  /**
   * Returns the storages of the roots after running the program; those of donated leaves among
   * them.
   *
   * @param words the scalars of the graph
   */
  Storage[] run(Backend backend, long[] words, Storage[] leaves) {
    long[] sizes = program.argumentBytes();
    Storage[] arguments = Arrays.copyOf(leaves, sizes.length);
    boolean done = false;
    try {
      for (int i = leaves.length; i < sizes.length; i++) {
        arguments[i] = backend.allocate(sizes[i]);
      }
      long[] scalars = Arrays.copyOf(words, words.length + constants.length);
      System.arraycopy(constants, 0, scalars, words.length, constants.length);
      executable.run(arguments, scalars);
      done = true;
    } catch (KernelException failure) {
      throw explain(failure);
    } finally {
      for (int i = leaves.length; !done && i < sizes.length && arguments[i] != null; i++) {
        arguments[i].close();
      }
    }
    Storage[] results = new Storage[program.rootArguments().length];
    for (int i = 0; i < results.length; i++) {
      results[i] = arguments[program.rootArguments()[i]];
    }
    return results;
  }

  private RuntimeException explain(KernelException failure) {
    StringBuilder text = new StringBuilder(failure.getMessage());
    int at = failure.instruction();
    if (at >= 0 && at < program.instructions().size()) {
      Instruction instruction = program.instructions().get(at);
      text.append(" (in ").append(instruction.kernel().name()).append(" of");
      for (Operand input : instruction.inputs()) {
        text.append(' ').append(new Type(input.dtype(), Shape.of(input.dims())));
      }
      text.append(')');
    }
    if (failure.isOutOfRange()) {
      IndexOutOfBoundsException error = new IndexOutOfBoundsException(text.toString());
      error.initCause(failure);
      return error;
    }
    return new BackendException(text.toString(), failure);
  }
}

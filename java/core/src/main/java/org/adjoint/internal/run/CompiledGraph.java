package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;
import org.adjoint.BackendException;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.step.StepScalars;

/**
 * A program ready to run on any data of its structure: binds leaves, gives the roots memory, and
 * names the op when an instruction fails.
 *
 * @param constants the words of scalars that belong to the program itself, after those of the graph
 */
public record CompiledGraph(Program program, Executable executable, long[] constants) {
  /**
   * Returns the storages of the roots after running the program; those of donated leaves among
   * them.
   *
   * @param words the scalars of the graph
   * @param parameterOf which parameter a leaf is the value of, for errors
   */
  public Storage[] run(
      Backend backend,
      long[] words,
      Storage[] leaves,
      IntFunction<Optional<ParameterState>> parameterOf) {
    long[] sizes = program.argumentBytes();
    Storage[] arguments = Arrays.copyOf(leaves, sizes.length);
    boolean done = false;
    try {
      for (int i = leaves.length; i < sizes.length; i++) {
        arguments[i] = backend.allocate(sizes[i]);
      }
      executable.run(arguments, scalars(words));
      done = true;
    } catch (KernelException failure) {
      throw explain(failure, parameterOf);
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

  /**
   * Returns the program bound to leaves that stay.
   *
   * @param scalars the scalars of the graph
   * @param leaves one storage a leaf; those of open ones are not looked at
   * @param open the leaves that each run brings, and the arguments behind the leaves
   */
  public BoundRun bind(StepScalars scalars, Storage[] leaves, int... open) {
    Storage[] arguments = Arrays.copyOf(leaves, program.argumentBytes().length);
    return executable.bind(arguments, open, scalars(scalars.constants()), scalars.live());
  }

  /** Returns the words of all scalars of the program, behind those of the graph its own. */
  private long[] scalars(long... words) {
    long[] scalars = Arrays.copyOf(words, words.length + constants.length);
    System.arraycopy(constants, 0, scalars, words.length, constants.length);
    return scalars;
  }

  /** Returns the error of a run that failed, with the op and its shapes. */
  public RuntimeException explain(
      KernelException failure, IntFunction<Optional<ParameterState>> parameterOf) {
    int at = failure.instruction();
    if (failure.reason() == KernelException.Reason.NOT_FINITE) {
      ArithmeticException error =
          new ArithmeticException(
              "the gradient of "
                  + moved(program.instructions().get(at), failure.operand(), parameterOf)
                  + " is not finite, and the step changed nothing: "
                  + failure.getMessage());
      error.initCause(failure);
      return error;
    }
    StringBuilder text = new StringBuilder(failure.getMessage());
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

  /** Returns a text for what a gradient, a member of the second list of inputs, is to move. */
  private String moved(
      Instruction instruction, int gradient, IntFunction<Optional<ParameterState>> parameterOf) {
    int singles = instruction.kernel().lists().orElseThrow().inputs();
    int member = gradient - singles - instruction.kernel().listLength(instruction.outputs().size());
    Operand p = instruction.inputs().get(singles + member);
    return parameterOf
        .apply(p.binding() - Program.ARGUMENTS)
        .map(parameter -> "parameter '" + parameter.name() + "' " + parameter.type())
        .orElse("tensor " + member + " of the step, " + new Type(p.dtype(), Shape.of(p.dims())));
  }
}

package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.adjoint.BackendException;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Flight;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.compile.Compiler;
import org.adjoint.internal.compile.ElementwiseFusion;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;

/**
 * A program that a backend has loaded, ready for runs on any data of its structure. When an
 * instruction fails, the error names the op and its shapes.
 *
 * @param constants the words of scalars that belong to the program itself, after those of the graph
 */
public record CompiledGraph(Program program, Executable executable, long[] constants) {
  /** Off by {@code -Dorg.adjoint.fusion=false}, to measure what it gains. */
  private static final boolean FUSION =
      Boolean.parseBoolean(System.getProperty("org.adjoint.fusion", "true"));

  /**
   * Returns the program of a trace.
   *
   * @param donors by root the leaf whose memory it takes, −1 for none
   */
  static CompiledGraph compile(Backend backend, Trace trace, int... donors) {
    Flight.Span span = Flight.compilation();
    Trace runnable = Eager.suspended(() -> Expansion.of(trace, backend::supports));
    boolean fuse = FUSION && backend.supports(ElementwiseFusion.KERNEL);
    Compiler.Result result = Compiler.compile(runnable.graph(donors), fuse);
    List<Node> own = runnable.scalars().subList(trace.scalars().size(), runnable.scalars().size());
    LongStream constants =
        LongStream.concat(own.stream().mapToLong(Node::word), Arrays.stream(result.constants()));
    Executable executable = backend.load(result.program());
    span.end(result.program());
    return new CompiledGraph(result.program(), executable, constants.toArray());
  }

  /** Returns the ops that an instruction does in one pass, in order; none where nothing fused. */
  public List<String> fusedOps(int instruction) {
    return fusedOps(program.instructions().get(instruction));
  }

  /** Returns the same of an instruction of any program, such as the body of a loop. */
  public static List<String> fusedOps(Instruction instruction) {
    return Compiler.fusedOps(instruction);
  }

  /**
   * Returns the program bound to leaves that stay the same from run to run.
   *
   * @param scalars the scalars of the graph
   * @param leaves one storage a leaf; storages of open leaves are not looked at
   * @param open which arguments each run brings: leaves, and what the program makes behind them
   */
  public BoundRun bind(StepScalars scalars, Storage[] leaves, int... open) {
    Storage[] arguments = Arrays.copyOf(leaves, program.argumentBytes().length);
    return executable.bind(arguments, open, scalars(scalars.constants()), scalars.live());
  }

  /** Returns the words of all scalars of the program: those of the graph, then its constants. */
  long[] scalars(long... words) {
    long[] scalars = Arrays.copyOf(words, words.length + constants.length);
    System.arraycopy(constants, 0, scalars, words.length, constants.length);
    return scalars;
  }

  /** Returns the error of a run that failed, with the op and its shapes. */
  public RuntimeException explain(
      KernelException failure, IntFunction<Optional<ParameterState>> parameterOf) {
    int at = failure.instruction();
    boolean loop = at >= 0 && program.instructions().get(at).body().isPresent();
    if (failure.reason() == KernelException.Reason.NOT_FINITE && !loop) {
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
    if (at >= 0 && !loop) {
      Instruction instruction = program.instructions().get(at);
      text.append(" (in ").append(instruction.kernel().name()).append(" of");
      for (Operand input : instruction.inputs()) {
        text.append(' ').append(new Type(input.dtype(), Shape.of(input.dims())));
      }
      text.append(')');
    }
    if (failure.reason() == KernelException.Reason.DIVISION_BY_ZERO) {
      ArithmeticException error = new ArithmeticException(text.toString());
      error.initCause(failure);
      return error;
    }
    if (failure.isOutOfRange()) {
      IndexOutOfBoundsException error = new IndexOutOfBoundsException(text.toString());
      error.initCause(failure);
      return error;
    }
    return new BackendException(text.toString(), failure);
  }

  /**
   * Returns a text for the parameter that a gradient, of the second list of inputs, is to move. Its
   * value before the step may be computed by the same program and be no argument; then its value
   * after the step is one.
   */
  private String moved(
      Instruction instruction, int gradient, IntFunction<Optional<ParameterState>> parameterOf) {
    int singles = instruction.kernel().lists().orElseThrow().inputs();
    int member = gradient - singles - instruction.kernel().listLength(instruction.outputs().size());
    Operand p = instruction.inputs().get(singles + member);
    int singleOutputs = instruction.kernel().lists().orElseThrow().outputs();
    Operand next = instruction.outputs().get(singleOutputs + member);
    return parameterOf
        .apply(p.binding() - Program.ARGUMENTS)
        .or(() -> parameterOf.apply(next.binding() - Program.ARGUMENTS))
        .map(parameter -> "parameter '" + parameter.name() + "' " + parameter.type())
        .orElse("tensor " + member + " of the step, " + new Type(p.dtype(), Shape.of(p.dims())));
  }
}

package org.adjoint.internal.ir;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One kernel call of a program.
 *
 * @param kernel what is called
 * @param ints its attributes
 * @param inputs what it reads
 * @param outputs what it writes
 * @param body the program that a {@link Loop} runs turn by turn, empty for every other kernel
 */
public record Instruction(
    Kernel kernel,
    long[] ints,
    List<Operand> inputs,
    List<Operand> outputs,
    Optional<Program> body) {
  /** Makes a call of a kernel that is no loop. */
  public Instruction(Kernel kernel, long[] ints, List<Operand> inputs, List<Operand> outputs) {
    this(kernel, ints, inputs, outputs, Optional.empty());
  }

  @Override
  public String toString() {
    String attributes = ints.length == 0 ? "" : Arrays.toString(ints);
    String call = outputs + " = " + kernel.name() + attributes + " " + inputs;
    return body.map(program -> call + " of {\n" + program.toString().indent(2) + "}").orElse(call);
  }
}

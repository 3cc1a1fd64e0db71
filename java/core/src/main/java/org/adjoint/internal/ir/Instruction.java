package org.adjoint.internal.ir;

import java.util.Arrays;
import java.util.List;

/** One kernel call of a program: its attributes, what it reads and what it writes. */
public record Instruction(Kernel kernel, long[] ints, List<Operand> inputs, List<Operand> outputs) {
  @Override
  public String toString() {
    String attributes = ints.length == 0 ? "" : Arrays.toString(ints);
    return outputs + " = " + kernel.name() + attributes + " " + inputs;
  }
}

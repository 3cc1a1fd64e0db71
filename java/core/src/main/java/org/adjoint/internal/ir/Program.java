package org.adjoint.internal.ir;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.DType;

/**
 * What a backend runs: a flat list of kernel calls over planned memory. Immutable. Binding {@link
 * #WORKSPACE} is scratch memory that the backend provides for each run, binding {@link #SCALARS}
 * holds one 8-byte word for each scalar, and binding {@link #ARGUMENTS} + i is argument i of the
 * run.
 *
 * @param instructions the calls, in order
 * @param workspaceBytes the size of binding 0; the planner knows it before anything runs
 * @param scalars the types of the scalars, which arrive with each run as raw words (low bytes
 *     first)
 * @param argumentBytes the size of each argument: the leaves, then the outputs that have memory of
 *     their own
 * @param rootArguments for each root the argument that holds it after a run: a leaf's where its
 *     memory was donated
 */
public record Program(
    List<Instruction> instructions,
    long workspaceBytes,
    List<DType> scalars,
    long[] argumentBytes,
    int[] rootArguments) {
  /** The binding of the scratch memory. */
  public static final int WORKSPACE = 0;

  /** The binding of the scalars. */
  public static final int SCALARS = 1;

  /** The binding of argument 0. */
  public static final int ARGUMENTS = 2;

  /** Returns all instructions in order, and behind each loop those of its body. */
  public List<Instruction> flat() {
    List<Instruction> all = new ArrayList<>();
    for (Instruction instruction : instructions) {
      all.add(instruction);
      instruction.body().ifPresent(body -> all.addAll(body.flat()));
    }
    return all;
  }

  /** Returns the program as text, an instruction a line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("workspace ")
        .append(workspaceBytes)
        .append(" B, ")
        .append(scalars.size())
        .append(" scalars, ");
    text.append(argumentBytes.length).append(" arguments\n");
    for (int i = 0; i < instructions.size(); i++) {
      text.append(i).append(": ").append(instructions.get(i)).append('\n');
    }
    return text.toString();
  }
}

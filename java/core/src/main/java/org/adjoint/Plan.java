package org.adjoint;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.run.CompiledGraph;
import org.adjoint.internal.run.Evaluator;

/**
 * What a program will cost, known before it runs: its kernel calls, the memory planned for what is
 * computed on the way, and what the kernels themselves need. A run that does not find both within
 * the budget is a {@link NativeMemoryException} before anything is computed.
 *
 * @param instructions how many kernel calls one run makes; a loop counts as one
 * @param kernels how many of them by kernel name
 * @param workspaceBytes the memory that all intermediate values share
 * @param unsharedBytes what they would take if each had memory of its own
 * @param scratchBytes the memory that kernels take for themselves while the program runs
 * @param listing the program as text, a call a line
 */
public record Plan(
    int instructions,
    Map<String, Integer> kernels,
    long workspaceBytes,
    long unsharedBytes,
    long scratchBytes,
    String listing) {
  /** Copies the map. */
  public Plan {
    kernels = Map.copyOf(kernels);
  }

  /**
   * Returns the plan of the program that would compute these tensors now, on the backend in use. It
   * is compiled and kept for when they are asked for; nothing runs. For values that exist the plan
   * is empty.
   *
   * @throws IllegalStateException if one of them cannot be computed
   */
  public static Plan of(Tensor... tensors) {
    return Evaluator.program(List.of(tensors))
        .map(Plan::of)
        .orElseGet(() -> new Plan(0, Map.of(), 0, 0, 0, ""));
  }

  private static Plan of(CompiledGraph compiled) {
    Program program = compiled.program();
    Map<String, Integer> kernels = new TreeMap<>();
    long unshared = 0;
    for (Instruction instruction : program.instructions()) {
      kernels.merge(instruction.kernel().name(), 1, Integer::sum);
      for (Operand output : instruction.outputs()) {
        if (output.binding() == Program.WORKSPACE) {
          unshared += new Type(output.dtype(), Shape.of(output.dims())).bytes();
        }
      }
    }
    return new Plan(
        program.instructions().size(),
        kernels,
        program.workspaceBytes(),
        unshared,
        compiled.executable().scratchBytes(),
        program.toString());
  }

  /** Returns how many calls of this kernel there are. */
  public int count(String kernel) {
    return kernels.getOrDefault(kernel, 0);
  }

  @Override
  public String toString() {
    return instructions
        + " kernel calls, workspace "
        + workspaceBytes
        + " of "
        + unsharedBytes
        + " bytes, scratch "
        + scratchBytes
        + " bytes";
  }
}

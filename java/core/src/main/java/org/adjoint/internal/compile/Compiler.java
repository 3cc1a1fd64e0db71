package org.adjoint.internal.compile;

import java.util.List;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Program;

/**
 * Turns a graph into a program by a short list of passes, each in a file of its own and each
 * printable before and after. To add a pass, write a class with a static {@code apply} and put it
 * in the list below; nothing else knows the order.
 */
public final class Compiler {
  private Compiler() {}

  /**
   * What compiling gives.
   *
   * @param program the program
   * @param constants the words of scalars that lowering added, after the graph's own
   */
  public record Result(Program program, long[] constants) {}

  /**
   * Returns the program of a graph.
   *
   * @param fuse whether the backend has {@link ElementwiseFusion#KERNEL} and the other kernels that
   *     make one call of several
   */
  public static Result compile(Graph graph, boolean fuse) {
    Graph optimised = optimise(graph);
    if (fuse) {
      optimised = CrossEntropyFusion.apply(optimised);
      optimised = OuterProducts.apply(optimised);
      optimised = ElementwiseFusion.apply(optimised);
    }
    Steps lowered = Lower.apply(optimised, fuse);
    Steps scheduled = Schedule.apply(lowered);
    // In-place reuse, donation, liveness and the workspace are one decision: what shares memory
    // with what.
    return new Result(Plan.apply(scheduled), scheduled.constants());
  }

  /**
   * Returns the names of the elementwise ops that an instruction does in one pass, in order: none
   * unless it is a fused region.
   */
  public static List<String> fusedOps(Instruction instruction) {
    boolean fused = instruction.kernel().name().equals(FusedRegion.KERNEL);
    return fused ? FusedRegion.names(instruction.ints()) : List.of();
  }

  /** Returns the graph after the passes that suit every backend. */
  public static Graph optimise(Graph graph) {
    Graph g = CommonSubexpressions.apply(graph);
    g = LoopFusion.apply(g);
    g = DeadCode.apply(g);
    g = ProductEpilogue.apply(g);
    return g;
  }
}

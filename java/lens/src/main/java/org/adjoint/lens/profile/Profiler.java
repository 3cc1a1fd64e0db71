package org.adjoint.lens.profile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.run.CompiledGraph;
import org.adjoint.internal.run.TimedRuns;
import org.adjoint.internal.run.TimedRuns.TimedRun;
import org.adjoint.lens.graph.ProgramPicture;

/** Repeats some work with a clock at each instruction, and makes a profile of the medians. */
final class Profiler {
  private static final int MOST = 20;
  private static final long PATIENCE = 2_000_000_000L;

  private Profiler() {}

  static Profile profile(Runnable work) {
    if (TimedRuns.of(work).isEmpty()) {
      throw new IllegalArgumentException("profile: the work ran no program on this thread");
    }
    Map<CompiledGraph, List<TimedRun>> byProgram = new IdentityHashMap<>();
    int times = 0;
    long start = System.nanoTime();
    while (times == 0 || (times < MOST && System.nanoTime() - start < PATIENCE)) {
      for (TimedRun run : TimedRuns.of(work)) {
        byProgram.computeIfAbsent(run.graph(), graph -> new ArrayList<>()).add(run);
      }
      times++;
    }
    List<Profile.Program> programs = new ArrayList<>();
    for (List<TimedRun> runs : byProgram.values()) {
      programs.add(program(runs, times));
    }
    programs.sort(Comparator.comparingDouble(p -> -p.nanoseconds() * p.runs()));
    return new Profile(Machine.measured(dtypes(programs)), programs);
  }

  private static Set<DType> dtypes(List<Profile.Program> programs) {
    Set<DType> all = EnumSet.of(DType.F32);
    for (Profile.Program program : programs) {
      program.calls().stream().filter(c -> c.operations() > 0).forEach(c -> all.add(c.dtype()));
    }
    return all;
  }

  private static Profile.Program program(List<TimedRun> runs, int times) {
    TimedRun first = runs.get(0);
    Program program = first.graph().program();
    List<String> layers = Owners.of(program, first.parameters());
    List<Call> calls = new ArrayList<>();
    add(program, 0, runs, layers, calls);
    return new Profile.Program(
        calls,
        median(runs.stream().mapToDouble(TimedRun::nanoseconds).toArray()),
        (double) runs.size() / times,
        program.workspaceBytes());
  }

  /** Adds the calls of a program or of a body, and returns what they cost together. */
  private static Cost add(
      Program program, int depth, List<TimedRun> runs, List<String> layers, List<Call> calls) {
    Cost all = Cost.NOTHING;
    for (Instruction instruction : program.instructions()) {
      int number = calls.size();
      long often = runs.get(0).timings().get(number).runs();
      double took = median(runs.stream().mapToDouble(r -> r.timings().get(number).nanoseconds()));
      Cost cost = Cost.of(instruction).times(often);
      calls.add(call(instruction, number, depth, layers.get(number), cost, took, runs.get(0)));
      if (instruction.body().isPresent()) {
        cost = add(instruction.body().get(), depth + 1, runs, layers, calls);
        calls.set(
            number, call(instruction, number, depth, layers.get(number), cost, took, runs.get(0)));
      }
      all = all.plus(cost);
    }
    return all;
  }

  private static Call call(
      Instruction instruction,
      int number,
      int depth,
      String layer,
      Cost cost,
      double nanoseconds,
      TimedRun run) {
    List<Operand> operands =
        Stream.concat(instruction.inputs().stream(), instruction.outputs().stream()).toList();
    DType dtype =
        operands.stream()
            .map(Operand::dtype)
            .filter(DType::isFloating)
            .findFirst()
            .orElse(DType.F32);
    return new Call(
        number,
        depth,
        ProgramPicture.label(instruction),
        types(instruction.inputs()) + " → " + types(instruction.outputs()),
        CompiledGraph.fusedOps(instruction),
        layer,
        dtype,
        nanoseconds,
        run.timings().get(number).runs(),
        run.timings().get(number).group(),
        cost.bytes(),
        cost.operations());
  }

  /** Returns the types of operands, of long lists the first. */
  private static String types(List<Operand> operands) {
    String first =
        operands.stream()
            .filter(x -> x.binding() != Program.SCALARS)
            .limit(4)
            .map(x -> new Type(x.dtype(), Shape.of(x.dims())).toString())
            .collect(Collectors.joining(" "));
    return operands.size() > 4 ? first + " …" : first;
  }

  private static double median(DoubleStream xs) {
    return median(xs.toArray());
  }

  private static double median(double... xs) {
    double[] sorted = xs.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}

package org.adjoint.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.adjoint.Adjoint;
import org.adjoint.Plan;
import org.adjoint.Tensor;
import org.adjoint.benchmarks.compare.Network;
import org.adjoint.benchmarks.compare.OurNetworks;
import org.adjoint.benchmarks.compare.Table;
import org.adjoint.benchmarks.compare.Workload;
import org.adjoint.nn.Layer;

/**
 * What the rows of networks cost before they run: kernel calls, planned memory, and the CPU time of
 * building the graph and compiling it. Nothing is run. Rows over sequences come with shorter ones,
 * because programs must not grow with the length, and an attention's memory only as it does.
 */
public final class NetworkCosts {
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double MEGABYTES = 1 << 20;
  private static final List<Integer> PARTS = List.of(4, 2, 1);

  private NetworkCosts() {}

  /** What a function takes, and it itself. */
  private record Case(List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> f) {
    static Case of(Workload workload) {
      if (workload instanceof Workload.Training training) {
        Network network = training.network();
        Layer model = OurNetworks.of(network);
        return new Case(
            OurNetworks.batch(network), at -> OurNetworks.gradients(network, model, at));
      }
      if (workload instanceof Workload.PerExample each) {
        Layer model = OurNetworks.of(each.network());
        return new Case(
            OurNetworks.batch(each.network()), at -> OurNetworks.perExample(each, model, at));
      }
      Workload.Vjp vjp = (Workload.Vjp) workload;
      return new Case(OurNetworks.inputs(vjp), at -> OurNetworks.vjp(vjp, at));
    }

    Plan plan() {
      return Plan.of(f.apply(inputs).toArray(new Tensor[0]));
    }
  }

  /** Returns the row, behind shorter sequences if it has any, by what they are called. */
  private static Map<String, Workload> lengths(String name, Workload workload) {
    Map<String, Workload> lengths = new LinkedHashMap<>();
    if (workload instanceof Workload.Training training && training.network().isSequence()) {
      Network network = training.network();
      for (int part : PARTS) {
        int length = network.input().get(1) / part;
        lengths.put(name + " of " + length, new Workload.Training(network.length(length)));
      }
    } else if (workload instanceof Workload.Vjp vjp
        && vjp.function() == Workload.Vjp.Function.ATTENTION) {
      for (int part : PARTS) {
        List<Integer> dims = new ArrayList<>(vjp.dims());
        dims.set(2, dims.get(2) / part);
        lengths.put(name + " of " + dims.get(2), new Workload.Vjp(vjp.function(), dims));
      }
    } else {
      lengths.put(name, workload);
    }
    return lengths;
  }

  private static boolean isOfNetworks(Workload workload) {
    return workload instanceof Workload.Training
        || workload instanceof Workload.PerExample
        || workload instanceof Workload.Vjp;
  }

  /** Prints each of the rows named, all of networks if none is. */
  public static void main(String[] args) {
    Adjoint.threads(1);
    Adjoint.backend("native");
    List<String> names =
        args.length > 0
            ? List.of(args)
            : Table.rows().stream()
                .map(Table.Row::name)
                .filter(name -> isOfNetworks(Table.find(name).orElseThrow()))
                .toList();
    System.out.println(
        "row                  kernel calls  lines  workspace MB  scratch MB  compile ms");
    for (String name : names) {
      Workload workload =
          Table.find(name)
              .filter(NetworkCosts::isOfNetworks)
              .orElseThrow(
                  () -> new IllegalArgumentException("'" + name + "' is no row of networks"));
      lengths(name, workload).forEach(NetworkCosts::print);
    }
  }

  private static void print(String name, Workload workload) {
    Case row = Case.of(workload);
    long start = CLOCK.getCurrentThreadCpuTime();
    Plan plan = row.plan();
    double millis = (CLOCK.getCurrentThreadCpuTime() - start) / NANOS_PER_MILLI;
    System.out.printf(
        Locale.ROOT,
        "%-20s %12d %6d %13.1f %11.1f %11.0f%n",
        name,
        plan.instructions(),
        plan.listing().lines().count(),
        plan.workspaceBytes() / MEGABYTES,
        plan.scratchBytes() / MEGABYTES,
        millis);
  }
}

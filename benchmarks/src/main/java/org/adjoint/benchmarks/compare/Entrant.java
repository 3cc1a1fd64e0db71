package org.adjoint.benchmarks.compare;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One process that takes part: a library and how many threads it may use.
 *
 * @param kind what {@link Serve} calls the library
 * @param threads its threads
 */
public record Entrant(String kind, int threads) {
  /** Ours, compiled: what rows are about. */
  public static final String ADJOINT = "adjoint";

  /** Ours, the graph built by every step. */
  public static final String DEFINE_BY_RUN = "define-by-run";

  /** Ours, compiled, in F32 where {@link #ADJOINT} is in BF16. */
  public static final String F32 = "adjoint-f32";

  /** TensorFlow, a kernel an operation. */
  public static final String TENSORFLOW = "tensorflow";

  /** TensorFlow, the graph compiled by XLA. */
  public static final String TENSORFLOW_XLA = "tensorflow-xla";

  /** Returns the two ways of ours. */
  public static List<Entrant> ours(int threads) {
    return List.of(new Entrant(ADJOINT, threads), new Entrant(DEFINE_BY_RUN, threads));
  }

  /** Returns the peers of a workload, each on one thread and on all. */
  public static List<Entrant> peers(Workload workload, int threads) {
    if (workload instanceof Workload.Mixed) {
      return List.of(new Entrant(F32, threads));
    }
    List<String> kinds =
        workload instanceof Workload.Gemm
            ? List.of("openblas", "onednn", "mkl")
            : List.of("pytorch", "djl", TENSORFLOW, TENSORFLOW_XLA);
    return kinds.stream().flatMap(kind -> of(kind, threads).stream()).toList();
  }

  /** Returns a library on one thread and on all. */
  public static List<Entrant> of(String kind, int threads) {
    List<Entrant> entrants = new ArrayList<>();
    entrants.add(new Entrant(kind, 1));
    if (threads > 1) {
      entrants.add(new Entrant(kind, threads));
    }
    return entrants;
  }

  /** Returns whether its jars are not in ours. */
  public boolean isPeer() {
    return !List.of(ADJOINT, DEFINE_BY_RUN, F32, "java").contains(kind);
  }

  /** Returns how its process is started, with the jars in {@code peers} if it is a peer. */
  ProcessBuilder process(Path peers) {
    String jars = System.getProperty("java.class.path");
    if (isPeer()) {
      jars = peers.resolve("*") + File.pathSeparator + jars;
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", jars));
    if (isPeer()) {
      // JavaCPP: memory is freed by scopes, not by a thread that follows the collector.
      command.add("-Dorg.bytedeco.javacpp.nopointergc=true");
      command.add("-Dorg.bytedeco.javacpp.cachedir=" + peers.resolveSibling("peers-cache"));
      command.add("-Dai.djl.offline=true");
      command.add("-DDJL_CACHE_DIR=" + peers.resolveSibling("peers-cache"));
      command.add("-DENGINE_CACHE_DIR=" + peers.resolveSibling("peers-cache"));
      command.add("-Dai.djl.pytorch.num_threads=" + threads);
      // DJL would say that there is no GPU.
      command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
    }
    command.addAll(List.of(Serve.class.getName(), kind, String.valueOf(threads)));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    for (String name : List.of("OMP", "OPENBLAS", "MKL")) {
      environment.put(name + "_NUM_THREADS", String.valueOf(threads));
    }
    if (kind.equals("pytorch") || kind.equals("djl")) {
      // Otherwise its threads spin while the JVM's need the cores: up to twenty times slower.
      environment.put("OMP_WAIT_POLICY", "passive");
    }
    if (kind.equals(TENSORFLOW) || kind.equals(TENSORFLOW_XLA)) {
      // Large blocks stay with the process: results of 40 MB cost no new pages in every step.
      environment.put("MALLOC_MMAP_MAX_", "0");
      environment.put("MALLOC_TRIM_THRESHOLD_", "100000000000");
      environment.put("TF_CPP_MIN_LOG_LEVEL", "2");
    }
    if (kind.equals(TENSORFLOW_XLA)) {
      environment.put("TF_XLA_FLAGS", "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit");
    }
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  @Override
  public String toString() {
    return kind + " on " + threads + (threads == 1 ? " thread" : " threads");
  }
}

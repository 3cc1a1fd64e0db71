package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rows: name, workload, and by how much the fastest peer should be slower. Parent and children
 * both look names up here. Other matrix products, and points of the cost curves, are read from
 * their names.
 */
public final class Table {
  /** Bytes per second are measured with this workload. */
  public static final String TRIAD = "triad";

  /** FLOPs per second are measured with this one. */
  public static final String FLOOR_GEMM = "gemm-1024x1024x1024";

  /** The geometric mean to reach over the training steps. */
  public static final double TRAINING_MEAN = 5;

  /** The geometric mean to reach over the matrix products. */
  public static final double GEMM_MEAN = 0.95;

  /** Powers of two. */
  private static final int NARROWEST = 16;

  private static final int MOST = 4096;
  private static final int CURVE_BATCH = 64;
  private static final int CURVE_WIDTH = 256;
  private static final int CURVE_CLASSES = 10;

  private static final Pattern GEMM = Pattern.compile("gemm-(\\d{1,6})x(\\d{1,6})x(\\d{1,6})");
  private static final Pattern POINT = Pattern.compile("(width|batch)-(\\d{1,5})");

  /**
   * A row.
   *
   * @param name its name in the JSON
   * @param required the ratio to reach; empty for matrix products, which have one for all of them
   */
  public record Row(String name, OptionalDouble required) {}

  private static final Map<String, Workload> NAMED = new LinkedHashMap<>();
  private static final List<Row> ROWS = new ArrayList<>();

  static {
    add("mlp-tiny", 15, new Workload.Mlp(List.of(2, 16, 16, 1), true, 32));
    add("mlp-mnist", 2.5, new Workload.Mlp(List.of(784, 256, 128, 10), false, 64));
    add("mlp-1024", 2, new Workload.Mlp(List.of(1024, 1024, 1024, 1000), false, 256));
    add("mlp-2048", 1.5, new Workload.Mlp(List.of(2048, 2048, 2048, 1000), false, 512));
    add("pinn-32", 5, new Workload.Pinn(32, 1024));
    add("pinn-64", 4, new Workload.Pinn(64, 4096));
    add("adam-10m", 7, new Workload.AdamStep(10_000_000));
    add("xent-32000", 8, new Workload.CrossEntropy(1024, 32_000));
    add("xent-1000", 4, new Workload.CrossEntropy(4096, 1000));
    add("fused-10m", 10, new Workload.Fused(10_000_000));
    addNetworks();
    for (String program : List.of("lstm-1024", "ode-10k", "det-7", "gmm", "particle")) {
      addProgram(program, new Workload.Program(program, true));
      addProgram(program + "-value", new Workload.Program(program, false));
    }
    for (String shape :
        List.of(
            "32x16x16",
            "64x256x784",
            "64x128x256",
            "1024x32x32",
            "4096x64x64",
            "128x128x128",
            "256x1024x1024",
            "512x2048x2048",
            "1024x1024x1024",
            "2048x2048x2048")) {
      ROWS.add(new Row("gemm-" + shape, OptionalDouble.empty()));
    }
    // mlp-2048 in BF16; its one peer is our own in F32. The ratio is one for machines with AMX.
    add("bf16-2048", 2.5, new Workload.Mixed((Workload.Mlp) NAMED.get("mlp-2048")));
    NAMED.put(TRIAD, new Workload.Triad(1 << 24));
  }

  private Table() {}

  private static void add(String name, double required, Workload workload) {
    NAMED.put(name, workload);
    ROWS.add(new Row(name, OptionalDouble.of(required)));
  }

  private static void addNetworks() {
    Network lenet = Networks.lenet(64);
    addNetwork("cnn-lenet", 1.5, lenet);
    addNetwork("conv-block", 1.15, Networks.residualBlock(32, 64, 32));
    addNetwork("depthwise", 1.3, Networks.mobileBlock(32, 128, 28));
    addNetwork("lstm", 2, Networks.lstm(32, 128, 128, 2));
    addNetwork("gru-long", 2, Networks.gru(16, 1000, 64));
    addNetwork("transformer", 1.3, Networks.transformer(16, 128, 4, 256, 8, 8000));
    add(
        "attention-2k",
        2,
        new Workload.Vjp(Workload.Vjp.Function.ATTENTION, List.of(1, 8, 2048, 64)));
    List<Integer> matrix = List.of(4096, 1024);
    add("layernorm", 2, new Workload.Vjp(Workload.Vjp.Function.LAYER_NORM, matrix));
    add("batchnorm", 2, new Workload.Vjp(Workload.Vjp.Function.BATCH_NORM, matrix));
    add("dp-sgd", 10, new Workload.PerExample(lenet, 1));
  }

  private static void addNetwork(String name, double required, Network network) {
    add(name, required, new Workload.Training(network));
  }

  /** Adds a program, whose bars are ratios of its own rows: no peer has to be slower. */
  private static void addProgram(String name, Workload workload) {
    NAMED.put(name, workload);
    ROWS.add(new Row(name, OptionalDouble.empty()));
  }

  /** Returns the rows, in their order. */
  public static List<Row> rows() {
    return Collections.unmodifiableList(ROWS);
  }

  /** Returns the values of {@code width} or {@code batch} along its curve. */
  public static List<Integer> curve(String axis) {
    List<Integer> values = new ArrayList<>();
    for (int value = axis.equals("width") ? NARROWEST : 1; value <= MOST; value *= 2) {
      values.add(value);
    }
    return values;
  }

  /** Returns what a name stands for, empty if for nothing. */
  public static Optional<Workload> find(String name) {
    Matcher gemm = GEMM.matcher(name);
    if (gemm.matches()) {
      return Optional.of(new Workload.Gemm(number(gemm, 1), number(gemm, 2), number(gemm, 3)));
    }
    Matcher point = POINT.matcher(name);
    if (point.matches() && number(point, 2) > 0) {
      boolean wide = point.group(1).equals("width");
      int width = wide ? number(point, 2) : CURVE_WIDTH;
      int batch = wide ? CURVE_BATCH : number(point, 2);
      List<Integer> sizes = List.of(width, width, width, CURVE_CLASSES);
      return Optional.of(new Workload.Mlp(sizes, false, batch));
    }
    return Optional.ofNullable(NAMED.get(name));
  }

  /** Returns whether a row of the table is a whole training step. */
  public static boolean isTrainingStep(String name) {
    Workload workload = NAMED.get(name);
    return workload instanceof Workload.Mlp || workload instanceof Workload.Pinn;
  }

  /** Returns whether a row is one of the table's matrix products. */
  public static boolean isGemm(String name) {
    return GEMM.matcher(name).matches() && ROWS.stream().anyMatch(row -> row.name().equals(name));
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }
}

package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.adjoint.Checkpoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.Vmap;
import org.adjoint.nn.LayerCases.Row;
import org.adjoint.nn.format.Safetensors;
import org.adjoint.nn.format.TorchWeights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every row of {@link LayerCases} against PyTorch's values, first and second derivatives, and those
 * that are not made of others under each transformation against themselves.
 */
class LayerCasesTest {
  private static final Map<String, Tensor> REFERENCE = read();
  private static final double F64_TOLERANCE = 1e-9;
  private static final double F32_TOLERANCE = 1e-4;

  private static Map<String, Tensor> read() {
    try {
      Path file = Path.of(LayerCasesTest.class.getResource("layers.safetensors").toURI());
      return Safetensors.read(file).tensors();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<Row<?>> rows() {
    return LayerCases.rows();
  }

  static List<Row<?>> simple() {
    return LayerCases.simple();
  }

  @Test
  void everyRowOfTheFileIsChecked() {
    Set<String> names = new TreeSet<>();
    REFERENCE.keySet().stream()
        .filter(name -> name.endsWith("/y"))
        .forEach(name -> names.add(name.substring(0, name.length() - 2)));
    assertEquals(new TreeSet<>(rows().stream().map(Row::name).toList()), names);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void equalsPyTorchInDoubles(Row<?> row) {
    Scope.run(() -> againstPyTorch(row, DType.F64, F64_TOLERANCE));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void equalsPyTorchInFloats(Row<?> row) {
    Scope.run(() -> againstPyTorch(row, DType.F32, F32_TOLERANCE));
  }

  /** A row on its inputs and weights, these in PyTorch's layouts. */
  private static final class Setting<P extends Part> {
    private final Row<P> row;
    private final P part;
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();

    /** What derivatives are taken by: floating inputs, then weights. */
    private final List<String> names = new ArrayList<>();

    private final List<Tensor> values = new ArrayList<>();
    private final List<Tensor> index = new ArrayList<>();

    Setting(Row<P> row, DType dtype) {
      this.row = row;
      this.part = row.make().apply(Origin.of(Key.of(1)).dtype(dtype));
      for (String input : List.of("x", "memory")) {
        Tensor x = REFERENCE.get(row.name() + "/" + input);
        if (x != null && x.dtype().isFloating()) {
          names.add(input);
          values.add(x.cast(dtype).eval().variable());
        } else if (x != null) {
          index.add(x);
        }
      }
      for (String name : TorchWeights.of(part).keySet()) {
        Tensor weight = REFERENCE.get(row.name() + "/w/" + name);
        if (name.endsWith("num_batches_tracked")) {
          buffers.put(name, Tensor.scalar(0L));
        } else if (name.contains("running_")) {
          buffers.put(name, weight);
        } else {
          names.add("w/" + name);
          values.add(weight.cast(dtype).eval().variable());
        }
      }
      Map<String, Tensor> all = new LinkedHashMap<>(buffers);
      for (int i = 0; i < names.size(); i++) {
        if (names.get(i).startsWith("w/")) {
          all.put(names.get(i).substring(2), values.get(i));
        }
      }
      TorchWeights.load(part, all);
    }

    /** Returns how many of the values are inputs; the others are weights. */
    int inputs() {
      return (int) names.stream().filter(name -> !name.startsWith("w/")).count();
    }

    /** Returns the output as a function of floating inputs and weights. */
    Tensor apply(List<Tensor> arguments, Training training) {
      List<Tensor> inputs = new ArrayList<>(index);
      Map<String, Tensor> weights = new LinkedHashMap<>(buffers);
      for (int i = 0; i < arguments.size(); i++) {
        if (names.get(i).startsWith("w/")) {
          weights.put(names.get(i).substring(2), arguments.get(i));
        } else {
          inputs.add(arguments.get(i));
        }
      }
      Map<Parameter, Tensor> given = TorchWeights.values(part, weights);
      part.buffers().forEach(given::remove);
      return Parameters.with(given, () -> row.application().apply(part, inputs, training));
    }

    /** Returns value and gradients of Σ y², with running statistics that stand still. */
    List<Tensor> valueAndGradients(List<Tensor> arguments) {
      Training still = Training.of(Key.of(5)).still();
      List<Tensor> xs = arguments.stream().map(Tensor::variable).toList();
      Tensor y = apply(xs, still);
      List<Tensor> results = new ArrayList<>(List.of(y));
      results.addAll(Grad.grad(y.square().sum(), xs.toArray(new Tensor[0])));
      return results;
    }
  }

  private static <P extends Part> void againstPyTorch(Row<P> row, DType dtype, double tolerance) {
    Setting<P> setting = new Setting<>(row, dtype);
    Tensor[] xs = setting.values.toArray(new Tensor[0]);
    Tensor y = setting.apply(List.of(xs), Training.of(Key.of(5)));
    Tensor r = REFERENCE.get(row.name() + "/r").cast(dtype);
    List<Tensor> first = Grad.grad(y.times(r).sum(), xs);
    Tensor square = Tensor.zeros(dtype);
    for (Tensor g : first) {
      square = square.plus(g.square().sum().times(0.5));
    }
    List<Tensor> second = Grad.grad(square, xs);
    evaluate(List.of(List.of(y), first, second));
    compare(row, "y", y, tolerance);
    setting.part.buffers().stream()
        .filter(b -> b.name().contains("running_"))
        .forEach(b -> compare(row, "after/" + b.name(), b, tolerance));
    for (int i = 0; i < xs.length; i++) {
      compare(row, "d/" + setting.names.get(i), first.get(i), tolerance);
      compare(row, "dd/" + setting.names.get(i), second.get(i), tolerance);
    }
  }

  /** Computes everything in one program. */
  private static void evaluate(List<List<Tensor>> tensors) {
    Tensor.evalAll(tensors.stream().flatMap(List::stream).toList());
  }

  private static void compare(Row<?> row, String what, Tensor actual, double tolerance) {
    Tensor expected = REFERENCE.get(row.name() + "/" + what);
    assertEquals(expected.shape(), actual.shape(), what);
    near(what, expected.toDoubleArray(), actual.toDoubleArray(), tolerance);
  }

  private static void near(String what, double[] expected, double[] actual, double tolerance) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], allowed, what + " at " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("simple")
  void compiledAndCheckpointedItIsTheSame(Row<?> row) {
    Scope.run(
        () -> {
          Setting<?> setting = new Setting<>(row, DType.F64);
          List<Tensor> expected = setting.valueAndGradients(setting.values);
          List<Tensor> compiled = Compiled.ofList(setting::valueAndGradients).apply(setting.values);
          Training still = Training.of(Key.of(5)).still();
          Function<List<Tensor>, List<Tensor>> again =
              Checkpoint.ofList(xs -> List.of(setting.apply(xs, still)));
          Tensor[] xs = setting.values.toArray(new Tensor[0]);
          Tensor y = again.apply(List.of(xs)).get(0);
          List<Tensor> checkpointed = new ArrayList<>(List.of(y));
          checkpointed.addAll(Grad.grad(y.square().sum(), xs));
          evaluate(List.of(expected, checkpointed));
          for (int i = 0; i < expected.size(); i++) {
            double[] numbers = expected.get(i).toDoubleArray();
            near("compiled " + i, numbers, compiled.get(i).toDoubleArray(), 1e-13);
            near("checkpointed " + i, numbers, checkpointed.get(i).toDoubleArray(), 1e-13);
          }
        });
  }

  /** Returns values that nothing differentiates by. */
  private static List<Tensor> fresh(List<Tensor> values) {
    return values.stream().map(x -> x.detach().eval()).toList();
  }

  @ParameterizedTest
  @MethodSource("simple")
  void batchedItIsALoop(Row<?> row) {
    Scope.run(
        () -> {
          Setting<?> setting = new Setting<>(row, DType.F64);
          List<Tensor> values = fresh(setting.values);
          batched(setting, values, values.size());
          batched(setting, values, setting.inputs()); // a gradient of the weights for each example
        });
  }

  /** Checks a batch of the first values, with the others the same for all, against a loop. */
  private static void batched(Setting<?> setting, List<Tensor> values, int count) {
    if (count == 0) {
      return;
    }
    List<Tensor> shared = values.subList(count, values.size());
    List<Tensor> first = values.subList(0, count);
    List<Tensor> second = first.stream().map(x -> x.times(0.5).plus(0.25).eval()).toList();
    List<Tensor> both = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      both.add(Tensor.stack(0, first.get(i), second.get(i)));
    }
    Function<List<Tensor>, List<Tensor>> f =
        xs -> setting.valueAndGradients(Stream.concat(xs.stream(), shared.stream()).toList());
    List<Tensor> batched = Vmap.ofList(f).apply(both);
    List<Tensor> one = f.apply(first);
    List<Tensor> other = f.apply(second);
    evaluate(List.of(batched, one, other));
    for (int i = 0; i < batched.size(); i++) {
      double[] loop = Tensor.stack(0, one.get(i), other.get(i)).toDoubleArray();
      near("output " + i, loop, batched.get(i).toDoubleArray(), 1e-11);
    }
  }

  @ParameterizedTest
  @MethodSource("simple")
  void forwardModeIsTheTransposeOfReverseModeTwice(Row<?> row) {
    Scope.run(
        () -> {
          Setting<?> setting = new Setting<>(row, DType.F64);
          Training still = Training.of(Key.of(5)).still();
          List<Tensor> xs = setting.values;
          Tensor[] by = xs.toArray(new Tensor[0]);
          List<Tensor> vs = new ArrayList<>();
          for (int i = 0; i < by.length; i++) {
            vs.add(Key.of(20 + i).normal(DType.F64, by[i].shape().dims()));
          }
          Tensor y = setting.apply(xs, still);
          Tensor w = Key.of(9).normal(DType.F64, y.shape().dims());
          // J·v against Jᵀ·w, and H·v by reverse over reverse against forward over reverse.
          List<Tensor> g = Grad.grad(y.square().times(0.5).sum(), by);
          List<Tensor> expected = new ArrayList<>(List.of(along(Grad.vjp(y, w, by), vs)));
          expected.addAll(Grad.grad(along(g, vs), by));
          List<Tensor> actual = new ArrayList<>(List.of(Grad.jvp(y, xs, vs).times(w).sum()));
          g.forEach(gradient -> actual.add(Grad.jvp(gradient, xs, vs)));
          evaluate(List.of(expected, actual));
          for (int i = 0; i < expected.size(); i++) {
            double[] numbers = expected.get(i).toDoubleArray();
            near("derivative " + i, numbers, actual.get(i).toDoubleArray(), 1e-9);
          }
        });
  }

  private static Tensor along(List<Tensor> gradients, List<Tensor> vs) {
    Tensor sum = Tensor.zeros(DType.F64);
    for (int i = 0; i < vs.size(); i++) {
      sum = sum.plus(gradients.get(i).times(vs.get(i)).sum());
    }
    return sum;
  }

  @Test
  void aWrongNumberIsFound() {
    Row<?> row = rows().get(0);
    double[] y = REFERENCE.get(row.name() + "/y").toDoubleArray();
    double[] wrong = y.clone();
    wrong[0] += 1e-8;
    assertTrue(fails(() -> near("y", y, wrong, F64_TOLERANCE)));
  }

  private static boolean fails(Runnable check) {
    try {
      check.run();
    } catch (AssertionError e) {
      return true;
    }
    return false;
  }
}

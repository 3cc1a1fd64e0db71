package org.adjoint.benchmarks.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.benchmarks.compare.Programs;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The programs of {@link Programs} in eager PyTorch, F64: each turn of a loop is Java's. */
final class PyTorchPrograms {
  private PyTorchPrograms() {}

  /** A function, what it takes, and by how many of its inputs, the first ones, it is derived. */
  private record Program(List<Tensor> inputs, int by, Function<List<Tensor>, Tensor> f) {}

  /** Returns what computes the value or the gradients of a program. */
  static Supplier<List<Tensor>> of(String name, boolean derivative) {
    Program program =
        switch (name) {
          case "lstm-1024" -> lstm();
          case "ode-10k" -> ode();
          case "det-7" -> determinant();
          case "gmm" -> mixture();
          case "particle" -> particle(derivative);
          default -> throw new IllegalArgumentException("no program is called " + name);
        };
    if (!derivative) {
      return () -> List.of(program.f().apply(program.inputs()));
    }
    List<Tensor> by = program.inputs().subList(0, program.by());
    by.forEach(x -> x.set_requires_grad(true));
    return () -> {
      TensorVector value = new TensorVector(program.f().apply(program.inputs()));
      TensorVector found = torch.grad(value, new TensorVector(by.toArray(new Tensor[0])));
      List<Tensor> gradients = new ArrayList<>();
      for (long i = 0; i < found.size(); i++) {
        gradients.add(found.get(i));
      }
      return gradients;
    };
  }

  private static Tensor numbers(int stream, double scale, int... dims) {
    long[] shape = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      shape[i] = dims[i];
    }
    return Tensor.create(Programs.numbers(stream, scale, dims), shape);
  }

  private static Scalar number(double value) {
    return new Scalar(value);
  }

  private static Program lstm() {
    int features = Programs.LSTM_FEATURES;
    Tensor weights = numbers(1, 1, Programs.LSTM_LAYERS, 8, features);
    Tensor ends = numbers(2, 1, 3, features);
    Tensor text = numbers(3, 1, Programs.LSTM_LENGTH, features);
    Tensor zeros = Tensor.create(new double[features], features);
    Scalar two = number(2);
    return new Program(
        List.of(weights, ends, text),
        2,
        in -> {
          List<Tensor[]> layers = new ArrayList<>();
          List<Tensor> states = new ArrayList<>();
          List<Tensor> cells = new ArrayList<>();
          for (int layer = 0; layer < Programs.LSTM_LAYERS; layer++) {
            layers.add(rows(in.get(0).select(0, layer), 8));
            states.add(zeros);
            cells.add(zeros);
          }
          Tensor[] end = rows(in.get(1), 3);
          TensorVector outputs = new TensorVector();
          for (int t = 0; t + 1 < Programs.LSTM_LENGTH; t++) {
            Tensor x = in.get(2).select(0, t).mul(end[0]);
            for (int layer = 0; layer < layers.size(); layer++) {
              Tensor[] w = layers.get(layer);
              Tensor h = states.get(layer);
              Tensor forget = x.mul(w[0]).add(w[1]).sigmoid();
              Tensor ingate = h.mul(w[2]).add(w[3]).sigmoid();
              Tensor outgate = x.mul(w[4]).add(w[5]).sigmoid();
              Tensor change = h.mul(w[6]).add(w[7]).tanh();
              Tensor cell = cells.get(layer).mul(forget).add(ingate.mul(change));
              x = outgate.mul(cell.tanh());
              states.set(layer, x);
              cells.set(layer, cell);
            }
            Tensor y = x.mul(end[1]).add(end[2]);
            outputs.push_back(y.sub(y.exp().sum().add(two).log()));
          }
          Tensor next = in.get(2).narrow(0, 1, Programs.LSTM_LENGTH - 1);
          return next.mul(torch.stack(outputs)).sum().neg();
        });
  }

  private static Tensor[] rows(Tensor x, int count) {
    Tensor[] rows = new Tensor[count];
    for (int i = 0; i < count; i++) {
      rows[i] = x.select(0, i);
    }
    return rows;
  }

  private static Program ode() {
    Tensor matrix = numbers(1, 0.2, Programs.ODE_SIZE, Programs.ODE_SIZE);
    Scalar half = number(Programs.ODE_STEP / 2);
    Scalar whole = number(Programs.ODE_STEP);
    Scalar sixth = number(Programs.ODE_STEP / 6);
    Scalar two = number(2);
    return new Program(
        List.of(numbers(2, 1, Programs.ODE_SIZE), matrix),
        1,
        in -> {
          UnaryOperator<Tensor> slope = y -> in.get(1).mv(y).tanh();
          Tensor y = in.get(0);
          for (int t = 0; t < Programs.ODE_STEPS; t++) {
            Tensor a = slope.apply(y);
            Tensor b = slope.apply(y.add(a.mul(half)));
            Tensor c = slope.apply(y.add(b.mul(half)));
            Tensor d = slope.apply(y.add(c.mul(whole)));
            y = y.add(a.add(b.add(c).mul(two)).add(d).mul(sixth));
          }
          return y.square().sum();
        });
  }

  private static Program determinant() {
    int size = Programs.DETERMINANT;
    Tensor zero = Tensor.create(0.0);
    return new Program(
        List.of(numbers(1, 1, size, size)),
        1,
        in -> {
          List<Integer> columns = new ArrayList<>();
          for (int i = 0; i < size; i++) {
            columns.add(i);
          }
          return determinant(in.get(0), zero, 0, columns);
        });
  }

  private static Tensor determinant(Tensor a, Tensor zero, int row, List<Integer> columns) {
    if (columns.size() == 1) {
      return a.select(0, row).select(0, columns.get(0));
    }
    Tensor sum = zero;
    for (int i = 0; i < columns.size(); i++) {
      List<Integer> others = new ArrayList<>(columns);
      int column = others.remove(i);
      Tensor element = a.select(0, row).select(0, column);
      Tensor term = element.mul(determinant(a, zero, row + 1, others));
      sum = i % 2 == 0 ? sum.add(term) : sum.sub(term);
    }
    return sum;
  }

  private static Program mixture() {
    int size = Programs.GMM_SIZE;
    int parts = Programs.GMM_PARTS;
    int points = Programs.GMM_POINTS;
    Scalar half = number(0.5);
    Scalar count = number(points);
    return new Program(
        List.of(
            numbers(1, 1, parts),
            numbers(2, 1, parts, size),
            numbers(3, 0.3, parts, size),
            numbers(4, 0.2, parts, size, size),
            numbers(5, 1, points, size)),
        4,
        in -> {
          Tensor logs = in.get(2);
          Tensor lower = in.get(3).tril(-1);
          Tensor centred =
              in.get(4).reshape(1, points, size).sub(in.get(1).reshape(parts, 1, size));
          Tensor scaled =
              centred
                  .mul(logs.exp().reshape(parts, 1, size))
                  .add(centred.matmul(lower.transpose(1, 2)));
          Tensor weights = in.get(0).add(logs.sum(1)).reshape(parts, 1);
          Tensor each = weights.sub(scaled.square().sum(2).mul(half)).logsumexp(0);
          return each.sum().sub(in.get(0).logsumexp(0).mul(count));
        });
  }

  /** The force is a gradient by a leaf of its own where nothing else is differentiated. */
  private static Program particle(boolean derivative) {
    Scalar step = number(Programs.PARTICLE_STEP);
    return new Program(
        List.of(
            Tensor.create(new double[] {1.5}, 1),
            Tensor.create(new double[] {0, 8, 0.75, 0}, 2, 2),
            Tensor.create(new double[] {10, 10, 10, 0}, 2, 2)),
        1,
        in -> {
          UnaryOperator<Tensor> force =
              at -> {
                Tensor x = at.requires_grad() ? at : at.detach().requires_grad_(true);
                Tensor distances = in.get(2).sub(x).square().sum(1).sqrt();
                Tensor potential = distances.reciprocal().mul(in.get(0)).sum().neg();
                return torch
                    .grad(
                        new TensorVector(potential),
                        new TensorVector(x),
                        new TensorVector(),
                        new BoolOptional(derivative),
                        derivative,
                        false)
                    .get(0);
              };
          Tensor x = in.get(1).select(0, 0);
          Tensor v = in.get(1).select(0, 1);
          for (int t = 0; t < Programs.PARTICLE_STEPS; t++) {
            Tensor moved = x.add(v.mul(step));
            v = v.add(force.apply(x).mul(step));
            x = moved;
          }
          return x.square().sum();
        });
  }
}

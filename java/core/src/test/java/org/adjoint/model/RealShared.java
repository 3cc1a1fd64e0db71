package org.adjoint.model;

import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.adjoint.Compiled;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;

/** Parameters, as users use them. All elements of a value are equal, so that a torn one shows. */
final class RealShared implements Shared {
  private static final int SIZE = 65;

  private final Parameter a = parameter("a", 1);
  private final Parameter b = parameter("b", 2);
  private final Parameter weight = parameter("weight", 1);
  private final Map<Integer, Supplier<Tensor>> steps = new ConcurrentHashMap<>();
  private final Map<Integer, Supplier<Tensor>> passes = new ConcurrentHashMap<>();
  private final AtomicInteger counted = new AtomicInteger();
  private final Tensor live = Tensor.scalar(counted::incrementAndGet);

  /** Snapshots and what they were. */
  private final Queue<Map.Entry<Tensor, Double>> snapshots = new ConcurrentLinkedQueue<>();

  private static Parameter parameter(String name, double value) {
    double[] values = new double[SIZE];
    Arrays.fill(values, value);
    Parameter p = Parameter.of(Tensor.of(values, SIZE), name);
    p.eval();
    return p;
  }

  private static double whole(Tensor x) {
    double[] values = x.toDoubleArray();
    for (double value : values) {
      if (value != values[0]) {
        throw new AssertionError(
            "half of one version, half of another: " + Arrays.toString(values));
      }
    }
    return values[0];
  }

  @Override
  public double run(Operation op) {
    try {
      return tryToRun(op);
    } catch (IllegalStateException e) {
      boolean documented =
          e.getMessage().contains("reads a superseded version")
              || e.getMessage().contains("has assigned to it and not evaluated yet");
      if (documented && op.kind().isRefusable()) {
        throw new Refused(e);
      }
      throw e;
    }
  }

  private double tryToRun(Operation op) {
    int n = op.number();
    switch (op.kind()) {
      case READ -> {
        return whole(a);
      }
      case READ_IN_SCOPE -> {
        double[] value = new double[1];
        Scope.run(() -> value[0] = whole(a.plus(0)));
        return value[0];
      }
      case STEP -> {
        return whole(steps.computeIfAbsent(n, this::step).get());
      }
      case ASSIGN -> {
        a.assign(a.times(3).plus(n));
        a.eval();
      }
      case COUNT -> {
        a.assign(a.plus(live));
        return whole(a);
      }
      case SWAP, SWAP_AND_FAIL -> {
        Tensor old = a.plus(0);
        a.assign(b);
        b.assign(old);
        if (op.kind() == Operation.Kind.SWAP_AND_FAIL) {
          fail();
        }
        return whole(a);
      }
      case SNAPSHOT -> {
        Tensor kept = a.snapshot();
        double value = whole(kept);
        snapshots.add(Map.entry(kept, value));
        return value;
      }
      case BACKWARD -> weight.times(n).get(0).backward();
      case BACKWARD_COMPILED -> passes.computeIfAbsent(n, this::pass).get();
      case ZERO -> weight.zeroGrad();
      case GRADIENT -> {
        return weight.grad().map(g -> g.get(0).item()).orElse(Double.NaN);
      }
      case ANCHOR -> {
        a.times(a.snapshot()).sum().backward();
        double gradient = whole(a.grad().orElseThrow());
        a.zeroGrad();
        return gradient;
      }
    }
    return Double.NaN;
  }

  private Supplier<Tensor> step(int number) {
    return Compiled.of(
        () -> {
          Tensor before = a.times(1);
          a.assign(a.times(3).plus(number));
          return before;
        });
  }

  private Supplier<Tensor> pass(int number) {
    return Compiled.of(
        () -> {
          Tensor loss = weight.times(number).get(0);
          loss.backward();
          return loss;
        });
  }

  private static void fail() {
    try {
      Tensor.of(new double[] {1}, 1).gather(0, Tensor.of(new int[] {3}, 1)).eval();
      throw new AssertionError("an index out of range was not refused");
    } catch (IndexOutOfBoundsException expected) {
      // as it should
    }
  }

  @Override
  public void check() {
    for (Map.Entry<Tensor, Double> snapshot : snapshots) {
      if (whole(snapshot.getKey()) != snapshot.getValue()) {
        throw new AssertionError("a snapshot has changed");
      }
    }
  }
}

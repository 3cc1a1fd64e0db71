package org.adjoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/**
 * A small program of two inputs, made from a seed: elementwise ops, products, reductions,
 * broadcasts, views, indexing, softmax and scans that read earlier values. Every value is a 2 × 3
 * matrix of moderate numbers, so that any value can take another's place: that is what makes
 * programs easy to shrink. The result is the sum of the values that nothing reads.
 *
 * @param steps value 0 and 1 are the inputs, value 2 is the first step's
 */
public record RandomGraph(List<Step> steps) {
  public static final int INPUTS = 2;
  private static final Shape SHAPE = Shape.of(2, 3);

  /** How many values back a step reads at most: far enough to share, near enough to be deep. */
  private static final int REACH = 5;

  /** One op on two earlier values; ops of one argument look at the first alone. */
  public record Step(RandomOp op, int a, int b) {}

  /** What turns a step into a tensor: the op itself, or something that should be equal to it. */
  @FunctionalInterface
  public interface Interpreter {
    /** Returns the step's value. */
    Tensor apply(RandomOp op, Tensor a, Tensor b);
  }

  public static RandomGraph random(long seed, int size) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Step> steps = new ArrayList<>();
    RandomOp[] ops = RandomOp.values();
    for (int i = 0; i < size; i++) {
      int values = INPUTS + i;
      int from = Math.max(0, values - REACH);
      int a = random.nextInt(from, values);
      int b = random.nextInt(from, values);
      steps.add(new Step(ops[random.nextInt(ops.length)], a, b));
    }
    return new RandomGraph(List.copyOf(steps));
  }

  /** Returns fresh inputs for a seed, to differentiate by. */
  public static List<Tensor> inputs(long seed) {
    return leaves(seed).stream().map(Tensor::variable).toList();
  }

  /** Returns fresh inputs for a seed. */
  public static List<Tensor> leaves(long seed) {
    List<Tensor> leaves = new ArrayList<>();
    for (int i = 0; i < INPUTS; i++) {
      leaves.add(Key.of(seed).fold(i).normal(DType.F64, SHAPE.dims()).eval());
    }
    return leaves;
  }

  public Tensor apply(List<Tensor> inputs) {
    return apply(inputs, RandomOp::apply);
  }

  public Tensor apply(List<Tensor> inputs, Interpreter interpreter) {
    List<Tensor> values = new ArrayList<>(inputs);
    for (Step step : steps) {
      values.add(interpreter.apply(step.op(), values.get(step.a()), values.get(step.b())));
    }
    Tensor sum = Tensor.zeros(DType.F64, SHAPE.dims());
    for (int value : unread()) {
      sum = sum.plus(values.get(value));
    }
    return sum;
  }

  private List<Integer> unread() {
    Set<Integer> read = new HashSet<>();
    for (Step step : steps) {
      read.add(step.a());
      if (step.op().arity() > 1) {
        read.add(step.b());
      }
    }
    List<Integer> unread = new ArrayList<>();
    for (int value = 0; value < INPUTS + steps.size(); value++) {
      if (!read.contains(value)) {
        unread.add(value);
      }
    }
    return unread;
  }

  /**
   * Returns the programs that have a step less, its readers reading one of its arguments instead,
   * and those in which a step reads its first argument only.
   */
  public List<RandomGraph> smaller() {
    List<RandomGraph> smaller = new ArrayList<>();
    for (int at = steps.size() - 1; at >= 0; at--) {
      Step step = steps.get(at);
      smaller.add(without(at, step.a()));
      if (step.op().arity() > 1 && step.b() != step.a()) {
        smaller.add(without(at, step.b()));
        List<Step> changed = new ArrayList<>(steps);
        changed.set(at, new Step(step.op(), step.a(), step.a()));
        smaller.add(new RandomGraph(List.copyOf(changed)));
      }
    }
    return smaller;
  }

  private RandomGraph without(int at, int instead) {
    int gone = INPUTS + at;
    List<Step> left = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (i != at) {
        Step s = steps.get(i);
        left.add(new Step(s.op(), moved(s.a(), gone, instead), moved(s.b(), gone, instead)));
      }
    }
    return new RandomGraph(List.copyOf(left));
  }

  private static int moved(int value, int gone, int instead) {
    int kept = value == gone ? instead : value;
    return kept > gone ? kept - 1 : kept;
  }

  /** Returns the program as lines to read. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("x0, x1: F64").append(SHAPE).append('\n');
    for (int i = 0; i < steps.size(); i++) {
      Step s = steps.get(i);
      String formula = String.format(Locale.ROOT, s.op().formula(), name(s.a()), name(s.b()));
      text.append(name(INPUTS + i)).append(" = ").append(formula).append('\n');
    }
    List<String> sum = unread().stream().map(RandomGraph::name).toList();
    return text.append("return ").append(String.join(" + ", sum)).toString();
  }

  private static String name(int value) {
    return "x" + value;
  }

  /** Returns a scalar that depends on {@code size} random ops. */
  public static Tensor of(long seed, int size) {
    return random(seed, size).apply(leaves(seed)).mean();
  }

  /** Returns the value of the same graph, each op evaluated as it is built. */
  public static double evaluatedStepByStep(long seed, int size) {
    UnaryOperator<Tensor> each = Tensor::eval;
    return random(seed, size)
        .apply(leaves(seed), (op, a, b) -> each.apply(op.apply(a, b)))
        .mean()
        .item();
  }
}

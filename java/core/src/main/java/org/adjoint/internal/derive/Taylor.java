package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.Series.Factor;
import org.adjoint.internal.derive.Series.Rule;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.NodeTable;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.internal.ir.Words;
import org.adjoint.op.Call;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.Linear;
import org.adjoint.op.Op;

/**
 * Truncated Taylor arithmetic on graphs: x₀ + x₁ε + x₂ε² + … goes in, and every node gets the
 * coefficients of its value as a power series in ε. Nested forward mode doubles the graph with each
 * order; here an order adds to each node what its recurrence costs.
 *
 * <p>No op has a Taylor rule of its own. An op that is linear in what varies takes each coefficient
 * by itself. Products and quotients convolve ({@link Recurrences}). For everything else y′ = jvp(x,
 * x′) is a graph in x, y and x′, computed in this arithmetic too: its coefficient k needs those of
 * x and y up to k, and gives coefficient k + 1 of y. Equal expressions over equal series are one
 * series, so that sin and cos, which are each other's derivatives, close into a pair.
 */
public final class Taylor {
  /** Integer powers up to this one are products; larger ones keep to the general rule. */
  private static final int MOST_FACTORS = 64;

  private final Map<Expression, Series> known = new HashMap<>();
  private final Map<Node, Series> constants = new HashMap<>();
  private final Map<Word, Series> scalars = new HashMap<>();
  private final Map<Factor, Factor> primes = new HashMap<>();

  private Taylor() {}

  /** The key of a series: an op over series. */
  private record Expression(Op op, List<Long> attrs, List<Factor> inputs) {}

  /** The value of a scalar. */
  private record Word(DType dtype, long bits) {}

  /**
   * Returns y and its derivatives up to {@code order} as x moves along {@code direction}: the k-th
   * is dᵏ/dεᵏ y(x + ε · direction) at ε = 0, of y's shape.
   */
  public static List<Tensor> derivatives(Tensor y, Tensor x, Tensor direction, int order) {
    Taylor taylor = new Taylor();
    Series line =
        new Series(List.of(x))
            .follows(k -> List.of(k == 1 ? Optional.of(direction) : Optional.empty()));
    Walk walk = taylor.new Walk();
    walk.bind(Access.node(x), List.of(new Factor(line, 0)));
    DifferentiablePart part =
        DifferentiablePart.of(List.of(Access.node(y)), List.of(Access.node(x)));
    for (int at = 0; at < part.order().size(); at++) {
      if (part.isInner(at)) {
        walk.add(part.order().get(at), part.inputs(at));
      }
    }
    for (int k = 1; k <= order; k++) {
      walk.extend(k);
    }
    Factor result = walk.factor(Access.node(y), Access.index(y));
    List<Tensor> derivatives = new ArrayList<>();
    double factorial = 1;
    for (int k = 0; k <= order; k++) {
      factorial *= Math.max(1, k);
      Optional<Tensor> term = result.term(k);
      derivatives.add(
          term.isPresent()
              ? Recurrences.times(term.get(), factorial)
              : Tensor.zeros(y.dtype().tangent(), y.shape().dims()));
    }
    return derivatives;
  }

  /** The series of the nodes of one graph, each after its inputs; nodes not bound are constant. */
  private final class Walk {
    private final NodeTable<List<Factor>> bound = new NodeTable<>();

    void bind(Node node, List<Factor> outputs) {
      bound.put(node, outputs);
    }

    Factor factor(Node node, int index) {
      Optional<List<Factor>> outputs = bound.get(node);
      return outputs.isPresent() ? outputs.get().get(index) : new Factor(constant(node), index);
    }

    /** Adds one node, whose inputs were added before or are constant. */
    void add(Node node, Node[] inputs) {
      List<Factor> factors = new ArrayList<>(inputs.length);
      boolean same = true;
      boolean varies = false;
      for (int i = 0; i < inputs.length; i++) {
        Factor factor = factor(inputs[i], node.index(i));
        factors.add(factor);
        same &=
            Access.node(factor.value()) == inputs[i]
                && Access.index(factor.value()) == node.index(i);
        varies |= bound.has(inputs[i]);
      }
      if (varies && !bound.has(node)) {
        Optional<Node> made = same ? Optional.of(node) : Optional.empty();
        Series series = series(node.op(), node.attrs(), factors, made);
        List<Factor> outputs = new ArrayList<>();
        for (int i = 0; i < node.outputs(); i++) {
          outputs.add(new Factor(series, i));
        }
        bind(node, outputs);
      }
    }

    /** Adds all nodes of a graph. */
    void addAll(Node root) {
      NodeMap added = new NodeMap();
      PostOrder.walk(
          root,
          node -> bound.has(node) || added.get(node) != NodeMap.ABSENT,
          (node, inputs) -> {
            added.put(node, 0);
            add(node, inputs);
          });
    }

    /** Computes the terms of order k, of inputs first: nothing recurses along the graph. */
    void extend(int k) {
      for (List<Factor> outputs : bound.all()) {
        outputs.forEach(factor -> factor.term(k));
      }
    }
  }

  private Series constant(Node node) {
    return node.kind() == Node.Kind.SCALAR && !node.isLive() && !node.isVariable()
        ? scalars.computeIfAbsent(
            new Word(node.type(0).dtype(), node.word()), w -> new Series(Access.outputs(node)))
        : constants.computeIfAbsent(node, n -> new Series(Access.outputs(n)));
  }

  /** Returns the series of an op over factors: equal ops over equal factors share one series. */
  private Series series(Op op, long[] attrs, List<Factor> inputs, Optional<Node> made) {
    Expression key = new Expression(op, Arrays.stream(attrs).boxed().toList(), inputs);
    Series found = known.get(key);
    if (found != null) {
      return found;
    }
    Tensor[] values = inputs.stream().map(Factor::value).toArray(Tensor[]::new);
    Series series =
        new Series(made.isPresent() ? Access.outputs(made.get()) : op.apply(attrs, values));
    known.put(key, series);
    List<Integer> moving = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (op.isDifferentiable(i) && inputs.get(i).varies()) {
        moving.add(i);
      }
    }
    return moving.isEmpty() ? series : series.follows(rule(op, attrs, inputs, moving, series));
  }

  private Factor series(Op op, Factor... inputs) {
    return new Factor(series(op, new long[0], List.of(inputs), Optional.empty()), 0);
  }

  private Rule rule(Op op, long[] attrs, List<Factor> inputs, List<Integer> moving, Series series) {
    boolean several = moving.size() > 1;
    if (several && (op == ElementwiseOps.TIMES || op == ElementwiseOps.SCALE)) {
      return Recurrences.one(k -> Recurrences.convolve(k, 0, inputs.get(0), inputs.get(1)));
    }
    if (op == ElementwiseOps.SQUARE) {
      return Recurrences.one(k -> Recurrences.square(k, inputs.get(0)));
    }
    if (op == ElementwiseOps.DIV && inputs.get(1).varies()) {
      return Recurrences.one(
          k -> Recurrences.divide(k, inputs.get(0), inputs.get(1), new Factor(series, 0)));
    }
    if (op == ElementwiseOps.POW && factors(inputs.get(1)) > 0) {
      Factor product = power(inputs.get(0), factors(inputs.get(1)));
      return Recurrences.one(product::term);
    }
    if (several && op instanceof Linear linear && !linear.isJoint()) {
      return Recurrences.one(k -> Recurrences.bilinear(k, op, attrs, inputs, moving));
    }
    return op instanceof Linear
        ? Recurrences.linear(op, attrs, inputs, moving, series)
        : new General(op, attrs, inputs, moving, series);
  }

  /** Returns the exponent if it is a whole number known now and small enough, else 0. */
  private static int factors(Factor exponent) {
    Node node = Access.node(exponent.value());
    if (node.kind() != Node.Kind.SCALAR
        || node.isLive()
        || node.isVariable()
        || exponent.varies()) {
      return 0;
    }
    double n = Words.number(node.type(0).dtype(), node.word());
    return n == Math.rint(n) && n >= 1 && n <= MOST_FACTORS ? (int) n : 0;
  }

  /** Returns xⁿ by repeated squaring: no division, so that x₀ may be 0. */
  private Factor power(Factor x, int n) {
    Optional<Factor> product = Optional.empty();
    Factor square = x;
    for (int rest = n; rest > 0; rest >>= 1) {
      if ((rest & 1) == 1) {
        Factor now = square;
        product =
            Optional.of(
                product.isPresent() ? series(ElementwiseOps.TIMES, product.get(), now) : now);
      }
      square = rest > 1 ? series(ElementwiseOps.SQUARE, square) : square;
    }
    return product.orElseThrow();
  }

  /** Returns the series of x′: x₁ + 2x₂ε + 3x₃ε² + … */
  private Factor prime(Factor x) {
    Factor found = primes.get(x);
    if (found != null) {
      return found;
    }
    Type type = x.value().type();
    Tensor first =
        x.term(1).orElseGet(() -> Tensor.zeros(type.dtype().tangent(), type.shape().dims()));
    Rule rule = k -> List.of(x.term(k + 1).map(t -> Recurrences.times(t, k + 1.0)));
    Factor prime = new Factor(new Series(List.of(first)).follows(rule), 0);
    primes.put(x, prime);
    return prime;
  }

  /**
   * The rule of an op that is not linear: y′ = jvp(x, x′), written once over stand-ins for x, y and
   * x′ and computed over their series. It is written when the first terms of the inputs are known.
   */
  private final class General implements Rule {
    private final Op op;
    private final long[] attrs;
    private final List<Factor> inputs;
    private final List<Integer> moving;
    private final Series series;
    private Optional<Rule> written = Optional.empty();

    General(Op op, long[] attrs, List<Factor> inputs, List<Integer> moving, Series series) {
      this.op = op;
      this.attrs = attrs;
      this.inputs = inputs;
      this.moving = moving;
      this.series = series;
    }

    @Override
    public List<Optional<Tensor>> terms(int k) {
      if (written.isEmpty()) {
        written = Optional.of(write());
      }
      return written.get().terms(k);
    }

    private Rule write() {
      Walk walk = new Walk();
      List<Tensor> xs = new ArrayList<>();
      List<Optional<Tensor>> tangents = new ArrayList<>();
      List<Node> varying = new ArrayList<>();
      List<Node> boundary = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        Factor input = inputs.get(i);
        boolean moves = moving.contains(i);
        Tensor x = moves ? Access.argument(input.value().type()) : input.value();
        xs.add(x);
        tangents.add(moves ? Optional.of(Access.argument(x.type())) : Optional.empty());
        if (moves) {
          walk.bind(Access.node(x), List.of(input));
          walk.bind(Access.node(tangents.get(i).get()), List.of(prime(input)));
          varying.add(Access.node(x));
        }
        boundary.add(Access.node(x));
      }
      List<Tensor> ys = new ArrayList<>();
      for (int i = 0; i < series.values().size(); i++) {
        Tensor y = Access.argument(series.values().get(i).type());
        ys.add(y);
        walk.bind(Access.node(y), List.of(new Factor(series, i)));
        varying.add(Access.node(y));
        boundary.add(Access.node(y));
      }
      List<Tensor> pushed = op.jvp(new Call(xs, ys, attrs), tangents);
      List<Node> roots = pushed.stream().map(Access::node).toList();
      DifferentiablePart part = DifferentiablePart.of(roots, boundary);
      if (varying.stream().allMatch(node -> part.position(node) == NodeMap.ABSENT)) {
        return Recurrences.linear(op, attrs, inputs, moving, series);
      }
      roots.forEach(walk::addAll);
      return k -> {
        walk.extend(k - 1);
        List<Optional<Tensor>> terms = new ArrayList<>();
        for (Tensor output : pushed) {
          Optional<Tensor> term =
              output.dtype().isFloating()
                  ? walk.factor(Access.node(output), Access.index(output)).term(k - 1)
                  : Optional.empty();
          terms.add(term.map(t -> Recurrences.times(t, 1.0 / k)));
        }
        return terms;
      };
    }
  }
}

package org.adjoint.internal.symbolic;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.graph.Node;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.Op;
import org.adjoint.op.ProductOps;
import org.adjoint.op.RangeOps;
import org.adjoint.op.ReductionOps;
import org.adjoint.op.ShapeOps;
import org.adjoint.symbolic.Algebra;
import org.adjoint.symbolic.Expression;

/**
 * The formulas of the ops that are not elementwise: which elements they move, and which they
 * combine. Scans, gather and scatterAdd stand in {@link SymbolicScans}, softmax and its kin in
 * {@link SymbolicSoftmax}. A row may also give a fused op a nicer formula than its expansion.
 */
public final class SymbolicShapes {
  /** The formulas of an op's output; empty for a use that has none. */
  public interface Rule {
    Optional<Expression[]> of(SymbolicCall call);
  }

  /** A rule for every use. */
  public interface Always {
    Expression[] of(SymbolicCall call);
  }

  private static final Map<Op, Rule> RULES =
      Map.ofEntries(
          always(ShapeOps.RESHAPE, c -> c.inputs()[0]),
          always(ShapeOps.DETACH, c -> c.inputs()[0]),
          always(ShapeOps.BARRIER, c -> c.inputs()[0]),
          always(
              ShapeOps.BROADCAST_TO,
              c -> c.pick(SymbolicCall.broadcast(c.shape(0), c.type().shape()))),
          always(ShapeOps.PERMUTE, SymbolicShapes::permute),
          always(ShapeOps.SLICE, c -> c.pick(sliced(c.attrs(), c.shape(0), c.type().shape()))),
          always(ShapeOps.UNSLICE, SymbolicShapes::unslice),
          always(ShapeOps.CONCAT, SymbolicShapes::concat),
          entry(ShapeOps.CAST, SymbolicShapes::cast),
          always(ProductOps.MATMUL, SymbolicShapes::matmul),
          always(ReductionOps.SUM, c -> reduce(c, x -> total(c.algebra(), x))),
          always(ReductionOps.PROD, c -> reduce(c, x -> product(c.algebra(), x))),
          always(ReductionOps.MAX, c -> reduce(c, x -> extreme(c, ElementwiseOps.MAXIMUM, x))),
          always(ReductionOps.MIN, c -> reduce(c, x -> extreme(c, ElementwiseOps.MINIMUM, x))),
          always(RangeOps.IOTA, SymbolicShapes::iota));

  private SymbolicShapes() {}

  public static Map.Entry<Op, Rule> always(Op op, Always rule) {
    return entry(op, call -> Optional.of(rule.of(call)));
  }

  /** Returns whether an op has a formula here. */
  public static boolean has(Op op) {
    return rule(op).isPresent();
  }

  /** Returns the elements of the output; empty for an op without a formula. */
  public static Optional<Expression[]> apply(SymbolicCall call) {
    return rule(call.op()).flatMap(rule -> rule.of(call));
  }

  private static Optional<Rule> rule(Op op) {
    for (Map<Op, Rule> rules :
        List.of(RULES, SymbolicScans.RULES, SymbolicSoftmax.RULES, SymbolicConvolutions.RULES)) {
      if (rules.containsKey(op)) {
        return Optional.of(rules.get(op));
      }
    }
    return Optional.empty();
  }

  /** Returns how many expressions a node takes. */
  public static double work(Node node, Type type) {
    Node[] inputs = node.inputs();
    boolean product = node.op() == ProductOps.MATMUL && inputs.length > 0;
    double each = product ? Math.max(1, inputs[0].type(node.index(0)).shape().dim(-1)) : 1;
    return each * type.shape().size();
  }

  // ---- moving ----

  private static Expression[] permute(SymbolicCall call) {
    long[] strides = SymbolicCall.strides(call.shape(0));
    long[] moved = new long[strides.length];
    for (int axis = 0; axis < moved.length; axis++) {
      moved[axis] = strides[(int) call.attrs()[axis]];
    }
    return call.pick(SymbolicCall.places(call.type().shape().dims(), moved, 0));
  }

  /** Returns where the elements of a slice stand in the whole. */
  private static int[] sliced(long[] attrs, Shape whole, Shape part) {
    long[] strides = SymbolicCall.strides(whole);
    long offset = 0;
    for (int axis = 0; axis < strides.length; axis++) {
      offset += attrs[axis] * strides[axis];
      strides[axis] *= attrs[strides.length + axis];
    }
    return SymbolicCall.places(part.dims(), strides, offset);
  }

  private static Expression[] unslice(SymbolicCall call) {
    Expression[] entries = zeros(call);
    int[] places = sliced(call.attrs(), call.type().shape(), call.shape(0));
    for (int i = 0; i < places.length; i++) {
      entries[places[i]] = call.inputs()[0][i];
    }
    return entries;
  }

  public static Expression[] zeros(SymbolicCall call) {
    Expression[] entries = new Expression[call.size()];
    Arrays.fill(entries, call.algebra().number(0));
    return entries;
  }

  private static Expression[] concat(SymbolicCall call) {
    Expression[] entries = new Expression[call.size()];
    long[] strides = SymbolicCall.strides(call.type().shape());
    int axis = (int) call.attrs()[0];
    long from = 0;
    for (int i = 0; i < call.inputs().length; i++) {
      int[] places = SymbolicCall.places(call.shape(i).dims(), strides, from * strides[axis]);
      for (int at = 0; at < places.length; at++) {
        entries[places[at]] = call.inputs()[i][at];
      }
      from += call.shape(i).dim(axis);
    }
    return entries;
  }

  /** Numbers are converted; of formulas only those between floating types and from BOOL. */
  private static Optional<Expression[]> cast(SymbolicCall call) {
    DType from = call.types()[0].dtype();
    DType to = call.type().dtype();
    Algebra a = call.algebra();
    Expression[] entries = call.inputs()[0].clone();
    for (int i = 0; i < entries.length; i++) {
      Expression x = entries[i];
      boolean number = x.head() instanceof Expression.Number;
      if (to == DType.BOOL && from != DType.BOOL) {
        entries[i] =
            a.apply(
                SymbolicElementwise.function(ElementwiseOps.NOT_EQUAL), List.of(x, a.number(0)));
      } else if (from == DType.BOOL && to != DType.BOOL) {
        entries[i] = a.where(x, a.number(1), a.number(0));
      } else if (from.isFloating() && to.isInteger()) {
        if (!number) {
          return Optional.empty();
        }
        entries[i] = a.number((long) x.evaluate(Map.of()));
      }
    }
    return Optional.of(entries);
  }

  // ---- combining ----

  public static Expression total(Algebra algebra, List<Expression> terms) {
    return terms.isEmpty() ? algebra.number(0) : algebra.sum(terms);
  }

  private static Expression product(Algebra algebra, List<Expression> factors) {
    return factors.isEmpty() ? algebra.number(1) : algebra.product(factors);
  }

  private static Expression extreme(SymbolicCall call, Op op, List<Expression> x) {
    Expression found = x.get(0);
    for (Expression other : x.subList(1, x.size())) {
      found = call.algebra().apply(SymbolicElementwise.function(op), List.of(found, other));
    }
    return found;
  }

  private static Expression[] matmul(SymbolicCall call) {
    long[] dims = call.type().shape().dims();
    int rank = dims.length;
    int inner = (int) call.shape(0).dim(-1);
    int columns = (int) dims[rank - 1];
    int[] left = matrices(call.shape(0), dims);
    int[] right = matrices(call.shape(1), dims);
    Expression[] entries = new Expression[call.size()];
    for (int at = 0; at < entries.length; at++) {
      int row = at / columns;
      int batch = row / (int) dims[rank - 2];
      List<Expression> terms = new ArrayList<>();
      for (int k = 0; k < inner; k++) {
        Expression a = call.inputs()[0][left[row * inner + k]];
        Expression b = call.inputs()[1][right[(batch * inner + k) * columns + at % columns]];
        terms.add(call.algebra().product(List.of(a, b)));
      }
      entries[at] = total(call.algebra(), terms);
    }
    return entries;
  }

  /** Returns the places of an operand's elements, its batch axes broadcast to the result's. */
  private static int[] matrices(Shape operand, long[] dims) {
    long[] wide = dims.clone();
    wide[dims.length - 2] = operand.dim(-2);
    wide[dims.length - 1] = operand.dim(-1);
    return SymbolicCall.broadcast(operand, Shape.of(wide));
  }

  /** How several elements become one. */
  private interface Fold {
    Expression of(List<Expression> elements);
  }

  private static Expression[] reduce(SymbolicCall call, Fold fold) {
    Shape shape = call.shape(0);
    long[] strides = SymbolicCall.strides(shape);
    long[] kept = strides.clone();
    long[] ones = shape.dims();
    long[] folded = new long[call.attrs().length];
    long[] steps = new long[folded.length];
    for (int i = 0; i < folded.length; i++) {
      int axis = (int) call.attrs()[i];
      folded[i] = shape.dim(axis);
      steps[i] = strides[axis];
      ones[axis] = 1;
    }
    int[] starts = SymbolicCall.places(ones, kept, 0);
    int[] inside = SymbolicCall.places(folded, steps, 0);
    Expression[] entries = new Expression[call.size()];
    for (int at = 0; at < entries.length; at++) {
      List<Expression> elements = new ArrayList<>();
      for (int place : inside) {
        elements.add(call.inputs()[0][starts[at] + place]);
      }
      entries[at] = fold.of(elements);
    }
    return entries;
  }

  private static Expression[] iota(SymbolicCall call) {
    Expression[] entries = new Expression[call.size()];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = call.algebra().number(call.attrs()[2] + i * call.attrs()[3]);
    }
    return entries;
  }

  public static Expression log(Algebra algebra, Expression x) {
    return algebra.apply(SymbolicElementwise.function(ElementwiseOps.LOG), List.of(x));
  }
}

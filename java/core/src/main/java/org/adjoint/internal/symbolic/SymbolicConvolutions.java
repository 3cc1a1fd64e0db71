package org.adjoint.internal.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.adjoint.op.ConvGeometry;
import org.adjoint.op.ConvolutionOps;
import org.adjoint.op.Op;
import org.adjoint.symbolic.Expression;

/** The formulas of convolution and its partners: sums of products of the elements that meet. */
final class SymbolicConvolutions {
  static final Map<Op, SymbolicShapes.Rule> RULES =
      Map.ofEntries(
          SymbolicShapes.always(ConvolutionOps.CONV, c -> sums(c, new int[] {1, 2, 0})),
          SymbolicShapes.always(ConvolutionOps.CONV_INPUT, c -> sums(c, new int[] {0, 2, 1})),
          SymbolicShapes.always(ConvolutionOps.CONV_WEIGHT, c -> sums(c, new int[] {1, 0, 2})));

  private SymbolicConvolutions() {}

  /**
   * Returns the elements of one of image, kernel and result from those of the others.
   *
   * @param roles of image, kernel and result: 0 for the output, 1 and 2 for the inputs
   */
  private static Expression[] sums(SymbolicCall call, int[] roles) {
    ConvGeometry g = ConvGeometry.of(call.attrs());
    long[][] dims = new long[3][];
    for (int i = 0; i < 3; i++) {
      dims[i] = roles[i] == 0 ? call.type().shape().dims() : call.shape(roles[i] - 1).dims();
    }
    List<List<Expression>> terms = new ArrayList<>();
    for (int i = 0; i < call.size(); i++) {
      terms.add(new ArrayList<>());
    }
    long to = dims[1][0] / g.groups();
    for (int n = 0; n < dims[0][0]; n++) {
      for (int o = 0; o < dims[1][0]; o++) {
        for (int c = 0; c < dims[1][1]; c++) {
          long image = n * dims[0][1] + o / to * dims[1][1] + c;
          long[] at = {image, o * dims[1][1] + c, n * dims[2][1] + o};
          meet(call, g, 0, at, roles, terms);
        }
      }
    }
    return terms.stream()
        .map(t -> SymbolicShapes.total(call.algebra(), t))
        .toArray(Expression[]::new);
  }

  /** Adds the products of what meets along spatial axis {@code axis} and those within. */
  private static void meet(
      SymbolicCall call,
      ConvGeometry g,
      int axis,
      long[] at,
      int[] roles,
      List<List<Expression>> terms) {
    if (axis == g.axes().size()) {
      Expression[] factors = new Expression[2];
      int output = 0;
      for (int i = 0; i < 3; i++) {
        if (roles[i] == 0) {
          output = (int) at[i];
        } else {
          factors[roles[i] - 1] = call.inputs()[roles[i] - 1][(int) at[i]];
        }
      }
      terms.get(output).add(call.algebra().product(List.of(factors)));
      return;
    }
    ConvGeometry.Axis a = g.axes().get(axis);
    for (long p = 0; p < a.result(); p++) {
      for (long t = 0; t < a.kernel(); t++) {
        long x = p * a.stride() + t * a.dilation() - a.before();
        if (x >= 0 && x < a.image()) {
          long[] in = {at[0] * a.image() + x, at[1] * a.kernel() + t, at[2] * a.result() + p};
          meet(call, g, axis + 1, in, roles, terms);
        }
      }
    }
  }
}

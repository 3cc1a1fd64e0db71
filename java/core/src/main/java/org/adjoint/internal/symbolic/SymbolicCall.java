package org.adjoint.internal.symbolic;

import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.op.Op;
import org.adjoint.symbolic.Algebra;
import org.adjoint.symbolic.Expression;

/**
 * One use of an op in a graph that is read as formulas.
 *
 * @param algebra what makes the expressions
 * @param op the op
 * @param attrs its attributes
 * @param inputs the elements of its inputs, in row-major order
 * @param types the types of its inputs
 * @param type its output's type
 */
public record SymbolicCall(
    Algebra algebra, Op op, long[] attrs, Expression[][] inputs, Type[] types, Type type) {

  /** Returns the shape of input i. */
  public Shape shape(int i) {
    return types[i].shape();
  }

  /** Returns how many elements the output has. */
  public int size() {
    return (int) type.shape().size();
  }

  /** Returns the elements of the first input at those places. */
  public Expression[] pick(int[] places) {
    Expression[] picked = new Expression[places.length];
    for (int i = 0; i < picked.length; i++) {
      picked[i] = inputs[0][places[i]];
    }
    return picked;
  }

  /** Returns, for each element of {@code to}, the place of the element of {@code from} in it. */
  public static int[] broadcast(Shape from, Shape to) {
    long[] strides = new long[to.rank()];
    long stride = 1;
    for (int i = 1; i <= from.rank(); i++) {
      strides[to.rank() - i] = from.dim(-i) == 1 ? 0 : stride;
      stride *= from.dim(-i);
    }
    return places(to.dims(), strides, 0);
  }

  /** Returns the strides of a contiguous tensor. */
  public static long[] strides(Shape shape) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape.dim(axis);
    }
    return strides;
  }

  /** Returns where the elements of a view stand, in its row-major order. */
  public static int[] places(long[] dims, long[] strides, long offset) {
    int size = (int) Shape.of(dims).size();
    int[] places = new int[size];
    long[] index = new long[dims.length];
    long place = offset;
    for (int i = 0; i < size; i++) {
      places[i] = (int) place;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        place += strides[axis];
        if (++index[axis] < dims[axis]) {
          break;
        }
        place -= strides[axis] * dims[axis];
        index[axis] = 0;
      }
    }
    return places;
  }
}

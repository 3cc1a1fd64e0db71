package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.op.ShapeOps;

/**
 * The cotangents of slices of one tensor. Each is zeros of the whole tensor with a part in its
 * place; added up one by one, n slices would write the whole tensor n times. Parts that lie behind
 * one another along an axis are joined instead, which writes the tensor once.
 *
 * <p>Refuses slices in steps, slices along several axes at once, and parts that overlap without
 * being the same: those are added up.
 *
 * <p>Serves the row {@code det-7} of {@code Compare}; see benchmarks/README.md.
 */
final class Placements {
  /** Cotangents of slices, each an {@link ShapeOps#UNSLICE} that the slice's rule has just made. */
  private final List<Tensor> placed = new ArrayList<>();

  /**
   * Elements {@code from} to {@code to} along an axis of a tensor.
   *
   * @param attrs those of the {@link ShapeOps#UNSLICE} that puts the part in its place
   */
  private record Part(int axis, long from, long to, Tensor part, long[] attrs) {
    /** Returns what a cotangent puts along one axis; empty if that is not all there is to say. */
    static Optional<Part> of(Tensor placed) {
      Node node = Access.node(placed);
      Tensor part = Access.tensor(node.inputs()[0], node.index(0));
      long[] attrs = node.attrs();
      int rank = part.rank();
      int axis = -1;
      for (int i = 0; i < rank; i++) {
        if (part.dim(i) != attrs[2 * rank + i]) {
          boolean inSteps = attrs[rank + i] != 1 && part.dim(i) > 1;
          if (axis >= 0 || inSteps || part.dim(i) == 0) {
            return Optional.empty();
          }
          axis = i;
        }
      }
      long from = axis < 0 ? 0 : attrs[axis];
      return axis < 0
          ? Optional.empty()
          : Optional.of(new Part(axis, from, from + part.dim(axis), part, attrs));
    }

    boolean isAt(Part other) {
      return axis == other.axis && from == other.from && to == other.to;
    }

    boolean isBehind(Part other) {
      return axis == other.axis && from >= other.to;
    }

    Part plus(Part other) {
      return new Part(axis, from, to, part.plus(other.part), attrs);
    }

    Tensor placed() {
      return ShapeOps.UNSLICE.apply(attrs, part).get(0);
    }

    long[] whole() {
      return Arrays.copyOfRange(attrs, 2 * part.rank(), attrs.length);
    }
  }

  void add(Tensor cotangent) {
    placed.add(cotangent);
  }

  /** Returns the sum of all that was added. */
  Tensor sum() {
    if (placed.size() == 1) {
      return placed.get(0);
    }
    List<Tensor> sums = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    for (Tensor one : placed) {
      Part.of(one).ifPresentOrElse(parts::add, () -> sums.add(one));
    }
    parts.sort(Comparator.comparingInt(Part::axis).thenComparingLong(Part::from));
    List<Part> row = new ArrayList<>();
    for (Part part : parts) {
      int last = row.size() - 1;
      if (last >= 0 && part.isAt(row.get(last))) {
        row.set(last, row.get(last).plus(part));
      } else if (last < 0 || part.isBehind(row.get(last))) {
        row.add(part);
      } else {
        sums.add(part.placed());
      }
    }
    if (!row.isEmpty()) {
      sums.add(row.size() == 1 ? row.get(0).placed() : joined(row));
    }
    return sums.stream().reduce(Tensor::plus).orElseThrow();
  }

  private static Tensor joined(List<Part> row) {
    int axis = row.get(0).axis();
    long[] whole = row.get(0).whole();
    DType dtype = row.get(0).part().dtype();
    List<Tensor> all = new ArrayList<>();
    long end = 0;
    for (Part part : row) {
      gap(dtype, whole, axis, part.from() - end).ifPresent(all::add);
      all.add(part.part());
      end = part.to();
    }
    gap(dtype, whole, axis, whole[axis] - end).ifPresent(all::add);
    return Tensor.concat(axis, all.toArray(new Tensor[0]));
  }

  private static Optional<Tensor> gap(DType dtype, long[] whole, int axis, long size) {
    long[] dims = whole.clone();
    dims[axis] = size;
    return size == 0 ? Optional.empty() : Optional.of(Tensor.zeros(dtype, dims));
  }
}

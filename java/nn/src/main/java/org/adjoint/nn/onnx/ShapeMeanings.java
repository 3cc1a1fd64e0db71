package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.TensorData;
import org.adjoint.nn.onnx.Op.Meaning;
import org.adjoint.op.IndexOps;

/** What operators that move elements, or speak of shapes, compute. */
final class ShapeMeanings {
  private ShapeMeanings() {}

  /** Returns the meanings by operator. */
  static Map<String, Meaning> all() {
    Map<String, Meaning> all = new HashMap<>();
    all.put("Constant", Meaning.one(ShapeMeanings::constant));
    all.put("ConstantOfShape", Meaning.one(ShapeMeanings::constantOfShape));
    all.put("Range", Meaning.one(ShapeMeanings::range));
    all.put("Shape", Meaning.one(ShapeMeanings::shape));
    all.put("Size", Meaning.one(op -> Tensor.scalar(op.x().size())));
    all.put("Reshape", Meaning.one(ShapeMeanings::reshape));
    all.put("Flatten", Meaning.one(ShapeMeanings::flatten));
    all.put("Transpose", Meaning.one(ShapeMeanings::transpose));
    all.put("Expand", Meaning.one(ShapeMeanings::expand));
    all.put("Squeeze", Meaning.one(ShapeMeanings::squeeze));
    all.put("Unsqueeze", Meaning.one(ShapeMeanings::unsqueeze));
    all.put("Concat", Meaning.one(ShapeMeanings::concat));
    all.put("Split", ShapeMeanings::split);
    all.put("Slice", Meaning.one(ShapeMeanings::slice));
    all.put("Pad", Meaning.one(ShapeMeanings::pad));
    all.put("Tile", Meaning.one(op -> op.x().tile(op.longs(1))));
    all.put("Gather", Meaning.one(ShapeMeanings::gather));
    all.put("GatherND", Meaning.one(ShapeMeanings::gatherNd));
    return all;
  }

  private static Tensor constant(Op op) {
    Optional<TensorData> data = op.data("value");
    if (data.isPresent()) {
      return op.run().constant(data.get());
    }
    if (op.has("value_ints")) {
      return Tensor.of(op.ints("value_ints").orElseThrow());
    }
    if (op.has("value_int")) {
      return Tensor.scalar(op.number("value_int", 0));
    }
    if (op.has("value_float")) {
      return Tensor.scalar((float) op.real("value_float", 0));
    }
    throw op.error("has no value that is read: value, value_int, value_ints or value_float");
  }

  private static Tensor constantOfShape(Op op) {
    long[] dims = op.longs(0);
    Tensor value = op.data("value").map(op.run()::constant).orElseGet(() -> Tensor.scalar(0f));
    if (value.size() != 1) {
      throw op.error("its value has " + value.size() + " elements, expected 1");
    }
    return value.reshape().broadcastTo(dims);
  }

  private static Tensor range(Op op) {
    Tensor start = op.x(0);
    if (!start.dtype().isInteger()) {
      throw op.error("needs whole numbers, got " + start.type());
    }
    Tensor all = Tensor.arange(op.longs(0)[0], op.longs(1)[0], op.longs(2)[0]);
    return all.cast(start.dtype());
  }

  private static Tensor shape(Op op) {
    long[] dims = op.x().shape().dims();
    int from = bounded(op.number("start", 0), dims.length);
    int to = bounded(op.number("end", dims.length), dims.length);
    return Tensor.of(from < to ? Arrays.copyOfRange(dims, from, to) : new long[0]);
  }

  private static int bounded(long axis, int rank) {
    return (int) Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
  }

  private static Tensor reshape(Op op) {
    long[] dims = op.longs(1);
    Tensor x = op.x();
    if (op.number("allowzero", 0) == 0) {
      for (int i = 0; i < dims.length; i++) {
        if (dims[i] == 0) {
          dims[i] = x.dim(op.axis(i, x.rank()));
        }
      }
    }
    return x.reshape(dims);
  }

  private static Tensor flatten(Op op) {
    long[] dims = op.x().shape().dims();
    int axis = op.axis(op.number("axis", 1), dims.length + 1);
    long rows = Shape.of(Arrays.copyOf(dims, axis)).size();
    long columns = Shape.of(Arrays.copyOfRange(dims, axis, dims.length)).size();
    return op.x().reshape(rows, columns);
  }

  private static Tensor transpose(Op op) {
    int rank = op.x().rank();
    long[] reversed = new long[rank];
    Arrays.setAll(reversed, i -> rank - 1 - i);
    return op.x().permute(op.axes(op.ints("perm").orElse(reversed), rank));
  }

  private static Tensor expand(Op op) {
    Shape shape = Shape.broadcast("Expand", op.x().shape(), Shape.of(op.longs(1)));
    return op.x().broadcastTo(shape.dims());
  }

  private static Tensor squeeze(Op op) {
    Tensor x = op.x();
    Optional<long[]> axes = op.longs("axes", 1);
    if (axes.isPresent()) {
      return axes.get().length == 0 ? x : x.squeeze(op.axes(axes.get(), x.rank()));
    }
    return x.reshape(Arrays.stream(x.shape().dims()).filter(dim -> dim != 1).toArray());
  }

  private static Tensor unsqueeze(Op op) {
    long[] given = op.longs("axes", 1).orElseThrow(() -> op.error("its axes are missing"));
    int[] axes = op.axes(given, op.x().rank() + given.length);
    Arrays.sort(axes);
    Tensor y = op.x();
    for (int axis : axes) {
      y = y.unsqueeze(axis);
    }
    return y;
  }

  private static Tensor concat(Op op) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < op.in().size(); i++) {
      all.add(op.x(i));
    }
    int axis = op.axis(op.number("axis", 0), op.x().rank());
    return all.size() == 1 ? all.get(0) : Tensor.concat(axis, all);
  }

  private static List<Tensor> split(Op op) {
    int axis = op.axis(op.number("axis", 0), op.x().rank());
    Optional<long[]> sizes = op.longs("split", 1);
    int parts = op.node().outputs().size();
    return sizes.isPresent()
        ? op.x().split(axis, sizes.get())
        : op.x().chunk(axis, Math.toIntExact(op.number("num_outputs", parts)));
  }

  /** Starts and ends count from the end where they are negative, and are cut to the axis. */
  private static Tensor slice(Op op) {
    long[] starts = op.longs("starts", 1).orElseThrow(() -> op.error("its starts are missing"));
    long[] ends = op.longs("ends", 2).orElseThrow(() -> op.error("its ends are missing"));
    long[] all = new long[starts.length];
    long[] ones = new long[starts.length];
    Arrays.setAll(all, i -> i);
    Arrays.fill(ones, 1);
    long[] given = op.longs("axes", 3).orElse(all);
    long[] steps = op.maybe(4).map(op::numbers).orElse(ones);
    if (ends.length != starts.length
        || given.length != starts.length
        || steps.length != starts.length) {
      throw op.error("starts, ends, axes and steps differ in number");
    }
    Tensor y = op.x();
    int[] axes = op.axes(given, y.rank());
    for (int i = 0; i < axes.length; i++) {
      long n = y.dim(axes[i]);
      if (steps[i] == 0) {
        throw op.error("a step is 0");
      }
      boolean back = steps[i] < 0;
      if (back) { // the same of the flipped axis
        y = y.flip(axes[i]);
      }
      long from = cut(starts[i], n, back);
      long to = cut(ends[i], n, back);
      y = y.slice(axes[i], from, Math.max(from, to), Math.abs(steps[i]));
    }
    return y;
  }

  private static long cut(long at, long n, boolean back) {
    long place = at < 0 ? Math.max(at + n, back ? -1 : 0) : at;
    return back ? Math.max(0, n - 1 - Math.min(place, n - 1)) : Math.min(place, n);
  }

  private static Tensor pad(Op op) {
    Tensor x = op.x();
    long[] pads = op.longs("pads", 1).orElseThrow(() -> op.error("its pads are missing"));
    int rank = x.rank();
    int[] axes = new int[rank];
    Arrays.setAll(axes, i -> i);
    axes = op.maybe(3).map(op::numbers).map(a -> op.axes(a, rank)).orElse(axes);
    if (pads.length != 2 * axes.length) {
      throw op.error(pads.length + " pads for " + axes.length + " axes");
    }
    String mode = op.text("mode", "constant");
    double value =
        op.maybe(2).map(v -> v.cast(DType.F64).item()).orElseGet(() -> op.real("value", 0));
    Tensor y = x;
    for (int i = 0; i < axes.length; i++) {
      long before = pads[i];
      long behind = pads[axes.length + i];
      if (before < 0 || behind < 0) { // cuts away
        y = y.slice(axes[i], Math.max(0, -before), y.dim(axes[i]) - Math.max(0, -behind));
      }
      before = Math.max(0, before);
      behind = Math.max(0, behind);
      if (before == 0 && behind == 0) {
        continue;
      }
      switch (mode) {
        case "constant" -> y = y.pad(axes[i], before, behind, value);
        case "reflect" -> y = y.padReflect(axes[i], before, behind);
        case "edge" -> {
          long n = y.dim(axes[i]);
          Tensor places = Tensor.arange(-before, n + behind, 1).maximum(0).minimum(n - 1);
          y = y.gather(axes[i], places);
        }
        default -> throw op.error("mode '" + mode + "' is not read");
      }
    }
    return y;
  }

  /** Negative places count from the end. */
  private static Tensor gather(Op op) {
    int axis = op.axis(op.number("axis", 0), op.x().rank());
    return op.x().gather(axis, fromFront(op.x(1), op.x().dim(axis)));
  }

  private static Tensor fromFront(Tensor places, long n) {
    return Tensor.where(places.lt(0), places.plus(n), places);
  }

  /** Of the places [B…, k…, 1] that export writes: one axis behind those shared. */
  private static Tensor gatherNd(Op op) {
    int shared = Math.toIntExact(op.number("batch_dims", 0));
    Tensor places = op.x(1);
    if (places.rank() < 1 || places.dim(-1) != 1 || shared >= op.x().rank()) {
      throw op.error("places " + places.shape() + " of several axes at once are not read");
    }
    Tensor index = fromFront(places.squeeze(places.rank() - 1), op.x().dim(shared));
    return IndexOps.GATHER.apply(new long[] {shared, shared}, op.x(), index).get(0);
  }
}

package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.nn.onnx.Call.Rule;
import org.adjoint.nn.onnx.Onnx.ElementType;
import org.adjoint.nn.onnx.Pairing.Dims;
import org.adjoint.nn.onnx.Pairing.Step;
import org.adjoint.op.IndexOps;
import org.adjoint.op.Op;
import org.adjoint.op.ShapeOps;

/** How operations that move elements are written. Sizes of the batch are computed in the file. */
final class ShapeRules {
  private ShapeRules() {}

  /** Returns the rules by operation. */
  static Map<Op, Rule> all() {
    Map<Op, Rule> rules = new HashMap<>();
    rules.put(ShapeOps.RESHAPE, Rule.one(ShapeRules::reshape));
    rules.put(
        ShapeOps.BROADCAST_TO,
        Rule.one(c -> c.add("Expand", c.x(), c.graph().sizes(c.step().attrs()))));
    rules.put(
        ShapeOps.PERMUTE,
        Rule.one(c -> c.graph().add("Transpose", Map.of("perm", Call.ints(c.attrs())), c.x())));
    rules.put(ShapeOps.SLICE, Rule.one(ShapeRules::slice));
    rules.put(ShapeOps.UNSLICE, Rule.one(ShapeRules::unslice));
    rules.put(
        ShapeOps.CONCAT,
        c -> c.graph().add("Concat", 1, Map.of("axis", Call.whole(c.attrs()[0])), c.in()));
    rules.put(ShapeOps.CAST, Rule.one(c -> cast(c, c.x(), c.result().dtype())));
    rules.put(ShapeOps.DETACH, c -> List.of(c.x()));
    rules.put(ShapeOps.BARRIER, c -> List.of(c.x()));
    rules.put(IndexOps.GATHER, Rule.one(ShapeRules::gather));
    return rules;
  }

  /** Returns a value in another dtype. */
  static String cast(Call c, String x, DType to) {
    return c.graph().add("Cast", Map.of("to", Call.whole(ElementType.of(to).code())), x);
  }

  /** Returns a value under other sizes. */
  static String reshape(Call c, String x, List<Size> sizes) {
    long growing = sizes.stream().filter(size -> !size.isFixed()).count();
    boolean empty = sizes.stream().anyMatch(size -> size.isFixed() && size.base() == 0);
    if (growing == 1 && !empty) { // the one that is left over
      long[] dims = sizes.stream().mapToLong(s -> s.isFixed() ? s.base() : -1).toArray();
      return c.add("Reshape", x, c.graph().ints(dims));
    }
    return c.graph().add("Reshape", Map.of("allowzero", Call.whole(1)), x, c.graph().sizes(sizes));
  }

  private static String reshape(Call c) {
    return reshape(c, c.x(), c.step().attrs());
  }

  private static String slice(Call c) {
    Dims x = c.type(0);
    int rank = x.rank();
    List<Size> attrs = c.step().attrs();
    List<Size> starts = new ArrayList<>();
    List<Size> ends = new ArrayList<>();
    List<Size> axes = new ArrayList<>();
    List<Size> steps = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      Size start = attrs.get(i);
      Size step = attrs.get(rank + i);
      Size size = attrs.get(2 * rank + i);
      if (!step.isFixed()) {
        throw c.refused("a step grows with the batch");
      }
      boolean whole = start.equals(Size.of(0)) && step.base() == 1;
      if (!whole || !size.equals(x.sizes().get(i))) {
        Size last = size.minus(Size.of(1)).times(step.base()).plus(Size.of(1));
        boolean none = size.equals(Size.of(0));
        starts.add(start);
        ends.add(none ? start : start.plus(last));
        axes.add(Size.of(i));
        steps.add(step);
      }
    }
    if (axes.isEmpty()) {
      return c.x();
    }
    GraphBuilder graph = c.graph();
    return c.add(
        "Slice",
        c.x(),
        graph.sizes(starts),
        graph.sizes(ends),
        graph.sizes(axes),
        graph.sizes(steps));
  }

  private static String unslice(Call c) {
    Dims x = c.type(0);
    int rank = x.rank();
    List<Size> attrs = c.step().attrs();
    List<Size> pads = new ArrayList<>(attrs.subList(0, rank));
    for (int i = 0; i < rank; i++) {
      if (!attrs.get(rank + i).equals(Size.of(1))) {
        throw c.refused("zeros between elements have no operator");
      }
      pads.add(attrs.get(2 * rank + i).minus(attrs.get(i)).minus(x.sizes().get(i)));
    }
    return c.add("Pad", c.x(), c.graph().sizes(pads));
  }

  /**
   * Values [B…, outer…, n, inner…] by an index [B…, k…], see {@link IndexOps}. Where there are axes
   * B, the indexed axis comes behind them for GatherND.
   */
  private static String gather(Call c) {
    Optional<Step> maxima = WindowRules.maxima(c.steps(), c.step());
    if (maxima.isPresent()) {
      return WindowRules.maximum(c, maxima.get());
    }
    long[] attrs = c.attrs();
    int axis = (int) attrs[0];
    int shared = (int) attrs[1];
    if (shared == 0) {
      return c.graph().add("Gather", Map.of("axis", Call.whole(axis)), c.x(), c.x(1));
    }
    int rank = c.type(0).rank();
    int index = c.type(1).rank();
    long[] forward = new long[rank];
    for (int i = 0; i < rank; i++) {
      forward[i] = i < shared || i > axis ? i : i == shared ? axis : i - 1;
    }
    String values = c.graph().add("Transpose", Map.of("perm", Call.ints(forward)), c.x());
    String places = c.x(1);
    if (c.type(1).dtype() != DType.I64) {
      places = cast(c, places, DType.I64);
    }
    places = c.add("Unsqueeze", places, c.graph().ints(index));
    String taken =
        c.graph().add("GatherND", Map.of("batch_dims", Call.whole(shared)), values, places);
    // [B…, k…, outer…, inner…] to [B…, outer…, k…, inner…]
    int outer = axis - shared;
    int many = index - shared;
    long[] back = new long[rank - 1 + many];
    for (int i = 0; i < back.length; i++) {
      boolean isOuter = i >= shared && i < shared + outer;
      boolean isIndex = i >= shared + outer && i < shared + outer + many;
      back[i] = isOuter ? i + many : isIndex ? i - outer : i;
    }
    return c.graph().add("Transpose", Map.of("perm", Call.ints(back)), taken);
  }
}

package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.nn.onnx.Call.Rule;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Pairing.Dims;
import org.adjoint.nn.onnx.Pairing.Step;
import org.adjoint.nn.onnx.Tracing.Kind;
import org.adjoint.nn.onnx.Tracing.Value;
import org.adjoint.op.ConvGeometry;
import org.adjoint.op.ConvolutionOps;
import org.adjoint.op.IndexOps;
import org.adjoint.op.Op;
import org.adjoint.op.ProductOps;
import org.adjoint.op.ShapeOps;
import org.adjoint.op.WindowOps;

/** How products, convolutions and maxima of windows are written. */
final class WindowRules {
  private static final int WORDS = 5;

  private WindowRules() {}

  /** Returns the rules by operation. */
  static Map<Op, Rule> all() {
    Map<Op, Rule> rules = new HashMap<>();
    rules.put(ProductOps.MATMUL, Rule.one(WindowRules::matmul));
    rules.put(ConvolutionOps.CONV, Rule.one(WindowRules::conv));
    rules.put(ConvolutionOps.CONV_INPUT, Rule.one(WindowRules::convInput));
    return rules;
  }

  /** A product of BF16 matrices sums in F32, so F32 ones with the same elements are multiplied. */
  private static String matmul(Call c) {
    if (c.dtype() == DType.BF16) {
      String a = ShapeRules.cast(c, c.x(0), DType.F32);
      return c.add("MatMul", a, ShapeRules.cast(c, c.x(1), DType.F32));
    }
    return c.add("MatMul", c.x(0), c.x(1));
  }

  private static String conv(Call c) {
    ConvGeometry g = ConvGeometry.of(c.attrs());
    int axes = g.axes().size();
    long[] pads = new long[2 * axes];
    for (int i = 0; i < axes; i++) {
      ConvGeometry.Axis a = g.axes().get(i);
      long reach = (a.result() - 1) * a.stride() + (a.kernel() - 1) * a.dilation() + 1;
      pads[i] = a.before();
      pads[axes + i] = Math.max(0, reach - a.before() - a.image());
    }
    return c.graph().add("Conv", geometry(g, pads), c.x(0), c.x(1));
  }

  private static String convInput(Call c) {
    ConvGeometry g = ConvGeometry.of(c.attrs());
    int axes = g.axes().size();
    long[] pads = new long[2 * axes];
    long[] more = new long[axes];
    for (int i = 0; i < axes; i++) {
      ConvGeometry.Axis a = g.axes().get(i);
      long reach = (a.result() - 1) * a.stride() + (a.kernel() - 1) * a.dilation() + 1;
      long rest = reach - a.before() - a.image();
      pads[i] = a.before();
      pads[axes + i] = Math.max(0, rest);
      more[i] = Math.max(0, -rest);
      if (more[i] >= Math.max(a.stride(), a.dilation())) {
        throw c.refused(more[i] + " zeros behind the result are more than the stride allows");
      }
    }
    Map<String, Attribute> attributes = geometry(g, pads);
    attributes.put("output_padding", Call.ints(more));
    return c.graph().add("ConvTranspose", attributes, c.x(0), c.x(1));
  }

  private static Map<String, Attribute> geometry(ConvGeometry g, long... pads) {
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("group", Call.whole(g.groups()));
    attributes.put(
        "strides", Call.ints(g.axes().stream().mapToLong(ConvGeometry.Axis::stride).toArray()));
    attributes.put(
        "dilations", Call.ints(g.axes().stream().mapToLong(ConvGeometry.Axis::dilation).toArray()));
    attributes.put(
        "kernel_shape",
        Call.ints(g.axes().stream().mapToLong(ConvGeometry.Axis::kernel).toArray()));
    attributes.put("pads", Call.ints(pads));
    return attributes;
  }

  // ---- maxima ----

  /**
   * Returns the op that finds the maxima of windows, where a step gathers what stands at them: a
   * pool.
   */
  static Optional<Step> maxima(List<Step> steps, Step gather) {
    if (gather.vertex().kind() != Kind.OP || gather.op() != IndexOps.GATHER) {
      return Optional.empty();
    }
    return operation(steps, gather.inputs().get(1))
        .filter(at -> at.op() == ShapeOps.RESHAPE)
        .flatMap(at -> operation(steps, at.inputs().get(0)))
        .filter(places -> places.op() == WindowOps.WINDOW_ARGMAX);
  }

  private static Optional<Step> operation(List<Step> steps, Value value) {
    Step step = steps.get(value.vertex());
    return step.vertex().kind() == Kind.OP ? Optional.of(step) : Optional.empty();
  }

  /** Writes a gather of {@link #maxima} over images of one axis: [lead, places]. */
  static String maximum(Call c, Step places) {
    Dims image =
        c.steps().get(places.inputs().get(0).vertex()).types().get(places.inputs().get(0).output());
    long[] attrs = places.attrs().stream().mapToLong(Size::base).toArray();
    int axes = attrs.length / WORDS;
    List<Size> spatial = image.sizes().subList(image.rank() - axes, image.rank());
    if (!spatial.stream().allMatch(Size::isFixed)
        || !places.attrs().stream().allMatch(Size::isFixed)) {
      throw c.refused("a pooled axis grows with the batch");
    }
    List<Size> dims = new ArrayList<>(List.of(c.type(0).sizes().get(0), Size.of(1)));
    dims.addAll(spatial);
    String x = ShapeRules.reshape(c, c.x(0), dims);
    String y = attrs[0] == 1 ? adaptive(c, x, spatial, attrs) : pool(c, x, spatial, attrs);
    return ShapeRules.reshape(c, y, c.result().sizes());
  }

  private static String pool(Call c, String x, List<Size> spatial, long... attrs) {
    int axes = spatial.size();
    long[] size = new long[axes];
    long[] stride = new long[axes];
    long[] dilation = new long[axes];
    long[] pads = new long[2 * axes];
    for (int i = 0; i < axes; i++) {
      long results = attrs[1 + WORDS * i];
      size[i] = attrs[2 + WORDS * i];
      stride[i] = attrs[3 + WORDS * i];
      pads[i] = attrs[4 + WORDS * i];
      dilation[i] = attrs[5 + WORDS * i];
      long reach = (results - 1) * stride[i] + (size[i] - 1) * dilation[i] + 1;
      pads[axes + i] = Math.max(0, reach - pads[i] - spatial.get(i).base());
    }
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", Call.ints(size));
    attributes.put("strides", Call.ints(stride));
    attributes.put("dilations", Call.ints(dilation));
    attributes.put("pads", Call.ints(pads));
    return c.graph().add("MaxPool", attributes, x);
  }

  /** A maximum of a box is one along its axes, one after another: by axis, a window at a time. */
  private static String adaptive(Call c, String x, List<Size> spatial, long... attrs) {
    String y = x;
    for (int i = 0; i < spatial.size(); i++) {
      int axis = 2 + i;
      long n = spatial.get(i).base();
      long results = attrs[1 + WORDS * i];
      List<String> windows = new ArrayList<>();
      for (long r = 0; r < results; r++) {
        String from = c.graph().ints(r * n / results);
        String to = c.graph().ints(-Math.floorDiv(-(r + 1) * n, results));
        String window = c.add("Slice", y, from, to, c.graph().ints(axis));
        windows.add(c.graph().add("ReduceMax", Map.of("axes", Call.ints(axis)), window));
      }
      y = c.graph().add("Concat", 1, Map.of("axis", Call.whole(axis)), windows).get(0);
    }
    return y;
  }

  /** Returns the numbers from one on. */
  static long[] from(int first, int count) {
    long[] axes = new long[count];
    Arrays.setAll(axes, i -> first + i);
    return axes;
  }
}

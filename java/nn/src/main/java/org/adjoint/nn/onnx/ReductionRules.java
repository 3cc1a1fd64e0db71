package org.adjoint.nn.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.nn.onnx.Call.Rule;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.NormalizationOps;
import org.adjoint.op.NormalizationOps.Along;
import org.adjoint.op.NormalizationOps.Form;
import org.adjoint.op.Op;
import org.adjoint.op.ReductionOps;
import org.adjoint.op.ScanOps;
import org.adjoint.op.SoftmaxOps;

/** How sums and other folds, softmax and normalisation are written. */
final class ReductionRules {
  private ReductionRules() {}

  /** Returns the rules by operation. */
  static Map<Op, Rule> all() {
    Map<Op, Rule> rules = new HashMap<>();
    rules.put(ReductionOps.SUM, Rule.one(c -> sum(c, c.x(), c.attrs(), false)));
    rules.put(ReductionOps.MAX, fold("ReduceMax"));
    rules.put(ReductionOps.MIN, fold("ReduceMin"));
    rules.put(ReductionOps.PROD, fold("ReduceProd"));
    rules.put(
        ReductionOps.ARGMAX,
        Rule.one(
            c -> {
              Attribute axis = Call.whole(c.attrs()[0]);
              return c.graph()
                  .add("ArgMax", Map.of("axis", axis, "keepdims", Call.whole(0)), c.x());
            }));
    rules.put(
        ScanOps.CUMSUM,
        Rule.one(
            c -> {
              String axis = c.graph().number(c.attrs()[0], DType.I64);
              Attribute reverse = Call.whole(c.attrs()[1]);
              return c.graph().add("CumSum", Map.of("reverse", reverse), c.x(), axis);
            }));
    rules.put(SoftmaxOps.SOFTMAX, Rule.one(ReductionRules::softmax));
    rules.put(SoftmaxOps.LOG_SOFTMAX, Rule.one(c -> byRows(c, "LogSoftmax")));
    rules.put(
        SoftmaxOps.LOG_SUM_EXP,
        Rule.one(
            c ->
                c.graph()
                    .add(
                        "ReduceLogSumExp",
                        Map.of("axes", Call.ints(-1), "keepdims", Call.whole(0)),
                        c.x())));
    rules.put(NormalizationOps.STANDARDIZE, ReductionRules::standardize);
    return rules;
  }

  private static Rule fold(String op) {
    return Rule.one(
        c ->
            c.attrs().length == 0
                ? c.x()
                : c.graph()
                    .add(
                        op,
                        Map.of("axes", Call.ints(c.attrs()), "keepdims", Call.whole(0)),
                        c.x()));
  }

  private static String sum(Call c, String x, long[] axes, boolean keep) {
    return axes.length == 0
        ? x
        : c.graph()
            .add(
                "ReduceSum", Map.of("keepdims", Call.whole(keep ? 1 : 0)), x, c.graph().ints(axes));
  }

  private static String byRows(Call c, String op) {
    return c.graph().add(op, Map.of("axis", Call.whole(-1)), c.x());
  }

  /** A masked row may be −∞ throughout, of which ours is 0 and theirs is not a number. */
  private static String softmax(Call c) {
    String y = byRows(c, "Softmax");
    if (!c.comesFrom(0, ElementwiseOps.WHERE) && !c.comesFrom(0, ElementwiseOps.PLUS)) {
      return y;
    }
    String largest = c.graph().add("ReduceMax", Map.of("axes", Call.ints(-1)), c.x());
    String hidden = c.add("Equal", largest, c.number(Double.NEGATIVE_INFINITY));
    return c.add("Where", hidden, c.number(0), y);
  }

  /** See {@link Form}; operator set 17 has one for groups of trailing axes alone. */
  private static List<String> standardize(Call c) {
    Form form = form(c);
    int rank = c.type(0).rank();
    boolean layered = form.lead() == 0 && form.centred() && form.along() == Along.TRAILING;
    if (layered) {
      Map<String, Attribute> attributes =
          Map.of(
              "axis",
              Call.whole((long) -form.trail()),
              "epsilon",
              new Attribute.Real((float) form.epsilon()));
      return c.graph().add("LayerNormalization", 1, attributes, c.in());
    }
    long[] axes = new long[form.lead() + form.trail()];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = i < form.lead() ? i : rank - axes.length + i;
    }
    Map<String, Attribute> along = Map.of("axes", Call.ints(axes));
    String deviation = c.x();
    String mean = "";
    if (form.centred()) {
      mean = c.graph().add("ReduceMean", along, c.x());
      deviation = c.add("Sub", c.x(), mean);
    }
    String variance = c.graph().add("ReduceMean", along, c.add("Mul", deviation, deviation));
    String spread = c.add("Sqrt", c.add("Add", variance, c.number(form.epsilon())));
    String y = c.add("Div", deviation, spread);
    for (int i = 1; i < c.in().size(); i++) {
      String scale = c.x(i);
      if (form.along() == Along.KEPT) {
        long[] ones = WindowRules.from(c.type(i).rank(), form.trail());
        scale = ones.length == 0 ? scale : c.add("Unsqueeze", scale, c.graph().ints(ones));
      }
      y = c.add(i == 1 ? "Mul" : "Add", y, scale);
    }
    return List.of(y);
  }

  private static Form form(Call c) {
    long[] attrs = c.attrs();
    return new Form(
        (int) attrs[0],
        (int) attrs[1],
        attrs[2] == 1,
        Along.values()[(int) attrs[3]],
        Double.longBitsToDouble(attrs[4]),
        (int) attrs[5]);
  }
}

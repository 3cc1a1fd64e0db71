package org.adjoint.lens.profile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.Chart;
import org.adjoint.lens.page.Frame;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;

/** Writes a profile as one HTML file: per program an icicle, a roofline and a table. */
final class ProfilePage {
  private static final int MOST_CALLS = 200;

  /** Calls that together take less than this part of a program's time have no point. */
  private static final double LEAST_PART = 1e-3;

  private static final String HEADS =
      "<th>Part</th><th>Time</th><th>No.</th><th class=\"w\">Call</th><th class=\"w\">Layer</th>"
          + "<th>Runs</th><th>Memory</th><th>GB/s</th><th>GFLOP/s</th><th>Of the roof</th>";

  private final Machine machine;
  private final StringBuilder out = new StringBuilder();

  private ProfilePage(Machine machine) {
    this.machine = machine;
  }

  static String of(Profile profile) {
    ProfilePage page = new ProfilePage(profile.machine());
    for (int i = 0; i < profile.programs().size(); i++) {
      page.write(profile.programs().get(i), i, profile.programs().size());
    }
    String body =
        "<main>\n<h1>Profile</h1>\n<p>"
            + Svg.escaped(ProfileText.machine(profile.machine()))
            + ". Times are medians of runs in which a clock is read around every kernel call.</p>\n"
            + page.out
            + Resources.text(ProfilePage.class, "figures.html")
            + "</main>\n";
    String style = Chart.style() + Resources.text(ProfilePage.class, "profile.css");
    return Frame.html("Adjoint: profile", style, body, Chart.script());
  }

  private void write(Profile.Program program, int index, int count) {
    String name = count == 1 ? "The program" : "Program " + (index + 1) + " of " + count;
    out.append("<section>\n<h2>").append(name).append("</h2>\n<p>");
    out.append(Svg.escaped(ProfileText.summary(program))).append(".</p>\n");
    out.append("<h3>Where the time goes</h3>\n<p class=\"d\">");
    out.append("As wide as the time: the whole, the layers, the kernel calls.");
    out.append(" Point at a part for its figures.</p>\n");
    out.append(Icicle.of(program));
    out.append("<h3>What the machine allows</h3>\n<p class=\"d\">");
    out.append("A point is a kernel call. Left, where memory is the limit, none can be above the");
    out.append(" slope unless its memory lies in a cache; right, where arithmetic is, none above");
    out.append(" the flat roof. Calls that only move memory have no place here: the table has");
    out.append(" them.</p>\n<div class=\"scroll\">");
    out.append(roofline(program)).append("</div>\n");
    out.append("<h3>Calls, the longest first</h3>\n");
    table(program, index);
    out.append("</section>\n");
  }

  // ---- roofline ----

  /**
   * Returns the calls of a program on the machine's roof, or a line that says why there is none.
   */
  private String roofline(Profile.Program program) {
    Map<String, List<Call>> kinds = new LinkedHashMap<>();
    for (Call call : ProfileText.longestFirst(program)) {
      boolean small = call.nanoseconds() < LEAST_PART * program.inCalls();
      if (call.operations() > 0 && call.bytes() > 0 && !small) {
        kinds.computeIfAbsent(kind(call), k -> new ArrayList<>()).add(call);
      }
    }
    if (kinds.isEmpty()) {
      return "<p>No call computes anything.</p>";
    }
    List<Call> shown = kinds.values().stream().flatMap(List::stream).toList();
    DType dtype = shown.get(0).dtype();
    double ridge = machine.peak(dtype) / machine.bandwidth();
    double low = Math.min(ridge / 10, least(shown) / 2);
    double high = Math.max(ridge * 10, most(shown) * 2);
    Chart chart =
        Chart.of(
                "Kernel calls under the roof for " + dtype,
                Axis.log("arithmetic intensity").in("FLOP/byte"),
                Axis.log("speed").in("GFLOP/s"))
            .size(720, 400)
            .line(
                "roof: triad, then product",
                new double[] {low, ridge, high},
                new double[] {low * machine.bandwidth(), machine.peak(dtype), machine.peak(dtype)});
    for (Map.Entry<String, List<Call>> kind : kinds.entrySet()) {
      List<Call> calls = kind.getValue();
      chart =
          chart.points(
              kind.getKey(),
              calls.stream().mapToDouble(Call::intensity).toArray(),
              calls.stream().mapToDouble(Call::speed).toArray(),
              calls.stream().map(this::said).toList());
    }
    return chart.element();
  }

  private static double least(List<Call> calls) {
    return calls.stream().mapToDouble(Call::intensity).min().orElseThrow();
  }

  private static double most(List<Call> calls) {
    return calls.stream().mapToDouble(Call::intensity).max().orElseThrow();
  }

  private static String kind(Call call) {
    String name = call.name();
    if (name.startsWith("matmul") || name.startsWith("conv") || name.startsWith("attention")) {
      return "products";
    }
    return !call.ops().isEmpty() ? "fused" : name.startsWith("loop") ? "loops" : "other";
  }

  private String said(Call call) {
    String reached = Units.percent(machine.reached(call)) + " of the roof";
    return "!" + call.number() + " " + call.name() + ", " + call.layer() + ", " + reached;
  }

  // ---- table ----

  private void table(Profile.Program program, int index) {
    List<Call> calls = ProfileText.longestFirst(program);
    out.append(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Calls of program ")
        .append(index + 1)
        .append("\">\n<table>\n<thead><tr>")
        .append(HEADS)
        .append("</tr></thead>\n<tbody>\n");
    calls.stream().limit(MOST_CALLS).forEach(call -> row(program, call));
    out.append("</tbody>\n</table>\n</div>\n");
    double rest = calls.stream().skip(MOST_CALLS).mapToDouble(Call::nanoseconds).sum();
    if (calls.size() > MOST_CALLS) {
      out.append("<p class=\"d\">")
          .append(calls.size() - MOST_CALLS)
          .append(" more calls take ")
          .append(Units.time(rest))
          .append(" together.</p>\n");
    }
  }

  private void row(Profile.Program program, Call call) {
    String[] cells = ProfileText.cells(machine, program, call);
    double part = call.nanoseconds() / Math.max(program.inCalls(), 1);
    out.append(
        String.format(
            Locale.ROOT,
            "<tr><td class=\"bar\"><meter value=\"%.4f\" aria-hidden=\"true\"></meter> %s</td>",
            Math.min(part, 1),
            Svg.escaped(cells[0])));
    for (int i = 1; i < cells.length; i++) {
      boolean words = i == 3 || i == 4;
      out.append(words ? "<td class=\"w\">" : "<td>").append(Svg.escaped(cells[i]));
      if (i == 3) {
        out.append("<br><span class=\"d\">").append(Svg.escaped(call.operands())).append("</span>");
      }
      out.append("</td>");
    }
    out.append("</tr>\n");
  }
}

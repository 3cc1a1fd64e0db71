package org.adjoint.lens.modes;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.adjoint.DType;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.Chart;
import org.adjoint.lens.modes.Comparison.Way;
import org.adjoint.lens.page.Document;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;

/** Writes comparisons as one page: an article for each function, of which a list shows one. */
final class ModesPage {
  private static final double CHART_WIDTH = 620;
  private static final double CHART_HEIGHT = 380;

  private final Document page;
  private final Comparison c;

  private ModesPage(Document page, Comparison comparison) {
    this.page = page;
    this.c = comparison;
  }

  static String of(String title, List<Modes> all) {
    Document page = new Document(title);
    page.text(
        "p class=\"faint\"",
        "One function, differentiated in four ways at one point. Operations are counted in the"
            + " graphs and formulas that the engine builds; errors are distances from derivatives"
            + " that were computed with 80 digits.");
    if (all.size() > 1) {
      page.markup("<p id=\"choice\"><label>Function <select id=\"subject\">");
      for (int i = 0; i < all.size(); i++) {
        page.text("option value=\"f" + i + "\"", all.get(i).title());
      }
      page.markup("</select></label></p>");
    }
    for (int i = 0; i < all.size(); i++) {
      Modes modes = all.get(i);
      page.open("article id=\"f" + i + "\"");
      new ModesPage(page, modes.compare()).write(modes, all.size() > 1);
      page.close("article");
    }
    return page.html(
        Resources.text(ModesPage.class, "modes.css"), Resources.text(ModesPage.class, "modes.js"));
  }

  private void write(Modes modes, boolean titled) {
    function(modes, titled);
    ways();
    numbers();
    steps();
    c.swell().ifPresent(this::swell);
  }

  private void function(Modes modes, boolean titled) {
    page.open("section").text("h2", titled ? modes.title() : "The function");
    if (!modes.intro().isEmpty()) {
      page.text("p", modes.intro());
    }
    String arguments = String.join(", ", modes.names());
    String formula =
        c.swell()
            .map(s -> s.orders().get(0).text())
            .filter(text -> !text.isEmpty())
            .map(text -> "f(" + arguments + ") = " + text)
            .orElse("f(" + arguments + ")");
    page.text("p class=\"math\"", formula);
    StringBuilder at = new StringBuilder("at ");
    for (int i = 0; i < n(); i++) {
      at.append(i == 0 ? "" : ", ").append(c.subject().names().get(i)).append(" = ");
      at.append(Notation.shortest(c.subject().point()[i]));
    }
    page.text("p class=\"math\"", at + ": f = " + Notation.shortest(c.value()));
    page.format(
        "p class=\"faint\"",
        "The value takes %s; it depends on %s. Computed in %s.",
        operations(c.work()),
        n() == 1 ? "one number" : n() + " numbers",
        c.subject().dtype() == DType.F64 ? "doubles (F64)" : "floats (F32)");
    page.close("section");
  }

  private int n() {
    return c.subject().names().size();
  }

  private static String operations(double count) {
    return Notation.count(count) + (count == 1 ? " operation" : " operations");
  }

  private void ways() {
    page.open("section").text("h2", "Four ways to its gradient");
    page.text("p", verdict());
    page.markup(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The four ways\">");
    page.markup(
        "<table class=\"ways\"><thead><tr><th scope=\"col\">way</th><th scope=\"col\">what"
            + " runs</th>");
    page.markup(
        "<th scope=\"col\" class=\"n\">operations</th><th scope=\"col\" class=\"n\">times f</th>");
    page.markup("<th scope=\"col\"><span class=\"said\">as a bar</span></th>");
    page.markup("<th scope=\"col\" class=\"n\">error</th></tr></thead><tbody>");
    boolean one = n() == 1;
    row("forward", one ? "one pass" : n() + " passes, one for each number", c.forward());
    row("reverse", "one pass: values forward, then derivatives backward", c.reverse());
    c.symbolic()
        .ifPresent(
            way ->
                row("symbolic", one ? "a formula" : n() + " formulas, one for each number", way));
    row("numerical", 2 * n() + " values of f, with the best step", c.numerical());
    page.markup("</tbody></table></div>");
    page.text(
        "p class=\"faint\"",
        c.truth().isPresent()
            ? "error: the length of (gradient − true gradient), as a part of the true gradient’s"
                + " length; what a last digit is worth is "
                + Notation.rough(unit())
                + "."
            : "error: the length of (gradient − reverse gradient), as a part of its length. The"
                + " function has no formula to compute a truer gradient from.");
    page.close("section");
  }

  /** Returns half the distance between 1 and the next number. */
  private double unit() {
    return c.subject().dtype() == DType.F64 ? Math.ulp(1.0) / 2 : Math.ulp(1f) / 2;
  }

  private String verdict() {
    double forward = c.forward().operations() / c.work();
    double reverse = c.reverse().operations() / c.work();
    String both =
        "Reverse mode costs "
            + Notation.rough(reverse)
            + " times f, whatever the number of inputs; forward mode costs "
            + Notation.rough(forward)
            + " times f";
    return n() == 1
        ? both + ", and with one input they are alike."
        : both + ", because it runs once for each of " + n() + " inputs.";
  }

  private void row(String name, String runs, Way way) {
    double most =
        Math.max(
            Math.max(c.forward().operations(), c.reverse().operations()),
            Math.max(c.numerical().operations(), c.symbolic().map(Way::operations).orElse(0.0)));
    double percent = 100 * way.operations() / most;
    page.open("tr").text("th scope=\"row\"", name).text("td", runs);
    page.text("td class=\"n\"", Notation.count(way.operations()));
    page.text("td class=\"n\"", Notation.rough(way.operations() / c.work()));
    page.markup(
        "<td class=\"bar\"><span style=\"width:"
            + Svg.number(Math.max(percent, 1))
            + "%\"></span></td>");
    page.text("td class=\"n error\"", Notation.rough(way.error())).close("tr");
  }

  private void numbers() {
    page.open("section").text("h2", "The numbers, to the last digit");
    page.markup("<p>Digits that are wrong are <u>underlined</u>.</p>");
    page.markup(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The gradients\">");
    page.markup("<table class=\"digits\"><thead><tr><th scope=\"col\">∂f/∂</th>");
    String truth = c.truth().isPresent() ? "true, to 24 digits" : "reverse, taken for true";
    page.text("th scope=\"col\"", truth);
    for (String way : List.of("forward", "reverse", "symbolic", "numerical")) {
      if (!way.equals("symbolic") || c.symbolic().isPresent()) {
        page.text("th scope=\"col\"", way);
      }
    }
    page.markup("</tr></thead><tbody>");
    for (int i = 0; i < n(); i++) {
      BigDecimal expected = expected(i);
      page.open("tr").text("th scope=\"row\"", c.subject().names().get(i));
      page.text("td", Notation.exact(expected));
      digits(c.forward().gradient().get(i), expected);
      digits(c.reverse().gradient().get(i), expected);
      if (c.symbolic().isPresent()) {
        digits(c.symbolic().get().gradient().get(i), expected);
      }
      digits(c.numerical().gradient().get(i), expected);
      page.close("tr");
    }
    page.markup("</tbody></table></div>").close("section");
  }

  private BigDecimal expected(int i) {
    Optional<BigDecimal> known = c.truth().map(truth -> truth.get(i));
    return known.orElseGet(() -> new BigDecimal(c.reverse().gradient().get(i)));
  }

  private void digits(double x, BigDecimal expected) {
    page.markup("<td>" + Notation.marked(x, expected) + "</td>");
  }

  private void steps() {
    Differences d = c.differences();
    Differences.Point forward = d.bestForward();
    Differences.Point central = d.bestCentral();
    page.open("section").text("h2", "Numerical: which step?");
    String shape =
        central.step() == d.points().get(0).step()
            ? "A smaller step divides the rounding of f by less; a larger one cuts nothing off"
                + " here."
            : "A larger step cuts off more of the Taylor series, a smaller one divides the rounding"
                + " of f by less: hence the V.";
    page.format(
        "p",
        "Central differences err least, by %s, with the step %s; forward differences by %s with"
            + " %s. %s Rules of thumb for the best step: ∛ε = %s and √ε = %s.",
        Notation.rough(central.central()),
        Notation.rough(central.step()),
        Notation.rough(forward.forward()),
        Notation.rough(forward.step()),
        shape,
        Notation.rough(Math.cbrt(2 * unit())),
        Notation.rough(Math.sqrt(2 * unit())));
    double[] steps = values(Differences.Point::step);
    Chart chart =
        Chart.of("Error of the gradient against the step", Axis.log("step h"), Axis.log("error"))
            .size(CHART_WIDTH, CHART_HEIGHT)
            .line("forward difference", steps, values(p -> shown(p.forward())))
            .line("central difference", steps, values(p -> shown(p.central())))
            .line("reverse mode, no step", steps, values(p -> shown(c.reverse().error())))
            .points(
                "best steps",
                new double[] {forward.step(), central.step()},
                new double[] {shown(forward.forward()), shown(central.central())});
    page.markup("<div class=\"scroll\">" + chart.element() + "</div>");
    page.format(
        "p class=\"faint\"",
        "An error of 0 is drawn at %s, a tenth of what the last digit is worth. A red cross: the"
            + " function has no value a step further.",
        Notation.rough(floor()));
    page.close("section");
  }

  private double[] values(ToDoubleFunction<Differences.Point> of) {
    return c.differences().points().stream().mapToDouble(of).toArray();
  }

  private double floor() {
    return unit() / 10;
  }

  /** Returns an error as it is drawn where equal distances are equal ratios. */
  private double shown(double error) {
    return error < floor() ? floor() : error;
  }

  private void swell(Swell swell) {
    List<Swell.Order> orders = swell.orders();
    Swell.Order last = orders.get(orders.size() - 1);
    page.open("section").text("h2", "Symbolic: how the formulas swell");
    page.format(
        "p",
        "Written out, a formula repeats what a graph shares. The derivative of order %d has %s"
            + " symbols as the rules give it and %s simplified; its graph has %s nodes.",
        orders.size() - 1,
        Notation.count(last.literal()),
        Notation.count(last.simplified()),
        Notation.count(last.nodes()));
    if (n() > 1) {
      page.text(
          "p class=\"faint\"", "Derivatives here are along (1, …, 1): all inputs grow alike.");
    }
    page.open("div class=\"pair\"");
    double[] at = new double[orders.size()];
    for (int i = 0; i < at.length; i++) {
      at[i] = i;
    }
    Chart chart =
        Chart.of("Size of the derivative", Axis.count("order"), Axis.log("symbols or nodes"))
            .line("formula, as the rules give it", at, sizes(orders, Swell.Order::literal))
            .line("formula, simplified", at, sizes(orders, Swell.Order::simplified))
            .line("graph", at, sizes(orders, Swell.Order::nodes));
    page.markup("<div class=\"scroll\">" + chart.element() + "</div>");
    page.markup(
        "<table><thead><tr><th scope=\"col\">order</th><th scope=\"col\" class=\"n\">as the rules"
            + " give it</th>");
    page.markup(
        "<th scope=\"col\" class=\"n\">simplified</th><th scope=\"col\" class=\"n\">graph"
            + " nodes</th></tr></thead><tbody>");
    for (int i = 0; i < orders.size(); i++) {
      Swell.Order order = orders.get(i);
      page.open("tr").text("th scope=\"row\"", i == 0 ? "f itself" : Integer.toString(i));
      page.text("td class=\"n\"", Notation.count(order.literal()));
      page.text("td class=\"n\"", Notation.count(order.simplified()));
      page.text("td class=\"n\"", Notation.count(order.nodes())).close("tr");
    }
    page.markup("</tbody></table>").close("div");
    for (int i = 1; i < orders.size() && !orders.get(i).text().isEmpty(); i++) {
      page.open("details").text("summary", "The derivative of order " + i + ", simplified");
      page.text("p class=\"math\"", orders.get(i).text()).close("details");
    }
    page.close("section");
  }

  private static double[] sizes(List<Swell.Order> orders, ToDoubleFunction<Swell.Order> of) {
    return orders.stream().mapToDouble(of).toArray();
  }
}

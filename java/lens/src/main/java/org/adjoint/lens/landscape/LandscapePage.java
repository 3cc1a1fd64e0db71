package org.adjoint.lens.landscape;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.Chart;
import org.adjoint.lens.chart.ContourMap;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.lens.page.Document;
import org.adjoint.lens.picture.Resources;

/**
 * Writes a landscape as a page: what the classifier takes the plane for, the path on the principal
 * and on the random plane, and the loss at the points of the path. One slider moves through all of
 * them; landscape.js has it, and shows what is in the elements: marks of the path have their place
 * in {@code data-place}, frames of the animation are images of class {@code frame}.
 */
final class LandscapePage {
  /** On an axis of ratios where the largest loss is so many times the smallest. */
  private static final double WIDE_RANGE = 20;

  private final Document page;
  private final List<Trajectory.Point> points;
  private final List<Surface> surfaces;
  private final Optional<Frames> frames;

  private LandscapePage(Landscape landscape) {
    this.page = new Document(landscape.title());
    this.surfaces = landscape.surfaces();
    this.frames = landscape.frames();
    this.points = landscape.trajectory().points();
  }

  static String of(Landscape landscape) {
    return new LandscapePage(landscape).html(landscape);
  }

  private String html(Landscape landscape) {
    if (!landscape.intro().isEmpty()) {
      page.text("p", landscape.intro());
    }
    controls();
    page.open("section class=\"pair\" aria-label=\"The training\"");
    frames.ifPresent(this::boundary);
    surface(surfaces.get(0), "The loss, where the optimizer went");
    page.open("div id=\"losses\"").text("h2", "The loss on the way");
    page.markup("<div class=\"scroll\">" + losses().element() + "</div>").close("div");
    surface(surfaces.get(1), "The loss, in directions drawn by chance");
    page.close("section");
    page.format(
        "p class=\"faint\"",
        "The network has %s parameters, so either map is a thin cut through a space of as many"
            + " dimensions, through the last point of the path. The line is the path of the"
            + " optimizer, each point of it moved to the nearest of the map: ring at the start,"
            + " square at the end. The loss that is written beside a step is the optimizer’s own.",
        Numbers.shown(points.get(0).values().length));
    return page.html(
        ContourMap.style() + Resources.text(LandscapePage.class, "landscape.css"),
        Resources.text(LandscapePage.class, "landscape.js"));
  }

  private void controls() {
    page.markup(
        """
        <section id="controls" aria-label="Steps of the training">
        <div id="buttons" role="group" aria-label="Play">
        <button id="play" type="button" class="next" aria-keyshortcuts="P">Play <kbd>P</kbd></button>
        <button id="back" type="button" aria-keyshortcuts="ArrowLeft">Back <kbd>←</kbd></button>
        <button id="on" type="button" aria-keyshortcuts="ArrowRight">On <kbd>→</kbd></button>
        <label>step <input id="at" type="range" min="0" max="%d" value="%d"></label>
        </div>
        <p id="now" role="status"></p>
        <ol id="steps" hidden>\
        """
            .formatted(points.size() - 1, points.size() - 1));
    double[] losses = surfaces.get(0).pathLosses();
    for (int i = 0; i < points.size(); i++) {
      String text = "Step " + points.get(i).step() + ": loss " + Numbers.shown(losses[i]);
      page.text("li", text + right(i));
    }
    page.markup("</ol>\n</section>");
  }

  /** Returns how many points are classified rightly at a place of the path. */
  private String right(int place) {
    return frames
        .map(f -> "; " + f.frames().get(place).right(f.labels()) + " of " + f.labels().length)
        .map(text -> text + " points right")
        .orElse("");
  }

  private void boundary(Frames frames) {
    page.open("div").text("h2", "What the network takes each place for");
    page.markup("<div class=\"scroll\">" + BoundaryPicture.of(frames) + "</div>");
    page.text(
        "p class=\"faint\"",
        "Colours are classes, paler where the network is less sure. Marks are the points that it"
            + " learns; one with a red edge is taken for another class.");
    page.close("div");
  }

  private void surface(Surface surface, String heading) {
    double[] xs = surface.path().stream().mapToDouble(Plane.Spot::x).toArray();
    double[] ys = surface.path().stream().mapToDouble(Plane.Spot::y).toArray();
    ContourMap map =
        ContourMap.of(
                surface.plane().title(),
                Axis.linear("first direction"),
                Axis.linear("second direction"),
                axis(surface.losses()),
                surface.x(),
                surface.y(),
                surface.losses())
            .path(xs, ys);
    page.open("div").text("h2", heading);
    page.markup("<div class=\"scroll\">" + map.element() + "</div>");
    page.format(
        "p class=\"faint\"",
        "%s of the path’s squared distance from its end lies in this plane.",
        Numbers.shown(Math.round(1000 * surface.plane().share()) / 10.0) + " %");
    page.close("div");
  }

  private static Axis axis(double[]... losses) {
    double[] finite =
        Arrays.stream(losses).flatMapToDouble(Arrays::stream).filter(Double::isFinite).toArray();
    double low = Arrays.stream(finite).min().orElse(0);
    double high = Arrays.stream(finite).max().orElse(1);
    return low > 0 && high > WIDE_RANGE * low ? Axis.log("loss") : Axis.linear("loss");
  }

  private Chart losses() {
    List<Double> steps = new ArrayList<>();
    points.forEach(point -> steps.add((double) point.step()));
    double[] at = steps.stream().mapToDouble(s -> s).toArray();
    double[] losses = surfaces.get(0).pathLosses();
    return Chart.of("Loss at the recorded points", Axis.count("step"), axis(losses))
        .size(620, 300)
        .line("loss", at, losses);
  }
}

package org.adjoint.lens.picture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Writes a picture for a terminal: a line a box, in an order that computes, with rails on the left
 * that show which values wait to be read. A box is {@code ●}; a rail ends where its value is read
 * for the last time.
 */
public final class Text {
  private static final int MOST_RAILS = 30;
  private static final int FREE = -1;

  private Text() {}

  /** Returns the picture as lines of text. */
  public static String of(Picture picture) {
    StringBuilder out = new StringBuilder(picture.title()).append('\n');
    for (Picture.Panel panel : picture.panels()) {
      out.append('\n').append(panel.title());
      out.append(panel.summary().isEmpty() ? "" : ": " + panel.summary()).append('\n');
      write(panel, out);
    }
    return out.toString();
  }

  private static void write(Picture.Panel panel, StringBuilder out) {
    int n = panel.boxes().size();
    int[] last = new int[n];
    List<List<Integer>> inputs = new ArrayList<>();
    List<String> carries = new ArrayList<>(Collections.nCopies(n, ""));
    for (int i = 0; i < n; i++) {
      last[i] = i;
      inputs.add(new ArrayList<>());
    }
    for (Picture.Edge edge : panel.edges()) {
      last[edge.from()] = Math.max(last[edge.from()], edge.to());
      inputs.get(edge.to()).add(edge.from());
      carries.set(edge.from(), edge.label());
    }
    List<String> rails = rails(last, inputs);
    int width = rails.stream().mapToInt(String::length).max().orElse(0);
    int ids = panel.boxes().stream().mapToInt(b -> Lettering.columns(b.id())).max().orElse(0);
    int labels = 0;
    for (Picture.Box box : panel.boxes()) {
      labels = Math.max(labels, Lettering.columns(Lettering.shortened(box.label())));
    }
    for (int i = 0; i < n; i++) {
      Picture.Box box = panel.boxes().get(i);
      List<String> from = inputs.get(i).stream().map(u -> panel.boxes().get(u).id()).toList();
      StringBuilder line = new StringBuilder("  ");
      line.append(width <= MOST_RAILS ? padded(rails.get(i), width) + "  " : "");
      line.append(padded(box.id(), ids)).append("  ");
      line.append(padded(Lettering.shortened(box.label()), labels)).append("  ");
      line.append(String.join(" ", from));
      line.append(carries.get(i).isEmpty() ? "" : " → " + carries.get(i));
      String detail = box.detail().replace(box.id(), "").replaceFirst("^ · ", "").strip();
      line.append(detail.isEmpty() || detail.equals(carries.get(i)) ? "" : "  " + detail);
      line.append(box.kind() == Picture.Kind.UNREACHED ? "  NEVER REACHED" : "");
      out.append(line.toString().stripTrailing()).append('\n');
    }
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - Lettering.columns(text)));
  }

  /** Returns by box the rails beside it. */
  private static List<String> rails(int[] last, List<List<Integer>> inputs) {
    List<Integer> rails = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < last.length; i++) {
      List<Integer> read = new ArrayList<>();
      for (int input : inputs.get(i)) {
        if (!read.contains(rails.indexOf(input))) {
          read.add(rails.indexOf(input));
        }
      }
      int at = place(rails, read, last, i);
      while (rails.size() <= at) {
        rails.add(FREE);
      }
      int from = Math.min(at, read.stream().min(Integer::compare).orElse(at));
      int to = Math.max(at, read.stream().max(Integer::compare).orElse(at));
      StringBuilder line = new StringBuilder();
      for (int r = 0; r < rails.size(); r++) {
        boolean inside = r >= from && r <= to;
        boolean live = rails.get(r) != FREE && (last[rails.get(r)] > i);
        if (r == at) {
          line.append('●');
        } else if (read.contains(r)) {
          line.append(mark(live, r > from, r < to));
        } else {
          line.append(live ? (inside ? '┊' : '│') : inside ? '─' : ' ');
        }
        line.append(r >= from && r < to ? '─' : ' ');
      }
      for (int r = 0; r < rails.size(); r++) {
        if (rails.get(r) != FREE && last[rails.get(r)] <= i) {
          rails.set(r, FREE);
        }
      }
      rails.set(at, last[i] > i ? i : FREE);
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /** Returns the rail of a new box: that of an input which nobody reads again, or a free one. */
  private static int place(List<Integer> rails, List<Integer> read, int[] last, int box) {
    for (int r : read) {
      if (last[rails.get(r)] == box) {
        return r;
      }
    }
    int free = rails.indexOf(FREE);
    return free < 0 ? rails.size() : free;
  }

  private static char mark(boolean goesOn, boolean left, boolean right) {
    if (goesOn) {
      return left && right ? '┼' : left ? '┤' : '├';
    }
    return left && right ? '┴' : left ? '╯' : '╰';
  }
}

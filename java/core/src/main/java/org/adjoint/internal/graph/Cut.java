package org.adjoint.internal.graph;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What is known of a graph that is gone: when derivatives lost their way, and what they had reached
 * that no longer counts as a source. So an error can tell a derivative that is 0 from one that was
 * lost. Times are those of the logical clock in {@link Node}, on which each mark and each cut is a
 * tick.
 *
 * @param at when this graph was cut; 0 if it is there still
 * @param first when the earliest of the graphs was cut that this graph had led to; 0 for none
 * @param last when the latest of them was
 * @param superseded the parameters of which the graph had read a version that is current no more
 * @param compiled the parameters that a compiled function on the way had read
 * @param captured the sources that a compiled function on the way had captured as constants
 * @param unseen whether nobody has looked at the graph: it may have reached anything
 */
public record Cut(
    long at,
    long first,
    long last,
    Set<ParameterState> superseded,
    Set<ParameterState> compiled,
    Set<Node> captured,
    boolean unseen) {
  /** Of a graph that lost nothing. */
  public static final Cut NONE = new Cut(0, 0, 0, Set.of(), Set.of(), Set.of(), false);

  /** Of a graph that is given up before it was computed. */
  static final Cut UNSEEN = new Cut(0, 0, 0, Set.of(), Set.of(), Set.of(), true);

  /** Returns this cut, made now. */
  Cut now() {
    return new Cut(Node.tick(), first, last, superseded, compiled, captured, unseen);
  }

  /** Returns whether the graph had read a parameter in a way that is lost. */
  public boolean hides(ParameterState parameter) {
    return unseen || superseded.contains(parameter) || compiled.contains(parameter);
  }

  /** Returns whether the graph is gone, and may have reached a source that it was not kept for. */
  boolean isMade() {
    return at != 0;
  }

  /**
   * Returns whether the graph may have reached a node without being kept for it: one that was there
   * before a cut, and was marked as a source after it or not at all.
   *
   * @param born when the node was built, or earlier
   * @param marked when it was marked, {@link Long#MAX_VALUE} if never
   */
  boolean mayHide(long born, long marked) {
    boolean always = marked - born <= 1; // a source since it was built: nothing came between
    boolean here = at > born && at <= marked;
    boolean earlier = first != 0 && first <= marked && last > born;
    return unseen || (!always && (here || earlier));
  }

  /** Gathers what the leaves of a graph have lost, for the graph's own end. */
  public static final class Collected {
    private long first;
    private long last;
    private Set<ParameterState> superseded = Set.of();
    private Set<ParameterState> compiled = Set.of();
    private Set<Node> captured = Set.of();
    private boolean unseen;

    /** Adds what is known of a node that the graph led to. */
    public void add(Node node) {
      add(node.cut());
      if (node instanceof Version version && !version.isSource()) {
        superseded = with(superseded, version.parameter());
      }
    }

    /** Adds what is known of a graph that this one led to. */
    public void add(Cut cut) {
      if (cut == NONE) {
        return;
      }
      span(cut.at, cut.at);
      span(cut.first, cut.last);
      cut.superseded.forEach(parameter -> superseded = with(superseded, parameter));
      cut.compiled.forEach(this::addCompiled);
      cut.captured.forEach(this::addCaptured);
      unseen |= cut.unseen;
    }

    /** Adds a parameter that the program of a compiled function reads. */
    public void addCompiled(ParameterState parameter) {
      compiled = with(compiled, parameter);
    }

    /** Adds a source that is a constant to the program of a compiled function. */
    public void addCaptured(Node source) {
      captured = with(captured, source);
    }

    private static <T> Set<T> with(Set<T> set, T element) {
      Set<T> wider = set.isEmpty() ? new LinkedHashSet<>() : set;
      wider.add(element);
      return wider;
    }

    private void span(long from, long to) {
      if (from != 0) {
        first = first == 0 ? from : Math.min(first, from);
        last = Math.max(last, to);
      }
    }

    /** Returns all that was added, as of a graph that is there still. */
    public Cut cut() {
      Cut all = new Cut(0, first, last, superseded, compiled, captured, unseen);
      return all.equals(NONE) ? NONE : all;
    }
  }
}

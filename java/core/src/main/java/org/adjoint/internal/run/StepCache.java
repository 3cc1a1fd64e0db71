package org.adjoint.internal.run;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Log;
import org.adjoint.internal.graph.Traps;

/**
 * The steps of pending graphs compiled so far for one backend, by their templates, which are
 * compared in full. The cache refers to no leaves; when its estimate of its own size exceeds {@link
 * #MOST_BYTES} the least recently used steps go. A step that is larger than that by itself, of some
 * 30 000 kernel calls, pushes no other out: the last {@link #MOST_LARGE} of those are kept apart,
 * since compiling one takes seconds, until {@link #MOST_SINCE} others have been compiled without
 * one run of it. The log says once that there are such steps.
 *
 * <p>{@link #expected} serves the define-by-run rows of {@code Overhead}: with the step expected
 * there is a template to match, see {@link StepTemplate}.
 */
public final class StepCache {
  private static final long MOST_BYTES = 64L << 20;
  private static final int MOST_LARGE = 2;
  private static final int MOST_SINCE = 16;
  private static final long INSTRUCTION_BYTES = 1024;

  private final Backend backend;
  private final Map<StepTemplate, Entry> steps = new LinkedHashMap<>(64, 0.75f, true);

  /** Steps larger than {@link #MOST_BYTES}. */
  private final Map<StepTemplate, Entry> large = new LinkedHashMap<>(4, 0.75f, true);

  /** The step that ran last, on whichever thread; null before the first. */
  private volatile Entry last;

  // Guarded by this.
  private long bytes;
  private long compiled;
  private boolean told;

  /** How many of the steps compiled last were each longer than the one before. */
  private int growing;

  private int lastOps;

  /**
   * Leads to an entry while that is cached, to null afterwards: whichever entries expect one that
   * goes, it goes without a walk over the cache to find them.
   */
  private static final class Link {
    private volatile Entry entry;
  }

  /** The link of an entry that expects nothing. */
  private static final Link NOWHERE = new Link();

  /** A step, and the step that ran next the last time: most steps run in turns. */
  private static final class Entry {
    private final TracedStep step;
    private final Link link = new Link();
    private volatile Link next = NOWHERE;

    /** How many steps were compiled before this was last looked up; guarded by the cache. */
    private long used;

    Entry(TracedStep step) {
      this.step = step;
      link.entry = this;
    }

    /** With the second program, which overwrites nothing: it may be compiled at any time. */
    long bytes() {
      int calls = step.inPlace().program().instructions().size();
      return step.template().bytes() + 2 * INSTRUCTION_BYTES * (1 + calls);
    }
  }

  /** Makes an empty cache. */
  StepCache(Backend backend) {
    this.backend = backend;
  }

  /** Returns the step that ran after the last one the last time, null if there is none. */
  TracedStep expected() {
    Entry before = last;
    Entry next = before == null ? null : before.next.entry;
    return next == null ? null : next.step;
  }

  /** Notes that the expected step has run. */
  void ranAsExpected(TracedStep step) {
    Entry before = last;
    Entry next = before == null ? null : before.next.entry;
    if (next == null || next.step != step || next == before) {
      return; // another thread has run something meanwhile, or the same step runs again and again
    }
    synchronized (this) {
      cached(step.template()); // makes the step the most recently used
    }
    last = next;
  }

  /** Returns how many steps were compiled, not found, so far. */
  public synchronized long compiled() {
    return compiled;
  }

  /** Returns the step of a trace, compiling it if its structure is new. */
  TracedStep get(StepTemplate template, Trace trace) {
    Entry found = find(template, trace);
    Entry before = last;
    if (before != null && before.next != found.link) {
      before.next = found.link;
    }
    last = found;
    return found.step;
  }

  private Entry cached(StepTemplate template) {
    Entry found = steps.get(template);
    if (found == null) {
      found = large.get(template);
    }
    if (found != null) {
      found.used = compiled;
    }
    return found;
  }

  private Entry find(StepTemplate template, Trace trace) {
    synchronized (this) {
      Entry found = cached(template);
      if (found != null) {
        return found;
      }
    }
    Entry made = new Entry(new TracedStep(backend, template, trace));
    synchronized (this) {
      compiled++;
      growing = template.ops() > lastOps ? growing + 1 : 0;
      lastOps = template.ops();
      Traps.GROWING.look(growing);
      boolean isLarge = made.bytes() > MOST_BYTES;
      Entry raced = (isLarge ? large : steps).putIfAbsent(template, made);
      if (raced != null) {
        made.step.inPlace().executable().close();
        return raced;
      }
      made.used = compiled;
      if (isLarge) {
        tell(made);
      } else {
        bytes += made.bytes();
        evict();
      }
      evictLarge();
    }
    return made;
  }

  private void tell(Entry made) {
    if (!told) {
      told = true;
      Log.info(
          StepCache.class,
          "a program of "
              + made.step.inPlace().program().instructions().size()
              + " kernel calls: the last "
              + MOST_LARGE
              + " of such length are kept, all others are compiled again when they come back; a loop"
              + " of many turns is one call with Scan");
    }
  }

  private void evictLarge() {
    Iterator<Entry> eldest = large.values().iterator();
    while (eldest.hasNext()) {
      Entry entry = eldest.next();
      if (large.size() <= MOST_LARGE && compiled - entry.used <= MOST_SINCE) {
        return; // all behind it were used later
      }
      eldest.remove();
      forget(entry);
    }
  }

  private void evict() {
    Iterator<Entry> eldest = steps.values().iterator();
    while (bytes > MOST_BYTES && steps.size() > 1) {
      Entry entry = eldest.next();
      bytes -= entry.bytes();
      eldest.remove(); // a run may be about to start: the executable goes with the last reference
      forget(entry);
    }
  }

  /** Expects a step that has gone from the maps no more, which would keep it alive. */
  private void forget(Entry gone) {
    gone.link.entry = null;
    gone.next = NOWHERE;
    if (last == gone) {
      last = null;
    }
  }
}

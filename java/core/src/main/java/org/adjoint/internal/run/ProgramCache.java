package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.compile.Compiler;
import org.adjoint.internal.compile.ElementwiseFusion;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Program;

/**
 * The programs compiled so far for one backend, by the structure of their graphs. Keys are compared
 * in full. It holds no leaves, and when its estimate of its own size exceeds {@link #MOST_BYTES}
 * the least recently used programs go.
 */
public final class ProgramCache {
  private static final long MOST_BYTES = 64L << 20;
  private static final long INSTRUCTION_BYTES = 1024;

  /** Off by {@code -Dorg.adjoint.fusion=false}, to measure what it gains. */
  private static final boolean FUSION =
      Boolean.parseBoolean(System.getProperty("org.adjoint.fusion", "true"));

  private final Map<Key, Entry> programs = new LinkedHashMap<>(64, 0.75f, true);

  /** What was found last, by whichever thread. */
  private volatile Entry last;

  private long bytes;
  private long compiled;

  private record Key(long[] words, int hash) {
    static Key of(long[] words) {
      return new Key(words, Arrays.hashCode(words));
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key k && hash == k.hash && Arrays.equals(words, k.words);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /**
   * The structure that a trace may expect to have.
   *
   * @param words its key
   * @param nodes how many nodes it has
   */
  public record Guess(long[] words, int nodes) {
    public static final Guess NONE = new Guess(new long[0], 64);
  }

  /** A program, and what ran after it the last time: most programs run in turns. */
  private static final class Entry {
    private final Key key;
    private final CompiledGraph graph;
    private final Guess guess;
    private final Optional<StepTemplate> outline;
    private volatile Entry next;

    Entry(Key key, CompiledGraph graph, Trace trace, int... donors) {
      this.key = key;
      this.graph = graph;
      this.guess = new Guess(key.words(), trace.nodes());
      this.outline = StepTemplate.of(trace, donors);
    }

    /** The outline says once more what the key says. */
    long bytes() {
      return 2 * 8L * key.words().length
          + INSTRUCTION_BYTES * (1 + graph.program().instructions().size());
    }
  }

  /** Returns what the next trace may be like. */
  public Guess guess() {
    Entry next = next();
    return next == null ? Guess.NONE : next.guess;
  }

  private Entry next() {
    Entry before = last;
    return before == null ? null : before.next;
  }

  /** Returns whether a graph is like the one expected, and was run as such. */
  public boolean rerun(Backend backend, List<Tensor> wanted, List<Version> assigned) {
    Entry before = last;
    Entry guess = before == null ? null : before.next;
    if (guess == null || guess.outline.isEmpty()) {
      return false;
    }
    Optional<StepTemplate.Match> match = guess.outline.get().match(wanted, assigned);
    if (match.isEmpty() || !Rerun.run(backend, guess.graph, match.get())) {
      return false;
    }
    if (guess != before) {
      synchronized (this) {
        programs.get(guess.key); // it is the newest from now on
      }
      last = guess;
    }
    return true;
  }

  /** Returns how many programs were compiled, not found, so far. */
  public synchronized long compiled() {
    return compiled;
  }

  /** Returns the program of a trace, compiling it if its structure is new. */
  public CompiledGraph get(Backend backend, long[] words, Trace trace, int[] donors) {
    Entry before = last;
    Entry guess = before == null ? null : before.next;
    boolean right = guess != null && guess.guess.words() == words;
    if (right && guess == before) {
      return guess.graph; // it ran last, so it is the newest already
    }
    Entry found = find(right ? guess.key : Key.of(words), backend, trace, donors);
    if (found.bytes() <= MOST_BYTES) {
      if (before != null && before.next != found) {
        before.next = found;
      }
      last = found;
    }
    return found.graph;
  }

  private Entry find(Key key, Backend backend, Trace trace, int[] donors) {
    synchronized (this) {
      Entry found = programs.get(key);
      if (found != null) {
        return found;
      }
    }
    Entry made = new Entry(key, compile(backend, trace, donors), trace, donors);
    synchronized (this) {
      compiled++;
      if (made.bytes() > MOST_BYTES) {
        return made; // larger than all others together may be: it goes with its run
      }
      Entry raced = programs.putIfAbsent(key, made);
      if (raced != null) {
        made.graph.executable().close();
        return raced;
      }
      bytes += made.bytes();
      evict();
    }
    return made;
  }

  /** Returns the program of a trace, for the caller alone. */
  public static CompiledGraph compile(Backend backend, Trace trace, int[] donors) {
    Trace runnable = Eager.suspended(() -> Expansion.of(trace, backend::supports));
    Graph graph = runnable.graph(donors);
    boolean fuse = FUSION && backend.supports(ElementwiseFusion.KERNEL);
    Compiler.Result result = Compiler.compile(graph, fuse);
    Program program = result.program();
    List<Node> own = runnable.scalars().subList(trace.scalars().size(), runnable.scalars().size());
    List<Long> constants = new ArrayList<>();
    for (Node scalar : own) {
      constants.add(scalar.word());
    }
    for (long word : result.constants()) {
      constants.add(word);
    }
    Executable executable = backend.load(program);
    return new CompiledGraph(
        program, executable, constants.stream().mapToLong(Long::longValue).toArray());
  }

  private void evict() {
    Iterator<Entry> eldest = programs.values().iterator();
    while (bytes > MOST_BYTES && programs.size() > 1) {
      Entry entry = eldest.next();
      bytes -= entry.bytes();
      eldest.remove(); // a run may be about to start: the executable goes with the last reference
      entry.next = null;
    }
  }
}

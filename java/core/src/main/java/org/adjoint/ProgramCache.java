package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.compile.Compiler;
import org.adjoint.internal.compile.ElementwiseFusion;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Program;

/**
 * The programs compiled so far for one backend, by the structure of their graphs. Keys are compared
 * in full. It holds no leaves, and when its estimate of its own size exceeds {@link #MOST_BYTES}
 * the least recently used programs go.
 */
final class ProgramCache {
  private static final long MOST_BYTES = 64L << 20;
  private static final long INSTRUCTION_BYTES = 1024;

  /** Off by {@code -Dorg.adjoint.fusion=false}, to measure what it gains. */
  private static final boolean FUSION =
      Boolean.parseBoolean(System.getProperty("org.adjoint.fusion", "true"));

  private final Map<Key, CompiledGraph> programs = new LinkedHashMap<>(64, 0.75f, true);
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

  /** Returns how many programs were compiled, not found, so far. */
  synchronized long compiled() {
    return compiled;
  }

  /** Returns the program of a trace, compiling it if its structure is new. */
  CompiledGraph get(Backend backend, long[] words, Trace trace, int[] donors) {
    Key key = Key.of(words);
    synchronized (this) {
      CompiledGraph found = programs.get(key);
      if (found != null) {
        return found;
      }
    }
    CompiledGraph made = compile(backend, trace, donors);
    synchronized (this) {
      compiled++;
      if (size(key, made) > MOST_BYTES) {
        return made; // larger than all others together may be: it goes with its run
      }
      CompiledGraph raced = programs.putIfAbsent(key, made);
      if (raced != null) {
        made.executable().close();
        return raced;
      }
      bytes += size(key, made);
      evict();
    }
    return made;
  }

  /** Returns the program of a trace, for the caller alone. */
  static CompiledGraph compile(Backend backend, Trace trace, int[] donors) {
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

  private static long size(Key key, CompiledGraph graph) {
    return 8L * key.words().length
        + INSTRUCTION_BYTES * (1 + graph.program().instructions().size());
  }

  private void evict() {
    Iterator<Map.Entry<Key, CompiledGraph>> eldest = programs.entrySet().iterator();
    while (bytes > MOST_BYTES && programs.size() > 1) {
      Map.Entry<Key, CompiledGraph> entry = eldest.next();
      bytes -= size(entry.getKey(), entry.getValue());
      eldest.remove(); // a run may be about to start: the executable goes with the last reference
    }
  }
}

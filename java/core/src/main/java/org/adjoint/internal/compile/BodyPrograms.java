package org.adjoint.internal.compile;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.GraphKey;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Program;

/**
 * The programs of bodies of loops, by structure: a loop of another length, or another function
 * around the same loop, compiles nothing of the body anew. Bounded by the kernel calls that the
 * programs hold; the least recently used go first.
 */
final class BodyPrograms {
  private static final int MOST_CALLS = 1 << 16;

  private static final Map<Key, Compiler.Result> KNOWN = new LinkedHashMap<>(64, 0.75f, true);

  // Guarded by KNOWN.
  private static long calls;
  private static long compiled;

  private BodyPrograms() {}

  private record Key(GraphKey graph, boolean fuse) {}

  /** Returns the program of a body; see {@link Compiler#compile}. */
  static Compiler.Result of(Graph body, boolean fuse) {
    Key key = new Key(GraphKey.of(body), fuse);
    synchronized (KNOWN) {
      Compiler.Result known = KNOWN.get(key);
      if (known != null) {
        return known;
      }
    }
    Compiler.Result made = Compiler.compile(body, fuse);
    synchronized (KNOWN) {
      compiled++;
      Compiler.Result raced = KNOWN.putIfAbsent(key, made);
      if (raced != null) {
        return raced;
      }
      calls += calls(made.program());
      evict();
    }
    return made;
  }

  /** Returns how many bodies were compiled, not found, so far. */
  static long compiled() {
    synchronized (KNOWN) {
      return compiled;
    }
  }

  private static void evict() {
    var eldest = KNOWN.values().iterator();
    while (calls > MOST_CALLS && KNOWN.size() > 1) {
      calls -= calls(eldest.next().program());
      eldest.remove();
    }
  }

  private static long calls(Program program) {
    long count = 1;
    for (Instruction instruction : program.instructions()) {
      count += instruction.body().map(BodyPrograms::calls).orElse(1L);
    }
    return count;
  }
}

package org.adjoint.internal.loop;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.ir.GraphKey;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.op.LoopOp;

/**
 * Equal bodies are one: a loop that is built again, as define-by-run does in each step, is the same
 * op, with the derivatives that were made of it, and the same program. Bodies hold no values. The
 * least recently used go first.
 */
final class Bodies {
  private static final int MOST = 1024;

  private static final Map<Key, Entry> KNOWN =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Entry> eldest) {
          return size() > MOST;
        }
      };

  /** To a program bodies are equal that bring their own rules; to derivatives they are not. */
  private record Entry(Primitive primitive, Optional<LoopOp> op) {}

  private record Key(GraphKey body, int carries, int sequences) {}

  private Bodies() {}

  /** Returns the loop of a body: that of an equal one, if there is one. */
  static LoopOp of(LoopBody body) {
    Loop loop = body.loop();
    Key key = new Key(GraphKey.of(loop.body()), loop.carries(), loop.sequences());
    // Nodes remember the user's line where anomalies are searched for.
    boolean shared = !body.bringsRules() && !Anomaly.isOn();
    synchronized (KNOWN) {
      Entry known = KNOWN.get(key);
      if (known != null && shared && known.op().isPresent()) {
        return known.op().get();
      }
      Primitive primitive = known == null ? LoopOp.primitive(loop) : known.primitive();
      LoopOp op = LoopOp.of(primitive, body);
      if (known == null || shared) {
        KNOWN.put(key, new Entry(primitive, shared ? Optional.of(op) : Optional.empty()));
      }
      return op;
    }
  }
}

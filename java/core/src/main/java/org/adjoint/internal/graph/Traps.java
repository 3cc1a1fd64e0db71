package org.adjoint.internal.graph;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.Log;

/**
 * A word, once a process, about habits that give right results and do not last: nothing else would
 * tell before memory or patience ends.
 */
public enum Traps {
  /** A scope around a whole loop holds every tensor of the loop. */
  SCOPE(
      "a Scope holds %d tensors, all of which live until it closes (the last one was built at %s);"
          + " open a Scope in each turn of a loop, not around the loop"),
  /** A loop that asks for no value builds one graph of all its turns. */
  PENDING(
      "one evaluation computes %d pending ops (asked for at %s); in a loop, eval() what the next"
          + " turn needs, or write the loop as a Scan"),
  /** A loop that asks for a part of its state computes the rest again from the start. */
  GROWING(
      "each of %d evaluations, one after another, compiled more ops than the one before (the last"
          + " was asked for at %s); if a loop asks for a part of its state only, the rest is"
          + " computed from the start again in every turn: Tensor.evalAll(…) the whole state",
      Traps.OFTEN);

  /** From so many on there is a word: of tensors, of ops. */
  public static final int MANY = 100_000;

  /** From so many on there is a word: of evaluations. */
  public static final int OFTEN = 32;

  private final String text;
  private final int least;
  private final AtomicReference<String> said = new AtomicReference<>();

  Traps(String text) {
    this(text, Traps.MANY);
  }

  Traps(String text, int least) {
    this.text = text;
    this.least = least;
  }

  /** Says the word if there are many and it was not said before. */
  public void look(int count) {
    if (count >= least && said.get() == null) {
      String word = String.format(Locale.ROOT, text, count, Anomaly.userLine());
      if (said.compareAndSet(null, word)) {
        Log.warn(Tensor.class, word);
      }
    }
  }

  /** Returns what was said. */
  public Optional<String> said() {
    return Optional.ofNullable(said.get());
  }

  /** Has the word said again. */
  void forget() {
    said.set(null);
  }
}

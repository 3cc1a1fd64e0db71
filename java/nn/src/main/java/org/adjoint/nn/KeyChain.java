package org.adjoint.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.internal.RestoredState;

/**
 * The keys of a training's steps, each a function of the first key and its number. How many were
 * taken is state that a checkpoint keeps: a resumed training draws what the uninterrupted one would
 * have drawn.
 */
public final class KeyChain implements Stateful {
  private Tensor first;
  private long taken;

  /** Starts a chain at a key. */
  public KeyChain(Key first) {
    this.first = first.bits();
  }

  /** Returns the next key. */
  public Key next() {
    return Key.of(first).fold(taken++);
  }

  /** Returns how many keys were taken. */
  public long taken() {
    return taken;
  }

  /** Returns the first key's bits, {@code first}, and the count {@code taken}, I64 []. */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("first", first);
    state.put("taken", Tensor.scalar(taken));
    return state;
  }

  @Override
  public void restore(Map<String, Tensor> state) {
    RestoredState.require("key chain", state(), state);
    long count = state.get("taken").longItem();
    if (count < 0) {
      throw new IllegalArgumentException("key chain: 'taken' is " + count + ", below 0");
    }
    Tensor bits = state.get("first");
    first = Tensor.of(bits.toLongArray(), bits.shape().dims());
    taken = count;
  }
}

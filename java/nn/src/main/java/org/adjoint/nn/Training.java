package org.adjoint.nn;

import java.util.Optional;
import java.util.function.Function;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.internal.Paths;

/**
 * What a network is told when it is applied as in training: a key that its random draws come from,
 * and whether running statistics move. {@link #OFF} tells it to compute as in evaluation. A
 * training is immutable, so a network applied twice with the same one draws the same: derivatives
 * of any order see one function.
 *
 * <p>Each layer has a key of its own, the training's folded with the names on the path to it.
 * Therefore a layer applies its children by {@link #apply} and {@link #call}, which also put the
 * child's path in front of an error's text.
 *
 * <p>In a compiled step the key is an argument, or else each run would draw the same: {@code
 * Compiled.of((x, bits) -> … Training.of(Key.of(bits)) …)}.
 */
public final class Training {
  /** Computes as in evaluation. */
  public static final Training OFF = new Training(Optional.empty(), false, Optional.empty());

  private final Optional<Key> root;
  private final boolean moves;
  private final Optional<Watcher> watcher;
  private final Training parent;
  private final String name;

  /** Hears of each child that is applied: to measure a network from outside. */
  @FunctionalInterface
  public interface Watcher {
    /**
     * Hears that a layer was applied; nothing has been computed yet.
     *
     * @param training what the layer was told: its path, and whether statistics move
     * @param layer the layer
     * @param x its input
     * @param y its output
     */
    void applied(Training training, Layer layer, Tensor x, Tensor y);
  }

  private Training(Optional<Key> root, boolean moves, Optional<Watcher> watcher) {
    this.root = root;
    this.moves = moves;
    this.watcher = watcher;
    this.parent = this;
    this.name = "";
  }

  private Training(Training parent, String name) {
    this.root = parent.root;
    this.moves = parent.moves;
    this.watcher = parent.watcher;
    this.parent = parent;
    this.name = name;
  }

  /**
   * Returns the training of one step.
   *
   * @param key what the step draws from: another one each step, such as {@code key.fold(step)}
   */
  public static Training of(Key key) {
    return new Training(Optional.of(key), true, Optional.empty());
  }

  /**
   * Returns this training with somebody who hears of each layer below that is applied. What is
   * computed, drawn and assigned stays the same.
   */
  public Training watched(Watcher watcher) {
    return parent == this
        ? new Training(root, moves, Optional.of(watcher))
        : new Training(parent.watched(watcher), name);
  }

  /** Returns whether layers compute as in training. */
  public boolean isOn() {
    return root.isPresent();
  }

  /** Returns whether running statistics move. */
  public boolean movesStatistics() {
    return moves;
  }

  /**
   * Returns this training without moving any running statistics. Where a function is written down
   * by {@code Vmap}, {@code Checkpoint} or {@code Scan} nothing can be assigned, so they cannot
   * move; the batch's own are used all the same.
   */
  public Training still() {
    return parent == this ? new Training(root, false, watcher) : new Training(parent.still(), name);
  }

  /**
   * Returns the key of the layer that this training was given to. The same each time: a layer that
   * draws twice folds a number in.
   *
   * @throws IllegalStateException if this is {@link #OFF}
   */
  public Key key() {
    if (parent != this) {
      return Paths.fold(parent.key(), name);
    }
    return root.orElseThrow(() -> new IllegalStateException("training: OFF draws nothing"));
  }

  /** Returns the names on the way here from where the training began, with dots between. */
  public String path() {
    return parent == this ? "" : Paths.join(parent.path(), name);
  }

  /** Returns the training of what a layer calls {@code name}. */
  public Training at(String name) {
    return new Training(this, name);
  }

  /**
   * Returns what a child makes of {@code x}.
   *
   * @param name what the calling layer calls the child
   * @throws IllegalArgumentException naming the child's path, if {@code x} does not fit
   */
  public Tensor apply(String name, Layer child, Tensor x) {
    return apply(name, child, x, training -> child.apply(x, training));
  }

  /**
   * Returns what {@code body} makes of a child and {@code x}: for a child that is applied in
   * another way than by {@link Layer#apply(Tensor, Training)}.
   *
   * @param name what the calling layer calls the child
   * @throws IllegalArgumentException naming the child's path, if {@code body} throws one
   */
  public Tensor apply(String name, Layer child, Tensor x, Function<Training, Tensor> body) {
    Tensor y = call(name, body);
    if (watcher.isPresent()) {
      watcher.get().applied(at(name), child, x, y);
    }
    return y;
  }

  /**
   * Returns what {@code body} makes of the training of a child: for children that take more than
   * one tensor.
   *
   * @param name what the calling layer calls the child
   * @throws IllegalArgumentException naming the child's path, if {@code body} throws one
   */
  public <T> T call(String name, Function<Training, T> body) {
    Training training = at(name);
    try {
      return body.apply(training);
    } catch (Placed e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new Placed(training.path() + ": " + e.getMessage(), e);
    }
  }

  /** An error with the path of the layer in which it arose. */
  private static final class Placed extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    Placed(String message, IllegalArgumentException cause) {
      super(message, cause);
    }
  }
}

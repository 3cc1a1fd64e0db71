package org.adjoint.nn.data;

import java.util.Objects;
import org.adjoint.Key;

/**
 * A data set cut into batches, in an order of its own for every epoch. The order is a function of
 * key and epoch alone, so any epoch can be repeated or resumed without the ones before. All batches
 * have the same size but the last, which is what is left.
 */
public final class Batches {
  private final Dataset data;
  private final int size;
  private final Key key;

  /**
   * Makes the batches of a data set.
   *
   * @param data the examples, at least one
   * @param size the rows of a batch, ≥ 1
   * @param key where the orders come from
   * @throws IllegalArgumentException if {@code size} is below 1 or there is nothing to cut
   */
  public Batches(Dataset data, int size, Key key) {
    if (size < 1 || data.rows() == 0) {
      throw new IllegalArgumentException(
          "batches: size " + size + " of " + data.rows() + " rows; both must be at least 1");
    }
    this.data = data;
    this.size = size;
    this.key = key;
  }

  /** Returns how many batches an epoch has. */
  public int count() {
    return (int) (((long) data.rows() + size - 1) / size);
  }

  /** Returns one epoch: every row of the data set exactly once, shuffled. */
  public Epoch epoch(long number) {
    return new Epoch(Shuffle.permutation(key.fold(number), data.rows()));
  }

  /** One pass over the data set. */
  public final class Epoch {
    private final int[] order;

    private Epoch(int[] order) {
      this.order = order;
    }

    /** Returns how many batches there are. */
    public int count() {
      return Batches.this.count();
    }

    /**
     * Returns one batch, as fresh tensors.
     *
     * @param index its place in the epoch, from 0
     */
    public Dataset.Batch batch(int index) {
      int from = Objects.checkIndex(index, count()) * size;
      return data.batch(order, from, (int) Math.min((long) from + size, order.length));
    }

    /** Returns the row numbers of the data set, in this epoch's order. */
    public int[] order() {
      return order.clone();
    }
  }
}

package org.adjoint.nn.data;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.internal.RestoredState;

/**
 * Batches of {@link Rows}, one epoch after the other without end, made ahead by a thread into
 * off-heap memory that is used again. Which rows a batch has is a function of its number, so a
 * loader's place, which checkpoints keep, is that number.
 *
 * <pre>{@code
 * try (DataLoader loader = DataLoader.of(rows).batch(32).shuffled(key).open()) {
 *   while (loader.epoch() < epochs) {
 *     Minibatch batch = loader.next();
 *     …
 *   }
 * }
 * }</pre>
 *
 * <p>A loader belongs to one thread at a time.
 */
public final class DataLoader implements Stateful, AutoCloseable {
  private final Rows rows;
  private final Sampler sampler;
  private final int size;
  private final boolean dropLast;
  private final int ahead;
  private final int count;

  private long epoch;
  private long index;
  private boolean closed;
  private Optional<Prefetcher> prefetcher = Optional.empty();

  private DataLoader(Builder builder, int epochRows) {
    this.rows = builder.rows;
    this.sampler = builder.sampler;
    this.size = builder.size;
    this.dropLast = builder.dropLast;
    this.ahead = builder.ahead;
    this.count = dropLast ? epochRows / size : (int) (((long) epochRows + size - 1) / size);
  }

  /** Returns a loader's settings: batches of 32 rows, first to last, two made ahead. */
  public static Builder of(Rows rows) {
    return new Builder(rows);
  }

  /** The settings of a loader. */
  public static final class Builder {
    private final Rows rows;
    private Sampler sampler;
    private int size = 32;
    private boolean dropLast;
    private int ahead = 2;

    private Builder(Rows rows) {
      this.rows = Objects.requireNonNull(rows, "rows");
      this.sampler = Sampler.sequential(rows.count());
    }

    /**
     * Sets the rows of a batch.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder batch(int size) {
      if (size < 1) {
        throw new IllegalArgumentException("loader: a batch of " + size + " rows; at least 1");
      }
      this.size = size;
      return this;
    }

    /** Takes the rows in an order drawn anew for every epoch. */
    public Builder shuffled(Key key) {
      return sampler(Sampler.shuffled(rows.count(), key));
    }

    /** Sets which rows an epoch takes; all epochs have as many. */
    public Builder sampler(Sampler sampler) {
      this.sampler = Objects.requireNonNull(sampler, "sampler");
      return this;
    }

    /** Leaves out the last batch of an epoch where it is smaller than the others. */
    public Builder dropLast() {
      this.dropLast = true;
      return this;
    }

    /**
     * Sets how many batches are made ahead; 0 makes each when it is asked for, without a thread.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder prefetch(int batches) {
      if (batches < 0) {
        throw new IllegalArgumentException("loader: cannot make " + batches + " batches ahead");
      }
      this.ahead = batches;
      return this;
    }

    /**
     * Returns the loader.
     *
     * @throws IllegalArgumentException if an epoch has no batch
     */
    public DataLoader open() {
      int epochRows = sampler.order(0).length;
      DataLoader loader = new DataLoader(this, epochRows);
      if (loader.count == 0) {
        throw new IllegalArgumentException(
            "loader: "
                + epochRows
                + " rows make no batch of "
                + size
                + "; use smaller batches or keep the last");
      }
      return loader;
    }
  }

  /** Returns how many batches an epoch has. */
  public int count() {
    return count;
  }

  /** Returns the number of the epoch that the next batch belongs to, from 0. */
  public long epoch() {
    return epoch;
  }

  /** Returns the place of the next batch in its epoch, from 0. */
  public int index() {
    return (int) index;
  }

  /**
   * Returns the next batch. The tensors of the batch before are released.
   *
   * @throws DataException if a row cannot be read, as every exception of the rows here and not in
   *     the thread that reads them; the loader then stays where it is
   * @throws IllegalStateException if the loader is closed, or the thread interrupted while it waits
   */
  public Minibatch next() {
    if (closed) {
      throw new IllegalStateException("loader: is closed");
    }
    if (prefetcher.isEmpty()) {
      List<Field> fields = rows.fields();
      Filling filling = new Filling(epoch, index);
      prefetcher = Optional.of(new Prefetcher(ahead, () -> new Slot(fields, size), filling));
    }
    Minibatch batch = prefetcher.get().next().orElseThrow();
    index++;
    if (index == count) {
      index = 0;
      epoch++;
    }
    return batch;
  }

  /** Fills slots from a place on. */
  private final class Filling implements Prefetcher.Filler {
    private long fillEpoch;
    private long fillIndex;
    private int[] order;

    Filling(long fillEpoch, long fillIndex) {
      this.fillEpoch = fillEpoch;
      this.fillIndex = fillIndex;
      this.order = new int[0];
    }

    @Override
    public int fill(Slot slot) {
      if (order.length == 0) {
        order = sampler.order(fillEpoch);
      }
      int from = (int) fillIndex * size;
      int to = (int) Math.min((long) from + size, order.length);
      List<ByteBuffer> buffers = slot.clear();
      for (int i = from; i < to; i++) {
        for (int field = 0; field < buffers.size(); field++) {
          rows.read(order[i], field, buffers.get(field));
        }
      }
      fillIndex++;
      if (fillIndex == count) {
        fillIndex = 0;
        fillEpoch++;
        order = new int[0];
      }
      return to - from;
    }
  }

  /** Returns {@code epoch} and {@code index} of the next batch, I64 []. */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("epoch", Tensor.scalar(epoch));
    state.put("index", Tensor.scalar(index));
    return state;
  }

  @Override
  public void restore(Map<String, Tensor> state) {
    RestoredState.require("loader", state(), state);
    long newEpoch = state.get("epoch").longItem();
    long newIndex = state.get("index").longItem();
    if (newEpoch < 0 || newIndex < 0 || newIndex >= count) {
      throw new IllegalArgumentException(
          "loader: 'index' "
              + newIndex
              + " of epoch "
              + newEpoch
              + " is not in 0.."
              + (count - 1)
              + "; restore into a loader of the same rows and batches");
    }
    stop();
    epoch = newEpoch;
    index = newIndex;
  }

  private void stop() {
    prefetcher.ifPresent(Prefetcher::close);
    prefetcher = Optional.empty();
  }

  /** Ends the thread and the tensors of the last batch. */
  @Override
  public void close() {
    closed = true;
    stop();
  }
}

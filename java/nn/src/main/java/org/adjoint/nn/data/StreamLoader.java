package org.adjoint.nn.data;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Batches of examples that come one after the other and only once: from a stream, an iterator or a
 * queue. They are read by a thread, ahead, into off-heap memory that is used again; a source is
 * read no further ahead than the batches that are asked for. There is nothing to shuffle, and no
 * place to resume at.
 */
public final class StreamLoader implements AutoCloseable {
  private final Prefetcher prefetcher;
  private final Runnable onClose;

  /**
   * Writes an example.
   *
   * @param <T> what the source has
   */
  @FunctionalInterface
  public interface Encoder<T> {
    /**
     * Writes all fields of an example: each into the buffer of its place, as {@link Rows#read}
     * writes it.
     */
    void encode(T example, List<ByteBuffer> into);
  }

  /** Waits for the next example. */
  private interface Next<T> {
    /** Returns an example, empty at the end. */
    Optional<T> next() throws InterruptedException;
  }

  private <T> StreamLoader(
      Next<T> source, List<Field> fields, int size, int ahead, Encoder<T> encoder, Runnable end) {
    if (size < 1 || ahead < 0) {
      throw new IllegalArgumentException(
          "loader: batches of " + size + " rows, " + ahead + " ahead; at least 1, and 0");
    }
    this.onClose = end;
    this.prefetcher =
        new Prefetcher(
            ahead, () -> new Slot(fields, size), slot -> fill(source, fields, size, encoder, slot));
  }

  private static <T> int fill(
      Next<T> source, List<Field> fields, int size, Encoder<T> encoder, Slot slot)
      throws InterruptedException {
    List<ByteBuffer> buffers = slot.clear();
    for (int row = 0; row < size; row++) {
      Optional<T> example = source.next();
      if (example.isEmpty()) {
        return row;
      }
      encoder.encode(example.get(), buffers);
      for (int i = 0; i < fields.size(); i++) {
        long expected = (row + 1) * fields.get(i).bytes();
        if (buffers.get(i).position() != expected) {
          throw new IllegalArgumentException(
              "loader: the encoder left '"
                  + fields.get(i).name()
                  + "' of row "
                  + row
                  + " at byte "
                  + buffers.get(i).position()
                  + ", expected "
                  + expected);
        }
      }
    }
    return size;
  }

  /**
   * Returns the batches of an iterator.
   *
   * @param source the examples
   * @param fields what an example is made of
   * @param size the rows of a batch, ≥ 1; the last has what is left
   * @param ahead how many batches are made ahead; 0 makes each when it is asked for
   * @param encoder writes an example
   * @throws IllegalArgumentException if {@code size} or {@code ahead} is below its bound
   */
  public static <T> StreamLoader of(
      Iterator<T> source, List<Field> fields, int size, int ahead, Encoder<T> encoder) {
    return new StreamLoader(
        () -> source.hasNext() ? Optional.of(source.next()) : Optional.empty(),
        fields,
        size,
        ahead,
        encoder,
        () -> {});
  }

  /**
   * Returns the batches of a stream, which is closed with them; the rest as {@link #of(Iterator,
   * List, int, int, Encoder)}.
   *
   * @throws IllegalArgumentException if {@code size} or {@code ahead} is below its bound
   */
  public static <T> StreamLoader of(
      Stream<T> source, List<Field> fields, int size, int ahead, Encoder<T> encoder) {
    Iterator<T> examples = source.iterator();
    return new StreamLoader(
        () -> examples.hasNext() ? Optional.of(examples.next()) : Optional.empty(),
        fields,
        size,
        ahead,
        encoder,
        source::close);
  }

  /**
   * Returns the batches of a queue that other threads fill; a batch waits until its examples are
   * there. The rest as {@link #of(Iterator, List, int, int, Encoder)}.
   *
   * @param isEnd says of an element that it is no example and none comes behind it
   * @throws IllegalArgumentException if {@code size} or {@code ahead} is below its bound
   */
  public static <T> StreamLoader of(
      BlockingQueue<T> source,
      Predicate<T> isEnd,
      List<Field> fields,
      int size,
      int ahead,
      Encoder<T> encoder) {
    return new StreamLoader(
        new Next<T>() {
          private boolean ended;

          @Override
          public Optional<T> next() throws InterruptedException {
            if (ended) {
              return Optional.empty();
            }
            T example = source.take();
            ended = isEnd.test(example);
            return ended ? Optional.empty() : Optional.of(example);
          }
        },
        fields,
        size,
        ahead,
        encoder,
        () -> {});
  }

  /**
   * Returns the next batch, empty at the end. The tensors of the batch before are released.
   *
   * @throws DataException or whatever the source or the encoder throws, here and not in the thread
   *     that reads
   * @throws IllegalStateException if the loader is closed, or the thread interrupted while it waits
   */
  public Optional<Minibatch> next() {
    return prefetcher.next();
  }

  /** Ends the thread, the tensors of the last batch, and a stream. */
  @Override
  public void close() {
    prefetcher.close();
    onClose.run();
  }
}

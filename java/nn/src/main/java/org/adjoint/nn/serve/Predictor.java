package org.adjoint.nn.serve;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.adjoint.Compiled;
import org.adjoint.Scope;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;

/**
 * A network that any number of threads ask at once. Calls that come while others compute are
 * computed together: the batch is filled up with rows of zeros to a power of two, for each of which
 * there is one program, made when the predictor is. No call starts a thread: a caller that finds a
 * lane free computes for all who wait, and hands the lane on when it is done.
 *
 * <pre>{@code
 * try (Predictor predictor = Predictor.of(network, Predictor.Options.of(), 784)) {
 *   float[] logits = predictor.predict(image);          // from any thread
 * }
 * }</pre>
 *
 * <p>An example's result depends on its program alone, not on the rows beside it: a network in
 * evaluation takes each row by itself. Which program that is depends on who calls at the same time,
 * and two programs may differ in the last bits; {@code batch(1)} is one program.
 *
 * <p>Memory is that of the programs, of which each lane runs one at a time, and of the calls'
 * arrays. Parameters that are assigned meanwhile are read by the next batch.
 */
public final class Predictor implements AutoCloseable {
  private final Options options;
  private final Shape example;
  private final int width;
  private final UnaryOperator<Tensor> network;
  private final Shape result;
  private final int resultWidth;

  private final ReentrantLock lock = new ReentrantLock();

  // ---- guarded by the lock ----

  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private final ArrayDeque<float[][]> inputs = new ArrayDeque<>();

  /** How many examples wait. */
  private int pending;

  /** How many lanes are taken. While one is free and nobody gathers, nobody waits. */
  private int taken;

  /** The leading request whose caller waits for more, empty if there is none. */
  private Optional<Request> gathering = Optional.empty();

  private boolean closed;

  /**
   * How calls become batches.
   *
   * @param batch the most examples that are computed together, a power of two
   * @param deadline how long a call waits for others when the batch is not full; zero takes those
   *     who have come while a lane was busy
   * @param lanes how many batches are computed at a time
   */
  public record Options(int batch, Duration deadline, int lanes) {
    private static final int BATCH = 64;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException naming the number that is out of range
     */
    public Options {
      if (batch < 1 || Integer.bitCount(batch) != 1) {
        throw new IllegalArgumentException(
            "predictor: batch " + batch + " is no power of two; use 1, 2, 4, …");
      }
      if (deadline.isNegative() || lanes < 1) {
        throw new IllegalArgumentException(
            "predictor: deadline "
                + deadline
                + " and lanes "
                + lanes
                + " must be 0 and 1 at least");
      }
    }

    /** Returns batches of at most 64, without waiting, on as many lanes as there are processors. */
    public static Options of() {
      return new Options(BATCH, Duration.ZERO, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Returns the same with at most so many examples together.
     *
     * @throws IllegalArgumentException if it is no power of two
     */
    public Options batch(int most) {
      return new Options(most, deadline, lanes);
    }

    /**
     * Returns the same with calls that wait so long for others.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Options deadline(Duration atMost) {
      return new Options(batch, atMost, lanes);
    }

    /**
     * Returns the same with so many batches at a time.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Options lanes(int number) {
      return new Options(batch, deadline, number);
    }
  }

  private Predictor(Layer layer, Options options, Shape example) {
    this.options = options;
    this.example = example;
    this.width = Math.toIntExact(example.size());
    this.network = Compiled.of((Tensor x) -> layer.apply(x));
    Shape last = Shape.SCALAR;
    for (int size = 1; size <= options.batch; size *= 2) {
      last = warm(size);
    }
    long[] dims = last.dims();
    this.result = Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
    this.resultWidth = Math.toIntExact(result.size());
    for (int lane = 0; lane < options.lanes; lane++) {
      inputs.add(new float[Integer.numberOfTrailingZeros(options.batch) + 1][]);
    }
  }

  /**
   * Returns a predictor whose programs are compiled and have run once.
   *
   * @param layer the network, which takes and gives F32 with examples along the leading axis
   * @param dims the shape of one example
   * @throws IllegalArgumentException naming the shapes, if the network does not take such examples
   *     or gives no row for each
   */
  public static Predictor of(Layer layer, Options options, long... dims) {
    return new Predictor(layer, options, Shape.of(dims));
  }

  @SuppressWarnings("try") // a scope works by being open
  private Shape warm(int size) {
    try (Scope scope = Scope.open()) {
      Tensor y = network.apply(Tensor.of(new float[size * width], dims(size)));
      if (y.rank() == 0 || y.dim(0) != size) {
        throw new IllegalArgumentException(
            "predictor: of " + size + " examples the network makes " + y.shape() + ", no row each");
      }
      y.toArray();
      return y.shape();
    }
  }

  private long[] dims(long size) {
    long[] dims = new long[example.rank() + 1];
    dims[0] = size;
    System.arraycopy(example.dims(), 0, dims, 1, example.rank());
    return dims;
  }

  /** Returns the shape of one example's result. */
  public Shape resultShape() {
    return result;
  }

  /**
   * Returns the results of some examples, one after another; blocks until they are computed. An
   * interrupt is kept for later.
   *
   * @param examples their elements, one example after another, any number of them; not to be
   *     changed meanwhile
   * @throws IllegalArgumentException if the elements are no whole number of examples
   * @throws IllegalStateException if the predictor is closed, before or meanwhile
   */
  public float[] predict(float... examples) {
    if (width == 0 || examples.length % width != 0) {
      throw new IllegalArgumentException(
          "predictor: " + examples.length + " elements are no examples of " + example);
    }
    int count = examples.length / width;
    if (count <= options.batch) {
      return one(examples, count);
    }
    float[] all = new float[Math.multiplyExact(count, resultWidth)];
    for (int at = 0; at < count; at += options.batch) {
      int size = Math.min(options.batch, count - at);
      float[] part = one(Arrays.copyOfRange(examples, at * width, (at + size) * width), size);
      System.arraycopy(part, 0, all, at * resultWidth, part.length);
    }
    return all;
  }

  private float[] one(float[] rows, int count) {
    Request request = new Request(rows, count);
    boolean lane = join(request);
    while (lane || !request.isDone()) {
      if (lane) {
        lead(request);
      }
      lane = request.awaitLane();
    }
    return request.result();
  }

  /** Puts a request behind the others; returns whether it has got a lane. */
  private boolean join(Request request) {
    lock.lock();
    try {
      if (closed) {
        throw closedError();
      }
      waiting.add(request);
      pending += request.examples;
      if (gathering.isPresent()) {
        if (pending >= options.batch) {
          gathering.get().wake();
        }
        return false;
      }
      if (taken == options.lanes) {
        return false;
      }
      taken++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Computes a batch on a lane that the caller of this request has. The request is in the batch,
   * unless another lane has taken it since: then the lane is for those who still wait.
   */
  private void lead(Request leader) {
    List<Request> batch = List.of();
    float[][] buffers = {};
    lock.lock();
    try {
      leader.take();
      if (gathering.isEmpty() && !leader.isDone()) {
        gather(leader);
        batch = take();
        buffers = inputs.remove();
      }
    } finally {
      lock.unlock();
    }
    try {
      if (!batch.isEmpty()) {
        compute(batch, buffers);
      }
    } catch (RuntimeException | Error e) {
      IllegalStateException error =
          new IllegalStateException("predictor: the network failed: " + e.getMessage(), e);
      batch.forEach(request -> request.fail(error));
    } finally {
      handOn(buffers);
    }
  }

  /** Waits for more examples, until a batch is full or the leader has waited enough. */
  private void gather(Request leader) {
    long patience = options.deadline.toNanos();
    boolean interrupted = false;
    while (patience > 0 && pending > 0 && pending < options.batch) {
      long left = leader.arrived + patience - System.nanoTime();
      if (left <= 0) {
        break;
      }
      gathering = Optional.of(leader);
      lock.unlock();
      try {
        LockSupport.parkNanos(this, left);
      } finally {
        lock.lock();
      }
      interrupted |= Thread.interrupted();
    }
    gathering = Optional.empty();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the requests that fit a batch; those behind get a lane of their own if one is free. */
  private List<Request> take() {
    List<Request> batch = new ArrayList<>();
    int examples = 0;
    while (!waiting.isEmpty() && examples + waiting.peek().examples <= options.batch) {
      examples += waiting.peek().examples;
      batch.add(waiting.remove());
    }
    pending -= examples;
    if (!waiting.isEmpty() && !waiting.peek().isGranted() && taken < options.lanes) {
      taken++;
      waiting.peek().grant();
    }
    return batch;
  }

  /** Gives the lane to the first of those who wait, or back. */
  private void handOn(float[][] buffers) {
    lock.lock();
    try {
      if (buffers.length > 0) {
        inputs.add(buffers);
      }
      boolean served = waiting.isEmpty() || gathering.isPresent() || waiting.peek().isGranted();
      if (served) {
        taken--;
      } else {
        waiting.peek().grant();
      }
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("try") // a scope works by being open
  private void compute(List<Request> batch, float[][] buffers) {
    int examples = batch.stream().mapToInt(request -> request.examples).sum();
    int size = examples <= 1 ? 1 : Integer.highestOneBit(examples - 1) * 2;
    float[] rows = batch.get(0).rows;
    if (batch.size() > 1 || examples != size) {
      rows = joined(batch, buffers, size);
    }
    float[] results;
    try (Scope scope = Scope.open()) {
      results = network.apply(Tensor.of(rows, dims(size))).toArray();
    }
    if (batch.size() == 1 && examples == size) {
      batch.get(0).finish(results);
      return;
    }
    int at = 0;
    for (Request request : batch) {
      int end = at + request.examples * resultWidth;
      request.finish(Arrays.copyOfRange(results, at, end));
      at = end;
    }
  }

  /** Returns the rows of a batch, with zeros behind, in an array of the lane. */
  private float[] joined(List<Request> batch, float[][] buffers, int size) {
    int program = Integer.numberOfTrailingZeros(size);
    if (buffers[program] == null) {
      buffers[program] = new float[size * width];
    }
    float[] rows = buffers[program];
    int at = 0;
    for (Request request : batch) {
      System.arraycopy(request.rows, 0, rows, at, request.rows.length);
      at += request.rows.length;
    }
    Arrays.fill(rows, at, rows.length, 0);
    return rows;
  }

  /**
   * Ends all calls that wait with an IllegalStateException, and refuses further ones; a batch that
   * is being computed is finished. Closing twice is closing once.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      IllegalStateException error = closedError();
      gathering.ifPresent(Request::wake);
      waiting.forEach(request -> request.fail(error));
      waiting.clear();
      pending = 0;
    } finally {
      lock.unlock();
    }
  }

  private static IllegalStateException closedError() {
    return new IllegalStateException("predictor: it is closed");
  }
}

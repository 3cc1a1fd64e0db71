package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("threads")
@Timeout(60)
class DataLoaderTest {
  private static final List<Field> NUMBER = List.of(new Field("n", DType.I32, Shape.SCALAR));

  /** Ten rows of each dtype; row r holds numbers that tell r. */
  private static Columns rows() {
    int[] n = IntStream.range(0, 10).toArray();
    float[] pairs = new float[20];
    boolean[] odd = new boolean[10];
    for (int i = 0; i < 20; i++) {
      pairs[i] = i;
      odd[i / 2] = i / 2 % 2 == 1;
    }
    return Columns.of()
        .with("pair", pairs, 1, 2)
        .with("double", Arrays.stream(n).asDoubleStream().toArray())
        .with("n", n)
        .with("long", Arrays.stream(n).asLongStream().toArray())
        .with("odd", odd);
  }

  @Test
  void aBatchHasItsRowsInEveryField() {
    try (DataLoader loader = DataLoader.of(rows()).batch(4).shuffled(Key.of(1)).open()) {
      assertEquals(3, loader.count());
      int[] order = Sampler.shuffled(10, Key.of(1)).order(0);
      for (int b = 0; b < 3; b++) {
        assertEquals(b, loader.index());
        Minibatch batch = loader.next();
        int[] expected = Arrays.copyOfRange(order, 4 * b, Math.min(10, 4 * b + 4));
        assertEquals(expected.length, batch.rows());
        assertArrayEquals(expected, batch.get("n").toIntArray());
        assertArrayEquals(
            Arrays.stream(expected).asLongStream().toArray(), batch.get("long").toLongArray());
        assertArrayEquals(
            Arrays.stream(expected).asDoubleStream().toArray(),
            batch.get("double").toDoubleArray());
        assertArrayEquals(new long[] {batch.rows(), 1, 2}, batch.get("pair").shape().dims());
        for (int i = 0; i < batch.rows(); i++) {
          assertEquals(2f * expected[i] + 1, batch.get("pair").toArray()[2 * i + 1]);
          assertEquals(expected[i] % 2 == 1, batch.get("odd").toBooleanArray()[i]);
        }
      }
      assertEquals(1, loader.epoch());
    }
  }

  @Test
  void whatIsMadeAheadIsWhatIsMadeWhenAsked() {
    List<int[]> expected = take(0, 25);
    for (int ahead : new int[] {1, 3}) {
      List<int[]> actual = take(ahead, 25);
      for (int i = 0; i < 25; i++) {
        assertArrayEquals(expected.get(i), actual.get(i));
      }
    }
  }

  private static List<int[]> take(int ahead, int batches) {
    List<int[]> taken = new ArrayList<>();
    try (DataLoader loader = loader(ahead)) {
      for (int i = 0; i < batches; i++) {
        taken.add(loader.next().get("n").toIntArray());
      }
    }
    return taken;
  }

  private static DataLoader loader(int ahead) {
    return DataLoader.of(rows()).batch(3).dropLast().shuffled(Key.of(4)).prefetch(ahead).open();
  }

  @Test
  void aRestoredLoaderGoesOnWhereItWas() {
    try (DataLoader first = loader(2);
        DataLoader second = loader(1)) {
      assertEquals(3, first.count());
      for (int i = 0; i < 7; i++) {
        first.next();
      }
      Map<String, Tensor> state = first.state();
      second.next();
      second.restore(state);
      for (int i = 0; i < 10; i++) {
        assertArrayEquals(first.next().get("n").toIntArray(), second.next().get("n").toIntArray());
      }
      assertEquals(5, second.epoch());
      assertEquals(2, second.index());
      Map<String, Tensor> beyond = Map.of("epoch", Tensor.scalar(0L), "index", Tensor.scalar(3L));
      assertThrows(IllegalArgumentException.class, () -> second.restore(beyond));
      assertEquals(2, second.index());
    }
  }

  @Test
  void aBatchEndsWithTheNextAndItsMemoryIsUsedAgain() {
    try (DataLoader loader = loader(1)) {
      Tensor first = loader.next().get("n");
      assertEquals(3, first.size());
      Tensor later = first.plus(Tensor.scalar(1));
      loader.next();
      assertThrows(IllegalStateException.class, first::toIntArray);
      assertThrows(IllegalStateException.class, later::eval);
    }
    DataLoader closed = loader(1);
    Tensor last = closed.next().get("n");
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, last::toIntArray);
    assertThrows(IllegalStateException.class, closed::next);
  }

  @Test
  void noMoreIsReadThanIsAskedForAndAhead() throws InterruptedException {
    AtomicInteger read = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(6);
    Stream<Integer> source =
        IntStream.range(0, 1000)
            .boxed()
            .peek(
                n -> {
                  read.incrementAndGet();
                  full.countDown();
                });
    try (StreamLoader loader = StreamLoader.of(source.iterator(), NUMBER, 2, 2, encoder())) {
      full.await(); // one batch for the consumer, two ahead
      assertArrayEquals(new int[] {0, 1}, loader.next().orElseThrow().get("n").toIntArray());
      for (int i = 1; i < 5; i++) {
        assertTrue(read.get() <= 2 * (i + 3), () -> read.get() + " are read");
        assertEquals(2 * i, loader.next().orElseThrow().get("n").toIntArray()[0]);
      }
    }
  }

  private static StreamLoader.Encoder<Integer> encoder() {
    return (n, into) -> into.get(0).putInt(n);
  }

  @Test
  void anErrorOfTheThreadIsTheConsumers() {
    RuntimeException error = new DataException("file", "is damaged");
    Rows rows =
        new Rows() {
          @Override
          public int count() {
            return 10;
          }

          @Override
          public List<Field> fields() {
            return NUMBER;
          }

          @Override
          public void read(int row, int field, ByteBuffer into) {
            if (row == 5) {
              throw error;
            }
            into.putInt(row);
          }
        };
    for (int ahead : new int[] {0, 2}) {
      try (DataLoader loader = DataLoader.of(rows).batch(2).prefetch(ahead).open()) {
        loader.next();
        assertArrayEquals(new int[] {2, 3}, loader.next().get("n").toIntArray());
        assertSame(error, assertThrows(DataException.class, loader::next));
        assertSame(error, assertThrows(DataException.class, loader::next));
        assertEquals(2, loader.index());
      }
    }
  }

  @Test
  void closingEndsAThreadThatWaits() throws InterruptedException {
    ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(10);
    queue.add(1);
    StreamLoader loader = StreamLoader.of(queue, n -> n < 0, NUMBER, 1, 1, encoder());
    assertArrayEquals(new int[] {1}, loader.next().orElseThrow().get("n").toIntArray());
    Thread waiting = new Thread(loader::close);
    waiting.start(); // while the loader's thread waits for the queue
    assertThrows(IllegalStateException.class, loader::next);
    waiting.join();
    queue.add(2);
    assertEquals(1, queue.size());
  }

  @Test
  void aQueueEndsWhereItSays() {
    ArrayBlockingQueue<Integer> queue =
        new ArrayBlockingQueue<>(10, false, List.of(1, 2, 3, -1, 4));
    try (StreamLoader loader = StreamLoader.of(queue, n -> n < 0, NUMBER, 2, 1, encoder())) {
      assertArrayEquals(new int[] {1, 2}, loader.next().orElseThrow().get("n").toIntArray());
      assertArrayEquals(new int[] {3}, loader.next().orElseThrow().get("n").toIntArray());
      assertEquals(Optional.empty(), loader.next());
      assertEquals(Optional.empty(), loader.next());
    }
    assertEquals(List.of(4), List.copyOf(queue));
  }

  @Test
  void aStreamIsClosedWithItsBatches() {
    AtomicBoolean closed = new AtomicBoolean();
    Stream<Integer> source = Stream.of(1, 2).onClose(() -> closed.set(true));
    StreamLoader.of(source, NUMBER, 5, 0, encoder()).close();
    assertTrue(closed.get());
    try (StreamLoader bad =
        StreamLoader.of(Stream.of(1), NUMBER, 1, 0, (n, into) -> into.get(0).putShort((short) 1))) {
      String message = assertThrows(IllegalArgumentException.class, bad::next).getMessage();
      assertEquals("loader: the encoder left 'n' of row 0 at byte 2, expected 4", message);
    }
  }

  @Test
  void settingsThatMakeNoBatchAreRefused() {
    DataLoader.Builder builder = DataLoader.of(rows());
    assertThrows(IllegalArgumentException.class, () -> builder.batch(0));
    assertThrows(IllegalArgumentException.class, () -> builder.prefetch(-1));
    assertThrows(IllegalArgumentException.class, () -> builder.batch(11).dropLast().open());
    assertThrows(IllegalArgumentException.class, () -> rows().with("n", new int[10]));
    assertThrows(IllegalArgumentException.class, () -> rows().with("m", new int[11]));
    assertThrows(IllegalArgumentException.class, () -> rows().with("m", new int[10], 3));
  }
}

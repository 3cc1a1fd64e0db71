package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.stream.LongStream;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** A key is what was written, whatever was expected. */
class KeyWriterTest {
  private static long[] written(long[] expected, long... words) {
    KeyWriter writer = new KeyWriter(expected);
    writer.addAll(words);
    return writer.finish();
  }

  @Test
  void whatWasExpectedIsNotStoredAgain() {
    long[] expected = {3, 1, 4};
    assertSame(expected, written(expected, 3, 1, 4));
  }

  @Test
  void aKeyMayBeShorterLongerOrDifferent() {
    long[] expected = {3, 1, 4};
    for (long[] other : new long[][] {{}, {3}, {3, 1}, {3, 1, 5}, {2, 1, 4}, {3, 1, 4, 1}}) {
      long[] words = written(expected, other);
      assertNotSame(expected, words);
      assertArrayEquals(other, words);
    }
    assertArrayEquals(new long[] {3, 1, 4}, expected);
  }

  @Test
  void aLongKeyThatDiffersLate() {
    long[] expected = LongStream.range(0, 5000).toArray();
    long[] other = LongStream.range(0, 7000).map(i -> i < 4000 ? i : -i).toArray();
    assertArrayEquals(other, written(expected, other));
    assertArrayEquals(other, written(new long[0], other));
  }

  @Test
  void programsThatTakeTurnsAreEachCompiledOnce() {
    Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
    long[] compiled = new long[4];
    for (int i = 0; i < compiled.length; i++) {
      assertEquals(12, x.times(x).minus(2).sum().plus(4).item());
      assertEquals(6, x.sum().item());
      assertEquals(10.5, x.square().sum().times(0.75).item());
      compiled[i] = Backends.cache().compiled();
    }
    assertEquals(compiled[0], compiled[3]);
  }
}

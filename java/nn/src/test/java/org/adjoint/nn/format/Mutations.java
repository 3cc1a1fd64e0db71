package org.adjoint.nn.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * Damages bytes as a hostile or unlucky file has them: bits turned, numbers at the ends of their
 * ranges, pieces cut, doubled and moved. The same seed makes the same damages.
 */
final class Mutations {
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    100_000_000
  };
  private static final String[] WORDS = {
    "9",
    "0",
    "-1",
    "1e9",
    "99999999",
    "9223372036854775807",
    "{",
    "}",
    "[",
    "]",
    "(",
    ",",
    "\"",
    "'",
    "null",
    "NaN",
    "\\u0000",
    "../",
    "\n",
    ":"
  };

  private final Random random;

  Mutations(long seed) {
    this.random = new Random(seed);
  }

  /** Returns damaged bytes, most often by one damage and at most by four. */
  byte[] of(byte[] whole) {
    byte[] bytes = whole.clone();
    int damages = 1 + Math.min(random.nextInt(4), random.nextInt(4));
    for (int i = 0; i < damages && bytes.length > 0; i++) {
      bytes = damaged(bytes);
    }
    return bytes;
  }

  private byte[] damaged(byte[] bytes) {
    // half of the damages fall into the first bytes, where headers are
    int within = random.nextBoolean() ? Math.min(bytes.length, 128) : bytes.length;
    int at = random.nextInt(within);
    int length = 1 + random.nextInt(Math.min(16, bytes.length - at));
    switch (random.nextInt(8)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> number(bytes, at);
      case 3 -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      }
      case 4 -> {
        return spliced(bytes, at, at + length, new byte[0]);
      }
      case 5 -> {
        return spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
      }
      case 6 -> {
        return spliced(bytes, at, at + random.nextInt(2), word());
      }
      default -> {
        int from = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes.clone(), from, bytes, at, length);
      }
    }
    return bytes;
  }

  private byte[] word() {
    return WORDS[random.nextInt(WORDS.length)].getBytes(StandardCharsets.US_ASCII);
  }

  private void number(byte[] bytes, int at) {
    ByteBuffer number = ByteBuffer.allocate(8);
    number.order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int width = 1 << random.nextInt(4);
    long value = NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(3) - 1;
    switch (width) {
      case 1 -> number.put((byte) value);
      case 2 -> number.putShort((short) value);
      case 4 -> number.putInt((int) value);
      default -> number.putLong(value);
    }
    System.arraycopy(number.array(), 0, bytes, at, Math.min(width, bytes.length - at));
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] piece) {
    byte[] whole = new byte[bytes.length - (to - from) + piece.length];
    System.arraycopy(bytes, 0, whole, 0, from);
    System.arraycopy(piece, 0, whole, from, piece.length);
    System.arraycopy(bytes, to, whole, from + piece.length, bytes.length - to);
    return whole;
  }
}

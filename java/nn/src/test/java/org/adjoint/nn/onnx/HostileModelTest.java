package org.adjoint.nn.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Flatten;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.onnx.OnnxExport.Input;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Damaged ONNX files, drawn by a seed: each is read or refused by a {@link DataException} of one
 * line, and reading allocates at most four times the file beside what a small file takes. {@code
 * -Dadjoint.fuzz=true} tries a million.
 */
class HostileModelTest {
  private static final int INPUTS = Boolean.getBoolean("adjoint.fuzz") ? 1_000_000 : 4_000;

  /** What reading takes beside the file: decoders, errors, and objects of small nodes. */
  private static final long OWN = 1 << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static List<byte[]> whole() {
    Origin origin = Origin.of(Key.of(1));
    Layer image =
        Sequential.of()
            .then("conv", Conv.of(origin.at("conv"), 1, 2, Convolution.of(2).padding(1), 3))
            .then("relu", Activation.RELU)
            .then("pool", Pool.max(2, 2))
            .then("flatten", new Flatten())
            .then("head", Linear.of(origin.at("head"), 8, 3));
    Recurrent lstm = Recurrent.of(origin.at("lstm"), Recurrent.Options.of(Cell.LSTM, 2, 3));
    return List.of(
        OnnxExport.of(image, Input.of("x", DType.F32, 1, 4, 4)).bytes(),
        OnnxExport.of(lstm, Input.of("x", DType.F32, 4, 2)).bytes());
  }

  @Test
  @Timeout(7200)
  void aDamagedFileIsRefusedOrRead() {
    List<byte[]> whole = whole();
    for (byte[] file : whole) {
      OnnxLayer.of("whole", file);
    }
    SplittableRandom random = new SplittableRandom(1);
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] file = damaged(random, whole.get(i % whole.size()));
      int at = i;
      long before = THREADS.getCurrentThreadAllocatedBytes();
      try {
        Scope.run(() -> OnnxLayer.of("damaged", file));
        read++;
      } catch (DataException e) {
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      } catch (RuntimeException | Error e) {
        throw new AssertionError("damage " + i + ": " + e, e);
      }
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertTrue(
          allocated <= 4L * file.length + OWN,
          () -> "damage " + at + ": " + file.length + " bytes, allocated are " + allocated);
    }
    int count = read;
    assertTrue(read > 0 && read < INPUTS, () -> count + " of " + INPUTS + " were read");
  }

  /**
   * Flips a bit, sets a byte to an extreme, cuts, repeats or removes a part, once to four times.
   */
  private static byte[] damaged(SplittableRandom random, byte[] whole) {
    byte[] bytes = whole.clone();
    for (int times = random.nextInt(1, 5); times > 0 && bytes.length > 1; times--) {
      int at = random.nextInt(bytes.length);
      int end = Math.min(bytes.length, at + random.nextInt(1, 64));
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : 0x7f);
        case 2 -> bytes = Arrays.copyOf(bytes, at + 1);
        case 3 -> {
          byte[] more = Arrays.copyOf(bytes, bytes.length + end - at);
          System.arraycopy(bytes, at, more, end, bytes.length - at);
          bytes = more;
        }
        default -> {
          byte[] less = Arrays.copyOf(bytes, bytes.length - (end - at));
          System.arraycopy(bytes, end, less, at, bytes.length - end);
          bytes = less;
        }
      }
    }
    return bytes;
  }

  private static String refusal(byte... file) {
    return assertThrows(DataException.class, () -> OnnxLayer.of("f", file)).getMessage();
  }

  @Test
  void saysWhatIsWrong() {
    assertEquals("f: this is no ONNX model: it has no graph (field 7)", refusal());
    String text = refusal("hello, world".getBytes(StandardCharsets.US_ASCII));
    assertTrue(text.startsWith("f: byte "), text);
    // A graph that claims 2^63 - 1 bytes.
    byte[] huge = {0x3a, -1, -1, -1, -1, -1, -1, -1, -1, 0x7f};
    assertEquals(
        "f: byte 10: field 7 claims 9223372036854775807 bytes of the 0 that are left",
        refusal(huge));
  }

  @Test
  void namesTheOperatorsThatAreNotRead() {
    WireWriter out = new WireWriter();
    out.message(
        7,
        graph ->
            graph.message(
                1,
                node -> {
                  node.textElement(2, "y");
                  node.text(4, "QLinearConv");
                }));
    out.message(8, opset -> opset.number(2, 13));
    assertEquals("f: uses operators that are not read: [QLinearConv]", refusal(out.bytes()));
  }

  /** A shape whose elements the file does not have is refused before they are allocated. */
  @Test
  void refusesATensorThatIsLargerThanItsData() {
    WireWriter out = new WireWriter();
    out.message(
        7,
        graph ->
            graph.message(
                5,
                tensor -> {
                  tensor.packed(1, 1L << 31, 1L << 30);
                  tensor.number(2, 1);
                  tensor.text(8, "w");
                  tensor.bytes(9, java.nio.ByteBuffer.allocate(8));
                }));
    String text = refusal(out.bytes());
    assertTrue(text.contains("tensor 'w'") && text.contains("has 8 bytes of data"), text);
  }
}

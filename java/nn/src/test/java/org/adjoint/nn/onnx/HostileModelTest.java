package org.adjoint.nn.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.adjoint.nn.data.DataException;
import org.junit.jupiter.api.Test;

/** What is said of files that are no ONNX models; {@code HostileFileTest} has damaged ones. */
class HostileModelTest {
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
                  tensor.bytes(9, ByteBuffer.allocate(8));
                }));
    String text = refusal(out.bytes());
    assertTrue(text.contains("tensor 'w'") && text.contains("has 8 bytes of data"), text);
  }
}

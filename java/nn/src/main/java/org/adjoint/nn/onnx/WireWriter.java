package org.adjoint.nn.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Writes messages in the wire format of Protocol Buffers
 * (https://protobuf.dev/programming-guides/encoding): fields one after another, each a tag, number
 * · 8 + wire type, and its value. A field that has its default value is left out, as proto3 has it.
 */
final class WireWriter {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Returns what was written. */
  byte[] bytes() {
    return out.toByteArray();
  }

  /** Writes a whole number, unless it is 0. */
  void number(int field, long value) {
    if (value != 0) {
      tag(field, VARINT);
      varint(value);
    }
  }

  /** Writes a whole number, 0 too: an element of a list, or a choice among fields. */
  void element(int field, long value) {
    tag(field, VARINT);
    varint(value);
  }

  /** Writes a float, 0 too. */
  void real(int field, float value) {
    tag(field, FIXED32);
    fixed32(Float.floatToRawIntBits(value));
  }

  /** Writes a text, unless it is empty. */
  void text(int field, String value) {
    if (!value.isEmpty()) {
      textElement(field, value);
    }
  }

  /** Writes a text, the empty one too. */
  void textElement(int field, String value) {
    bytes(field, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes bytes. */
  void bytes(int field, ByteBuffer value) {
    tag(field, BYTES);
    varint(value.remaining());
    if (value.hasArray()) {
      out.write(value.array(), value.arrayOffset() + value.position(), value.remaining());
    } else {
      byte[] copy = new byte[value.remaining()];
      value.duplicate().get(copy);
      out.write(copy, 0, copy.length);
    }
  }

  /** Writes a message, which {@code body} fills. */
  void message(int field, Consumer<WireWriter> body) {
    WireWriter inner = new WireWriter();
    body.accept(inner);
    tag(field, BYTES);
    varint(inner.out.size());
    out.writeBytes(inner.out.toByteArray());
  }

  /** Writes whole numbers as one packed field, unless there are none. */
  void packed(int field, long... values) {
    if (values.length > 0) {
      WireWriter inner = new WireWriter();
      for (long value : values) {
        inner.varint(value);
      }
      bytes(field, ByteBuffer.wrap(inner.bytes()));
    }
  }

  private void tag(int field, int type) {
    varint((long) field << 3 | type);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private void fixed32(int bits) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(bits >>> shift);
    }
  }
}

package org.adjoint.nn.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads one message in the wire format that {@link WireWriter} writes, field by field. Nothing that
 * a length claims is believed: it must lie within the message around it before anything is made of
 * it, and bytes are views of the file.
 *
 * <pre>{@code
 * while (in.next()) {
 *   switch (in.field()) {
 *     case 1 -> name = in.text();
 *     default -> in.skip();
 *   }
 * }
 * }</pre>
 */
final class WireReader {
  private static final int MOST_SHIFT = 63;
  private static final int MOST_FIELD = 0x1FFFFFFF;

  /** How many numbers a list of an attribute or shape may have: they take more room than bytes. */
  private static final int MOST_NUMBERS = 1 << 16;

  private final ByteBuffer in;

  /** Where the message begins in the file, for errors. */
  private final long origin;

  private int field;
  private int type;

  /** A message is not what its format says. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String problem) {
      super(problem, null, false, false);
    }
  }

  /** Reads the message that these bytes are. */
  WireReader(ByteBuffer bytes) {
    this(bytes, 0);
  }

  private WireReader(ByteBuffer bytes, long origin) {
    this.in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.origin = origin;
  }

  /** Goes to the next field; returns whether there is one. */
  boolean next() {
    if (!in.hasRemaining()) {
      return false;
    }
    long tag = varint();
    type = (int) (tag & 7);
    if (tag < 0 || tag >>> 3 == 0 || tag >>> 3 > MOST_FIELD) {
      throw malformed("tag " + Long.toUnsignedString(tag) + " names no field");
    }
    field = (int) (tag >>> 3);
    return true;
  }

  /** Returns the number of the field. */
  int field() {
    return field;
  }

  /** Returns the field as a whole number. */
  long number() {
    expect(WireWriter.VARINT);
    return varint();
  }

  /** Returns the field as a float. */
  float real() {
    expect(WireWriter.FIXED32);
    return Float.intBitsToFloat(room(Integer.BYTES).getInt());
  }

  /** Returns the field's bytes, a view of the file. */
  ByteBuffer bytes() {
    expect(WireWriter.BYTES);
    return view();
  }

  /** Returns the field as UTF-8. */
  String text() {
    ByteBuffer bytes = bytes();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw malformed("field " + field + " is no UTF-8");
    }
  }

  /** Returns a reader of the message that the field is. */
  WireReader message() {
    expect(WireWriter.BYTES);
    ByteBuffer bytes = view();
    return new WireReader(bytes, origin + in.position() - bytes.remaining());
  }

  /** Adds the whole numbers of a repeated field, packed or not. */
  void numbers(List<Long> into) {
    if (type == WireWriter.VARINT) {
      into.add(varint());
      return;
    }
    ByteBuffer packed = bytes();
    atMost(count(packed));
    varints(packed, into::add);
  }

  /** Adds the floats of a repeated field, packed or not. */
  void reals(List<Float> into) {
    if (type == WireWriter.FIXED32) {
      into.add(real());
      return;
    }
    ByteBuffer packed = packed(Float.BYTES);
    atMost(packed.remaining() / Float.BYTES);
    while (packed.hasRemaining()) {
      into.add(packed.getFloat());
    }
  }

  /** Returns the elements of a packed field of numbers of fixed size, little-endian. */
  ByteBuffer packed(int size) {
    ByteBuffer bytes = bytes();
    if (bytes.remaining() % size != 0) {
      throw malformed(
          "field " + field + ": " + bytes.remaining() + " bytes are no numbers of " + size);
    }
    return bytes;
  }

  /** Returns whether the field is one number of fixed size, instead of a packed list. */
  boolean isAlone() {
    return type != WireWriter.BYTES;
  }

  /** Passes over the field. */
  void skip() {
    switch (type) {
      case WireWriter.VARINT -> varint();
      case WireWriter.FIXED64 -> room(Long.BYTES).getLong();
      case WireWriter.FIXED32 -> room(Integer.BYTES).getInt();
      case WireWriter.BYTES -> view();
      default -> throw malformed("field " + field + " has wire type " + type);
    }
  }

  /** Returns how many whole numbers are packed in these bytes. */
  static long count(ByteBuffer packed) {
    long count = 0;
    for (int i = packed.position(); i < packed.limit(); i++) {
      count += packed.get(i) >= 0 ? 1 : 0; // the last byte of each
    }
    return count;
  }

  /** Hands on the whole numbers that are packed in these bytes. */
  static void varints(ByteBuffer packed, LongConsumer into) {
    WireReader reader = new WireReader(packed);
    while (reader.in.hasRemaining()) {
      into.accept(reader.varint());
    }
  }

  Malformed malformed(String problem) {
    return new Malformed("byte " + (origin + in.position()) + ": " + problem);
  }

  private void atMost(long count) {
    if (count > MOST_NUMBERS) {
      throw malformed("field " + field + " has " + count + " numbers, more than " + MOST_NUMBERS);
    }
  }

  private void expect(int wanted) {
    if (type != wanted) {
      throw malformed("field " + field + " has wire type " + type + ", expected " + wanted);
    }
  }

  private ByteBuffer view() {
    long length = varint();
    if (length < 0 || length > in.remaining()) {
      throw malformed(
          "field "
              + field
              + " claims "
              + Long.toUnsignedString(length)
              + " bytes of the "
              + in.remaining()
              + " that are left");
    }
    ByteBuffer view = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + (int) length);
    return view;
  }

  private ByteBuffer room(int bytes) {
    if (in.remaining() < bytes) {
      throw malformed("ends within a number of " + bytes + " bytes");
    }
    return in;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift <= MOST_SHIFT; shift += 7) {
      if (!in.hasRemaining()) {
        throw malformed("ends within a number");
      }
      byte b = in.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed("a number has more than 10 bytes");
  }
}

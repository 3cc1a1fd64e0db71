package org.adjoint.nn.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;

/**
 * The header of an {@link Npy} array: a magic word, a version, a length, then a Python dictionary
 * of three entries, padded by spaces. Of Python's grammar only what NumPy writes there is read:
 * strings without escapes, {@code True}, {@code False}, and tuples of whole numbers.
 *
 * @param element how the numbers are stored
 * @param order the order of the bytes of a number
 * @param fortran whether the first axis runs fastest
 * @param shape the sizes
 * @param bytes how long the header is, all of it
 */
record NpyHeader(Element element, ByteOrder order, boolean fortran, Shape shape, long bytes) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** The magic word and the version. */
  private static final int START = 8;

  /** Sixteen sizes of nineteen digits take 400 characters; NumPy pads a header to 64 bytes. */
  private static final int MOST_TEXT = 1 << 16;

  private static final int ALIGNMENT = 64;

  /** Returns how many bytes the numbers take. */
  long dataBytes() {
    return shape.size() * element.bytes();
  }

  /** Returns dtype and shape, as messages write them. */
  String describe() {
    return element + " " + shape;
  }

  /**
   * Reads the header.
   *
   * @param name what messages call the array
   * @param size how many bytes the array has, header included
   * @param in where the array's bytes come from
   * @throws DataException naming the place and the values, if this is no header, or {@code size} is
   *     another than the header says
   */
  static NpyHeader read(Object name, long size, Elements.Input in) throws IOException {
    if (size < START + 2) {
      throw new DataException(
          name,
          "has " + size + " bytes, fewer than the " + (START + 2) + " that begin an npy array");
    }
    byte[] start = read(in, START);
    for (int i = 0; i < MAGIC.length; i++) {
      if (start[i] != MAGIC[i]) {
        throw new DataException(
            name,
            "byte "
                + i
                + " is "
                + (start[i] & 0xff)
                + ", expected "
                + (MAGIC[i] & 0xff)
                + ": this is no npy array");
      }
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > 3) {
      throw new DataException(name, "npy version " + (version & 0xff) + " is not one of 1, 2, 3");
    }
    int width = version == 1 ? 2 : 4;
    if (size < START + width) {
      throw new DataException(name, "ends after " + size + " bytes, inside the header's length");
    }
    ByteBuffer field = ByteBuffer.wrap(read(in, width)).order(ByteOrder.LITTLE_ENDIAN);
    long length = version == 1 ? field.getShort() & 0xffff : Integer.toUnsignedLong(field.getInt());
    long before = START + width;
    long most = Math.min(MOST_TEXT, size - before);
    if (length > most) {
      throw new DataException(
          name,
          "the header's length at byte 8 is "
              + length
              + ", expected 0.."
              + most
              + " in "
              + size
              + " bytes");
    }
    byte[] text = read(in, (int) length);
    NpyHeader header =
        new Parser(name, new String(text, StandardCharsets.ISO_8859_1), before).header();
    long remaining = size - header.bytes;
    if (header.dataBytes() != remaining) {
      throw new DataException(
          name,
          header.describe()
              + " takes "
              + header.dataBytes()
              + " bytes, but "
              + remaining
              + " follow the header");
    }
    return header;
  }

  private static byte[] read(Elements.Input in, int count) throws IOException {
    byte[] bytes = new byte[count];
    in.read(bytes, count);
    return bytes;
  }

  /**
   * Returns the header of a tensor in row-major order, little-endian, version 1: no shape that
   * {@link Shape#MAX_RANK} permits is too long for it.
   */
  static byte[] of(Tensor tensor) {
    Element element = Element.of(tensor.dtype());
    StringBuilder text = new StringBuilder("{'descr': '");
    text.append(element.bytes() == 1 ? '|' : '<').append(element.numpy());
    text.append("', 'fortran_order': False, 'shape': (");
    long[] dims = tensor.shape().dims();
    for (int i = 0; i < dims.length; i++) {
      text.append(i == 0 ? "" : " ")
          .append(dims[i])
          .append(i == 0 || i < dims.length - 1 ? "," : "");
    }
    text.append("), }");
    int before = START + 2;
    int whole = (before + text.length() + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    text.append(" ".repeat(whole - before - text.length() - 1)).append('\n');
    return ByteBuffer.allocate(whole)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) text.length())
        .put(text.toString().getBytes(StandardCharsets.US_ASCII))
        .array();
  }

  /** Reads the dictionary. */
  private static final class Parser {
    private final Object name;
    private final String text;
    private final long before;
    private int at;

    Parser(Object name, String text, long before) {
      this.name = name;
      this.text = text;
      this.before = before;
    }

    NpyHeader header() {
      String descr = "";
      boolean fortran = false;
      List<Long> sizes = List.of();
      Set<String> seen = new HashSet<>();
      expect('{');
      while (!accept('}')) {
        String key = string();
        expect(':');
        if (!seen.add(key)) {
          throw error("the header has '" + key + "' twice");
        }
        switch (key) {
          case "descr" -> descr = descr();
          case "fortran_order" -> fortran = truth();
          case "shape" -> sizes = sizes();
          default -> throw error("the header has the unknown entry '" + key + "'");
        }
        if (!accept(',')) {
          expect('}');
          break;
        }
      }
      if (!text.substring(at).isBlank()) {
        throw error("the header goes on behind its closing brace");
      }
      if (seen.size() != 3) {
        throw error("the header has only " + seen + " of descr, fortran_order, shape");
      }
      return header(descr, fortran, sizes);
    }

    private NpyHeader header(String descr, boolean fortran, List<Long> sizes) {
      ByteOrder order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
      boolean known = descr.startsWith("<") || descr.startsWith(">") || descr.startsWith("|");
      Element element =
          (known ? Element.ofNumpy(descr.substring(1)) : Optional.<Element>empty())
              .orElseThrow(() -> error("dtype '" + descr + "' is not read" + cure(descr)));
      if (descr.startsWith("|") && element.bytes() > 1 && element != Element.BF16) {
        throw error("dtype '" + descr + "' has no byte order");
      }
      try {
        Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
        Math.multiplyExact(shape.size(), (long) element.bytes());
        return new NpyHeader(element, order, fortran, shape, before + text.length());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new DataException(name, "no such shape: " + e.getMessage(), e);
      }
    }

    private static String cure(String descr) {
      if (descr.endsWith("O")) {
        return ": Python objects are code to be run; save an array of numbers";
      }
      return "; save the array as one of f8, f4, f2, i8, i4, i2, i1, u4, u2, u1, b1";
    }

    private String descr() {
      if (peek() == '[' || peek() == '{') {
        throw error("the array has fields; save each of them as an array of its own");
      }
      return string();
    }

    private String string() {
      char quote = peek();
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0) {
        throw unexpected("a string");
      }
      String string = text.substring(at + 1, end);
      if (string.length() > 80) {
        throw error("the header has a string of " + string.length() + " characters");
      }
      at = end + 1;
      return string;
    }

    private boolean truth() {
      peek();
      for (String word : List.of("True", "False")) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw unexpected("True or False");
    }

    private List<Long> sizes() {
      List<Long> sizes = new ArrayList<>();
      expect('(');
      while (!accept(')')) {
        sizes.add(number());
        if (sizes.size() > Shape.MAX_RANK) {
          throw error("the shape has more than " + Shape.MAX_RANK + " sizes");
        }
        if (!accept(',')) {
          if (sizes.size() == 1) {
            throw unexpected("','"); // (3) is a number in Python, no tuple
          }
          expect(')');
          break;
        }
      }
      return sizes;
    }

    private long number() {
      peek();
      int end = at;
      while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
        end++;
      }
      String digits = text.substring(at, end);
      if (digits.isEmpty() || digits.length() > 19) {
        throw unexpected("a size");
      }
      try {
        long number = Long.parseLong(digits);
        at = end;
        return number;
      } catch (NumberFormatException e) {
        throw unexpected("a size below 2^63");
      }
    }

    /** Returns the next character that is no space, NUL at the end. */
    private char peek() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
        at++;
      }
      return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean accept(char c) {
      boolean there = peek() == c && at < text.length();
      at += there ? 1 : 0;
      return there;
    }

    private void expect(char c) {
      if (!accept(c)) {
        throw unexpected("'" + c + "'");
      }
    }

    private DataException unexpected(String expected) {
      String found = at < text.length() ? "'" + text.charAt(at) + "'" : "the end";
      return error(
          "byte " + (before + at) + " of the header is " + found + ", expected " + expected);
    }

    private DataException error(String problem) {
      return new DataException(name, problem);
    }
  }
}

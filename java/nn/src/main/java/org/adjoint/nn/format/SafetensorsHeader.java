package org.adjoint.nn.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.adjoint.Shape;
import org.adjoint.nn.data.DataException;

/**
 * The header of a {@link Safetensors} file, each entry consistent in itself: a known type, a shape
 * that can exist, and as many bytes as these two say. Whether the entries fit together and into the
 * file is the reader's to check.
 *
 * @param entries the tensors in the header's order
 * @param metadata the strings of {@code __metadata__}
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  private static final List<Element> ELEMENTS = List.of(Element.values());

  /** Names are as many as tensors, and each is read once: a table of known ones would only grow. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
          .build();

  /**
   * One tensor of the header.
   *
   * @param name its name
   * @param element how its numbers are stored
   * @param shape its sizes
   * @param begin its first byte, counted from the end of the header
   * @param end the byte behind its last
   */
  record Entry(String name, Element element, Shape shape, long begin, long end) {
    /** Returns the name as messages write it. */
    String label() {
      return SafetensorsHeader.label(name);
    }

    /** Returns the offsets as the header writes them. */
    String offsets() {
      return "[" + begin + ", " + end + "]";
    }
  }

  /**
   * Returns what the text, in UTF-8, says.
   *
   * @throws DataException naming the file, the place and the values, if it is no such header
   */
  static SafetensorsHeader parse(Path file, byte[] text) {
    Reader reader =
        new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder());
    try (JsonParser json = JSON.createParser(reader)) {
      return new Parser(file, json).header();
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getCharOffset());
      throw new DataException(
          file, "the header is malformed at character " + at + ": " + e.getOriginalMessage(), e);
    } catch (CharacterCodingException e) {
      throw new DataException(file, "the header is not UTF-8 text", e);
    } catch (IOException e) {
      throw new AssertionError("reading from an array", e);
    }
  }

  private static String label(String name) {
    return "tensor '" + (name.length() > 80 ? name.substring(0, 80) + "…" : name) + "'";
  }

  private record Parser(Path file, JsonParser json) {

    SafetensorsHeader header() throws IOException {
      List<Entry> entries = new ArrayList<>();
      Map<String, String> metadata = new LinkedHashMap<>();
      expect(json.nextToken(), JsonToken.START_OBJECT, () -> "the header");
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = text(json.currentName());
        json.nextToken();
        if (name.equals(Safetensors.METADATA)) {
          readMetadata(metadata);
        } else {
          entries.add(entry(name));
        }
      }
      if (json.nextToken() != null) {
        throw error("the header goes on behind its closing brace");
      }
      return new SafetensorsHeader(entries, metadata);
    }

    private void readMetadata(Map<String, String> into) throws IOException {
      expect(json.currentToken(), JsonToken.START_OBJECT, () -> Safetensors.METADATA);
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String key = text(json.currentName());
        expect(json.nextToken(), JsonToken.VALUE_STRING, () -> Safetensors.METADATA + " " + key);
        into.put(key, text(json.getText()));
      }
    }

    /** Returns a text of the header, which JSON may write with half of a surrogate pair. */
    private String text(String text) {
      int at = Safetensors.loneSurrogate(text);
      if (at >= 0) {
        throw error(
            String.format(
                "the header has a text whose character %d is \\u%04x, half of a surrogate pair",
                at, (int) text.charAt(at)));
      }
      return text;
    }

    private Entry entry(String name) throws IOException {
      String dtype = "";
      long[] shape = null;
      long[] offsets = null;
      expect(json.currentToken(), JsonToken.START_OBJECT, () -> label(name));
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> {
            expect(json.currentToken(), JsonToken.VALUE_STRING, () -> label(name) + ": dtype");
            dtype = json.getText();
          }
          case "shape" -> shape = sizes(() -> label(name) + ": shape");
          case "data_offsets" -> offsets = sizes(() -> label(name) + ": data_offsets");
          default -> throw error(label(name) + ": has an unknown field '" + field + "'");
        }
      }
      if (dtype.isEmpty() || shape == null || offsets == null) {
        throw error(label(name) + ": lacks one of dtype, shape, data_offsets");
      }
      return entry(name, dtype, shape, offsets);
    }

    private Entry entry(String name, String dtype, long[] dims, long[] offsets) {
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw error(label(name) + ": data_offsets are not [begin, end] with begin <= end");
      }
      Element type = element(name, dtype);
      Shape shape;
      long bytes;
      try {
        shape = Shape.of(dims);
        bytes = Math.multiplyExact(shape.size(), (long) type.bytes());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new DataException(file, label(name) + ": no such shape: " + e.getMessage(), e);
      }
      if (bytes != offsets[1] - offsets[0]) {
        throw error(
            label(name)
                + ": "
                + type
                + " "
                + shape
                + " takes "
                + bytes
                + " bytes, but data_offsets ["
                + offsets[0]
                + ", "
                + offsets[1]
                + "] hold "
                + (offsets[1] - offsets[0]));
      }
      return new Entry(name, type, shape, offsets[0], offsets[1]);
    }

    private Element element(String tensor, String name) {
      return Element.named(name)
          .orElseThrow(
              () ->
                  error(
                      label(tensor)
                          + ": dtype '"
                          + name
                          + "' is not one of "
                          + ELEMENTS
                          + " that are read"));
    }

    private long[] sizes(Supplier<String> what) throws IOException {
      expect(json.currentToken(), JsonToken.START_ARRAY, what);
      long[] sizes = new long[Shape.MAX_RANK + 1];
      int count = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
        long size = json.getLongValue();
        if (size < 0) {
          throw error(what.get() + " has the negative number " + size);
        }
        if (count == sizes.length) {
          throw error(what.get() + " has more than " + Shape.MAX_RANK + " numbers");
        }
        sizes[count++] = size;
      }
      return Arrays.copyOf(sizes, count);
    }

    private void expect(JsonToken actual, JsonToken expected, Supplier<String> what) {
      if (actual != expected) {
        throw error(
            what.get()
                + ": found "
                + describe(actual)
                + " where "
                + describe(expected)
                + " belongs");
      }
    }

    private static String describe(JsonToken token) {
      if (token == null) {
        return "the end";
      }
      return switch (token) {
        case START_OBJECT -> "an object";
        case START_ARRAY -> "an array";
        case VALUE_STRING -> "a string";
        case VALUE_NUMBER_INT -> "a whole number";
        case VALUE_NUMBER_FLOAT -> "a fraction";
        case VALUE_TRUE, VALUE_FALSE -> "a truth value";
        case VALUE_NULL -> "null";
        default -> token.toString();
      };
    }

    private DataException error(String problem) {
      return new DataException(file, problem);
    }
  }
}

package org.adjoint.nn.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.nn.data.DataException;

/**
 * A value of a JSON file with its place in it, so that whatever is wrong with the value can be said
 * with file and place. Numbers that are not finite are the strings {@code "NaN"}, {@code
 * "Infinity"} and {@code "-Infinity"}.
 *
 * @param file the file
 * @param where the place: {@code steps[3].loss}, empty for the whole
 * @param value a Map, List, String, Number or Boolean
 */
record JsonTree(Path file, String where, Object value) {
  private static final int DEEPEST = 16;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .build();

  /**
   * Returns the whole of a text.
   *
   * @throws DataException naming the file and the place, if the text is no JSON
   */
  static JsonTree parse(Path file, String text) {
    try (JsonParser json = JSON.createParser(text)) {
      json.nextToken();
      Object whole = read(file, json);
      if (json.nextToken() != null) {
        throw new DataException(file, "goes on behind its end");
      }
      return new JsonTree(file, "", whole);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new DataException(
          file, "is no JSON, see line " + line + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static Object read(Path file, JsonParser json) throws IOException {
    JsonToken token = json.currentToken();
    if (token == null) {
      throw new DataException(file, "is empty");
    }
    switch (token) {
      case START_OBJECT -> {
        Map<String, Object> fields = new LinkedHashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          String key = json.currentName();
          json.nextToken();
          fields.put(key, read(file, json));
        }
        return fields;
      }
      case START_ARRAY -> {
        List<Object> values = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          values.add(read(file, json));
        }
        return values;
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        return json.getNumberType() == JsonParser.NumberType.LONG
                || json.getNumberType() == JsonParser.NumberType.INT
            ? (Number) json.getLongValue()
            : (Number) json.getDoubleValue();
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        return json.getBooleanValue();
      }
      default -> {
        return json.getText();
      }
    }
  }

  private DataException wrong(String expected) {
    String shown = value instanceof String s ? "'" + shortened(s) + "'" : kind();
    String place = where.isEmpty() ? "the file" : where;
    return new DataException(file, place + " is " + shown + ", expected " + expected);
  }

  private String kind() {
    return value instanceof Map ? "an object" : value instanceof List ? "a list" : value.toString();
  }

  private static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  /**
   * Returns the field of an object, if it has one of that name.
   *
   * @throws DataException if this is no object
   */
  Optional<JsonTree> find(String key) {
    if (!(value instanceof Map<?, ?> fields)) {
      throw wrong("an object");
    }
    String place = where.isEmpty() ? key : where + "." + key;
    return Optional.ofNullable(fields.get(key)).map(v -> new JsonTree(file, place, v));
  }

  /**
   * Returns the field of an object.
   *
   * @throws DataException if this is no object, or has no such field
   */
  JsonTree get(String key) {
    return find(key)
        .orElseThrow(
            () ->
                new DataException(
                    file,
                    (where.isEmpty() ? "" : where + ": ") + "the field " + key + " is missing"));
  }

  /**
   * Returns what {@code each} makes of the values of a list.
   *
   * @throws DataException if this is no list
   */
  <T> List<T> list(Function<JsonTree, T> each) {
    if (!(value instanceof List<?> values)) {
      throw wrong("a list");
    }
    List<T> made = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      made.add(each.apply(new JsonTree(file, where + "[" + i + "]", values.get(i))));
    }
    return made;
  }

  /**
   * Returns the strings of an object by their names, in the order of the file.
   *
   * @throws DataException if this is no object of strings
   */
  Map<String, String> texts() {
    if (!(value instanceof Map<?, ?> fields)) {
      throw wrong("an object");
    }
    Map<String, String> texts = new LinkedHashMap<>();
    fields.keySet().forEach(key -> texts.put((String) key, get((String) key).text()));
    return texts;
  }

  /**
   * Returns a string.
   *
   * @throws DataException if this is none
   */
  String text() {
    if (value instanceof String text) {
      return text;
    }
    throw wrong("a string");
  }

  /**
   * Returns a number.
   *
   * @throws DataException if this is none
   */
  double number() {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    if (value.equals("NaN") || value.equals("Infinity") || value.equals("-Infinity")) {
      return Double.parseDouble((String) value);
    }
    throw wrong("a number");
  }

  /**
   * Returns a whole number of at least 0.
   *
   * @throws DataException if this is none
   */
  long whole() {
    if (value instanceof Long number && number >= 0) {
      return number;
    }
    throw wrong("a whole number of at least 0");
  }

  /**
   * Returns a whole number of at least 0 that an int holds.
   *
   * @throws DataException if this is none
   */
  int count() {
    if (whole() <= Integer.MAX_VALUE) {
      return (int) whole();
    }
    throw wrong("a whole number up to " + Integer.MAX_VALUE);
  }
}

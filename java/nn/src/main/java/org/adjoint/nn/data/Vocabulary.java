package org.adjoint.nn.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Words and their numbers, from 0 on: classes of a label, tokens of a text. Saved with a model as
 * texts, a word a text.
 */
public final class Vocabulary {
  private static final String WORDS = "words";
  private static final int MOST = 10_000_000;

  private final List<String> words;
  private final Map<String, Integer> places = new LinkedHashMap<>();

  private Vocabulary(List<String> words) {
    this.words = List.copyOf(words);
    for (String word : this.words) {
      if (places.put(word, places.size()) != null) {
        throw new IllegalArgumentException("vocabulary: has '" + word + "' twice");
      }
    }
  }

  /**
   * Returns the vocabulary of these words, in this order.
   *
   * @throws IllegalArgumentException naming the word, if one comes twice
   */
  public static Vocabulary of(List<String> words) {
    return new Vocabulary(words);
  }

  /**
   * Returns the vocabulary of the words that come at least {@code fewest} times, the most frequent
   * first, and of equally frequent ones the smaller text.
   *
   * @param most how many words to keep at most
   */
  public static Vocabulary fit(Iterable<String> text, int fewest, int most) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    text.forEach(word -> counts.merge(word, 1, Integer::sum));
    return new Vocabulary(
        counts.entrySet().stream()
            .filter(entry -> entry.getValue() >= fewest)
            .sorted(
                Comparator.comparingInt((Map.Entry<String, Integer> entry) -> -entry.getValue())
                    .thenComparing(Map.Entry::getKey))
            .limit(most)
            .map(Map.Entry::getKey)
            .toList());
  }

  /** Returns how many words there are. */
  public int size() {
    return words.size();
  }

  /** Returns the words in the order of their numbers. */
  public List<String> words() {
    return words;
  }

  /** Returns the number of a word, if it is one of these. */
  public OptionalInt find(String word) {
    Integer place = places.get(word);
    return place == null ? OptionalInt.empty() : OptionalInt.of(place);
  }

  /**
   * Returns the number of each row's text: class numbers of a label column.
   *
   * @throws DataException naming the column and the row, if a text is missing or none of these
   */
  public int[] encode(Table.Categories column) {
    int[] numbers = new int[column.rows()];
    for (int row = 0; row < numbers.length; row++) {
      int code = column.codes()[row];
      OptionalInt place = code < 0 ? OptionalInt.empty() : find(column.texts().get(code));
      if (place.isEmpty()) {
        throw new DataException(
            "column '" + column.name() + "'",
            "row "
                + (row + 1)
                + ": "
                + (code < 0 ? "has no value" : "'" + column.texts().get(code) + "' is unknown")
                + "; leave the row out");
      }
      numbers[row] = place.getAsInt();
    }
    return numbers;
  }

  /** Returns the words as texts by names that begin with {@code prefix}. */
  public Map<String, String> metadata(String prefix) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(prefix + WORDS, Integer.toString(size()));
    for (int i = 0; i < size(); i++) {
      texts.put(prefix + WORDS + "." + i, words.get(i));
    }
    return texts;
  }

  /**
   * Returns the vocabulary that {@link #metadata} has written under a prefix, if there is one.
   *
   * @param source what messages call where the texts come from, such as the file
   * @throws DataException naming the text, if one is missing, or a word comes twice
   */
  public static Optional<Vocabulary> find(
      Object source, Map<String, String> metadata, String prefix) {
    if (!metadata.containsKey(prefix + WORDS)) {
      return Optional.empty();
    }
    int count = count(source, metadata, prefix + WORDS);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      words.add(text(source, metadata, prefix + WORDS + "." + i));
    }
    try {
      return Optional.of(new Vocabulary(words));
    } catch (IllegalArgumentException e) {
      throw new DataException(source, "metadata '" + prefix + WORDS + "': " + e.getMessage(), e);
    }
  }

  static String text(Object source, Map<String, String> metadata, String key) {
    String text = metadata.get(key);
    if (text == null) {
      throw new DataException(source, "metadata '" + key + "' is missing");
    }
    return text;
  }

  static int count(Object source, Map<String, String> metadata, String key) {
    String text = text(source, metadata, key);
    if (!text.matches("[0-9]{1,8}") || Integer.parseInt(text) > MOST) {
      throw new DataException(
          source, "metadata '" + key + "' is '" + text + "', not a number up to " + MOST);
    }
    return Integer.parseInt(text);
  }
}

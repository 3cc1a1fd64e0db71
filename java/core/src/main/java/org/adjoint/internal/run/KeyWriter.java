package org.adjoint.internal.run;

import java.util.Arrays;

/**
 * Writes a structural key down word by word. A step's graph is usually that of the step before, so
 * a writer may be told which key to expect: as long as every word is that one's, none is stored.
 */
public final class KeyWriter {
  private static final long[] NOTHING = {};
  private static final int FIRST = 512;

  private final long[] expected;

  /** The words so far; {@link #expected} itself while they agree with it. */
  private long[] words;

  private int length;

  /** Makes a writer that expects no key. */
  public KeyWriter() {
    this(NOTHING);
  }

  /** Makes a writer that expects a key, which must not change. */
  public KeyWriter(long[] expected) {
    this.expected = expected;
    this.words = expected;
  }

  /** Adds a word. */
  public void add(long word) {
    if (words == expected) {
      if (length < words.length && words[length] == word) {
        length++;
        return;
      }
      words = Arrays.copyOf(expected, Math.max(FIRST, 2 * length));
    } else if (length == words.length) {
      words = Arrays.copyOf(words, 2 * length);
    }
    words[length++] = word;
  }

  /** Adds words. */
  public void addAll(long[] more) {
    for (long word : more) {
      add(word);
    }
  }

  /** Returns all words, once: the expected array itself if they are its. */
  public long[] finish() {
    long[] all = length == words.length ? words : Arrays.copyOf(words, length);
    words = NOTHING;
    length = 0;
    return all;
  }
}

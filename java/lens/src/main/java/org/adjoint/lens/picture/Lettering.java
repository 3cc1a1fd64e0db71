package org.adjoint.lens.picture;

import java.text.Normalizer;

/**
 * How much room text takes, without asking the machine for fonts: pictures are lettered in a
 * monospaced font, whose advance in those that browsers choose is at most 0.61 of its size. So the
 * same graph gives the same picture everywhere, and no label is cut.
 */
public final class Lettering {
  /** The size of labels, in pixels. */
  public static final double SIZE = 13;

  /** The size of details and captions, in pixels. */
  public static final double SMALL = 11;

  /** The height of a line of captions. */
  static final double SMALL_LINE = 13;

  /** The fonts of all pictures, in the order in which a browser tries them. */
  public static final String FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

  private static final double ADVANCE = 0.62;
  private static final int LONGEST = 36;

  private Lettering() {}

  /** Returns the width of a label. */
  public static double label(String text) {
    return columns(text) * SIZE * ADVANCE;
  }

  /** Returns the width of a detail or caption. */
  public static double small(String text) {
    return columns(text) * SMALL * ADVANCE;
  }

  /** Returns how many columns a text takes: wide characters take two, combining ones none. */
  static int columns(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC)
        .codePoints()
        .map(
            c -> {
              int type = Character.getType(c);
              boolean none =
                  type == Character.NON_SPACING_MARK
                      || type == Character.ENCLOSING_MARK
                      || type == Character.FORMAT
                      || type == Character.CONTROL;
              boolean wide =
                  Character.isIdeographic(c) || c >= 0x1F000 || (c >= 0xAC00 && c < 0xD7B0);
              return none ? 0 : wide ? 2 : 1;
            })
        .sum();
  }

  /** Returns a text that fits into a box: a longer one ends in an ellipsis. */
  public static String shortened(String text) {
    if (text.codePointCount(0, text.length()) <= LONGEST) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, LONGEST - 1)) + "…";
  }
}

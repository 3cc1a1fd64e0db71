package org.adjoint.lens.chart;

/**
 * Colours for numbers: from dark blue over green to yellow in steps that look equal, to
 * colour-blind readers too (viridis, by S. van der Walt and N. Smith, 2015, in the public domain),
 * by nine of its colours and straight lines between.
 */
public final class Palette {
  private static final int[] STOPS = {
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725
  };

  private Palette() {}

  /** Returns the colour of a place between 0 and 1, as {@code #rrggbb}. */
  public static String at(double place) {
    return String.format("#%06x", mixed(place));
  }

  /**
   * Returns black or white, whichever is read better on {@link #at}: at 4.5 to 1 or more (relative
   * luminance and contrast as in W3C, Web Content Accessibility Guidelines 2.1).
   */
  public static String ink(double place) {
    int colour = mixed(place);
    double luminance =
        0.2126 * linear(colour >> 16 & 0xff)
            + 0.7152 * linear(colour >> 8 & 0xff)
            + 0.0722 * linear(colour & 0xff);
    return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000" : "#fff";
  }

  private static double linear(int channel) {
    double c = channel / 255.0;
    return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
  }

  private static int mixed(double place) {
    double along = Math.min(Math.max(place, 0), 1) * (STOPS.length - 1);
    int stop = Math.min((int) along, STOPS.length - 2);
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = STOPS[stop] >> shift & 0xff;
      int b = STOPS[stop + 1] >> shift & 0xff;
      mixed |= (int) Math.round(a + (along - stop) * (b - a)) << shift;
    }
    return mixed;
  }
}

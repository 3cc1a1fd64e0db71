package org.adjoint.lens.chart;

/**
 * Colours for numbers: from dark blue over green to yellow in steps that look equal, to colour-blind
 * readers too (viridis, by S. van der Walt and N. Smith, 2015, in the public domain), by nine of its
 * colours and straight lines between.
 */
final class Palette {
  private static final int[] STOPS = {
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725
  };

  private Palette() {}

  /** Returns the colour of a place between 0 and 1, as {@code #rrggbb}. */
  static String at(double place) {
    double along = Math.min(Math.max(place, 0), 1) * (STOPS.length - 1);
    int stop = Math.min((int) along, STOPS.length - 2);
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = STOPS[stop] >> shift & 0xff;
      int b = STOPS[stop + 1] >> shift & 0xff;
      mixed |= (int) Math.round(a + (along - stop) * (b - a)) << shift;
    }
    return String.format("#%06x", mixed);
  }
}

package org.adjoint.lens.stepper;

import java.util.Map;

/**
 * What a page says beside numbers.
 *
 * @param title what the page is called
 * @param intro what a reader should look at, a few sentences
 * @param notes by the name of a cell what is said when it is reached
 * @param rate the learning rate that the page offers
 */
record Lecture(String title, String intro, Map<String, String> notes, double rate) {
  /** Copies the map. */
  Lecture {
    notes = Map.copyOf(notes);
  }
}

package org.adjoint.lens.landscape;

import java.util.List;

/**
 * What a classifier made of the plane at the points of its trajectory.
 *
 * @param x the grid's places on the first axis, ascending
 * @param y on the second axis
 * @param classes how many classes there are
 * @param points the points that are learnt, [n][2]
 * @param labels their classes
 * @param frames by point of the trajectory
 */
record Frames(
    double[] x, double[] y, int classes, double[][] points, int[] labels, List<Frame> frames) {
  /**
   * One moment.
   *
   * @param probabilities by place on y, then on x, then by class
   * @param found the classes that the points are taken for
   */
  record Frame(double[][][] probabilities, int[] found) {
    /** Returns how many of the labels were found. */
    int right(int[] labels) {
      int right = 0;
      for (int i = 0; i < labels.length; i++) {
        right += labels[i] == found[i] ? 1 : 0;
      }
      return right;
    }
  }

  Frames {
    frames = List.copyOf(frames);
  }
}

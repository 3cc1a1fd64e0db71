package org.adjoint.op;

import java.util.ArrayList;
import java.util.List;

/**
 * How the elements of an image, a kernel and a result meet in the ops of {@link ConvolutionOps}:
 * every size is explicit, so that the three ops share it and each one's derivatives need no other.
 *
 * @param groups into how many groups the channels are cut
 * @param axes the spatial axes, outermost first
 */
public record ConvGeometry(long groups, List<Axis> axes) {
  private static final int WORDS = 6;

  /**
   * One spatial axis: element p of the result meets element t of the kernel at element p·stride +
   * t·dilation − before of the image, which is 0 outside its size.
   *
   * @param image the image's size
   * @param kernel the kernel's size
   * @param result the result's size
   * @param stride how far apart neighbours of the result are in the image, 1 or more
   * @param before how many zeros stand before the image, 0 or more
   * @param dilation how far apart neighbours of the kernel are in the image, 1 or more
   */
  public record Axis(
      long image, long kernel, long result, long stride, long before, long dilation) {
    /** An axis that is not there. */
    static final Axis ABSENT = new Axis(1, 1, 1, 1, 0, 1);
  }

  /** Keeps the axes as they are now. */
  public ConvGeometry {
    axes = List.copyOf(axes);
  }

  /** Returns the geometry in the attributes of a node. */
  public static ConvGeometry of(long[] attrs) {
    List<Axis> axes = new ArrayList<>();
    for (int i = 1; i + WORDS <= attrs.length; i += WORDS) {
      axes.add(
          new Axis(attrs[i], attrs[i + 1], attrs[i + 2], attrs[i + 3], attrs[i + 4], attrs[i + 5]));
    }
    return new ConvGeometry(attrs[0], axes);
  }

  /** Returns the attributes of a node: the groups, then six numbers an axis. */
  public long[] attrs() {
    long[] attrs = new long[1 + WORDS * axes.size()];
    attrs[0] = groups;
    int at = 1;
    for (Axis axis : axes) {
      attrs[at++] = axis.image;
      attrs[at++] = axis.kernel;
      attrs[at++] = axis.result;
      attrs[at++] = axis.stride;
      attrs[at++] = axis.before;
      attrs[at++] = axis.dilation;
    }
    return attrs;
  }

  /** Returns whether attributes are those of a geometry alone. */
  static boolean isWhole(long[] attrs) {
    return attrs.length > WORDS && attrs.length % WORDS == 1;
  }

  /** Returns the same with so many groups. */
  ConvGeometry inGroups(long number) {
    return new ConvGeometry(number, axes);
  }

  /** Returns the same over {@code rank} axes: those that are added are absent. */
  ConvGeometry over(int rank) {
    List<Axis> all = new ArrayList<>();
    for (int i = axes.size(); i < rank; i++) {
      all.add(Axis.ABSENT);
    }
    all.addAll(axes);
    return new ConvGeometry(groups, all);
  }

  /** Returns the dims of an image of so many examples and channels. */
  long[] image(long examples, long channels) {
    return dims(examples, channels, 0);
  }

  /** Returns the dims of a kernel that takes so many channels to each of so many. */
  long[] kernel(long to, long from) {
    return dims(to, from, 1);
  }

  /** Returns the dims of a result of so many examples and channels. */
  long[] result(long examples, long channels) {
    return dims(examples, channels, 2);
  }

  private long[] dims(long first, long second, int which) {
    long[] dims = new long[2 + axes.size()];
    dims[0] = first;
    dims[1] = second;
    for (int i = 0; i < axes.size(); i++) {
      Axis axis = axes.get(i);
      dims[2 + i] = which == 0 ? axis.image : which == 1 ? axis.kernel : axis.result;
    }
    return dims;
  }
}

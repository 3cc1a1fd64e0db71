package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Tensor;

/**
 * One use of an op on a whole batch at once, as a batching rule sees it: some inputs have a new
 * leading axis of the batch's size, the others are the same for every example.
 *
 * @param size the number of examples
 * @param inputs the inputs, those of {@code batched} with the leading axis
 * @param batched which inputs have it; at least one has
 * @param attrs the attributes of the op on one example
 */
public record Batch(long size, List<Tensor> inputs, List<Boolean> batched, long[] attrs) {
  /** Returns input i as it came. */
  public Tensor x(int i) {
    return inputs.get(i);
  }

  /** Returns whether input i has the leading axis. */
  public boolean isBatched(int i) {
    return batched.get(i);
  }

  /** Returns how many axes input i has on one example. */
  public int rank(int i) {
    return x(i).rank() - (isBatched(i) ? 1 : 0);
  }

  /** Returns input i with the leading axis, repeated along it if it had none. */
  public Tensor wide(int i) {
    return isBatched(i) ? x(i) : x(i).broadcastTo(before(size, x(i).shape().dims()));
  }

  /** Returns all inputs with the leading axis. */
  public Tensor[] allWide() {
    Tensor[] wide = new Tensor[inputs.size()];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = wide(i);
    }
    return wide;
  }

  /** Returns input i such that its example axes align at the last of {@code rank}. */
  public Tensor aligned(int i, int rank) {
    if (!isBatched(i) || rank(i) == rank) {
      return x(i);
    }
    long[] dims = x(i).shape().dims();
    long[] to = new long[rank + 1];
    Arrays.fill(to, 1);
    to[0] = dims[0];
    System.arraycopy(dims, 1, to, to.length - (dims.length - 1), dims.length - 1);
    return x(i).reshape(to);
  }

  /** Returns all inputs aligned at the last of the most axes any of them has. */
  public Tensor[] allAligned() {
    int rank = 0;
    for (int i = 0; i < inputs.size(); i++) {
      rank = Math.max(rank, rank(i));
    }
    Tensor[] aligned = new Tensor[inputs.size()];
    for (int i = 0; i < aligned.length; i++) {
      aligned[i] = aligned(i, rank);
    }
    return aligned;
  }

  /** Returns the attributes that are axes, counted behind the leading one. */
  public long[] shiftedAxes() {
    long[] shifted = attrs.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i]++;
    }
    return shifted;
  }

  /** Returns {@code first} followed by {@code rest}. */
  static long[] before(long first, long[] rest) {
    long[] all = new long[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }
}

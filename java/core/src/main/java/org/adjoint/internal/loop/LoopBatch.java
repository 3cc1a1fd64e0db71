package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.Substitution;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.ir.Axes;
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.Batch;

/**
 * A loop over a batch: one loop, whose turns each take all examples.
 *
 * @param loop the loop of what depends on the example, and of what does not
 * @param carries the carries that depend on the example
 * @param stacks the stacks that depend on the example
 * @param ends whether examples end at turns of their own: one carry more says whether any goes on
 */
record LoopBatch(Derived loop, BitSet carries, BitSet stacks, boolean ends) {

  private record Key(BitSet batched, long size, boolean whileTrue) {}

  static List<Tensor> of(LoopBody body, Batch batch) {
    BitSet batched = new BitSet();
    for (int i = 0; i < batch.inputs().size(); i++) {
      batched.set(i, batch.isBatched(i));
    }
    Key key = new Key(batched, batch.size(), batch.attrs()[Loop.WHILE] != 0);
    return body.derived(LoopBatch.class, key, () -> of(body, key)).apply(body, batch);
  }

  private static LoopBatch of(LoopBody body, Key key) {
    BitSet batched = (BitSet) key.batched().clone();
    for (; ; ) {
      List<Tensor> examples = new ArrayList<>();
      List<Tensor> batches = new ArrayList<>();
      List<Tensor> mixed = new ArrayList<>(body.arguments());
      for (int i = 0; i < mixed.size(); i++) {
        if (batched.get(i)) {
          Type type = mixed.get(i).type();
          examples.add(mixed.get(i));
          mixed.set(i, Access.argument(wide(key.size(), type)));
          batches.add(mixed.get(i));
        }
      }
      List<Optional<Tensor>> ys =
          Substitution.within(body.results(), examples, batches, key.size());
      BitSet before = (BitSet) batched.clone();
      for (int i = 0; i < body.carries(); i++) {
        batched.set(i, batched.get(i) || ys.get(i).isPresent());
      }
      if (key.whileTrue() && batched.get(0)) {
        batched.set(0, body.carries()); // each example keeps what it ended with
      }
      if (batched.equals(before)) {
        return close(body, key, batched, mixed, ys);
      }
    }
  }

  private static LoopBatch close(
      LoopBody body, Key key, BitSet batched, List<Tensor> mixed, List<Optional<Tensor>> ys) {
    long size = key.size();
    List<Tensor> results = new ArrayList<>();
    BitSet stacks = new BitSet();
    for (int i = 0; i < ys.size(); i++) {
      Tensor one = body.results().get(i);
      boolean carry = i < body.carries() && batched.get(i);
      results.add(ys.get(i).orElseGet(() -> carry ? repeated(size, one) : one));
      stacks.set(i, i >= body.carries() && ys.get(i).isPresent());
    }
    int first = body.firstInvariant();
    List<Tensor> carried = mixed.subList(0, body.carries());
    boolean ends = key.whileTrue() && batched.get(0);
    if (ends) {
      carried = new ArrayList<>(carried);
      for (int i = 0; i < carried.size(); i++) {
        results.set(i, kept(carried.get(0), results.get(i), carried.get(i)));
      }
      carried.add(0, Access.argument(new Type(DType.BOOL, Shape.SCALAR)));
      results.add(0, results.get(0).any());
    }
    Derived loop =
        Derived.close(
            carried,
            mixed.subList(body.carries(), first),
            results,
            mixed.subList(first, mixed.size()));
    return new LoopBatch(loop, batched.get(0, body.carries()), stacks, ends);
  }

  private List<Tensor> apply(LoopBody body, Batch batch) {
    int first = body.firstInvariant();
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < batch.inputs().size(); i++) {
      boolean sequence = i >= body.carries() && i < first;
      if (i < body.carries()) {
        inputs.add(carries.get(i) ? batch.wide(i) : batch.x(i));
      } else {
        inputs.add(sequence && batch.isBatched(i) ? swapped(batch.x(i)) : batch.x(i));
      }
    }
    List<Tensor> carried = new ArrayList<>(inputs.subList(0, body.carries()));
    if (ends) {
      carried.add(0, carried.get(0).any());
    }
    List<Tensor> all =
        loop.apply(
            batch.attrs(),
            carried,
            inputs.subList(body.carries(), first),
            inputs.subList(first, inputs.size()));
    List<Tensor> outputs = ends ? all.subList(1, all.size()) : all;
    List<Tensor> wide = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      Tensor y = outputs.get(i);
      if (i < body.carries()) {
        wide.add(carries.get(i) ? y : repeated(batch.size(), y));
      } else {
        wide.add(stacks.get(i) ? swapped(y) : repeated(batch.size(), y));
      }
    }
    return wide;
  }

  /** Returns what each example goes on with: {@code next} where it goes on, else {@code now}. */
  private static Tensor kept(Tensor goes, Tensor next, Tensor now) {
    long[] dims = new long[now.rank()];
    Arrays.fill(dims, 1);
    dims[0] = goes.dim(0);
    return Tensor.where(goes.reshape(dims), next, now);
  }

  private static Type wide(long size, Type type) {
    long[] dims = new long[type.shape().rank() + 1];
    dims[0] = size;
    System.arraycopy(type.shape().dims(), 0, dims, 1, dims.length - 1);
    return new Type(type.dtype(), Shape.of(dims));
  }

  private static Tensor repeated(long size, Tensor x) {
    return x.broadcastTo(wide(size, x.type()).shape().dims());
  }

  /** Returns examples of turns as turns of examples, and back. */
  private static Tensor swapped(Tensor x) {
    return x.permute(Axes.moved(x.rank(), 0, 1));
  }
}

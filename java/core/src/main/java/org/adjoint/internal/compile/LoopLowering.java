package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Ref;

/**
 * Makes one call of a loop: compiles the body once, for all turns, and decides how each carry gets
 * from a turn to the next. A carry that is stacked is read from its stack; one that the body may
 * write over the old value stays in its place; any other alternates between two places. The body's
 * memory and the second places are one more output of the call, so that the plan around the loop
 * knows them.
 */
final class LoopLowering {
  private static final long ALIGNMENT = 64;
  private static final int NONE = -1;

  /** The most bytes that a turn adds to a stack which lies beside others. */
  private static final long MOST_SIDE_BY_SIDE = 1 << 10;

  private final Lower lower;
  private final Loop loop;
  private final int carries;

  /** By carry the stack whose elements the carry is, NONE for a carry with memory of its own. */
  private final int[] stackOf;

  private LoopLowering(Lower lower, Loop loop) {
    this.lower = lower;
    this.loop = loop;
    this.carries = loop.carries();
    this.stackOf = new int[carries];
    int[] roots = loop.body().roots();
    for (int i = 0; i < carries; i++) {
      stackOf[i] = NONE;
      for (int j = roots.length - 1; j >= carries; j--) {
        stackOf[i] = roots[j] == roots[i] ? j - carries : stackOf[i];
      }
    }
  }

  static Ref[] lower(Lower lower, Loop loop, long[] attrs, Ref[] inputs, Type[] outputs) {
    return new LoopLowering(lower, loop).run(attrs, inputs, outputs);
  }

  private Ref[] run(long[] attrs, Ref[] in, Type[] out) {
    Compiler.Result compiled = BodyPrograms.of(rooted(), lower.fuses());
    Program body = compiled.program();
    int[] modes = new int[carries];
    long room = rounded(body.workspaceBytes());
    int root = 0;
    for (int i = 0; i < carries; i++) {
      if (stackOf[i] != NONE) {
        modes[i] = stackOf[i];
      } else if (body.rootArguments()[root++] == i) {
        modes[i] = Loop.IN_PLACE;
      } else {
        modes[i] = Loop.BUFFERED;
        room += rounded(out[i].bytes());
      }
    }
    Ref[] given = places(out);
    Ref[] results = Arrays.copyOf(given, out.length + 1);
    if (Arrays.stream(given).allMatch(y -> y.size() == 0)) {
      return given;
    }
    results[out.length] = lower.allocate(new Type(DType.BOOL, Shape.of(Math.max(1, room))));
    lower.call(ints(attrs, modes), inputs(in, compiled), results, body);
    return given;
  }

  /**
   * Returns where the outputs go. What a turn adds to stacks of small elements lies side by side: a
   * loop that reads them back walks through one array and not through dozens.
   */
  private Ref[] places(Type... out) {
    Ref[] places = new Ref[out.length];
    Map<DType, List<Integer>> joined = new LinkedHashMap<>();
    for (int i = 0; i < out.length; i++) {
      if (i >= carries && !lower.isRoot(i) && isSmall(out[i])) {
        joined.computeIfAbsent(out[i].dtype(), dtype -> new ArrayList<>()).add(i);
      } else {
        places[i] = lower.allocate(out[i]);
      }
    }
    joined.forEach((dtype, stacks) -> join(dtype, stacks, out, places));
    return places;
  }

  private static boolean isSmall(Type stack) {
    long turns = stack.shape().dim(0);
    return turns > 1 && stack.shape().size() > 0 && stack.bytes() / turns <= MOST_SIDE_BY_SIDE;
  }

  private void join(DType dtype, List<Integer> stacks, Type[] out, Ref... places) {
    long turns = out[stacks.get(0)].shape().dim(0);
    long row = stacks.stream().mapToLong(i -> out[i].shape().size() / turns).sum();
    Ref all = lower.allocate(new Type(dtype, Shape.of(turns, row)));
    long offset = 0;
    for (int i : stacks) {
      long[] dims = out[i].shape().dims();
      long[] strides = Operand.contiguousStrides(dims);
      strides[0] = row;
      places[i] = new Ref(all.buffer(), dtype, offset, dims, strides);
      offset += out[i].shape().size() / turns;
    }
  }

  /** Returns the body with the roots that need memory of their own: carries, then stacks. */
  private Graph rooted() {
    Graph body = loop.body();
    int[] roots = new int[body.roots().length];
    int[] donors = new int[roots.length];
    Arrays.fill(donors, NONE);
    int count = 0;
    for (int i = 0; i < carries; i++) {
      if (stackOf[i] == NONE) {
        donors[count] = i;
        roots[count++] = body.roots()[i];
      }
    }
    for (int j = 0; j < loop.stacks(); j++) {
      roots[count++] = body.roots()[carries + j];
    }
    return new Graph(
        body.leaves(),
        List.of(),
        body.nodes(),
        Arrays.copyOf(roots, count),
        Arrays.copyOf(donors, count));
  }

  private long[] ints(long[] attrs, int... modes) {
    long[] ints = new long[Loop.MODES + modes.length];
    ints[0] = attrs[Loop.TURNS];
    ints[1] = attrs[Loop.REVERSE];
    ints[2] = attrs[Loop.WHILE];
    ints[3] = carries;
    ints[4] = loop.sequences();
    ints[5] = loop.stacks();
    for (int i = 0; i < modes.length; i++) {
      ints[Loop.MODES + i] = modes[i];
    }
    return ints;
  }

  /** Returns the inputs without gaps inside a turn, and behind them the body's own scalars. */
  private Ref[] inputs(Ref[] in, Compiler.Result compiled) {
    int words = compiled.constants().length;
    Ref[] inputs = Arrays.copyOf(in, in.length + (words > 0 ? 1 : 0));
    for (int i = 0; i < in.length; i++) {
      boolean sequence = i >= carries && i < carries + loop.sequences();
      if (in[i].size() == 0) {
        inputs[i] = Ref.whole(in[i].buffer(), typeOf(in[i])); // a view of nothing may lie anywhere
      } else {
        inputs[i] = sequence ? byRows(in[i]) : lower.contiguous(in[i]);
      }
    }
    Ref first = null;
    for (int i = 0; i < words; i++) {
      DType dtype = compiled.program().scalars().get(i);
      Ref word = lower.constant(dtype, compiled.constants()[i]);
      first = first == null ? word : first;
    }
    if (first != null) {
      long[] dims = {words};
      inputs[in.length] =
          new Ref(first.buffer(), DType.I64, 0, dims, Operand.contiguousStrides(dims));
    }
    return inputs;
  }

  private static Type typeOf(Ref ref) {
    return new Type(ref.dtype(), Shape.of(ref.dims()));
  }

  /** Returns a sequence as it is if each of its elements is without gaps, else a copy. */
  private Ref byRows(Ref ref) {
    long[] dims = Arrays.copyOfRange(ref.dims(), 1, ref.rank());
    long[] strides = Arrays.copyOfRange(ref.strides(), 1, ref.rank());
    return Operand.isContiguous(dims, strides) ? ref : lower.contiguous(ref);
  }

  private static long rounded(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

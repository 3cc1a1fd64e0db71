package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;
import org.adjoint.internal.ir.Words;

/**
 * Turns each node into views and kernel calls, as its row in the op table says, and gives each root
 * a buffer of its own.
 */
final class Lower implements Lowering.Emitter {
  private static final Kernel COPY = new Kernel("copy", ScalarFunction.NONE, Kernel.ANY);
  private static final long[] NO_INTS = {};

  private final List<Type> leaves;
  private final List<DType> scalars;
  private final List<DType> constantTypes = new ArrayList<>();
  private final List<Long> constants = new ArrayList<>();
  private final List<Type> written = new ArrayList<>();
  private final List<Steps.Step> steps = new ArrayList<>();
  private final long[][] seen = new long[256][];
  private final boolean fuse;
  private final BitSet isRoot = new BitSet();

  // Of the node that is being lowered.
  private boolean fallible;
  private int first;

  private Lower(Graph graph, boolean fuse) {
    this.fuse = fuse;
    this.leaves = graph.leaves();
    this.scalars = graph.scalars();
  }

  /**
   * Returns the steps of a graph.
   *
   * @param fuse how the bodies of loops are compiled; see {@link Compiler#compile}
   */
  static Steps apply(Graph graph, boolean fuse) {
    return new Lower(graph, fuse).run(graph);
  }

  private Steps run(Graph graph) {
    Ref[] places = new Ref[graph.values()];
    for (int root : graph.roots()) {
      isRoot.set(root);
    }
    Type[] types = graph.types();
    int given = leaves.size() + scalars.size();
    for (int i = 0; i < given; i++) {
      places[i] = Ref.whole(i, types[i]);
    }
    for (Graph.Node node : graph.nodes()) {
      Ref[] inputs = new Ref[node.inputs().length];
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = places[node.inputs()[i]];
      }
      Primitive op = node.op();
      fallible = op.fallible();
      first = node.first();
      Ref[] outputs = op.lowering().lower(this, node.attrs(), inputs, node.outputs());
      fallible = false;
      System.arraycopy(outputs, 0, places, node.first(), outputs.length);
    }
    int[] roots = new int[graph.roots().length];
    boolean[] claimed = new boolean[written.size() + roots.length];
    for (int i = 0; i < roots.length; i++) {
      roots[i] = claim(places[graph.roots()[i]], types[graph.roots()[i]], claimed);
    }
    return finish(graph.donors(), roots);
  }

  /** Returns the number of a buffer that holds exactly this value and belongs to no other root. */
  private int claim(Ref place, Type type, boolean[] claimed) {
    int own = place.buffer() - WRITTEN;
    boolean whole =
        own >= 0
            && place.isContiguous()
            && place.offset() == 0
            && place.dtype() == type.dtype()
            && written.get(own).shape().size() == type.shape().size();
    if (!whole || claimed[own]) {
      Ref copy = allocate(type);
      copy(place, copy);
      own = copy.buffer() - WRITTEN;
    }
    claimed[own] = true;
    return own + WRITTEN;
  }

  /** Written buffers are numbered from here until the number of constants is known. */
  private static final int WRITTEN = 1 << 30;

  /** Constants are numbered from here until then. */
  private static final int CONSTANTS = 1 << 29;

  private Steps finish(int[] donors, int[] roots) {
    List<DType> allScalars = new ArrayList<>(scalars);
    allScalars.addAll(constantTypes);
    List<Type> buffers = new ArrayList<>(leaves);
    for (DType scalar : allScalars) {
      buffers.add(new Type(scalar, Shape.SCALAR));
    }
    buffers.addAll(written);
    List<Steps.Step> renumbered = new ArrayList<>(steps.size());
    for (int i = 0; i < steps.size(); i++) {
      Steps.Step step = steps.set(i, null); // a long program is not held twice
      renumbered.add(
          new Steps.Step(
              step.kernel(),
              step.fallible(),
              step.ints(),
              renumber(step.inputs()),
              renumber(step.outputs()),
              step.body()));
    }
    int[] rootBuffers = new int[roots.length];
    for (int i = 0; i < roots.length; i++) {
      rootBuffers[i] = renumber(roots[i]);
    }
    long[] words = constants.stream().mapToLong(Long::longValue).toArray();
    return new Steps(leaves, allScalars, words, buffers, renumbered, rootBuffers, donors);
  }

  private int renumber(int buffer) {
    int given = leaves.size() + scalars.size();
    if (buffer >= WRITTEN) {
      return buffer - WRITTEN + given + constantTypes.size();
    }
    return buffer >= CONSTANTS ? buffer - CONSTANTS + given : buffer;
  }

  private Ref[] renumber(Ref[] refs) {
    Ref[] out = new Ref[refs.length];
    for (int i = 0; i < refs.length; i++) {
      Ref r = refs[i];
      out[i] =
          new Ref(
              renumber(r.buffer()), r.dtype(), r.offset(), shared(r.dims()), shared(r.strides()));
    }
    return out;
  }

  /** Returns an equal array, the same for most equal ones: programs repeat few shapes often. */
  private long[] shared(long[] sizes) {
    int place = Arrays.hashCode(sizes) & (seen.length - 1);
    if (!Arrays.equals(seen[place], sizes)) {
      seen[place] = sizes;
    }
    return seen[place];
  }

  @Override
  public Ref allocate(Type type) {
    written.add(type);
    return Ref.whole(WRITTEN + written.size() - 1, type);
  }

  @Override
  public void call(Kernel kernel, long[] ints, Ref[] inputs, Ref[] outputs) {
    boolean empty = Arrays.stream(outputs).allMatch(y -> y.size() == 0);
    if (!empty) {
      steps.add(new Steps.Step(kernel, fallible, ints, inputs, outputs, Optional.empty()));
    }
  }

  @Override
  public Ref[] loop(Loop loop, long[] attrs, Ref[] inputs, Type[] outputs) {
    return LoopLowering.lower(this, loop, attrs, inputs, outputs);
  }

  /** Appends the call that runs a compiled body turn by turn. */
  void call(long[] ints, Ref[] inputs, Ref[] outputs, Program body) {
    steps.add(new Steps.Step(Loop.KERNEL, fallible, ints, inputs, outputs, Optional.of(body)));
  }

  /** Returns whether an output of the node that is being lowered is a root, as it is. */
  boolean isRoot(int output) {
    return isRoot.get(first + output);
  }

  boolean fuses() {
    return fuse;
  }

  @Override
  public Ref contiguous(Ref ref) {
    if (ref.isContiguous()) {
      return ref;
    }
    Ref copy = allocate(new Type(ref.dtype(), Shape.of(ref.dims())));
    copy(ref, copy);
    return copy;
  }

  @Override
  public void copy(Ref from, Ref to) {
    boolean before = fallible;
    fallible = false;
    call(COPY, NO_INTS, new Ref[] {from}, new Ref[] {to});
    fallible = before;
  }

  @Override
  public Ref constant(DType dtype, double value) {
    if (!dtype.isFloating() && value != Math.rint(value)) {
      throw new IllegalArgumentException("constant " + value + " is no " + dtype);
    }
    return constant(dtype, Words.of(dtype, value));
  }

  /** Returns a scalar of that type and these bits; one after another they lie side by side. */
  Ref constant(DType dtype, long word) {
    constantTypes.add(dtype);
    constants.add(word);
    return Ref.whole(CONSTANTS + constantTypes.size() - 1, new Type(dtype, Shape.SCALAR));
  }
}

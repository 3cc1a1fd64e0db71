package org.adjoint.internal.step;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Flight;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Cut;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.run.CompiledGraph;
import org.adjoint.internal.run.Outcome;
import org.adjoint.internal.run.Run;

/**
 * A run of a recorded function. A run that changes the values of parameters, and nothing else of
 * them, stays idle as a lease: the next run looks at nothing but the function's arguments and
 * results and at live scalars.
 *
 * <p>The lease serves the compiled rows of {@code Overhead}. When parameters came to be held from
 * run to run, Java took 1.6 µs instead of 2.5 in a step of 2-16-16-1; when the program came to be
 * bound to them, 2.9 µs instead of 5.3 in one of 784-256-128-10, on a loaded machine.
 */
final class RecordedRun extends Run {
  private final RecordedStep step;
  private final Layout layout;
  private List<Tensor> arguments;
  private final Node[] nodes;
  private final int[] indices;
  private List<Tensor> results;
  private Storage[][] cells;

  /** By written parameter its next version, null where the current one gets the new value. */
  private Version[] next;

  private Node.Result[] nextValues;

  /** By left gradient its tensor, null for none. */
  private Tensor[] gradients;

  private Storage[][] gradientCells;

  /** Made by the second run: many a lease ends before one. */
  private Lease lease;

  RecordedRun(RecordedStep step, List<Tensor> arguments) {
    super(step, step.held(), step.layout().sources().length, donors(step.layout()));
    this.step = step;
    this.layout = step.layout();
    this.arguments = arguments;
    this.nodes = new Node[layout.sources().length];
    this.indices = new int[nodes.length];
  }

  private static int[] donors(Layout layout) {
    return Arrays.stream(layout.written()).mapToInt(Layout.Written::leaf).toArray();
  }

  /** Returns the results, once: a lease must not keep the memory of its first run. */
  List<Tensor> takeResults() {
    List<Tensor> taken = results;
    results = null;
    return taken;
  }

  @Override
  protected Outcome check() {
    if (!layout.holds()) {
      return Outcome.GRADIENT_CHANGED;
    }
    for (int i = 0; i < nodes.length; i++) {
      Tensor found = layout.sources()[i].tensor(arguments);
      nodes[i] = Access.node(found);
      indices[i] = Access.index(found);
      if (nodes[i].phase() == Node.Phase.PENDING) {
        return Outcome.VALUE_PENDING;
      }
      boolean moves = layout.sources()[i] instanceof Source.Value; // to a newer version
      if (!moves && nodes[i] instanceof Version v && v.isLost()) {
        throw v.supersededError();
      }
    }
    return Outcome.DONE;
  }

  /** It was given: what a recorded function computes, it computes from the current versions. */
  @Override
  protected boolean mayRead(Version superseded) {
    return true;
  }

  @Override
  protected Node leaf(int i) {
    return nodes[i];
  }

  @Override
  protected int leafIndex(int i) {
    return indices[i];
  }

  @Override
  protected void prepare() {
    Layout.Written[] written = layout.written();
    next = new Version[written.length];
    nextValues = new Node.Result[written.length];
    for (int i = 0; i < written.length; i++) {
      boolean sameMemory = isInPlace() && step.isWrittenInPlace(written[i]);
      if (!sameMemory || written[i].parameter().isHandedOut()) {
        next[i] = written[i].parameter().next();
        nextValues[i] = next[i].result();
      }
    }
    Layout.Left[] left = layout.gradients();
    gradients = new Tensor[left.length];
    gradientCells = new Storage[left.length][];
    for (int i = 0; i < left.length; i++) {
      if (left[i].root() != RecordedStep.NONE) {
        gradientCells[i] = new Storage[1];
        Node node = Node.value(left[i].parameter().type(), gradientCells[i]);
        node.markOwned();
        gradients[i] = Access.tensor(node, 0);
      }
    }
    results = makeResults(arguments);
  }

  private List<Tensor> makeResults(List<Tensor> given) {
    cells = new Storage[layout.results().length][];
    List<Tensor> made = new ArrayList<>(cells.length);
    Cut lost = layout.lost(given);
    for (int i = 0; i < cells.length; i++) {
      cells[i] = new Storage[1];
      Node node =
          layout.passes()[i]
              ? Node.cutValue(layout.results()[i], cells[i], lost)
              : Node.value(layout.results()[i], cells[i]);
      made.add(Access.register(Access.tensor(node, 0)));
    }
    return made;
  }

  @Override
  protected void publish() {
    for (int i = 0; i < cells.length; i++) {
      cells[i][0] = result(i);
    }
    Layout.Written[] written = layout.written();
    for (int i = 0; i < written.length; i++) {
      if (next[i] != null) {
        nextValues[i].set(0, result(written[i].root()));
        written[i].parameter().replace(next[i], nextValues[i]);
      }
    }
    Layout.Left[] left = layout.gradients();
    for (int i = 0; i < left.length; i++) {
      if (gradients[i] != null) {
        gradientCells[i][0] = result(left[i].root());
      }
      left[i].parameter().leaveGradient(gradients[i]);
    }
    forgetBatch();
  }

  /** Lets the arguments and results of this run go, which a lease would keep alive. */
  private void forgetBatch() {
    arguments = null;
    cells = null;
    for (int i = 0; i < nodes.length; i++) {
      if (!(layout.sources()[i] instanceof Source.Value)) {
        nodes[i] = null;
      }
    }
  }

  @Override
  protected boolean mayStayIdle() {
    if (!step.isLeasable() || Anomaly.isOn() || Eager.isOnHere()) {
      return false;
    }
    for (Layout.Written value : layout.written()) {
      if (!value.parameter().isPrivate()) {
        return false;
      }
    }
    return true;
  }

  // ---- leases ----

  /** What each run of a lease brings, and the program bound to the rest. */
  private final class Lease {
    /** The leaves that each run pins anew. */
    private final int[] pinned;

    /** The sizes of what the program makes. */
    private final long[] made;

    /** By result its index in what each run brings. */
    private final int[] resultPlaces;

    private final BoundRun bound;

    Lease() {
      CompiledGraph graph = step.inPlace();
      long[] sizes = graph.program().argumentBytes();
      int leaves = layout.sources().length;
      pinned = leavesToPin();
      int[] open = new int[pinned.length + sizes.length - leaves];
      for (int i = 0; i < open.length; i++) {
        open[i] = i < pinned.length ? pinned[i] : leaves + i - pinned.length;
      }
      made = Arrays.copyOfRange(sizes, leaves, sizes.length);
      resultPlaces = new int[layout.results().length];
      Storage[] memory = new Storage[leaves];
      for (int i = 0; i < leaves; i++) {
        memory[i] = memory(i);
      }
      for (int i = 0; i < resultPlaces.length; i++) {
        resultPlaces[i] = pinned.length + graph.program().rootArguments()[i] - leaves;
      }
      bound = graph.bind(step.scalars(), memory, open);
    }

    private int[] leavesToPin() {
      int[] leaves = new int[layout.sources().length];
      int count = 0;
      for (int i = 0; i < leaves.length; i++) {
        if (!(layout.sources()[i] instanceof Source.Value)) {
          leaves[count++] = i;
        }
      }
      return Arrays.copyOf(leaves, count);
    }
  }

  /**
   * Returns the results on evaluated arguments of the recorded types; empty if this run is running
   * or has ended, or another run owns the memory of an argument.
   *
   * @param live the words of live scalars, read before anything is held
   */
  Optional<List<Tensor>> again(List<Tensor> given, long... live) {
    reserveStack();
    if (!tryResume()) {
      return Optional.empty();
    }
    Storage[] open = null;
    boolean done = false;
    try {
      if (lease == null) {
        lease = new Lease();
      }
      int pins = lease.pinned.length;
      Storage[] all = new Storage[pins + lease.made.length];
      open = all;
      for (int i = 0; i < pins; i++) {
        Tensor tensor = layout.sources()[lease.pinned[i]].tensor(given);
        all[i] = pinAgain(Access.node(tensor), Access.index(tensor));
        if (all[i] == null) {
          return Optional.empty();
        }
      }
      for (int i = 0; i < lease.made.length; i++) {
        all[pins + i] = step.backend().allocate(lease.made[i]);
      }
      List<Tensor> made = makeResults(given);
      Optional<List<Tensor>> answer = Optional.of(made);
      try {
        Flight.Span span = Flight.run();
        lease.bound.run(all, live);
        span.end(step.inPlace().program());
      } catch (KernelException failure) {
        throw step.inPlace().explain(failure, this::parameterOf);
      }
      done = true;
      for (int i = 0; i < cells.length; i++) {
        cells[i][0] = all[lease.resultPlaces[i]];
      }
      cells = null;
      return answer;
    } finally {
      try {
        giveBack(open, done);
      } finally {
        stopAgain();
      }
    }
  }

  private void giveBack(Storage[] open, boolean done) {
    if (open == null) {
      return;
    }
    int pins = lease.pinned.length;
    for (int i = 0; i < pins && open[i] != null; i++) {
      open[i].unpin();
    }
    for (int i = pins; !done && i < open.length && open[i] != null; i++) {
      open[i].close();
    }
  }
}

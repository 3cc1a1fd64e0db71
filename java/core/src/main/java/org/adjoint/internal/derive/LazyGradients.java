package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.run.Expansion;
import org.adjoint.internal.run.Trace;
import org.adjoint.op.Custom;
import org.adjoint.op.ShapeOps;

/**
 * The gradients of one backward pass that are not built yet. As a rule nobody ever looks at their
 * graph: an optimizer only hands them on, and the program of the step is known from the step
 * before. To a {@link Trace} such a gradient is one op of the loss and a parameter's version;
 * {@link Expansion} builds what it means for the compiler, and whoever else asks for its inputs has
 * them built first.
 *
 * <p>That holds while the whole forward part still waits to be computed, and where rules know
 * nothing but the graph: those of {@link Custom} are built at once.
 */
public final class LazyGradients {
  private static final int[] FIRST = {0, 0};
  private static final long[] NO_ATTRS = {};

  private final Node loss;
  private final DifferentiablePart part;
  private final Version[] versions;
  private final Gradient[] gradients;

  /** Guarded by this. */
  private boolean built;

  private LazyGradients(Node loss, DifferentiablePart part, Version... versions) {
    this.loss = loss;
    this.part = part;
    this.versions = versions;
    this.gradients = new Gradient[versions.length];
    for (int i = 0; i < versions.length; i++) {
      gradients[i] = new Gradient(this, versions[i]);
    }
  }

  /** A detached gradient by a version, whose inputs are built when they are asked for. */
  public static final class Gradient extends Node {
    private static final AtomicReferenceFieldUpdater<Gradient, LazyGradients> PASS =
        AtomicReferenceFieldUpdater.newUpdater(Gradient.class, LazyGradients.class, "pass");

    /** Null once this has a value. */
    private volatile LazyGradients pass;

    private Gradient(LazyGradients pass, Version version) {
      super(Version.detach(), NO_ATTRS, new Node[] {pass.loss, version}, FIRST, version.types());
      PASS.lazySet(this, pass);
    }

    private void settle(Node gradient) {
      Node[] now = known();
      if (isLazy(now)) {
        settleInputs(now, gradient);
      }
    }

    @Override
    public Node[] inputs() {
      if (isLazy(known())) {
        build();
      }
      return known();
    }

    /** Returns whether these inputs of a gradient are not its own but the loss and a version. */
    public static boolean isLazy(Node... inputs) {
      return isLazy(inputs.length);
    }

    public static boolean isLazy(int inputs) {
      return inputs == 2;
    }

    /** Returns the pass that it is of, null once it has a value. */
    public LazyGradients pass() {
      return pass;
    }

    /** Makes the inputs what they stand for, unless there is a value already. */
    public void build() {
      LazyGradients waiting = pass;
      if (waiting != null) {
        waiting.build();
      }
    }

    @Override
    public void dropInputs() {
      super.dropInputs();
      pass = null;
    }
  }

  /** Returns the detached gradients of a loss by the versions that parameters have now. */
  public static List<Tensor> gradients(
      Tensor loss, DifferentiablePart part, List<ParameterState> parameters) {
    List<Tensor> gradients = new ArrayList<>(parameters.size());
    Version[] versions = new Version[parameters.size()];
    boolean waits = canWait(loss, part);
    for (int i = 0; waits && i < versions.length; i++) {
      versions[i] = parameters.get(i).current();
      waits = part.position(versions[i]) != NodeMap.ABSENT; // else it was assigned to just now
    }
    if (waits) {
      for (Gradient gradient : new LazyGradients(Access.node(loss), part, versions).gradients) {
        gradients.add(Access.tensor(gradient, 0));
      }
    } else {
      Tensor[] xs = parameters.stream().map(ParameterState::parameter).toArray(Tensor[]::new);
      for (Tensor gradient : Reverse.gradients(loss, part, xs)) {
        gradients.add(gradient.detach());
      }
    }
    return gradients;
  }

  private static boolean canWait(Tensor loss, DifferentiablePart part) {
    Node node = Access.node(loss);
    boolean plain =
        node.kind() == Node.Kind.OP && !(node instanceof Version) && Access.index(loss) == 0;
    if (!plain || node.isSymbolic() || Binding.isOpen() || Eager.isOn() || Anomaly.isOn()) {
      return false;
    }
    for (int at = 0; at < part.order().size(); at++) {
      Node inner = part.order().get(at);
      if (part.isInner(at) && (inner.isEvaluated() || inner.op() instanceof Custom)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether its gradients may be ops of a trace now: nothing they are of has a value. */
  public boolean canWait() {
    if (Anomaly.isOn()) {
      return false;
    }
    List<Node> order = part.order();
    for (int at = 0; at < order.size(); at++) {
      if (part.isInner(at) && order.get(at).isEvaluated()) {
        return false;
      }
    }
    return !loss.isRetired();
  }

  /** Returns whether a trace computes the whole forward part. */
  public boolean isWithin(Trace trace) {
    List<Node> order = part.order();
    for (int at = 0; at < order.size(); at++) {
      if (part.isInner(at) && !trace.isOp(order.get(at))) {
        return false;
      }
    }
    return true;
  }

  private synchronized void build() {
    if (built) {
      return;
    }
    Tensor[] xs = new Tensor[versions.length];
    for (int i = 0; i < xs.length; i++) {
      xs[i] = Access.tensor(versions[i], 0);
    }
    List<Tensor> meant = Reverse.gradients(Access.tensor(loss, 0), part, xs);
    for (int i = 0; i < xs.length; i++) {
      Tensor g = meant.get(i);
      Node node = Access.index(g) == 0 ? Access.node(g) : Access.node(ShapeOps.renamed(g));
      gradients[i].settle(node);
    }
    built = true; // at the end: what has thrown is tried again
  }
}

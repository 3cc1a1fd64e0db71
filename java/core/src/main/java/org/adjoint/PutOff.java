package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
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
final class PutOff {
  private static final int[] FIRST = {0, 0};
  private static final long[] NO_ATTRS = {};

  private final Node loss;
  private final DifferentiablePart part;
  private final Version[] versions;
  private final Gradient[] gradients;

  /** Guarded by this. */
  private boolean built;

  private PutOff(Node loss, DifferentiablePart part, Version... versions) {
    this.loss = loss;
    this.part = part;
    this.versions = versions;
    this.gradients = new Gradient[versions.length];
    for (int i = 0; i < versions.length; i++) {
      gradients[i] = new Gradient(this, versions[i]);
    }
  }

  /** A detached gradient by a version, whose inputs are built when they are asked for. */
  static final class Gradient extends Node {
    private static final AtomicReferenceFieldUpdater<Gradient, PutOff> PASS =
        AtomicReferenceFieldUpdater.newUpdater(Gradient.class, PutOff.class, "pass");

    /** Null once this has a value. */
    private volatile PutOff pass;

    private Gradient(PutOff pass, Version version) {
      super(Version.detach(), NO_ATTRS, new Node[] {pass.loss, version}, FIRST, version.types());
      PASS.lazySet(this, pass);
    }

    private void settle(Node gradient) {
      Node[] now = known();
      if (isPutOff(now)) {
        settleInputs(now, gradient);
      }
    }

    @Override
    Node[] inputs() {
      if (isPutOff(known())) {
        build();
      }
      return known();
    }

    /** Returns whether these inputs of a gradient are not its own but the loss and a version. */
    static boolean isPutOff(Node... inputs) {
      return isPutOff(inputs.length);
    }

    static boolean isPutOff(int inputs) {
      return inputs == 2;
    }

    /** Returns the pass that it is of, null once it has a value. */
    PutOff pass() {
      return pass;
    }

    /** Makes the inputs what they stand for, unless there is a value already. */
    void build() {
      PutOff waiting = pass;
      if (waiting != null) {
        waiting.build();
      }
    }

    @Override
    void dropInputs() {
      super.dropInputs();
      pass = null;
    }
  }

  /** Returns the detached gradients of a loss by the versions that parameters have now. */
  static List<Tensor> gradients(Tensor loss, DifferentiablePart part, List<Parameter> parameters) {
    List<Tensor> gradients = new ArrayList<>(parameters.size());
    Version[] versions = new Version[parameters.size()];
    boolean waits = canWait(loss, part);
    for (int i = 0; waits && i < versions.length; i++) {
      versions[i] = parameters.get(i).current();
      waits = part.position(versions[i]) != NodeMap.ABSENT; // else it was assigned to just now
    }
    if (waits) {
      for (Gradient gradient : new PutOff(loss.node(), part, versions).gradients) {
        gradients.add(new Tensor(gradient, 0));
      }
    } else {
      for (Tensor gradient : Grad.grad(loss, part, parameters.toArray(new Tensor[0]))) {
        gradients.add(gradient.detach());
      }
    }
    return gradients;
  }

  private static boolean canWait(Tensor loss, DifferentiablePart part) {
    Node node = loss.node();
    boolean plain = node.kind() == Node.Kind.OP && !(node instanceof Version) && loss.index() == 0;
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
  boolean canWait() {
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
  boolean isWithin(Trace trace) {
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
      xs[i] = new Tensor(versions[i], 0);
    }
    List<Tensor> meant = Grad.grad(new Tensor(loss, 0), part, xs);
    for (int i = 0; i < xs.length; i++) {
      Tensor g = meant.get(i);
      Node node = g.index() == 0 ? g.node() : ShapeOps.renamed(g).node();
      gradients[i].settle(node);
    }
    built = true; // at the end: what has thrown is tried again
  }
}

package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.adjoint.internal.graph.Cut;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.ScopeState;
import org.adjoint.internal.graph.Version;

/** A run on a pending graph, whose nodes stand at the places of a template. */
final class TracedRun extends Run {
  private static final Node[] NOTHING = {};

  private final StepTemplate template;
  private final Node[] nodes;
  private final ParameterState[] written;
  private Node.Result[] results;

  private TracedRun(TracedStep step, Node[] nodes, ParameterState[] written, int... donors) {
    super(step, written, step.template().leaves(), donors);
    this.template = step.template();
    this.nodes = nodes;
    this.written = written;
  }

  /** Returns a run of a step on nodes by place. */
  static TracedRun of(TracedStep step, Node... nodes) {
    StepTemplate template = step.template();
    ParameterState[] written = new ParameterState[template.versions()];
    int[] donors = new int[written.length];
    int count = 0;
    for (int i = 0; i < written.length; i++) {
      written[i] = ((Version) nodes[template.version(i)]).parameter();
      if (template.donor(i) != Step.NONE) {
        donors[count++] = template.donor(i);
      }
    }
    return new TracedRun(step, nodes, written, Arrays.copyOf(donors, count));
  }

  @Override
  protected Outcome check() {
    for (int i = 0; i < written.length; i++) {
      Version version = (Version) nodes[template.version(i)];
      int donor = template.donor(i);
      Version settled = written[i].settled();
      if (!version.isPending()
          || !written[i].isCurrent(version)
          || settled != (donor == Step.NONE ? null : nodes[donor])) {
        return Outcome.VERSION_SETTLED;
      }
    }
    return Outcome.DONE;
  }

  /**
   * What another thread has assigned is computed apart, and the version before stays readable: that
   * thread may be about to evaluate what it has built on both.
   */
  @Override
  protected boolean mayOverwrite() {
    for (int i = 0; i < written.length; i++) {
      if (isOfAnotherThread(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isOfAnotherThread(int i) {
    return template.donor(i) != Step.NONE
        && !((Version) nodes[template.version(i)]).isAssignedByThisThread();
  }

  @Override
  protected boolean mayRead(Version superseded) {
    for (int i = 0; i < written.length; i++) {
      if (written[i] == superseded.parameter()) {
        return superseded.mayLeadTo((Version) nodes[template.version(i)]);
      }
    }
    return true;
  }

  @Override
  protected Node leaf(int i) {
    return nodes[i];
  }

  @Override
  protected int leafIndex(int i) {
    return template.leafIndex(i);
  }

  @Override
  protected Optional<ParameterState> parameterOf(int argument) {
    Optional<ParameterState> read = super.parameterOf(argument);
    for (int i = 0; read.isEmpty() && i < written.length; i++) {
      if (argument(template.plainRoots() + i) == argument) {
        return Optional.of(written[i]);
      }
    }
    return read;
  }

  @Override
  protected void prepare() {
    int plain = template.plainRoots();
    results = new Node.Result[plain + written.length];
    boolean plainly = plain == 0 || isPlain();
    for (int i = 0; i < plain; i++) {
      Node root = nodes[template.root(i)];
      results[i] = plainly ? root.result() : result(root, template.reach(i));
      ScopeState.register(root);
    }
    for (int i = 0; i < written.length; i++) {
      results[plain + i] = nodes[template.root(plain + i)].result();
      if (isOfAnotherThread(i)) {
        written[i].keepSettled();
      }
    }
  }

  /**
   * Returns whether no node may be or remember a source once this run has ended, nor knows of one
   * that was lost: assigned versions are current already, so versions that this run supersedes are
   * no sources.
   */
  private boolean isPlain() {
    for (Node node : nodes) {
      if (node.isSource()
          || node instanceof Version
          || node.phase() == Node.Phase.EVALUATED
          || node.cut() != Cut.NONE) {
        return false;
      }
    }
    return true;
  }

  /** Returns the result of a root that reaches the nodes at these places. */
  private Node.Result result(Node root, int... places) {
    Set<Node> sources = new LinkedHashSet<>();
    Cut.Collected lost = new Cut.Collected();
    for (int place : places) {
      Node node = nodes[place];
      if (node.isSource()) {
        sources.add(node);
      }
      if (node.phase() == Node.Phase.EVALUATED && node.remembers()) {
        for (Node source : node.remembered()) {
          if (source.isSource()) {
            sources.add(source);
          }
        }
      }
      lost.add(node);
    }
    return root.result(lost.cut(), sources.toArray(NOTHING));
  }

  /** Publishes plain roots first: who finds a version superseded finds values computed from it. */
  @Override
  protected void publish() {
    int at = 0;
    int plain = template.plainRoots();
    for (int i = 0; i < results.length; i++) {
      Node root = nodes[template.root(i)];
      Node.Result result = results[i];
      for (int output = 0; output < root.outputs(); output++) {
        result.set(output, result(at++));
      }
      if (i >= plain) {
        written[i - plain].settle(result);
      } else if (!root.publish(result)) {
        for (int output = 0; output < root.outputs(); output++) {
          result.value(output).close(); // another thread was faster
        }
      }
    }
  }
}

package org.adjoint.internal.step;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Compiled;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Recorder;

/**
 * The binding under which a function is written down for {@link Compiled}: each parameter stands
 * for a stand-in of its value, and what the function does to parameters (assign, backward,
 * zeroGrad, the commit of a step) is noted instead of done.
 */
public final class Recording extends Recorder {
  private final Map<ParameterState, Slot> slots = new LinkedHashMap<>();
  private final Map<Node, Slot> byNode = new LinkedHashMap<>();

  /** What happens to one parameter. */
  public static final class Slot {
    private final ParameterState parameter;
    private final Node input;
    private Node now;

    /** Whether the function has asked for the gradient or replaced it. */
    private boolean gradientTouched;

    private boolean gradientAsked;

    /** The stand-in of the gradient before the function; empty if there was none. */
    private Optional<Node> gradientInput = Optional.empty();

    private Optional<Tensor> gradient = Optional.empty();

    /** Whether a backward pass came here, and gave the parameter a gradient unless it is frozen. */
    private boolean differentiated;

    private Slot(ParameterState parameter) {
      this.parameter = parameter;
      this.input = Node.argument(parameter.type());
      this.now = input;
    }

    /** Returns the parameter. */
    public ParameterState parameter() {
      return parameter;
    }

    /** Returns the stand-in of the value before the function. */
    public Node input() {
      return input;
    }

    /** Returns the new value, empty if none was assigned. */
    public Optional<Node> assigned() {
      return now == input ? Optional.empty() : Optional.of(now);
    }

    /** Returns whether the function has asked for the gradient or replaced it. */
    public boolean isGradientTouched() {
      return gradientTouched;
    }

    /** Returns whether the program depends on there being a gradient before the function. */
    public boolean isGradientAsked() {
      return gradientAsked;
    }

    /** Returns whether the program depends on the parameter being frozen or not. */
    public boolean isDifferentiated() {
      return differentiated;
    }

    /** Returns the stand-in of the gradient before, empty if there was none or nobody asked. */
    public Optional<Node> gradientInput() {
      return gradientInput;
    }

    /** Returns the gradient at the end of the function, empty if there is none. */
    public Optional<Tensor> gradient() {
      return gradient;
    }
  }

  /** Returns what happened to each parameter, in the order in which the function met them. */
  public Collection<Slot> slots() {
    return slots.values();
  }

  @Override
  public Optional<Node> find(ParameterState parameter) {
    return Optional.of(slot(parameter).now);
  }

  private Slot slot(ParameterState parameter) {
    Slot found = slots.get(parameter);
    if (found == null) {
      found = new Slot(parameter);
      slots.put(parameter, found);
      byNode.put(found.input, found);
    }
    return found;
  }

  @Override
  public void assign(ParameterState parameter, Tensor value) {
    Slot slot = slot(parameter);
    slot.now = Access.node(value.detach());
    slot.now.markVariable();
    byNode.put(slot.now, slot);
  }

  @Override
  public Optional<Tensor> gradient(ParameterState parameter) {
    return withGradient(parameter).gradient;
  }

  private Slot withGradient(ParameterState parameter) {
    Slot slot = slot(parameter);
    if (!slot.gradientTouched) {
      slot.gradientTouched = true;
      slot.gradientAsked = true;
      slot.gradientInput = parameter.peekGradient().map(g -> Node.argument(g.type()));
      slot.gradient = slot.gradientInput.map(node -> Access.tensor(node, 0));
    }
    return slot;
  }

  @Override
  public void zeroGradient(ParameterState parameter) {
    Slot slot = slot(parameter);
    slot.gradientTouched = true;
    slot.gradient = Optional.empty();
  }

  @Override
  public void backward(Tensor loss) {
    DifferentiablePart part = DifferentiablePart.of(List.of(Access.node(loss)), List.of());
    List<Slot> reached = new ArrayList<>();
    List<Tensor> nodes = new ArrayList<>();
    for (Node node : part.order()) {
      Slot slot = byNode.get(node);
      if (slot == null) {
        continue;
      }
      slot.differentiated = true;
      if (!slot.parameter.isTrainable()) {
        continue;
      }
      if (slot.now != node) {
        throw new IllegalStateException(
            "backward(): this loss reads parameter '"
                + slot.parameter.name()
                + "' as it was before assign() or step(); call backward() first");
      }
      reached.add(slot);
      nodes.add(Access.tensor(node, 0));
    }
    List<Tensor> gradients = Grad.grad(loss, nodes.toArray(new Tensor[0]));
    for (int i = 0; i < reached.size(); i++) {
      Slot slot = withGradient(reached.get(i).parameter);
      Tensor g = gradients.get(i).detach();
      slot.gradient = Optional.of(slot.gradient.isPresent() ? slot.gradient.get().plus(g) : g);
    }
  }
}

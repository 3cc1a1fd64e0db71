package org.adjoint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A function being written down for {@link Compiled}: parameters stand for what they will be when
 * the program runs, and what is done to them (assign, backward, zeroGrad, the commit of a step) is
 * noted instead of done.
 */
final class Recording extends Binding {
  private final Map<Parameter, Slot> slots = new LinkedHashMap<>();
  private final Map<Node, Slot> byNode = new LinkedHashMap<>();

  /** What happens to one parameter. */
  static final class Slot {
    private final Parameter parameter;
    private final Node input;
    private Node now;

    /** Whether the recording knows the gradient: it has asked for it or replaced it. */
    private boolean gradientTouched;

    private boolean gradientAsked;

    /** What stands for the gradient that was there before; empty if there was none. */
    private Optional<Node> gradientInput = Optional.empty();

    private Optional<Tensor> gradient = Optional.empty();

    private Slot(Parameter parameter) {
      this.parameter = parameter;
      this.input = Node.argument(parameter.current().type(0));
      this.now = input;
    }

    Parameter parameter() {
      return parameter;
    }

    /** Returns what stands for the value before. */
    Node input() {
      return input;
    }

    /** Returns the new value, empty if none was assigned. */
    Optional<Node> assigned() {
      return now == input ? Optional.empty() : Optional.of(now);
    }

    boolean isGradientTouched() {
      return gradientTouched;
    }

    /** Returns whether it matters if there was a gradient before. */
    boolean isGradientAsked() {
      return gradientAsked;
    }

    Optional<Node> gradientInput() {
      return gradientInput;
    }

    /** Returns the gradient at the end. */
    Optional<Tensor> gradient() {
      return gradient;
    }
  }

  Collection<Slot> slots() {
    return slots.values();
  }

  @Override
  Optional<Node> find(Parameter parameter) {
    return Optional.of(slot(parameter).now);
  }

  private Slot slot(Parameter parameter) {
    Slot found = slots.get(parameter);
    if (found == null) {
      found = new Slot(parameter);
      slots.put(parameter, found);
      byNode.put(found.input, found);
    }
    return found;
  }

  void assign(Parameter parameter, Tensor value) {
    Slot slot = slot(parameter);
    slot.now = value.detach().node();
    slot.now.markVariable();
    byNode.put(slot.now, slot);
  }

  Optional<Tensor> gradient(Parameter parameter) {
    return withGradient(parameter).gradient;
  }

  private Slot withGradient(Parameter parameter) {
    Slot slot = slot(parameter);
    if (!slot.gradientTouched) {
      slot.gradientTouched = true;
      slot.gradientAsked = true;
      slot.gradientInput = parameter.settledGradient().map(g -> Node.argument(g.type()));
      slot.gradient = slot.gradientInput.map(node -> new Tensor(node, 0));
    }
    return slot;
  }

  void zeroGradient(Parameter parameter) {
    Slot slot = slot(parameter);
    slot.gradientTouched = true;
    slot.gradient = Optional.empty();
  }

  /** Adds the gradient of a loss by every trainable parameter that it reaches. */
  void backward(Tensor loss) {
    DifferentiablePart part = DifferentiablePart.of(List.of(loss.node()), List.of());
    List<Slot> reached = new ArrayList<>();
    List<Tensor> nodes = new ArrayList<>();
    for (Node node : part.order()) {
      Slot slot = byNode.get(node);
      if (slot == null || !slot.parameter.isTrainable()) {
        continue;
      }
      if (slot.now != node) {
        throw new IllegalStateException(
            "backward(): this loss reads parameter '"
                + slot.parameter.name()
                + "' as it was before assign() or step(); call backward() first");
      }
      reached.add(slot);
      nodes.add(new Tensor(node, 0));
    }
    List<Tensor> gradients = Grad.grad(loss, nodes.toArray(new Tensor[0]));
    for (int i = 0; i < reached.size(); i++) {
      Slot slot = withGradient(reached.get(i).parameter);
      Tensor g = gradients.get(i).detach();
      slot.gradient = Optional.of(slot.gradient.isPresent() ? slot.gradient.get().plus(g) : g);
    }
  }
}

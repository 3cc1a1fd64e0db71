package org.adjoint.lens.example;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.lens.stepper.Stepper;

/**
 * A page that teaches. To add one, write a method that returns its stepper, in {@link Networks},
 * {@link Depth} or {@link Beyond}, and list it here.
 *
 * @param name what the command line calls it
 * @param summary what it shows, in one line
 * @param stepper builds its graph
 */
public record Example(String name, String summary, Supplier<Stepper> stepper) {
  /** The one that is meant where none is named. */
  public static final String FIRST = "1-2-1";

  /** Returns all examples, simplest first. */
  public static List<Example> all() {
    return List.of(
        new Example(FIRST, "the 1-2-1 tanh network, seven parameters", Networks::oneTwoOne),
        new Example("xor", "a 2-2-1 network over the four rows of XOR", Networks::xor),
        new Example("two-layer", "σ and φ layers, with δ² and δ¹", Networks::twoLayer),
        new Example("softmax", "softmax, its dense Jacobian, and ŷ − y", Networks::softmax),
        new Example("residual", "two residual blocks: gradients are sums", Depth::residual),
        new Example("vanishing", "20 sigmoid layers: factors of at most ¼", Depth::vanishing),
        new Example("rnn", "a recurrent network through four time steps", Depth::recurrent),
        new Example("pinn", "u, u_x and u_xx, and the gradient through them", Beyond::pinn),
        new Example("adam", "one step of Adam, and the gradient through it", Beyond::adam));
  }

  /** Returns the example of a name, empty if there is none. */
  public static Optional<Example> find(String name) {
    return all().stream().filter(example -> example.name.equals(name)).findFirst();
  }
}

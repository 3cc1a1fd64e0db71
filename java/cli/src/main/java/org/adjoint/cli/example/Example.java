package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;

/**
 * One of the small classics of the field: a class of under a screen that can be read next to a
 * textbook, with its values at hand for tests. To add one, implement this, permit it, and list it
 * in {@link #all}.
 */
public sealed interface Example
    permits ScalarExample,
        NetworkExample,
        SoftmaxExample,
        XorExample,
        ExpressionSwellExample,
        VanishingExample,
        ClippingExample,
        TrainedExample {

  /** Returns what the command line calls it. */
  String name();

  /** Returns what it shows, in one line. */
  String summary();

  /** Runs it, and prints what it finds. */
  void run(PrintStream out);

  /** Returns all examples, simplest first. */
  static List<Example> all() {
    return List.of(
        new ScalarExample(),
        new NetworkExample(),
        new SoftmaxExample(),
        new XorExample(),
        new ExpressionSwellExample(),
        new VanishingExample(),
        new ClippingExample(),
        new PoissonExample(),
        new BurgersExample());
  }
}

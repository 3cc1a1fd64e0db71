package org.adjoint.cli.example;

/** An example that trains a network, from a seed and for as long as one likes. */
public sealed interface TrainedExample extends Example permits PoissonExample, BurgersExample {

  /** Returns how it trains. */
  Training training();

  /** Returns the same example, trained in another way. */
  TrainedExample with(Training training);
}

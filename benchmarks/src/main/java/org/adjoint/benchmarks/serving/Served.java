package org.adjoint.benchmarks.serving;

/** A network that threads ask; made by the constructors of those who take part. */
interface Served extends AutoCloseable {
  /** Returns what a thread asks, an example at a time; called once by each thread. */
  Caller caller();

  /** One thread's way to the network. */
  @FunctionalInterface
  interface Caller {
    /** Returns the ten logits of an example. */
    float[] predict(float... example) throws Exception;
  }

  @Override
  void close();
}

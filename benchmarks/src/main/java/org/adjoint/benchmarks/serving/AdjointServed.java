package org.adjoint.benchmarks.serving;

import org.adjoint.nn.serve.Predictor;

/** Ours: one {@link Predictor} for all threads, with its defaults. */
final class AdjointServed implements Served {
  private final Predictor predictor;

  AdjointServed(ServedNetwork network) {
    predictor = Predictor.of(network.layer(), Predictor.Options.of(), network.shape());
  }

  @Override
  public Caller caller() {
    return predictor::predict;
  }

  @Override
  public void close() {
    predictor.close();
  }
}

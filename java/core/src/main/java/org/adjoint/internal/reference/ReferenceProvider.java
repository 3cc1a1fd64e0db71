package org.adjoint.internal.reference;

import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BackendProvider;

/** Finds the reference backend, which opens everywhere and comes last. */
public final class ReferenceProvider implements BackendProvider {
  /** For {@link java.util.ServiceLoader}. */
  public ReferenceProvider() {}

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Backend open(int threads) {
    return new ReferenceBackend();
  }
}

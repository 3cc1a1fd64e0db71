package org.adjoint.nativelib;

import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BackendProvider;

/**
 * How {@link java.util.ServiceLoader} finds the native backend. Nothing is loaded before {@link
 * #open}.
 */
public final class NativeProvider implements BackendProvider {
  /** Makes the provider; cheap. */
  public NativeProvider() {}

  @Override
  public String name() {
    return "native";
  }

  @Override
  public int priority() {
    return 100;
  }

  @Override
  public void checkOptions() {
    MemoryBudget.given(MemoryBudget.PROPERTY);
  }

  @Override
  public Backend open(int threads) {
    NativeContext context =
        NativeContext.create(NativeLibrary.load(), threads, MemoryBudget.bytes());
    if (context.usesBlas()) {
      OpenBlas.open(context);
    }
    return new NativeBackend(name(), context);
  }
}

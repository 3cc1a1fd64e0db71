package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import org.adjoint.Adjoint;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BackendProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The backends of this process, opened once each, and the one in use. */
public final class Backends {
  private static final Logger LOG = LoggerFactory.getLogger(Adjoint.class);
  private static final Map<String, Open> OPEN = new ConcurrentHashMap<>();

  private static volatile Open current;

  private Backends() {}

  /** An open backend with its programs. */
  private record Open(Backend backend, StepCache cache) {}

  /** Returns the backend in use, chosen at the first call. */
  public static Backend current() {
    return open().backend();
  }

  /** Returns the steps of the backend in use. */
  public static StepCache cache() {
    return open().cache();
  }

  private static Open open() {
    Open open = current;
    return open != null ? open : choose();
  }

  /**
   * Chooses by the system property, else the best that opens; falling back is logged with its
   * cause.
   */
  private static synchronized Open choose() {
    if (current != null) {
      return current;
    }
    String named = System.getProperty("org.adjoint.backend", "");
    if (!named.isEmpty()) {
      use(named);
      return current;
    }
    BackendException last = null;
    for (BackendProvider provider : providers()) {
      try {
        current = open(provider);
        return current;
      } catch (BackendException e) {
        last = e;
        LOG.warn(
            "backend '{}' is not available, falling back: {}", provider.name(), e.getMessage());
      }
    }
    throw new BackendException("no backend could be opened", last);
  }

  /** Uses the backend of that name from now on, or throws. */
  public static synchronized void use(String name) {
    List<String> names = new ArrayList<>();
    for (BackendProvider provider : providers()) {
      if (provider.name().equals(name)) {
        current = open(provider);
        return;
      }
      names.add(provider.name());
    }
    String cure =
        name.equals("native")
            ? "; add org.adjoint:adjoint to the dependencies, or adjoint-nativelib and its native jar"
            : "";
    throw new BackendException(
        "no backend is called '" + name + "'; there are " + names + cure, null);
  }

  private static Open open(BackendProvider provider) {
    return OPEN.computeIfAbsent(
        provider.name() + "/" + Adjoint.threads(),
        key -> {
          Backend backend = provider.open(Adjoint.threads());
          return new Open(backend, new StepCache(backend));
        });
  }

  private static List<BackendProvider> providers() {
    List<BackendProvider> providers = new ArrayList<>();
    ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader())
        .forEach(providers::add);
    providers.sort(Comparator.comparingInt(BackendProvider::priority).reversed());
    return providers;
  }
}

package org.adjoint.internal.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import org.adjoint.Adjoint;
import org.adjoint.BackendException;
import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BackendProvider;
import org.adjoint.internal.backend.Log;

/**
 * The backends of this process, opened once each, and the one in use. Where nobody has named a
 * backend and the best one does not open, the next one stands in for it: opening the better ones is
 * tried again later, since a full disk or a lack of memory passes.
 */
public final class Backends {
  private static final Map<String, Open> OPEN = new ConcurrentHashMap<>();

  /** How long a backend stands in before better ones are tried again; doubled each time. */
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);

  private static final Duration LAST_PAUSE = Duration.ofMinutes(10);

  private static volatile InUse current;

  private Backends() {}

  /** An open backend with its programs. */
  private record Open(Backend backend, StepCache cache) {}

  /**
   * The backend that runs programs, and for which others it stands in.
   *
   * @param missed the providers before it, none of which opened; empty if nothing is tried again
   * @param pause how long it stands in, in nanoseconds
   * @param until the {@link System#nanoTime} at which {@code missed} are tried again
   */
  private record InUse(Open open, List<BackendProvider> missed, long pause, long until) {
    static InUse forGood(Open open) {
      return new InUse(open, List.of(), 0, 0);
    }

    static InUse standIn(Open open, List<BackendProvider> missed, long pause) {
      return new InUse(open, missed, pause, System.nanoTime() + pause);
    }

    boolean isOver() {
      return !missed.isEmpty() && System.nanoTime() - until >= 0;
    }
  }

  /** Returns the backend in use, chosen at the first call. */
  public static Backend current() {
    return open().backend();
  }

  /** Returns the steps of the backend in use. */
  public static StepCache cache() {
    return open().cache();
  }

  private static Open open() {
    InUse now = current;
    return now != null && !now.isOver() ? now.open() : choose();
  }

  /**
   * Chooses by the system property, else the best that opens; falling back is logged with its
   * cause. An option that is wrong is an error, and no reason to fall back.
   */
  private static synchronized Open choose() {
    InUse now = current;
    if (now != null) {
      return now.isOver() ? chooseAgain(now) : now.open();
    }
    String named = System.getProperty("org.adjoint.backend", "");
    if (!named.isEmpty()) {
      use(named);
      return current.open();
    }
    BackendException last = null;
    List<BackendProvider> missed = new ArrayList<>();
    for (BackendProvider provider : providers()) {
      provider.checkOptions();
      try {
        Open open = open(provider);
        current = InUse.standIn(open, List.copyOf(missed), FIRST_PAUSE.toNanos());
        return open;
      } catch (BackendException e) {
        last = e;
        missed.add(provider);
        Log.warn(
            Adjoint.class,
            "backend '" + provider.name() + "' is not available, falling back: " + e.getMessage());
      }
    }
    throw new BackendException("no backend could be opened", last);
  }

  /** Tries the better backends again; meanwhile other threads go on with the one that stands in. */
  private static Open chooseAgain(InUse now) {
    long pause = Math.min(2 * now.pause(), LAST_PAUSE.toNanos());
    current = InUse.standIn(now.open(), now.missed(), pause);
    for (BackendProvider provider : now.missed()) {
      try {
        Open open = open(provider);
        current = InUse.forGood(open);
        Log.warn(
            Adjoint.class,
            "backend '" + provider.name() + "' is available now and used from here on");
        return open;
      } catch (BackendException e) {
        continue; // said when it was missed first
      }
    }
    return now.open();
  }

  /** Uses the backend of that name from now on, or throws. */
  public static synchronized void use(String name) {
    List<String> names = new ArrayList<>();
    for (BackendProvider provider : providers()) {
      if (provider.name().equals(name)) {
        provider.checkOptions();
        current = InUse.forGood(open(provider));
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
          Backend backend = backend(provider);
          return new Open(backend, new StepCache(backend));
        });
  }

  /** Opens a backend; whatever goes wrong with its libraries is a {@link BackendException}. */
  private static Backend backend(BackendProvider provider) {
    try {
      return provider.open(Adjoint.threads());
    } catch (BackendException e) {
      throw e;
    } catch (NativeMemoryException e) {
      throw new BackendException(e.getMessage(), e);
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException("backend '" + provider.name() + "' cannot be opened: " + e, e);
    }
  }

  private static List<BackendProvider> providers() {
    List<BackendProvider> providers = new ArrayList<>();
    try {
      ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader())
          .forEach(providers::add);
    } catch (ServiceConfigurationError e) {
      throw new BackendException("the backends cannot be listed: " + e.getMessage(), e);
    }
    providers.sort(Comparator.comparingInt(BackendProvider::priority).reversed());
    return providers;
  }
}

package org.adjoint.internal.backend;

import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.HashSet;
import java.util.Set;

/**
 * Gives back what objects hold outside the heap once nothing refers to them, as {@link Cleaner}
 * does, on a thread that ends when for a while nobody has registered anything and nothing was found
 * unreachable. A cleaner's thread lives as long as there is something to clean, and keeps the class
 * loader of these classes, with all that they hold, from being collected with an application that a
 * container has dropped. What becomes unreachable while there is no thread is given back with the
 * next registration or {@link #drain}.
 */
public final class Reaper {
  private static final long IDLE_MILLISECONDS = 1000;

  private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();

  /** Everything that is registered; guards itself and the two fields below. */
  private static final Set<Entry> ENTRIES = new HashSet<>();

  private static boolean running;
  private static long registrations;

  private Reaper() {}

  /** An action, until it has run. */
  private static final class Entry extends PhantomReference<Object> implements Cleaner.Cleanable {
    private final Runnable action;

    Entry(Object object, Runnable action) {
      super(object, QUEUE);
      this.action = action;
    }

    @Override
    public void clean() {
      boolean first;
      synchronized (ENTRIES) {
        first = ENTRIES.remove(this);
      }
      if (first) {
        clear();
        action.run();
      }
    }
  }

  /**
   * Has {@code action} run once: when {@code object} is unreachable, or by {@link
   * Cleaner.Cleanable#clean}. The action must not refer to the object.
   */
  public static Cleaner.Cleanable register(Object object, Runnable action) {
    Entry entry = new Entry(object, action);
    boolean start;
    synchronized (ENTRIES) {
      ENTRIES.add(entry);
      registrations++;
      start = !running;
      running = true;
    }
    if (start) {
      start();
    }
    return entry;
  }

  /** Runs the actions of what has been found unreachable. */
  public static void drain() {
    for (Reference<?> next = QUEUE.poll(); next != null; next = QUEUE.poll()) {
      clean(next);
    }
  }

  private static void start() {
    // Of the thread that happens to come first nothing is inherited.
    Thread thread = new Thread(null, Reaper::reap, "adjoint-reaper", 0, false);
    thread.setContextClassLoader(null);
    thread.setDaemon(true);
    thread.start();
  }

  private static void reap() {
    for (long before = -1; !isIdleSince(before); ) {
      before = registrations();
      for (Reference<?> next = next(); next != null; next = next()) {
        clean(next);
      }
    }
  }

  private static long registrations() {
    synchronized (ENTRIES) {
      return registrations;
    }
  }

  /** Returns whether nothing was registered since a count; the thread is then said to be over. */
  private static boolean isIdleSince(long count) {
    synchronized (ENTRIES) {
      running = count != registrations;
      return !running;
    }
  }

  private static Reference<?> next() {
    try {
      return QUEUE.remove(IDLE_MILLISECONDS);
    } catch (InterruptedException e) {
      return QUEUE.poll(); // the thread is nobody else's to end
    }
  }

  private static void clean(Reference<?> reference) {
    try {
      ((Entry) reference).clean();
    } catch (RuntimeException | Error e) {
      // As a cleaner does: the others are to be given back all the same.
      Log.warn(Reaper.class, "memory could not be given back: " + e);
    }
  }
}

package org.adjoint.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** What each of some threads does, in order. */
record Program(List<List<Operation>> threads) {
  private static final long PATIENCE_MILLIS = 20_000;

  /** Returns a program that a seed gives. */
  static Program random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = 1 + random.nextInt(4);
    // A snapshot keeps the version it was taken of readable, so that an assignment may be computed
    // from a value that another thread has replaced: with both, no order need explain what comes.
    boolean snapshots = random.nextBoolean();
    Operation.Kind[] kinds = Operation.Kind.values();
    List<List<Operation>> threads = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      List<Operation> ops = new ArrayList<>();
      int length = 2 + random.nextInt(count == 1 ? 12 : 6);
      while (ops.size() < length) {
        Operation.Kind kind = kinds[random.nextInt(kinds.length)];
        boolean left = kind != (snapshots ? Operation.Kind.ASSIGN : Operation.Kind.SNAPSHOT);
        if (count == 1 || (kind.isConcurrent() && left)) {
          ops.add(new Operation(kind, 1 + random.nextInt(3)));
        }
      }
      threads.add(ops);
    }
    return new Program(threads);
  }

  /** Runs it on a new state; returns what went wrong. */
  Optional<String> run(Supplier<Shared> start, long patienceMillis) throws InterruptedException {
    Shared shared = start.get();
    List<List<History.Event>> events = new ArrayList<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CyclicBarrier together = new CyclicBarrier(threads.size());
    List<Thread> running = new ArrayList<>();
    for (List<Operation> ops : threads) {
      List<History.Event> own = new ArrayList<>();
      events.add(own);
      Thread thread =
          new Thread(
              () -> {
                try {
                  together.await();
                  ops.forEach(op -> own.add(event(shared, op)));
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                }
              });
      thread.setDaemon(true);
      running.add(thread);
      thread.start();
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    for (Thread thread : running) {
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      if (thread.isAlive()) {
        return Optional.of("hangs at " + List.of(thread.getStackTrace()));
      }
    }
    if (failure.get() != null) {
      return Optional.of("throws " + failure.get());
    }
    History history = new History(events);
    if (!history.isRight()) {
      return Optional.of("no order explains" + history);
    }
    try {
      shared.check();
    } catch (AssertionError e) {
      return Optional.of(e.getMessage());
    }
    return Optional.empty();
  }

  private static History.Event event(Shared shared, Operation op) {
    long from = System.nanoTime();
    double read = Double.NaN;
    boolean refused = false;
    try {
      read = shared.run(op);
    } catch (Shared.Refused e) {
      refused = true;
    }
    return new History.Event(op, read, refused, from, System.nanoTime());
  }

  /** Runs it with the usual patience. */
  Optional<String> run(Supplier<Shared> start) throws InterruptedException {
    return run(start, PATIENCE_MILLIS);
  }

  /** Returns a smaller program that goes wrong within some tries, this one if none is found. */
  Program shrunk(Supplier<Shared> start, int tries) throws InterruptedException {
    Program smallest = this;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (Program candidate : smallest.withOneLess()) {
        if (candidate.fails(start, tries)) {
          smallest = candidate;
          smaller = true;
          break;
        }
      }
    }
    return smallest;
  }

  private boolean fails(Supplier<Shared> start, int tries) throws InterruptedException {
    for (int i = 0; i < tries; i++) {
      if (run(start, 2_000).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private List<Program> withOneLess() {
    List<Program> smaller = new ArrayList<>();
    for (int t = 0; t < threads.size(); t++) {
      for (int i = 0; i < threads.get(t).size(); i++) {
        List<List<Operation>> copy = new ArrayList<>(threads);
        List<Operation> ops = new ArrayList<>(threads.get(t));
        ops.remove(i);
        if (ops.isEmpty()) {
          copy.remove(t);
        } else {
          copy.set(t, ops);
        }
        if (!copy.isEmpty()) {
          smaller.add(new Program(copy));
        }
      }
    }
    return smaller;
  }
}

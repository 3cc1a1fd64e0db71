package org.adjoint.internal.graph;

import java.util.function.DoubleSupplier;
import org.adjoint.Type;
import org.adjoint.internal.ir.Words;

/** A scalar without native memory: its bits are handed over with each run. */
final class ScalarNode extends Node {
  /** Limit on nested suppliers (supplier → evaluation → supplier). */
  private static final int MOST_NESTED = 16;

  private final long word;
  private final DoubleSupplier source;
  private final boolean seed;

  ScalarNode(Type type, long word, DoubleSupplier source, boolean seed) {
    super(new Type[] {type}, false, Life.EMPTY_LEAF);
    this.word = word;
    this.source = source;
    this.seed = seed;
  }

  @Override
  public long word() {
    return source == null ? word : Words.of(type(0).dtype(), read());
  }

  private double read() {
    ThreadState thread = ThreadState.get();
    if (thread.reading > MOST_NESTED) {
      throw new UnsupportedOperationException(
          "scalar: its supplier asks for a value that cannot be computed without the scalar; let it"
              + " read a Java number, or make the value part of the graph");
    }
    thread.reading++;
    try {
      return source.getAsDouble();
    } finally {
      thread.reading--;
    }
  }

  @Override
  public boolean isLive() {
    return source != null;
  }

  @Override
  boolean isSeed() {
    return seed;
  }
}

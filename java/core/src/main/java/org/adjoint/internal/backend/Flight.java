package org.adjoint.internal.backend;

import jdk.jfr.FlightRecorder;
import org.adjoint.internal.ir.Program;

/**
 * What a recording of the JDK's Flight Recorder shows of this library: programs that are compiled
 * and run, and memory that values get. Until somebody records, each costs a look at one flag, and
 * the classes of the events are not loaded. A runtime image without {@code jdk.jfr} has no
 * recorder, and no events.
 */
public final class Flight {
  private static final Span NOTHING = program -> {};

  private static final boolean PRESENT = isPresent();

  private Flight() {}

  /** Something that is going on and ends with a program. */
  @FunctionalInterface
  public interface Span {
    /** Ends it, and has it recorded. */
    void end(Program program);
  }

  private static boolean isPresent() {
    try {
      FlightRecorder.isInitialized();
      return true;
    } catch (LinkageError e) {
      return false;
    }
  }

  private static boolean isOn() {
    return PRESENT && FlightRecorder.isInitialized();
  }

  /** Begins the compilation of a program. */
  public static Span compilation() {
    return isOn() && FlightEvents.COMPILE.isEnabled() ? FlightEvents.compilation() : NOTHING;
  }

  /** Begins a run of a program. */
  public static Span run() {
    return isOn() && FlightEvents.RUN.isEnabled() ? FlightEvents.run() : NOTHING;
  }

  /** Notes that a value has got memory of so many bytes. */
  public static void allocated(long bytes) {
    if (isOn() && FlightEvents.ALLOCATION.isEnabled()) {
      FlightEvents.allocated(bytes);
    }
  }
}

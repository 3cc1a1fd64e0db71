package org.adjoint.internal.backend;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.adjoint.internal.ir.Program;

/** The events of {@link Flight}, in a class that is loaded when somebody records. */
final class FlightEvents {
  // None of these is ever recorded: they are asked whether others would be.
  static final Compile COMPILE = new Compile();
  static final Run RUN = new Run();
  static final Allocation ALLOCATION = new Allocation();

  private FlightEvents() {}

  static Flight.Span compilation() {
    Compile event = new Compile();
    event.begin();
    return event;
  }

  static Flight.Span run() {
    Run event = new Run();
    event.begin();
    return event;
  }

  static void allocated(long bytes) {
    Allocation event = new Allocation();
    event.bytes = bytes;
    event.commit();
  }

  /** Something that is done to a program. */
  abstract static class OfProgram extends Event implements Flight.Span {
    @Label("Kernel Calls")
    int calls;

    @Label("Workspace")
    @DataAmount
    long workspace;

    @Override
    public final void end(Program program) {
      calls = program.instructions().size();
      workspace = program.workspaceBytes();
      commit();
    }
  }

  @Name("org.adjoint.Compile")
  @Label("Compilation")
  @Category("Adjoint")
  @Description("A graph was compiled to a program, and the backend has loaded it")
  static final class Compile extends OfProgram {}

  @Name("org.adjoint.Run")
  @Label("Run")
  @Category("Adjoint")
  @Description("A program was run")
  @StackTrace(false)
  static final class Run extends OfProgram {}

  @Name("org.adjoint.Allocation")
  @Label("Allocation")
  @Category("Adjoint")
  @Description("A value got memory outside the Java heap")
  static final class Allocation extends Event {
    @Label("Bytes")
    @DataAmount
    long bytes;
  }
}

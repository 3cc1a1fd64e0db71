package org.adjoint.lens.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.run.Evaluator;

/**
 * Where the time of some work goes, instruction by instruction of the programs that it runs, beside
 * what each has to do and what the machine could do.
 *
 * <pre>{@code
 * Profile.of(loss).write(Path.of("profile.html"));           // the page: table, icicle, roofline
 * System.out.println(Profile.of(() -> step.apply(x, t)));    // a compiled training step, as text
 * String json = Profile.of(loss).json();
 * }</pre>
 *
 * <p>The work is done once to compile and warm up, and then repeatedly, at most 20 times and for
 * about two seconds; of each instruction's times the median is shown. Clocks are read before and
 * behind each instruction, which takes some 50 ns; strips of rows, which go through several
 * instructions on several threads at once, share out the time that passes as their threads spend
 * it.
 *
 * @param machine what the machine could do
 * @param programs by program what it took, the one that takes longest first
 */
public record Profile(Machine machine, List<Program> programs) {
  /** Copies the list. */
  public Profile {
    programs = List.copyOf(programs);
  }

  /**
   * A program that the work runs.
   *
   * @param calls its instructions in order, and behind a loop those of the loop's body
   * @param nanoseconds the median of what a whole run took
   * @param runs how often the work runs it
   * @param workspaceBytes the memory that its intermediate values share
   */
  public record Program(List<Call> calls, double nanoseconds, double runs, long workspaceBytes) {
    /** Copies the list. */
    public Program {
      calls = List.copyOf(calls);
    }

    /** Returns the time of the instructions, without what lies around them. */
    public double inCalls() {
      return calls.stream().filter(c -> c.depth() == 0).mapToDouble(Call::nanoseconds).sum();
    }
  }

  /**
   * Returns the profile of the program that would compute these tensors now. Its results are
   * dropped each time: the tensors stay as they are, and parameters keep their values.
   *
   * @throws IllegalArgumentException if the values of all exist, so that nothing would run
   * @throws IllegalStateException if one of them cannot be computed
   */
  public static Profile of(Tensor... ys) {
    List<Tensor> wanted = List.of(ys);
    return Profiler.profile(
        () -> {
          if (!Evaluator.rehearse(wanted)) {
            throw new IllegalArgumentException(
                "profile: nothing to run, the values exist; profile before evaluating, or profile"
                    + " what builds them: Profile.of(() -> f.apply(x).eval())");
          }
        });
  }

  /**
   * Returns the profile of all programs that some work runs on this thread, such as a call of a
   * compiled function. The work really happens, each time: parameters that it trains are trained.
   *
   * @throws IllegalArgumentException if the work runs no program on this thread
   */
  public static Profile of(Runnable work) {
    return Profiler.profile(work);
  }

  /** Returns the profile as a page: one file, for a browser, that needs no network. */
  public String html() {
    return ProfilePage.of(this);
  }

  /** Returns the profile as JSON, with every call; the names are those of the records. */
  public String json() {
    return ProfileJson.of(this);
  }

  /** Returns the profile as a table for a terminal, the calls that take longest first. */
  public String text() {
    return ProfileText.of(this);
  }

  /**
   * Writes the page, or JSON if the name of the file ends in {@code .json}.
   *
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    Files.writeString(file, file.toString().endsWith(".json") ? json() : html());
  }

  @Override
  public String toString() {
    return text();
  }
}

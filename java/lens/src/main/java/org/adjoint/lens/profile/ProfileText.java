package org.adjoint.lens.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.adjoint.lens.graph.ProgramPicture;

/** Writes a profile as a table for a terminal. */
final class ProfileText {
  private static final int MOST_CALLS = 30;
  private static final String[] HEAD = {
    "part", "time", "call", "", "layer", "runs", "memory", "GB/s", "GFLOP/s", "of roof"
  };

  private ProfileText() {}

  static String of(Profile profile) {
    StringBuilder text = new StringBuilder();
    text.append(machine(profile.machine())).append('\n');
    for (Profile.Program program : profile.programs()) {
      text.append('\n').append(summary(program)).append('\n');
      write(text, rows(profile.machine(), program));
      int more = program.calls().size() - MOST_CALLS;
      if (more > 0) {
        text.append("… and ").append(more).append(" more\n");
      }
    }
    return text.toString();
  }

  /** Returns one line about the machine. */
  static String machine(Machine machine) {
    StringBuilder text = new StringBuilder(machine.backend());
    text.append("; triad ").append(Units.digits(machine.bandwidth())).append(" GB/s");
    machine.peaks().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            peak ->
                text.append("; product in ")
                    .append(peak.getKey())
                    .append(' ')
                    .append(Units.digits(peak.getValue()))
                    .append(" GFLOP/s"));
    return text.toString();
  }

  /** Returns one line about a program. */
  static String summary(Profile.Program program) {
    long calls = program.calls().stream().filter(c -> c.depth() == 0).count();
    String often = program.runs() == 1 ? "" : ", run " + Units.digits(program.runs()) + " times";
    return Units.time(program.nanoseconds())
        + " a run"
        + often
        + ": "
        + calls
        + (calls == 1 ? " kernel call" : " kernel calls")
        + " take "
        + Units.time(program.inCalls())
        + "; workspace "
        + ProgramPicture.bytes(program.workspaceBytes());
  }

  /** Returns the calls of a program, the ones that take longest first. */
  static List<Call> longestFirst(Profile.Program program) {
    List<Call> sorted = new ArrayList<>(program.calls());
    sorted.sort(Comparator.comparingDouble(c -> -c.nanoseconds()));
    return sorted;
  }

  /** Returns the cells of a call's row, in the order of the heads of the table. */
  static String[] cells(Machine machine, Profile.Program program, Call call) {
    boolean counts = call.operations() > 0;
    return new String[] {
      Units.percent(call.nanoseconds() / Math.max(program.inCalls(), 1)),
      Units.time(call.nanoseconds()),
      "!" + call.number(),
      "  ".repeat(call.depth()) + call.name() + strips(call),
      call.layer(),
      Long.toString(call.runs()),
      ProgramPicture.bytes((long) call.bytes()),
      Units.digits(call.bandwidth()),
      counts ? Units.digits(call.speed()) : "",
      call.nanoseconds() > 0 ? Units.percent(machine.reached(call)) : ""
    };
  }

  private static String strips(Call call) {
    return call.group() == call.number() ? "" : " (in strips with !" + call.group() + ")";
  }

  private static List<String[]> rows(Machine machine, Profile.Program program) {
    List<String[]> rows = new ArrayList<>();
    rows.add(HEAD);
    longestFirst(program).stream()
        .limit(MOST_CALLS)
        .forEach(call -> rows.add(cells(machine, program, call)));
    return rows;
  }

  private static void write(StringBuilder text, List<String[]> rows) {
    int[] widths = new int[HEAD.length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        boolean words = i == 3 || i == 4;
        String pad = " ".repeat(widths[i] - row[i].length());
        line.append(words ? row[i] + pad : pad + row[i]).append("  ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }
}

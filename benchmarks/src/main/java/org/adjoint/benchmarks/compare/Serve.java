package org.adjoint.benchmarks.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.adjoint.DType;
import org.adjoint.benchmarks.peer.Djl;
import org.adjoint.benchmarks.peer.Mkl;
import org.adjoint.benchmarks.peer.OneDnn;
import org.adjoint.benchmarks.peer.OpenBlas;
import org.adjoint.benchmarks.peer.PyTorch;
import org.adjoint.benchmarks.peer.SgemmContestant;
import org.adjoint.benchmarks.peer.TensorFlow;

/**
 * The main class of a child: one contestant that does what its standard input says, a line a
 * command, and answers on its standard output, a line an answer. It works only between a command
 * and its answer.
 *
 * <pre>
 * prepare NAME     → ready N N …      the numbers that all must agree on
 *                  → absent REASON    it cannot take part in this
 *                  → failed MESSAGE
 * turn SECONDS     → took MEDIAN N    the median time of its N steps, in µs
 * drop             → dropped          what was prepared is freed
 * </pre>
 */
public final class Serve {
  /** Starts an answer, so that what a library prints is not taken for one. */
  static final String MARK = "answer> ";

  private static final int MOST_TIMES = 1 << 20;

  private final String kind;
  private final int threads;
  private Contestant contestant;
  private Task task;

  private Serve(String kind, int threads) {
    this.kind = kind;
    this.threads = threads;
  }

  /** Serves until standard input ends; the arguments are a kind and a number of threads. */
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err);
    Serve serve = new Serve(args[0], Integer.parseInt(args[1]));
    try (BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        answers.println(MARK + serve.answer(line.split(" ", 2)));
        answers.flush();
      }
    }
    // Libraries' threads must not keep a child alive that nobody talks to.
    Runtime.getRuntime().halt(0);
  }

  private String answer(String[] command) {
    try {
      return switch (command[0]) {
        case "prepare" -> prepare(command[1]);
        case "turn" -> turn(Double.parseDouble(command[1]));
        case "drop" -> drop();
        default -> "failed unknown command: " + command[0];
      };
    } catch (Absent absent) {
      return "absent " + absent.getMessage();
    } catch (LinkageError missing) {
      return "absent " + line("cannot be loaded: ", missing);
    } catch (RuntimeException | Error failure) {
      failure.printStackTrace();
      return "failed " + line("", failure);
    }
  }

  private static String line(String start, Throwable failure) {
    String text = failure.getClass().getSimpleName() + ": " + failure.getMessage();
    return start + text.lines().findFirst().orElse("");
  }

  private String prepare(String name) {
    drop();
    Workload workload =
        Table.find(name).orElseThrow(() -> new Absent("does not know '" + name + "'"));
    if (contestant == null) {
      contestant = contestant();
    }
    task = workload.task(contestant);
    return "ready "
        + Arrays.stream(task.check())
            .mapToObj(number -> String.format(Locale.ROOT, "%.9g", number))
            .collect(Collectors.joining(" "));
  }

  private Contestant contestant() {
    return switch (kind) {
      case Entrant.ADJOINT -> new Ours(true, DType.BF16, threads);
      case Entrant.DEFINE_BY_RUN -> new Ours(false, DType.BF16, threads);
      case Entrant.F32 -> new Ours(true, DType.F32, threads);
      case "java" -> new PlainJava(threads);
      case "pytorch" -> new PyTorch(threads);
      case "djl" -> new Djl();
      case Entrant.TENSORFLOW -> new TensorFlow(false, threads);
      case Entrant.TENSORFLOW_XLA -> new TensorFlow(true, threads);
      case "openblas" -> new SgemmContestant(new OpenBlas());
      case "onednn" -> new SgemmContestant(new OneDnn());
      case "mkl" -> new SgemmContestant(new Mkl());
      default -> throw new IllegalArgumentException("no contestant '" + kind + "'");
    };
  }

  private String turn(double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long[] times = new long[1024];
    int count = 0;
    long from = System.nanoTime();
    do {
      task.step();
      long now = System.nanoTime();
      if (count == times.length) {
        times = Arrays.copyOf(times, 2 * count);
      }
      times[count++] = now - from;
      from = now;
    } while (from < end && count < MOST_TIMES);
    double median = Turns.median(Arrays.stream(times, 0, count).asDoubleStream().toArray());
    return String.format(Locale.ROOT, "took %.6g %d", median / 1e3 / task.repeats(), count);
  }

  private String drop() {
    if (task != null) {
      task.close();
      task = null;
      System.gc(); // what hangs on a cleaner goes too: others need the memory
    }
    return "dropped";
  }
}

package org.adjoint.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.adjoint.BackendException;
import org.adjoint.NativeMemoryException;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.train.DivergenceException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The program {@code adjoint}: reads arguments, runs one command, and turns what went wrong into
 * one line and an exit status. It trains and evaluates nothing itself. A new command is a class
 * like {@link TrainCommand} and one line in {@link #run}.
 *
 * <p>Exit status: 0 done, 1 failed inside or a check failed, 2 wrong arguments or wrong data.
 */
@Command(
    name = "adjoint",
    description = "Automatic differentiation for the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  adjoint train --dataset digits --save digits.safetensors",
      "  adjoint evaluate --model digits.safetensors",
      "  adjoint export --model digits.safetensors --onnx digits.onnx",
      "  adjoint example scalar",
      "  adjoint gradcheck --op tanh",
      "  adjoint lens --example 1-2-1 --out page.html",
      "  adjoint train --dataset digits --report report.html",
      "  adjoint shell",
      "",
      "Exit status: 0 done, 1 failed inside or a check failed, 2 wrong arguments or wrong data."
    })
public final class Main implements Runnable {
  private static final int FAILED = 1;
  private static final int WRONG_INPUT = 2;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Show where in the program an error arose.")
  private boolean stacktrace;

  @Spec private CommandSpec spec;

  private Main() {}

  /** Runs the program and ends the process with its exit status. */
  public static void main(String[] args) {
    logPlainly();
    System.exit(run(args, Terminal.system()));
  }

  /**
   * Sends what the library warns of to standard error as one plain line each, "WARNING backend …",
   * unless the user has configured java.util.logging.
   */
  private static void logPlainly() {
    if (System.getProperty("java.util.logging.config.file") == null
        && System.getProperty("java.util.logging.config.class") == null) {
      System.setProperty("java.util.logging.SimpleFormatter.format", "%4$s %5$s%6$s%n");
      Logger.getLogger("").setLevel(Level.WARNING);
    }
  }

  /**
   * Runs the program in this process, on streams that are no screen.
   *
   * @param args the arguments, the command first
   * @param out what becomes standard output
   * @param err what becomes standard error
   * @return the exit status: 0 done, 1 failed inside or a check failed, 2 wrong arguments or wrong
   *     data
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return run(args, new Terminal(out, err, false));
  }

  /**
   * Runs the program in this process.
   *
   * @param args the arguments, the command first
   * @param terminal where it writes
   * @return the exit status: 0 done, 1 failed inside or a check failed, 2 wrong arguments or wrong
   *     data
   */
  public static int run(String[] args, Terminal terminal) {
    Main main = new Main();
    CommandLine commands = new CommandLine(main);
    commands.addSubcommand(new TrainCommand(terminal));
    commands.addSubcommand(new EvaluateCommand(terminal));
    commands.addSubcommand(new ExportCommand(terminal));
    commands.addSubcommand(new ExampleCommand(terminal));
    commands.addSubcommand(new GradcheckCommand(terminal));
    commands.addSubcommand(new LensCommand(terminal));
    commands.addSubcommand(new ReportCommand(terminal));
    commands.addSubcommand(new ShellCommand(terminal));
    commands.setOut(new PrintWriter(terminal.out(), true));
    commands.setErr(new PrintWriter(terminal.err(), true));
    commands.setAbbreviatedOptionsAllowed(false);
    commands.setParameterExceptionHandler((e, arguments) -> main.report(terminal, e));
    commands.setExecutionExceptionHandler((e, command, result) -> main.report(terminal, e));
    try {
      int status = commands.execute(args);
      if (status == 0 && terminal.out().checkError()) {
        terminal.err().println("adjoint: standard output cannot be written: the result is lost");
        return FAILED;
      }
      return status;
    } catch (Error e) {
      // the boundary of the program: an Error is reported like any other failure
      return main.report(terminal, e);
    } finally {
      terminal.out().flush();
      terminal.err().flush();
    }
  }

  /** Asks for a command: none was given. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing: train, evaluate, export, example, gradcheck, lens, report or shell");
  }

  private int report(Terminal terminal, Throwable problem) {
    int status = FAILED;
    String message;
    if (problem instanceof ParameterException p) {
      status = WRONG_INPUT;
      message =
          p.getMessage()
              + " (see "
              + p.getCommandLine().getCommandSpec().qualifiedName()
              + " --help)";
    } else if (problem instanceof DataException) {
      status = WRONG_INPUT;
      message = problem.getMessage();
    } else if (problem instanceof BackendException
        || problem instanceof NativeMemoryException
        || problem instanceof DivergenceException) {
      message = problem.getMessage();
    } else if (problem instanceof OutOfMemoryError) {
      message = "out of memory: " + problem.getMessage() + "; java -Xmx4g allows more heap";
    } else {
      message = "internal error: " + problem + (stacktrace ? "" : " (--stacktrace shows where)");
    }
    terminal.out().flush();
    terminal.err().println("adjoint: " + message.replaceAll("\\p{Cntrl}+", " "));
    if (stacktrace) {
      problem.printStackTrace(terminal.err());
    }
    return status;
  }

  /** Says which build this is. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "adjoint " + (version == null ? "(not packaged)" : version),
        "JVM "
            + System.getProperty("java.vm.version")
            + ", "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
      };
    }
  }
}

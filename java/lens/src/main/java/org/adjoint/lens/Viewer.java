package org.adjoint.lens;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.adjoint.Tensor;
import org.adjoint.lens.profile.Profile;
import org.adjoint.lens.stepper.Stepper;

/**
 * Shows pictures and pages to whoever sits at the terminal: in a browser where there is a screen
 * for one, else as text.
 *
 * <pre>{@code
 * Viewer.here().show(Lens.of(loss).gradients(model.parameters()));
 * }</pre>
 *
 * <p>The browser is the program that the environment variable {@code BROWSER} names, else the
 * desktop's: {@code open} on macOS, {@code xdg-open} where {@code DISPLAY} or {@code
 * WAYLAND_DISPLAY} says that there is a screen. Its files lie in a temporary folder until the JVM
 * ends.
 */
public final class Viewer {
  private final UnaryOperator<String> environment;
  private final PrintStream out;

  /**
   * Makes one that looks up variables of an environment, empty for none, and writes to a stream.
   */
  Viewer(UnaryOperator<String> environment, PrintStream out) {
    this.environment = environment;
    this.out = out;
  }

  /** Returns the viewer of this process: its environment, and standard output. */
  public static Viewer here() {
    return new Viewer(name -> Optional.ofNullable(System.getenv(name)).orElse(""), System.out);
  }

  /**
   * Shows the graph of a tensor.
   *
   * @throws IOException if a file cannot be written
   */
  public void show(Tensor y) throws IOException {
    show(Lens.of(y));
  }

  /**
   * Shows a picture.
   *
   * @throws IOException if a file cannot be written
   */
  public void show(Lens lens) throws IOException {
    if (browser().isEmpty()) {
      out.println(lens.text());
    } else {
      open("picture.svg", lens.svg());
    }
  }

  /**
   * Shows a profile.
   *
   * @throws IOException if a file cannot be written
   */
  public void show(Profile profile) throws IOException {
    if (browser().isEmpty()) {
      out.println(profile.text());
    } else {
      open("profile.html", profile.html());
    }
  }

  /**
   * Shows a page that steps through a graph; where there is no browser, says where the page is.
   *
   * @throws IOException if a file cannot be written
   */
  public void show(Stepper stepper) throws IOException {
    Path file = file("stepper.html");
    stepper.write(file);
    open(file);
  }

  /** Returns the program that opens a file in a browser, empty if there is none. */
  private Optional<String> browser() {
    String named = environment.apply("BROWSER");
    if (!named.isEmpty()) {
      return Optional.of(named);
    }
    if (System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac")) {
      return Optional.of("open");
    }
    boolean screen =
        Stream.of("DISPLAY", "WAYLAND_DISPLAY").anyMatch(v -> !environment.apply(v).isEmpty());
    return screen ? onPath("xdg-open") : Optional.empty();
  }

  private Optional<String> onPath(String program) {
    return Arrays.stream(environment.apply("PATH").split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private static Path file(String name) throws IOException {
    Path folder = Files.createTempDirectory("adjoint-");
    Path file = folder.resolve(name);
    folder.toFile().deleteOnExit(); // the last one that is noted goes first
    file.toFile().deleteOnExit();
    return file;
  }

  private void open(String name, String text) throws IOException {
    Path file = file(name);
    Files.writeString(file, text);
    open(file);
  }

  private void open(Path file) throws IOException {
    out.println(file);
    if (browser().isPresent()) {
      new ProcessBuilder(List.of(browser().get(), file.toString()))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    }
  }
}

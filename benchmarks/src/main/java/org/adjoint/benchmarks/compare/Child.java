package org.adjoint.benchmarks.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The parent's end of a child: a command goes out, an answer comes back. See {@link Serve}. */
final class Child implements AutoCloseable {
  /** The first answer of a child includes unpacking a library; a large step may be slow. */
  private static final long PATIENCE_SECONDS = 300;

  private static final String GONE = "gone";

  private final Entrant entrant;
  private final Process process;
  private final PrintStream commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  Child(Entrant entrant, Path peers) throws IOException {
    this.entrant = entrant;
    this.process = entrant.process(peers).start();
    this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "reads " + entrant);
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(Serve.MARK)) {
          answers.add(line.substring(Serve.MARK.length()));
        } else {
          System.err.println(entrant + ": " + line);
        }
      }
    } catch (IOException e) {
      System.err.println(entrant + ": " + e.getMessage());
    }
    answers.add(GONE);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Returns what follows {@code expected} in the answer to a command.
   *
   * @throws Absent if the answer is another one, or the child has died or says nothing
   */
  String ask(String command, String expected) {
    commands.println(command);
    Optional<String> answer;
    try {
      answer = Optional.ofNullable(answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Absent("interrupted");
    }
    String text = answer.orElse("");
    if (text.equals(expected) || text.startsWith(expected + " ")) {
      return text.substring(expected.length()).strip();
    }
    if (text.isEmpty() || text.equals(GONE)) {
      close();
      throw new Absent(
          text.isEmpty()
              ? "no answer in " + PATIENCE_SECONDS + " s to: " + command
              : "its process ended, status " + process.exitValue() + ", at: " + command);
    }
    throw new Absent(text.startsWith("absent ") ? text.substring("absent ".length()) : text);
  }

  @Override
  public void close() {
    commands.close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

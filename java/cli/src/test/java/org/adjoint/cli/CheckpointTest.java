package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --checkpoint}, stopped and resumed. */
class CheckpointTest {
  @TempDir private Path folder;

  private List<String> train(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--dataset", "digits", "--seed", "5", "--checkpoint"));
    arguments.add(folder.resolve("kept").toString());
    arguments.addAll(List.of(more));
    if (!arguments.contains("--hidden")) {
      arguments.addAll(List.of("--hidden", "16")); // quick on the reference backend, too
    }
    return arguments;
  }

  private static Run run(List<String> arguments) {
    return Run.of(arguments.toArray(String[]::new));
  }

  private boolean hasCheckpoint() throws IOException {
    Path kept = folder.resolve("kept");
    if (!Files.isDirectory(kept)) {
      return false;
    }
    try (Stream<Path> files = Files.list(kept)) {
      return files.anyMatch(f -> f.toString().endsWith(".safetensors"));
    }
  }

  /** Waits for the first checkpoint of a training while it is on. */
  private void awaitCheckpoint(BooleanSupplier isOn) throws IOException, InterruptedException {
    while (!hasCheckpoint() && isOn.getAsBoolean()) {
      Thread.sleep(5);
    }
  }

  @Test
  @Timeout(120)
  void stoppedByASignalAndResumedIsTheWholeBitForBit() throws IOException, InterruptedException {
    String whole = folder.resolve("whole").toString();
    Process first = process("first", train("--epochs", "24", "--save", whole));
    assertTrue(first.waitFor(60, TimeUnit.SECONDS), "it does not end");
    assertEquals(0, first.exitValue(), told("first"));
    removeCheckpoints();
    Process stopped = process("stopped", train("--epochs", "24"));
    try {
      awaitCheckpoint(stopped::isAlive);
      stopped.destroy(); // SIGTERM; SIGINT may be ignored where tests run in the background
      assertTrue(stopped.waitFor(60, TimeUnit.SECONDS), "it does not end");
    } finally {
      stopped.destroyForcibly();
    }
    assertEquals(143, stopped.exitValue(), told("stopped"));
    assertTrue(
        told("stopped").contains("; the same command with --resume goes on"), told("stopped"));
    String again = folder.resolve("again").toString();
    Process resumed = process("resumed", train("--epochs", "24", "--resume", "--save", again));
    assertTrue(resumed.waitFor(60, TimeUnit.SECONDS), "it does not end");
    assertEquals(0, resumed.exitValue(), told("resumed"));
    assertTrue(told("resumed").contains("resumed behind step "), told("resumed"));
    assertArrayEquals(
        Files.readAllBytes(Path.of(whole)), Files.readAllBytes(Path.of(again)), told("resumed"));
  }

  /** Starts the program in a process of its own, and so on a backend that no other test chose. */
  private Process process(String name, List<String> arguments) throws IOException {
    return new ProcessBuilder(Run.command(List.of("-XX:TieredStopAtLevel=1"), arguments))
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".out").toFile())
        .start();
  }

  private String told(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".out"), StandardCharsets.UTF_8);
  }

  private void removeCheckpoints() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder.resolve("kept"))) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  @Test
  @Tag("threads")
  @Timeout(120)
  void anInterruptedThreadSavesAndKeepsItsInterrupt() throws IOException, InterruptedException {
    List<Object> told = new ArrayList<>();
    Thread thread =
        new Thread(
            () -> {
              Run run = run(train("--epochs", "1000"));
              told.add(Thread.currentThread().isInterrupted());
              told.add(run);
            });
    thread.start();
    awaitCheckpoint(thread::isAlive);
    thread.interrupt();
    thread.join();
    assertEquals(true, told.get(0));
    Run run = (Run) told.get(1);
    assertEquals(130, run.status(), run.toString());
    assertTrue(run.last().startsWith("stopped behind step "), run.toString());
  }

  @Test
  void anEmptyFolderBeginsAnewAndAnotherTrainingIsRefused() {
    Run first = run(train("--epochs", "2", "--resume"));
    assertEquals(0, first.status(), first.toString());
    assertTrue(first.out().get(1).endsWith(" has no checkpoint: the training begins anew"));
    refused("has a training already", train("--epochs", "2"));
    refused(
        "was saved with --epochs 2, and is resumed with 3; give the options that it began with",
        train("--epochs", "3", "--resume"));
    refused(
        "--lr 0.003, and is resumed with 0.5", train("--epochs", "2", "--lr", "0.5", "--resume"));
    refused("weights", train("--epochs", "2", "--hidden", "8", "--resume"));
    Run done = run(train("--epochs", "2", "--resume"));
    assertEquals(first.last(), done.last());
  }

  private static void refused(String why, List<String> arguments) {
    Run run = run(arguments);
    assertEquals(2, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    assertTrue(run.err().get(0).contains(why), run.toString());
  }

  @Test
  void resumingWantsAFolder() {
    Run run = Run.of("train", "--dataset", "digits", "--resume");
    assertEquals(2, run.status(), run.toString());
    assertTrue(run.err().get(0).contains("--resume wants --checkpoint DIR"), run.toString());
  }
}

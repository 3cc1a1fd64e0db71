package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Children;
import org.adjoint.nn.KeyChain;
import org.adjoint.nn.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that write checkpoints and are killed, at five moments here and at 200 with {@code mvn
 * -Pslow}: what they leave is a whole checkpoint, and none older than the last that they said was
 * saved.
 */
class CheckpointKillTest {
  private static final int MOMENTS = Boolean.getBoolean("adjoint.slow") ? 200 : 5;
  private static final int SIZE = 100_000;

  @TempDir private Path folder;

  /** Two tensors that every step sets to its number. */
  private static final class Numbered implements Part {
    private final List<Parameter> parameters =
        List.of(parameter("first", SIZE), parameter("second", 3));

    private static Parameter parameter(String name, int size) {
      return Parameter.of(Tensor.of(new float[size], size), name);
    }

    @Override
    public List<Parameter> own() {
      return parameters;
    }

    void set(long step) {
      for (Parameter parameter : parameters) {
        float[] values = new float[(int) parameter.size()];
        Arrays.fill(values, step);
        parameter.assign(Tensor.of(values, values.length));
      }
      Tensor.evalAll(parameters);
    }
  }

  /** What a child JVM runs: it restores, and saves steps until it is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      Checkpoints checkpoints = Checkpoints.in(Path.of(arguments[0]));
      Numbered part = new Numbered();
      KeyChain keys = new KeyChain(Key.of(1));
      Map<String, KeyChain> states = Map.of("keys", keys);
      long step = checkpoints.restore(part, states).map(Checkpoints.Restored::step).orElse(0L);
      for (; ; ) {
        step++;
        keys.next();
        part.set(step);
        checkpoints.save(step, part, states);
        System.out.println(step);
      }
    }
  }

  @Test
  void aKilledProcessLeavesAWholeCheckpoint() throws Exception {
    Random random = new Random(1);
    Checkpoints checkpoints = Checkpoints.in(folder);
    List<String> options = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m");
    for (int moment = 0; moment < MOMENTS; moment++) {
      Process writer = Children.start(options, Writer.class, folder.toString());
      long said;
      try (BufferedReader lines = writer.inputReader()) {
        said = Long.parseLong(lines.readLine());
        int wait = random.nextInt(30_000_000);
        for (long start = System.nanoTime(); System.nanoTime() - start < wait; ) {
          if (lines.ready()) {
            said = Long.parseLong(lines.readLine());
          }
        }
        writer.toHandle().destroyForcibly(); // what it said can still be read
        writer.waitFor();
        said = last(lines, said);
      } finally {
        writer.destroyForcibly().waitFor();
      }
      Numbered part = new Numbered();
      KeyChain keys = new KeyChain(Key.of(1));
      Checkpoints.Restored restored = checkpoints.restore(part, Map.of("keys", keys)).orElseThrow();
      assertTrue(restored.damaged().isEmpty(), () -> restored.damaged() + "");
      long step = restored.step();
      assertTrue(step >= said, "step " + said + " was saved, restored is " + step);
      for (Parameter parameter : part.own()) {
        float[] expected = new float[(int) parameter.size()];
        Arrays.fill(expected, step);
        assertArrayEquals(expected, parameter.toArray());
      }
      assertEquals(step, keys.taken());
    }
  }

  /** Returns the last number that a killed process wrote whole. */
  private static long last(BufferedReader lines, long before) throws IOException {
    StringBuilder rest = new StringBuilder();
    for (int c = lines.read(); c >= 0; c = lines.read()) {
      rest.append((char) c);
    }
    String[] numbers = rest.substring(0, rest.lastIndexOf("\n") + 1).split("\n");
    String last = numbers[numbers.length - 1];
    return last.isEmpty() ? before : Long.parseLong(last);
  }
}

package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Dropout;
import org.adjoint.nn.KeyChain;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.norm.BatchNorm;
import org.adjoint.nn.optim.Adam;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir private Path folder;

  /** A training of the digits that can stop after any step: running statistics and draws too. */
  private static final class Run {
    private static final Dataset DIGITS = Digits.split(Digits.load()).train();
    final Sequential network;
    final Adam adam;
    final KeyChain keys;
    final Map<String, Stateful> states = new LinkedHashMap<>();
    long step;

    Run(long seed) {
      Origin origin = Origin.of(Key.of(seed));
      network =
          Sequential.of()
              .then("fc1", Linear.of(origin.at("fc1"), 64, 16))
              .then("norm", BatchNorm.of(origin.at("norm"), 16))
              .then("relu", Activation.RELU)
              .then("drop", Dropout.of(0.2))
              .then("fc2", Linear.of(origin.at("fc2"), 16, 10));
      adam = new Adam(network.parameters(), 3e-3);
      keys = new KeyChain(Key.of(seed + 1));
      states.put("adam", adam);
      states.put("keys", keys);
    }

    @SuppressWarnings("try") // a scope works by being open
    void train(long until) {
      Batches batches = new Batches(DIGITS, 64, Key.of(5));
      for (; step < until; step++) {
        try (Scope scope = Scope.open()) {
          Batches.Epoch epoch = batches.epoch(step / batches.count());
          Dataset.Batch batch = epoch.batch((int) (step % batches.count()));
          Tensor logits = network.apply(batch.features(), Training.of(keys.next()));
          Tensor loss = Losses.softmaxCrossEntropy(logits, batch.labels());
          adam.zeroGrad();
          loss.backward();
          adam.step(loss);
        }
      }
    }
  }

  @Test
  void resumedEqualsUninterruptedBitForBit() throws IOException {
    Run whole = new Run(1);
    whole.train(40);
    Run first = new Run(1);
    first.train(25);
    Checkpoints.in(folder).save(first.step, first.network, first.states);
    Run second = new Run(77); // whatever the weights that it starts with
    Checkpoints.Restored restored =
        Checkpoints.in(folder).restore(second.network, second.states).orElseThrow();
    assertEquals(25, restored.step());
    assertEquals(Optional.empty(), restored.damaged());
    second.step = restored.step();
    second.train(40);
    Checkpoints.in(folder.resolve("whole")).save(40, whole.network, whole.states);
    Checkpoints.in(folder.resolve("resumed")).save(40, second.network, second.states);
    assertArrayEquals(
        Files.readAllBytes(Checkpoints.in(folder.resolve("whole")).latest().orElseThrow()),
        Files.readAllBytes(Checkpoints.in(folder.resolve("resumed")).latest().orElseThrow()));
  }

  @Test
  void theTwoNewestStayAndOneOfAnEarlierStepIsRefused() throws IOException {
    Run run = new Run(1);
    Checkpoints checkpoints = Checkpoints.in(folder.resolve("new").resolve("folder"));
    assertEquals(Optional.empty(), checkpoints.latest());
    assertEquals(Optional.empty(), checkpoints.restore(run.network, run.states));
    for (long step : new long[] {0, 3, 12, 12, 100}) {
      checkpoints.save(step, run.network, run.states);
    }
    try (Stream<Path> files = Files.list(folder.resolve("new/folder"))) {
      assertEquals(
          List.of("checkpoint-000000000012.safetensors", "checkpoint-000000000100.safetensors"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    String message =
        assertThrows(DataException.class, () -> checkpoints.save(99, run.network, run.states))
            .getMessage();
    assertTrue(message.contains("of step 100, later than step 99; restore it"), message);
    assertThrows(
        IllegalArgumentException.class, () -> checkpoints.save(-1, run.network, run.states));
    assertThrows(
        IllegalArgumentException.class,
        () -> checkpoints.save(101, run.network, Map.of("a/b", run.keys)));
  }

  @Test
  void aDamagedFileIsPassedOverAndNamed() throws IOException {
    Run run = new Run(1);
    Checkpoints checkpoints = Checkpoints.in(folder);
    checkpoints.save(1, run.network, run.states);
    checkpoints.save(2, run.network, run.states);
    Path newest = checkpoints.latest().orElseThrow();
    Files.write(newest, new byte[100]);
    Checkpoints.Restored restored = checkpoints.restore(run.network, run.states).orElseThrow();
    assertEquals(1, restored.step());
    assertTrue(restored.damaged().orElseThrow().getMessage().startsWith(newest.toString()));
    Files.write(restored.file(), new byte[100]);
    assertThrows(DataException.class, () -> checkpoints.restore(run.network, run.states));
    // a file under another's name is damaged too
    Path other = folder.resolve("checkpoint-000000000007.safetensors");
    new Safetensors(Map.of(), Map.of("adjoint.step", "2")).write(other);
    String message =
        assertThrows(DataException.class, () -> checkpoints.restore(run.network, run.states))
            .getMessage();
    assertTrue(message.contains("adjoint.step is '2'"), message);
  }

  @Test
  void whatDoesNotFitChangesNothing() {
    Run saved = new Run(1);
    saved.train(1);
    Checkpoints checkpoints = Checkpoints.in(folder);
    checkpoints.save(1, saved.network, saved.states);
    Run run = new Run(2);
    float[] before = run.network.parameters().get(0).toArray();
    Run other = new Run(3);
    other.states.put("adam", new Adam(run.network.parameters().subList(0, 2), 1));
    assertRefused(checkpoints, run, other.states, "adam: the state to restore has");
    other.states.remove("adam");
    assertRefused(checkpoints, run, other.states, "has the states of [adam, keys, weights]");
    other.states.put("adam", run.states.get("adam"));
    other.states.put("more", new KeyChain(Key.of(1)));
    assertRefused(checkpoints, run, other.states, "restored are [adam, keys, more, weights]");
    assertArrayEquals(before, run.network.parameters().get(0).toArray());
    assertEquals(0, run.keys.taken());
  }

  private static void assertRefused(
      Checkpoints checkpoints, Run run, Map<String, Stateful> states, String part) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> checkpoints.restore(run.network, states))
            .getMessage();
    assertTrue(message.contains(part), message);
  }
}

package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.adjoint.Adjoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** The digits are learnt on a GPU as on the CPU, over the emulator of native/tests/simt. */
@DisabledIfSystemProperty(
    named = "skipNative",
    matches = ".*",
    disabledReason = "built with -DskipNative: there is no native library")
class CudaTrainingTest {
  @AfterEach
  void useNative() {
    Adjoint.backend("native");
  }

  @Test
  void digitsAreLearnt() {
    Run gpu = train("cuda");
    assertEquals(0, gpu.status(), gpu.toString());
    assertTrue(gpu.out().get(0).contains("; backend cuda"), gpu.toString());
    Run cpu = train("native");
    assertTrue(gpu.accuracy() > 0.8, gpu.toString());
    assertEquals(cpu.accuracy(), gpu.accuracy(), 0.01, gpu + " and " + cpu);
  }

  private static Run train(String backend) {
    return Run.of(
        "train", "--dataset", "digits", "--epochs", "2", "--seed", "3", "--backend", backend);
  }
}

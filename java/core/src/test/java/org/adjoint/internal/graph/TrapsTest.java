package org.adjoint.internal.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** Habits that do not last get a word, once, that names the user's line. */
class TrapsTest {
  @Test
  void aScopeAroundAWholeLoop() {
    Traps.SCOPE.forget();
    Scope.run(
        () -> {
          for (int i = 0; i < Traps.MANY - 1; i++) {
            Tensor.of(1f);
          }
          assertEquals(Optional.empty(), Traps.SCOPE.said());
          Tensor.of(1f);
        });
    String word = Traps.SCOPE.said().orElseThrow();
    assertTrue(word.contains("holds 100000 tensors") && word.contains("TrapsTest.java:"), word);
    Scope.run(() -> Tensor.of(1f)); // and no scope after it
    assertEquals(word, Traps.SCOPE.said().orElseThrow());
  }

  @Test
  void aLoopThatAsksForNoValue() {
    Traps.PENDING.forget();
    Tensor x = Tensor.of(1.0);
    Tensor y = x;
    for (int i = 0; i < Traps.MANY - 1; i++) {
      y = y.plus(x);
    }
    y.eval();
    assertEquals(Optional.empty(), Traps.PENDING.said());
    y = x;
    for (int i = 0; i < Traps.MANY; i++) {
      y = y.plus(x);
    }
    assertEquals(Traps.MANY + 1, y.toDoubleArray()[0]);
    String word = Traps.PENDING.said().orElseThrow();
    assertTrue(word.contains("100000 pending ops") && word.contains("TrapsTest.java:"), word);
  }

  @Test
  void aLoopThatAsksForAPartOfItsState() {
    Traps.GROWING.forget();
    runAPendulum(true);
    assertEquals(Optional.empty(), Traps.GROWING.said());
    runAPendulum(false);
    String word = Traps.GROWING.said().orElseThrow();
    assertTrue(word.contains("each of 32 evaluations") && word.contains("TrapsTest.java:"), word);
  }

  private static void runAPendulum(boolean whole) {
    Tensor x = Tensor.of(1.0);
    Tensor v = Tensor.of(0.0);
    for (int turn = 0; turn < Traps.OFTEN + 8; turn++) {
      Tensor next = x.plus(v.times(0.1));
      v = v.minus(x.sin().times(0.1));
      x = next;
      if (whole) {
        Tensor.evalAll(x, v);
      }
      x.toDoubleArray();
    }
  }
}

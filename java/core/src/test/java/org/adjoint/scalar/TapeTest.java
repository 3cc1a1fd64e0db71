package org.adjoint.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The tape itself: size, reuse, rewinding, threads, and that its two faces agree. */
class TapeTest {
  private static final int MILLION = 1_000_000;

  private static void assertMessage(
      Class<? extends Exception> type, String message, Executable code) {
    assertEquals(message, assertThrows(type, code).getMessage());
  }

  @Test
  void aChainOfAMillionNodesNeedsNoStack() {
    Tape tape = Tape.of("chain");
    Value x = tape.value(1);
    Value y = x;
    for (int i = 0; i < MILLION; i++) {
      y = i % 2 == 0 ? y.mul(0.5) : y.add(0.5);
    }
    y.backward();
    assertEquals(1, y.data());
    assertEquals(0, x.grad(), "2⁻⁵⁰⁰⁰⁰⁰ is 0");
    Value z = x;
    for (int i = 0; i < MILLION; i++) {
      z = i % 2 == 0 ? z.mul(-1) : z.neg();
    }
    z.backward();
    assertEquals(1, x.grad());
  }

  @Test
  void anExpressionRecordedAgainGrowsNothing() {
    Tape tape = Tape.of("reused");
    Value w = tape.value(0.999);
    int mark = tape.mark();
    int capacity = 0;
    for (int pass = 0; pass < 20; pass++) {
      Value y = tape.value(1);
      while (tape.size() < MILLION) {
        y = y.mul(w).add(w);
      }
      w.zeroGrad();
      y.backward();
      assertEquals(999, y.data(), 1e-6);
      assertEquals(1e6, w.grad(), 1, "(w / (1 − w))′ = 1 / (1 − w)²");
      tape.rewind(mark);
      assertEquals(1, tape.size());
      if (pass == 0) {
        capacity = tape.capacity();
      }
      assertEquals(capacity, tape.capacity(), "pass " + pass);
    }
  }

  @Test
  void gradientsBelowAMarkAddUpOverExpressions() {
    Tape tape = Tape.of("paths");
    Value x = tape.value(3);
    int mark = tape.mark();
    for (int path = 1; path <= 4; path++) {
      x.mul(path).backward();
      tape.rewind(mark);
    }
    assertEquals(10, x.grad());
  }

  @Test
  void whatLiesBelowAMarkMayBeAnExpressionToo() {
    Tape tape = Tape.of("curve");
    Value x = tape.value(3);
    Value square = x.pow(2);
    int mark = tape.mark();
    square.mul(2).backward();
    tape.rewind(mark);
    square.mul(5).backward();
    assertEquals(2 * 6 + 5 * 6, x.grad());
    assertEquals(5, square.grad());
  }

  @Test
  void aRewoundValueIsRefusedEvenWhenItsNodeIsTakenAnew() {
    Tape tape = Tape.of("t");
    Value x = tape.value(2);
    int mark = tape.mark();
    Value old = x.mul(3);
    tape.rewind(mark);
    String gone = "node 1 of tape \"t\", dropped by a rewind to 1";
    String advice = "; keep its data() or its grad(), or record it below the mark";
    assertMessage(IllegalStateException.class, "data: " + gone + advice, old::data);
    Value taken = x.mul(7);
    assertEquals(1, taken.node());
    assertMessage(IllegalStateException.class, "mul: " + gone + advice, () -> x.mul(old));
    assertMessage(IllegalStateException.class, "backward: " + gone + advice, old::backward);
    assertEquals(gone, old.toString());
    assertEquals(14, taken.data());
    assertEquals(2, x.data());
  }

  @Test
  void whichRewindsDroppedAValueIsKnownExactly() {
    SplittableRandom random = new SplittableRandom(0);
    for (int round = 0; round < 50; round++) {
      Tape tape = Tape.of("random");
      List<Value> alive = new ArrayList<>();
      List<Value> dropped = new ArrayList<>();
      for (int step = 0; step < 200; step++) {
        if (random.nextInt(4) > 0) {
          alive.add(tape.value(step));
        } else {
          int mark = tape.size() == 0 ? 0 : tape.size() - random.nextInt(Math.min(5, tape.size()));
          tape.rewind(mark);
          dropped.addAll(alive.subList(mark, alive.size()));
          alive.subList(mark, alive.size()).clear();
        }
      }
      for (int i = 0; i < alive.size(); i++) {
        assertEquals(i, alive.get(i).node());
      }
      for (Value value : dropped) {
        assertThrows(IllegalStateException.class, value::data);
      }
    }
  }

  @Test
  void valuesOfTwoTapesDoNotMix() {
    Value a = Tape.of("a").value(2);
    Value b = Tape.of("b").value(5);
    assertMessage(
        IllegalArgumentException.class,
        "mul: an operand is on another tape: leaf (node 0 of tape \"b\", data 5.0, grad 0.0);"
            + " this is tape \"a\"",
        () -> a.mul(b));
  }

  @Test
  void nodesAndMarksAreChecked() {
    Tape tape = Tape.of("t");
    int x = tape.leaf(2);
    assertMessage(
        IllegalArgumentException.class,
        "add: node 1 is not among the 1 of tape \"t\"",
        () -> tape.add(x, 1));
    assertThrows(IllegalArgumentException.class, () -> tape.exp(-1));
    assertThrows(IllegalArgumentException.class, () -> tape.backward(1));
    assertMessage(
        IllegalArgumentException.class,
        "rewind: mark 2 is not within the 1 nodes of tape \"t\"",
        () -> tape.rewind(2));
    assertMessage(
        IllegalArgumentException.class,
        "Tape \"none\": capacity 0 is less than 1",
        () -> Tape.of("none", 0));
    int y = tape.neg(x);
    assertMessage(
        IllegalArgumentException.class,
        "set: only a leaf can change, not neg (node 1 of tape \"t\", data -2.0, grad 0.0)",
        () -> tape.set(y, 1));
    assertEquals("Tape \"t\": 2 nodes, room for 1024", tape.toString());
  }

  @Test
  void aFailedOpRecordsNothing() {
    Tape tape = Tape.of("t");
    Value x = tape.value(2);
    assertThrows(IllegalArgumentException.class, () -> x.add(Tape.of("u").value(1)));
    assertEquals(1, tape.size());
  }

  @Test
  void growingFromOneNodeKeepsEverything() {
    Tape tape = Tape.of("small", 1);
    Value x = tape.value(2);
    Value y = x.mul(x).mul(x).add(x).sin();
    y.backward();
    assertEquals(Math.sin(10), y.data());
    assertEquals(Math.cos(10) * 13, x.grad(), 1e-14);
    assertEquals(8, tape.capacity());
  }

  @Tag("threads")
  @Test
  void aTapeBelongsToOneThreadUntilHandedOver() throws Exception {
    Tape tape = Tape.of("t");
    Value x = tape.value(2);
    FutureTask<Double> task = new FutureTask<>(() -> x.mul(3).data());
    Thread thread = new Thread(task, "other");
    assertThrows(IllegalStateException.class, () -> onThread(() -> x.mul(3)));
    assertThrows(IllegalStateException.class, () -> onThread(x::data));
    assertThrows(IllegalStateException.class, () -> onThread(() -> tape.rewind(0)));
    tape.handOver(thread);
    thread.start();
    assertEquals(6, task.get());
    String mine = Thread.currentThread().getName();
    assertMessage(
        IllegalStateException.class,
        "Tape \"t\" belongs to thread other and was used by "
            + mine
            + "; give each thread a tape of its own, or call handOver",
        x::data);
  }

  private static void onThread(Executable code) throws Throwable {
    Throwable[] thrown = new Throwable[1];
    Thread thread =
        new Thread(
            () -> {
              try {
                code.execute();
              } catch (Throwable t) {
                thrown[0] = t;
              }
            });
    thread.start();
    thread.join();
    if (thrown[0] != null) {
      throw thrown[0];
    }
  }

  @Tag("threads")
  @Test
  void everyThreadHasATapeForValuesMadeWithoutOne() throws Throwable {
    Value x = Value.of(2);
    assertSame(x.tape(), Value.of(3).tape());
    Tape[] other = new Tape[1];
    onThread(() -> other[0] = Value.of(1).tape());
    assertNotSame(x.tape(), other[0]);
    x.tape().rewind(0);
  }

  @Test
  void nodesAndObjectsRecordTheSame() {
    Tape tape = Tape.of("both");
    int a = tape.leaf(1.5);
    int b = tape.leaf(0.7);
    int i = tape.div(tape.mul(tape.exp(a), tape.log(b)), tape.sub(a, b));
    i = tape.add(tape.pow(a, b), tape.neg(tape.mul(i, i)));
    i = tape.mulConstant(tape.tanh(tape.divConstant(tape.subConstant(i, 2), 3)), 4);
    i = tape.powConstant(tape.addConstant(tape.cos(tape.sin(i)), 1), 1.5);
    i = tape.add(tape.sqrt(i), tape.relu(i));
    tape.backward(i);
    double byA = tape.grad(a);
    double byB = tape.grad(b);

    tape.zeroGrad();
    Value x = tape.view(a);
    Value y = tape.view(b);
    Value v = x.exp().mul(y.log()).div(x.sub(y));
    v = x.pow(y).add(v.mul(v).neg());
    v = v.sub(2).div(3).tanh().mul(4);
    v = v.sin().cos().add(1).pow(1.5);
    v = v.sqrt().add(v.relu());
    v.backward();
    assertEquals(tape.data(i), v.data());
    assertEquals(byA, x.grad());
    assertEquals(byB, y.grad());
  }

  @Test
  void theRoomKnowsNothingOfTheRest() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/java/org/adjoint/scalar"))) {
      for (Path file : files.toList()) {
        assertFalse(Files.readString(file).contains("import org.adjoint"), file.toString());
      }
    }
  }
}

package org.adjoint.lens.profile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.adjoint.lens.Lens;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Adam;
import org.junit.jupiter.api.Test;

/** Which calls a profile has, what it says they do and for whom; never how long they take. */
class ProfileTest {
  private static final Machine MACHINE =
      new Machine("a machine", 10, Map.of(DType.F32, 100.0, DType.F64, 50.0));

  private final Mlp net =
      Mlp.of(List.of(3, 8, 2), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(0));
  private final Tensor x = Key.of(1).normal(DType.F32, 5, 3).eval();
  private final Tensor labels = Tensor.of(new int[] {0, 1, 1, 0, 1}, 5);

  private static Call call(
      String name, String layer, double nanoseconds, double bytes, double ops) {
    return new Call(
        0, 0, name, "F32[2]", List.of(), layer, DType.F32, nanoseconds, 1, 0, bytes, ops);
  }

  private static List<Call> named(Profile profile, String name) {
    return profile.programs().stream()
        .flatMap(p -> p.calls().stream())
        .filter(c -> c.name().startsWith(name))
        .toList();
  }

  @Test
  void aTrainingStepIsToldByLayers() {
    Adam adam = new Adam(net.parameters(), 1e-2);
    adam.clipNorm(1); // a step that the reference backend has in one call, too
    BinaryOperator<Tensor> step =
        Compiled.of(
            (Tensor f, Tensor t) -> {
              Tensor loss = Losses.softmaxCrossEntropy(net.apply(f), t);
              loss.backward();
              adam.step();
              adam.zeroGrad();
              return loss;
            });
    Profile profile = Lens.profile(() -> step.apply(x, labels));
    assertEquals(1, profile.programs().size());
    List<Call> products = named(profile, "matmul");
    // Forward, and the gradients by both weights and by what lies between the layers.
    assertEquals(
        List.of("fc1", "fc1", "fc2", "fc2", "fc2"),
        products.stream().map(Call::layer).sorted().toList());
    assertEquals("optimizer", named(profile, "clippedAdam").get(0).layer());
    for (Call call : profile.programs().get(0).calls()) {
      assertTrue(call.layer().matches("fc[12]|optimizer|between layers"), call.toString());
      assertEquals(1, call.runs());
    }
  }

  @Test
  void aProductCountsItsMultiplicationsAndItsMemory() {
    Tensor w = Key.of(2).normal(DType.F32, 3, 7).eval();
    Call product = named(Lens.profile(x.matmul(w)), "matmul").get(0);
    assertEquals(2.0 * 5 * 3 * 7, product.operations());
    assertEquals(4.0 * (5 * 3 + 3 * 7 + 5 * 7), product.bytes());
    assertEquals("F32[5, 3] F32[3, 7] → F32[5, 7]", product.operands());
  }

  @Test
  void theTurnsOfALoopAddUp() {
    Parameter w = Parameter.of(Key.of(3).normal(DType.F32, 3, 3), "rnn.w");
    Tensor xs = Key.of(4).normal(DType.F32, 6, 3).eval();
    Tensor start = Tensor.zeros(DType.F32, 3).eval();
    Tensor y = Scan.of((Tensor h, Tensor t) -> h.matmul(w).plus(t).tanh()).apply(start, xs);
    Profile profile = Lens.profile(y);
    List<Call> inside =
        profile.programs().get(0).calls().stream().filter(c -> c.depth() == 1).toList();
    Call loop = named(profile, "loop").get(0);
    Call product = named(profile, "matmul").get(0);
    assertEquals("rnn", product.layer());
    assertEquals(6, product.runs());
    assertEquals(6 * (2.0 * 3 * 3 + 3), product.operations()); // adds the bias, too
    assertEquals(inside.stream().mapToDouble(Call::operations).sum(), loop.operations());
    assertEquals(inside.stream().mapToDouble(Call::bytes).sum(), loop.bytes());
  }

  @Test
  void profilingATensorLeavesItAsItIs() {
    Parameter w = Parameter.of(Tensor.ones(DType.F32, 3, 3), "w");
    w.assign(w.times(2));
    Tensor y = x.matmul(w).sum();
    Lens.profile(y);
    assertArrayEquals(Tensor.full(2, DType.F32, 3, 3).toArray(), w.toArray());
    Tensor value = y.eval();
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> Lens.profile(value));
    assertTrue(error.getMessage().contains("the values exist"), error.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Lens.profile(() -> {}));
  }

  @Test
  void theRoofIsTheLowerOfTwo() {
    assertEquals(0.5, MACHINE.reached(call("a", "", 20, 100, 50)), 1e-12); // memory allows 100 / 10
    assertEquals(0.25, MACHINE.reached(call("b", "", 40, 10, 1000)), 1e-12); // arithmetic 100
    assertEquals(0.2, MACHINE.reached(call("copy", "", 50, 100, 0)), 1e-12);
  }

  private static Profile made() {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < 230; i++) {
      String layer = i % 2 == 0 ? "encoder.fc1" : Owners.BETWEEN;
      List<String> ops = i == 1 ? List.of("times", "plus") : List.of();
      int group = i == 203 ? 202 : i;
      String name = i == 5 ? "<odd>" : "matmul";
      calls.add(new Call(i, 0, name, "F32[2]", ops, layer, DType.F32, 1000 + i, 1, group, 64, 128));
    }
    return new Profile(MACHINE, List.of(new Profile.Program(calls, 300_000, 1, 4096)));
  }

  @Test
  void thePageHoldsTheLongestCallsAndSaysWhatItLeavesOut() {
    String page = made().html();
    assertFalse(page.contains("{{"), page);
    assertFalse(page.contains("<odd>"), page);
    assertTrue(page.contains(">!229<") && !page.contains(">!0<"), page);
    assertTrue(page.contains("30 more calls take 30.4 µs together"), page);
    assertTrue(page.contains("in strips with !202"), page);
    assertTrue(page.contains("encoder: ") && page.contains("fc1: "), page);
    assertFalse(page.contains("http://") && !page.contains("http://www.w3.org"), page);
  }

  @Test
  void theTextNamesTheMachineAndTheCalls() {
    String text = made().text();
    assertTrue(text.startsWith("a machine; triad 10.0 GB/s; product in F32 100 GFLOP/s"), text);
    assertTrue(text.contains("230 kernel calls take 256 µs; workspace 4.0 KiB"), text);
    assertTrue(text.contains("!229"), text);
    assertTrue(text.contains("… and 200 more"), text);
  }

  @Test
  void jsonHoldsEveryCall() throws IOException {
    int calls = 0;
    double nanoseconds = 0;
    try (JsonParser json = new JsonFactory().createParser(made().json())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        boolean field = token == JsonToken.FIELD_NAME;
        if (field && json.currentName().equals("number")) {
          calls++;
        }
        if (field && json.currentName().equals("nanoseconds")) {
          json.nextToken();
          nanoseconds += json.getDoubleValue();
        }
      }
    }
    assertEquals(230, calls);
    assertEquals(300_000 + 230 * 1000 + 229 * 230 / 2.0, nanoseconds);
  }

  @Test
  void aMachineIsMeasuredOnce() {
    Machine first = Machine.measured(Set.of(DType.F32));
    assertTrue(first.bandwidth() > 0 && first.peaks().get(DType.F32) > 0, first.toString());
    assertEquals(first, Machine.measured(Set.of(DType.F32)));
    assertEquals(first.bandwidth(), Machine.measured(Set.of(DType.F64)).bandwidth());
  }
}

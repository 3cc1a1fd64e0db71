package org.adjoint.lens.stepper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page's evaluator against the engine: what {@code evaluator.js} computes from the leaves of
 * random graphs is what the engine has written beside them. Runs in Node where that is installed;
 * {@code -Pbrowser} runs the same in a browser.
 */
class EvaluatorTest {
  private static final int GRAPHS = 20;

  /** Compares every number of the page's data with a run of the tape; prints the worst error. */
  private static final String CHECK =
      """
      const fs = require('fs');
      const Evaluator = require('./evaluator.js');
      let worst = 0, numbers = 0;
      for (const written of JSON.parse(fs.readFileSync('graphs.json'))) {
        const data = Evaluator.unpack(written);
        const results = Evaluator.run(data.tape, data.cells.map(c => c.value.map(Number)));
        const check = (expected, at) => expected.map(Number).forEach((x, i) => {
          const y = results[at].values[i];
          numbers++;
          if (!Object.is(x, y) && x !== y && !(Number.isNaN(x) && Number.isNaN(y)))
            worst = Math.max(worst, Number.isFinite(x - y) ? Math.abs(x - y) / Math.max(1, Math.abs(x)) : 1);
        });
        for (const c of data.cells) { check(c.value, c.valueAt); if (c.grad) check(c.grad, c.gradAt); }
        for (const e of data.edges) { check(e.part, e.partAt); if (e.local) check(e.local, e.localAt); }
      }
      console.log(numbers, worst);
      """;

  @TempDir Path folder;

  /** Returns a random graph over all kinds of ops that the evaluator knows. */
  static Tensor random(long seed) {
    Random random = new Random(seed);
    List<Tensor> values = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      double[] data = random.doubles(6, -1.5, 1.5).toArray();
      values.add(Parameter.of(Tensor.of(data, 2, 3), "p" + i));
    }
    for (int i = 0; i < 10; i++) {
      Tensor a = values.get(random.nextInt(values.size()));
      Tensor b = values.get(random.nextInt(values.size()));
      values.add(
          switch (random.nextInt(23)) {
            case 0 -> a.plus(b);
            case 1 -> a.times(b);
            case 2 -> a.minus(b.times(0.5));
            case 3 -> a.tanh();
            case 4 -> a.sigmoid();
            case 5 -> a.relu();
            case 6 -> a.square().plus(1).sqrt();
            case 7 -> a.matmul(b.transpose()).matmul(b).times(0.1);
            case 8 -> a.softmax(-1);
            case 9 -> a.logSoftmax(-1);
            case 10 -> a.minus(a.mean(true, 1));
            case 11 -> Tensor.concat(0, a.slice(0, 1, 2), b.slice(0, 0, 1));
            case 12 -> a.maximum(b);
            case 13 -> a.square().plus(0.5).log();
            case 14 -> a.tanh().exp();
            case 15 -> a.div(b.square().plus(1));
            case 16 -> a.reshape(3, 2).transpose();
            case 17 -> Tensor.where(a.gt(b), a, b.neg());
            case 18 -> a.sin().plus(b.cos());
            case 19 -> a.logSumExp(-1).reshape(2, 1).broadcastTo(2, 3);
            case 20 -> a.max(true, 1).times(b);
            case 21 -> a.gather(1, Tensor.of(new int[] {2, 0, 0}, 3));
            default -> a.softplus();
          });
    }
    Tensor labels = Tensor.of(new int[] {2, 0}, 2);
    Tensor last = values.get(values.size() - 1).plus(values.get(0)).plus(values.get(1));
    return last.softmaxCrossEntropy(labels).mean().plus(values.get(2).square().sum());
  }

  /** Returns the pages' data of random graphs, as one JSON array. */
  static String graphs(int count) {
    Lecture lecture = new Lecture("random", "", Map.of(), 0.1);
    List<String> all = new ArrayList<>();
    for (int seed = 0; seed < count; seed++) {
      all.add(LessonJson.of(Stepper.of(random(seed)).lesson(), lecture));
    }
    all.add(LessonJson.of(Stepper.of(large()).lesson(), lecture));
    return "[" + String.join(",", all) + "]";
  }

  /** Returns a graph of tensors so large that their numbers are packed. */
  private static Tensor large() {
    Tensor w = Parameter.of(Key.of(5).normal(DType.F64, 9, 9), "w");
    Tensor x = Key.of(6).normal(DType.F64, 8, 9).eval();
    return x.matmul(w).tanh().matmul(w).square().mean();
  }

  @Test
  void theEvaluatorComputesWhatTheEngineDoes() throws IOException, InterruptedException {
    assumeTrue(hasNode(), "no node on the path: evaluator.js was not run; -Pbrowser runs it too");
    String script = "evaluator.js";
    try (var in = Page.class.getResourceAsStream(script)) {
      Files.write(folder.resolve(script), in.readAllBytes());
    }
    Files.writeString(folder.resolve("graphs.json"), graphs(GRAPHS));
    Files.writeString(folder.resolve("check.js"), CHECK);
    Process node =
        new ProcessBuilder("node", "check.js")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(node.getInputStream().readAllBytes());
    assertEquals(0, node.waitFor(), said);
    String[] words = said.trim().split(" ");
    assertTrue(Integer.parseInt(words[0]) > 1000, said);
    assertTrue(Double.parseDouble(words[1]) < 1e-9, said);
  }

  private static boolean hasNode() {
    try {
      Process node = new ProcessBuilder("node", "--version").redirectErrorStream(true).start();
      return node.waitFor(10, TimeUnit.SECONDS) && node.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}

package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.Grad;
import org.adjoint.RandomGraph;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.compile.Compiler;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.op.ShapeOps;
import org.junit.jupiter.api.Test;

/** The compiler's passes, read off the graphs and programs that they print. */
class PassesTest {
  private static Graph graph(Tensor... roots) {
    Trace trace = new Trace();
    for (Tensor root : roots) {
      trace.addRoot(root);
    }
    int[] donors = new int[roots.length];
    Arrays.fill(donors, -1);
    return Expansion.of(trace, kernel -> true).graph(donors);
  }

  private static List<String> ops(Graph graph) {
    return graph.nodes().stream().map(node -> node.op().name()).toList();
  }

  private static List<String> kernels(Program program) {
    return program.instructions().stream().map(i -> i.kernel().name()).toList();
  }

  private static Tensor leaf(long... dims) {
    int size = (int) Shape.of(dims).size();
    return Tensor.of(new float[size], dims);
  }

  @Test
  void equalExpressionsAreComputedOnce() {
    Tensor x = leaf(4);
    Graph graph = Compiler.optimise(graph(x.exp().plus(x.exp())));
    assertEquals(List.of("exp", "plus"), ops(graph));
  }

  @Test
  void aReshapeThatChangesNothingIsItsInput() {
    Tensor x = leaf(4);
    Tensor renamed = ShapeOps.renamed(x);
    Graph graph = Compiler.optimise(graph(x.exp().plus(renamed.exp())));
    assertEquals(List.of("exp", "plus"), ops(graph));
  }

  @Test
  void aFusedCallNamesItsOps() {
    Tensor x = leaf(4);
    Program program = Compiler.compile(graph(x.exp().plus(x).softplus(), x.sum()), true).program();
    assertEquals(List.of("fused", "sum"), kernels(program));
    Instruction fused = program.instructions().get(0);
    assertEquals(List.of("exp", "plus", "softplus"), Compiler.fusedOps(fused));
    assertEquals(List.of(), Compiler.fusedOps(program.instructions().get(1)));
  }

  @Test
  void scalarsAreSlotsThatNeverMerge() {
    Tensor x = leaf(4);
    Graph graph = graph(x.times(2).plus(x.times(2)));
    assertEquals(2, graph.scalars().size());
    assertEquals(List.of("times", "times", "plus"), ops(Compiler.optimise(graph)));
  }

  @Test
  void anotherValueOfAScalarIsTheSameProgram() {
    Tensor x = Tensor.of(new float[] {1, 2}, 2);
    long before = Backends.cache().compiled();
    assertEquals(3f, x.times(1.5).minus(0.5).slice(0, 1, 2).plus(0.5).item());
    long after = Backends.cache().compiled();
    assertEquals(7f, x.times(3.5).minus(0.25).slice(0, 1, 2).plus(0.25).item());
    assertEquals(after, Backends.cache().compiled());
    assertTrue(after <= before + 1);
  }

  private static List<String> fused(Tensor... roots) {
    return kernels(Compiler.compile(graph(roots), true).program());
  }

  @Test
  void elementwiseOpsThatFeedEachOtherAreOneInstruction() {
    Tensor x = leaf(4, 3);
    Tensor y = leaf(3);
    assertEquals(List.of("fused"), fused(x.times(y).plus(x.tanh())));
    assertEquals(List.of("fused"), fused(Tensor.where(x.lt(y), x.exp(), y.plus(x)).neg()));
    assertEquals(List.of("tanh"), fused(x.tanh()));
  }

  @Test
  void aValueThatIsReadElsewhereIsOneMoreOutput() {
    Tensor x = leaf(4, 3);
    Tensor e = x.exp();
    assertEquals(List.of("fused"), fused(e, e.times(2).neg()));
    assertEquals(List.of("fused", "matmul"), fused(e.times(2).neg().matmul(leaf(3, 5)), e));
    // Around a path through something else there is no region: it would feed itself.
    Tensor rows = e.cumsum(1);
    assertEquals(List.of("exp", "cumsum", "div"), fused(e.div(rows)));
    Tensor product = e.matmul(leaf(3, 3));
    assertEquals(List.of("exp", "matmul", "fused"), fused(e.times(product).neg()));
    // Four results are more than one call has, unless they have few elements.
    Tensor[] few = {e, e.neg(), e.square(), e.abs().neg()};
    assertEquals(List.of("fused"), fused(few));
    Tensor f = leaf(64, 3).exp();
    Tensor[] many = {f, f.neg(), f.square(), f.abs().neg()};
    assertTrue(fused(many).size() > 1);
  }

  @Test
  void manyOuterProductsAreComputedByTheirReaders() {
    Tensor a = leaf(16, 6, 1);
    Tensor b = leaf(16, 1, 5);
    Tensor c = leaf(16, 1, 1);
    Tensor product = a.matmul(b);
    // Squares of all of them, and their weighted sum, wait for different things: a region each.
    Tensor squares = product.square().sum(1, 2);
    Tensor weighted = product.times(squares.reshape(16, 1, 1)).sum(0);
    assertEquals(List.of("fused", "fused"), fused(squares, weighted));
    assertEquals(List.of("fused"), fused(product.sum(0)));
    assertEquals(List.of("matmul", "fused"), fused(product, product.times(c).exp()));
    assertTrue(fused(product.cumsum(0), product.exp().neg()).contains("matmul"));
    assertEquals(List.of("matmul", "fused"), fused(leaf(6, 1).matmul(leaf(1, 5)).exp().neg()));
    assertEquals(
        List.of("matmul", "fused"), fused(leaf(16, 6, 2).matmul(leaf(16, 2, 5)).exp().neg()));
  }

  @Test
  void aReshapeMovesBehindBiasAndActivation() {
    Tensor rows = leaf(8, 3).matmul(leaf(3, 5));
    Tensor bias = leaf(5);
    assertEquals(List.of("matmul"), fused(rows.reshape(8, 1, 5).plus(bias).relu()));
    assertEquals(List.of("matmul"), fused(bias.plus(rows.reshape(2, 4, 5)).reshape(40).tanh()));
    assertEquals(List.of("matmul"), fused(rows.reshape(40).sigmoid()));
    Tensor image = leaf(4, 2, 6, 6).conv(leaf(3, 2, 3, 3), Convolution.of(2));
    Tensor ofChannels = leaf(3, 1, 1);
    Tensor examples = image.reshape(4, 1, 3, 4, 4);
    assertEquals(List.of("conv"), fused(examples.plus(ofChannels).relu()));
    // The bias varies along an axis that the reshape cuts or joins, or the product is read twice.
    assertEquals(2, fused(rows.reshape(40).plus(leaf(40)).relu()).size());
    assertEquals(2, fused(rows.reshape(5, 8).plus(leaf(8)).relu()).size());
    assertEquals(2, fused(image.reshape(12, 4, 4).plus(leaf(12, 1, 1)).relu()).size());
    assertEquals(2, fused(rows, rows.reshape(8, 1, 5).plus(bias).relu()).size());
  }

  @Test
  void sumsOverLeadingAxesJoinWhatTheySum() {
    Tensor x = leaf(64, 3);
    Tensor slope = x.times(leaf(64, 3)).tanh();
    assertEquals(List.of("fused"), fused(slope.sum(), slope.sum(0), slope));
    // The product waits for the slope and is higher up than the sum, which goes along.
    Tensor loss = slope.matmul(leaf(3, 5)).square().sum();
    assertEquals(List.of("fused", "matmul", "fused"), fused(loss, slope.sum(0)));
    // What is read with its sum waits for it.
    Tensor e = x.exp();
    assertEquals(List.of("fused", "div"), fused(e.div(e.sum(true, 0))));
    assertEquals(List.of("fused"), fused(x.square().mean().sum()).subList(0, 1));
    Tensor few = leaf(4, 3).exp();
    assertEquals(List.of("exp", "sum"), fused(few.sum(0)));
  }

  @Test
  void foldsOverTrailingAxesJoinWhatTheyFold() {
    Tensor x = leaf(4, 3);
    Tensor slope = x.times(leaf(3)).tanh();
    assertEquals(List.of("fused"), fused(slope.sum(1), slope.max()));
    assertEquals(List.of("fused"), fused(slope.logSumExp(1), slope));
    assertEquals(List.of("fused", "div"), fused(slope.exp().div(slope.exp().sum(true, 1))));
    // A mean is a sum and its division, which waits for the sum alone.
    assertEquals(List.of("fused"), fused(slope.mean()));
    assertEquals(List.of("fused"), fused(slope.mean(1), slope.square().mean(1)));
    assertEquals(List.of("fused", "div"), fused(slope.sum(), slope.mean()));
    assertEquals(List.of("fused", "exp"), fused(slope.mean(1).exp()));
    assertEquals(List.of("sum", "div"), fused(leaf(4, 3).mean()));
    // Neither axes in the middle nor single elements.
    Tensor cube = leaf(2, 3, 4).exp();
    assertEquals(List.of("exp", "sum"), fused(cube.sum(1)));
    assertEquals(List.of("fused"), fused(cube.sum(1, 2)));
    assertEquals(List.of("exp", "sum"), fused(leaf(4, 1).exp().sum(1)));
  }

  @Test
  void onlyEqualShapesFuse() {
    Tensor x = leaf(4, 3);
    Tensor y = leaf(3);
    assertEquals(List.of("fused", "fused"), fused(x.times(y.exp().neg()).square()));
  }

  @Test
  void longChainsAreCutIntoRegionsThatTheKernelTakes() {
    assertEquals(List.of("fused", "fused", "fused"), fused(negated(leaf(129), 70)));
    assertEquals(List.of("fused", "fused"), fused(sumOf(15, 129)));
    // Of few elements a region may have more ops and inputs, and results that leave.
    assertEquals(List.of("fused", "fused"), fused(negated(leaf(128), 70)));
    assertEquals(List.of("fused"), fused(sumOf(15, 128)));
    assertEquals(List.of("fused", "fused"), fused(sumOf(33, 128)));
    Tensor x = leaf(8);
    Tensor[] powers = new Tensor[16];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = (i == 0 ? x : powers[i - 1]).times(x);
    }
    assertEquals(List.of("fused"), fused(powers));
    // Ops without a common reader share a region, too.
    assertEquals(List.of("fused"), fused(leaf(3).exp(), leaf(3).sin(), leaf(3).tan()));
    assertEquals(3, fused(leaf(200).exp(), leaf(200).sin(), leaf(200).tan()).size());
    // But not where values are folded.
    Tensor y = negated(leaf(8), 40);
    assertEquals(List.of("fused", "fused"), fused(y.sum()));
  }

  private static Tensor negated(Tensor x, int times) {
    Tensor y = x;
    for (int i = 0; i < times; i++) {
      y = y.neg();
    }
    return y;
  }

  private static Tensor sumOf(int count, long size) {
    Tensor sum = leaf(size);
    for (int i = 0; i < count; i++) {
      sum = sum.plus(leaf(size));
    }
    return sum;
  }

  private static final String WITH_GRAD = "softmaxCrossEntropyWithGrad";

  @Test
  void aCrossEntropyAndItsGradientAreOneInstruction() {
    Tensor x = leaf(5, 3).variable();
    Tensor labels = Tensor.of(new int[5], 5);
    Tensor rows = x.softmaxCrossEntropy(labels);
    Tensor mean = rows.mean();
    List<String> both = fused(mean, Grad.grad(mean, x).get(0));
    assertEquals(1, both.stream().filter(WITH_GRAD::equals).count(), both::toString);
    assertEquals(0, both.stream().filter("softmaxCrossEntropyGrad"::equals).count());
    // The sum of the losses is asked for before what the gradient waits for is computed.
    Tensor weights = leaf(5).exp();
    Tensor weighted = rows.times(weights).sum();
    assertTrue(fused(rows.sum(), Grad.grad(weighted, x).get(0)).contains(WITH_GRAD));
    // Other labels are other rows.
    Tensor others = x.softmaxCrossEntropy(Tensor.of(new int[5], 5)).sum();
    assertFalse(fused(mean, Grad.grad(others, x).get(0)).contains(WITH_GRAD));
  }

  @Test
  void aGradientThatWaitsForTheLossStaysApart() {
    Tensor x = leaf(5, 3).variable();
    Tensor rows = x.softmaxCrossEntropy(Tensor.of(new int[5], 5));
    Tensor squares = rows.square().sum();
    List<String> kernels = fused(squares, Grad.grad(squares, x).get(0));
    assertFalse(kernels.contains(WITH_GRAD), kernels::toString);
    assertTrue(kernels.contains("softmaxCrossEntropyGrad"), kernels::toString);
  }

  @Test
  void pairsThatWaitForEachOtherStayApart() {
    Tensor x = leaf(5, 3).variable();
    Tensor y = leaf(5, 3).variable();
    Tensor labels = Tensor.of(new int[5], 5);
    Tensor a = x.softmaxCrossEntropy(labels);
    Tensor b = y.softmaxCrossEntropy(labels);
    // Each gradient waits for the other loss: one pair may become one call, not both.
    Tensor product = a.times(b).sum();
    List<Tensor> slopes = Grad.grad(product, x, y);
    List<String> kernels = fused(product, slopes.get(0), slopes.get(1));
    assertEquals(1, kernels.stream().filter(WITH_GRAD::equals).count(), kernels::toString);
  }

  @Test
  void matmulTakesBiasAndActivation() {
    Tensor x = leaf(5, 3);
    Tensor y = x.matmul(leaf(3, 4)).plus(leaf(4)).relu();
    Graph graph = Compiler.optimise(graph(y));
    assertEquals(List.of("matmul"), ops(graph));
    assertEquals("[1, 1]", Arrays.toString(graph.nodes().get(0).attrs()));
    assertEquals(3, graph.nodes().get(0).inputs().length);
  }

  @Test
  void convolutionsTakeABiasOfChannelsAndAnActivation() {
    Tensor y = leaf(2, 3, 5, 5).conv(leaf(4, 3, 3, 3), Convolution.of(2));
    assertEquals(List.of("conv"), ops(Compiler.optimise(graph(y.plus(leaf(4, 1, 1)).relu()))));
    assertEquals(List.of("conv", "plus"), ops(Compiler.optimise(graph(y.plus(leaf(4, 1, 3))))));
    Tensor x = leaf(2, 4, 3).convTranspose(leaf(4, 6, 3), Convolution.of(1));
    assertEquals(List.of("convInput"), ops(Compiler.optimise(graph(x.plus(leaf(1, 6, 1))))));
  }

  @Test
  void aProductThatIsReadTwiceKeepsItsBiasApart() {
    Tensor product = leaf(5, 3).matmul(leaf(3, 4));
    Graph graph = Compiler.optimise(graph(product.plus(leaf(4)), product));
    assertEquals(List.of("matmul", "plus"), ops(graph));
  }

  @Test
  void aBiasThatWidensTheResultStaysApart() {
    Graph graph = Compiler.optimise(graph(leaf(5, 3).matmul(leaf(3, 4)).plus(leaf(2, 5, 4))));
    assertEquals(List.of("matmul", "plus"), ops(graph));
  }

  @Test
  void transposesAreStridesAndCopyNothing() {
    Program program =
        Compiler.compile(graph(leaf(5, 3).matmul(leaf(4, 3).transpose())), false).program();
    assertEquals(List.of("matmul"), kernels(program));
    assertEquals(
        "[1, 3]", Arrays.toString(program.instructions().get(0).inputs().get(1).strides()));
  }

  @Test
  void aViewThatIsAskedForIsCopiedOnce() {
    Program program = Compiler.compile(graph(leaf(5, 3).transpose().reshape(15)), false).program();
    assertEquals(List.of("copy"), kernels(program));
  }

  @Test
  void aChainWorksInPlaceInOneBuffer() {
    Tensor y = leaf(1000);
    for (int i = 0; i < 20; i++) {
      y = y.exp().tanh();
    }
    Program program = Compiler.compile(graph(y.sum()), false).program();
    assertEquals(4032, program.workspaceBytes(), program::toString);
  }

  @Test
  void buffersShareTheWorkspaceOnceTheyAreDead() {
    Tensor x = leaf(64, 64);
    Tensor y = x;
    for (int i = 0; i < 10; i++) {
      y = y.matmul(x);
    }
    Program program = Compiler.compile(graph(y.sum()), false).program();
    assertEquals(2 * 64 * 64 * 4, program.workspaceBytes(), program::toString);
  }

  @Test
  void noInstructionWritesWhatALaterOneStillReads() {
    for (long seed = 0; seed < 60; seed++) {
      checkLiveness(Compiler.compile(graph(RandomGraph.of(seed, 40)), false).program());
    }
  }

  /** Replays a program on the names of values: every read must find what its writer left there. */
  private static void checkLiveness(Program program) {
    int[] bytes = new int[(int) program.workspaceBytes()];
    Arrays.fill(bytes, -1);
    for (int at = 0; at < program.instructions().size(); at++) {
      Instruction instruction = program.instructions().get(at);
      for (Operand input : instruction.inputs()) {
        if (input.binding() == Program.WORKSPACE && input.size() > 0) {
          int writer = bytes[(int) input.offset()];
          assertTrue(writer >= 0 && writer < at, () -> "unwritten memory is read in\n" + program);
          for (long i = input.offset(); i < input.offset() + input.dtype().bytes(); i++) {
            assertEquals(
                writer, bytes[(int) i], () -> "half overwritten memory is read in\n" + program);
          }
        }
      }
      for (Operand output : instruction.outputs()) {
        if (output.binding() == Program.WORKSPACE) {
          long end = output.offset() + output.size() * output.dtype().bytes();
          Arrays.fill(bytes, (int) output.offset(), (int) end, at);
        }
      }
    }
  }

  @Test
  void regionsOfRandomGraphsFeedForwardOnly() {
    for (long seed = 0; seed < 60; seed++) {
      Tensor y = RandomGraph.of(seed, 40);
      checkLiveness(Compiler.compile(graph(y, y.square()), true).program());
    }
  }

  @Test
  void randomGraphsGiveTheSameValuesWithAndWithoutSharedPrograms() {
    for (long seed = 0; seed < 60; seed++) {
      Tensor whole = RandomGraph.of(seed, 40);
      double expected = RandomGraph.evaluatedStepByStep(seed, 40);
      double actual = whole.item();
      assertEquals(expected, actual, 1e-9 * Math.max(1, Math.abs(expected)), "seed " + seed);
    }
  }

  @Test
  void fusedOpsExpandIntoTheSameNumbersOfLeavesAndScalars() {
    Tensor x = leaf(3, 4);
    Trace trace = new Trace();
    trace.addRoot(x.times(2).softmax(-1).sum());
    Trace expanded = Expansion.of(trace, kernel -> false);
    assertEquals(trace.leaves(), expanded.leaves().subList(0, trace.leaves().size()));
    assertEquals(trace.scalars(), expanded.scalars().subList(0, trace.scalars().size()));
    assertFalse(ops(expanded.graph(new int[] {-1})).contains("softmax"));
  }
}

package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * What convolutions and windows are where a formula leaves a choice, on examples worked out by
 * hand; that derivatives stay among three ops; and what is refused, with its words.
 */
class ConvolutionTest {
  private static final Convolution ONE = Convolution.of(1);
  private static final Convolution TWO = Convolution.of(2);

  @BeforeAll
  static void useReference() {
    Adjoint.backend("reference");
  }

  private static Tensor zeros(long... dims) {
    return Tensor.zeros(DType.F64, dims);
  }

  /** Returns 1, 2, 3, … in that shape. */
  private static Tensor counted(long... dims) {
    return Tensor.arange(1, Shape.of(dims).size() + 1, 1).cast(DType.F64).reshape(dims);
  }

  private static void check(Tensor actual, double... expected) {
    assertArrayEquals(expected, actual.toDoubleArray(), 1e-12);
  }

  // ---- convolutions ----

  @Test
  void aConvolutionIsACorrelationAndAddsChannelsUp() {
    Tensor x = counted(1, 2, 4);
    Tensor w = Tensor.of(new double[] {1, 10, 100, 1000}, 1, 2, 2);
    check(x.conv(w, ONE), 1 + 20 + 500 + 6000, 2 + 30 + 600 + 7000, 3 + 40 + 700 + 8000);
    check(x.conv(w, ONE.stride(3).padding(1)), 10 + 5000, 3 + 40 + 700 + 8000);
    check(x.conv(w, ONE.dilation(3)), 1 + 40 + 500 + 8000);
  }

  @Test
  void groupsSeeTheirOwnChannels() {
    Tensor x = counted(1, 2, 2);
    Tensor w = Tensor.of(new double[] {1, 10, 100, 1000}, 4, 1, 1);
    check(x.conv(w, ONE.groups(2)), 1, 2, 10, 20, 300, 400, 3000, 4000);
  }

  @Test
  void sameKeepsTheSizeAndPutsTheOddZeroBehind() {
    Convolution same = TWO.dilation(1, 3).same(4, 2);
    assertEquals(List.of(1L, 1L), same.before());
    assertEquals(List.of(2L, 2L), same.after());
    Tensor y = zeros(1, 1, 5, 6).conv(zeros(1, 1, 4, 2), same);
    assertEquals(Shape.of(1, 1, 5, 6), y.shape());
    check(counted(1, 1, 3).conv(Tensor.ones(DType.F64, 1, 1, 2), ONE.same(2)), 3, 5, 3);
  }

  @Test
  void aTransposedConvolutionSpreadsItsKernel() {
    Tensor x = Tensor.of(new double[] {1, 10}, 1, 1, 2);
    Tensor w = Tensor.of(new double[] {1, 2, 3}, 1, 1, 3);
    check(x.convTranspose(w, ONE.stride(2)), 1, 2, 3 + 10, 20, 30);
    check(x.convTranspose(w, ONE.stride(2).padding(1)), 2, 13, 20);
    check(x.convTranspose(w, ONE.stride(2).padding(1), 1), 2, 13, 20, 30);
  }

  @Test
  void noImagesGiveNoResults() {
    Tensor w = counted(3, 2, 2).variable();
    Tensor y = zeros(0, 2, 5).conv(w, ONE);
    assertEquals(Shape.of(0, 3, 4), y.shape());
    check(Grad.grad(y.sum(), w).get(0), new double[12]);
  }

  @Test
  void examplesOfAnEmptyBatchHaveTheirShapes() {
    Tensor x = zeros(0, 1, 2, 5);
    Tensor w = zeros(0, 3, 2, 2);
    List<Tensor> y =
        Vmap.ofList(in -> List.of(in.get(0).conv(in.get(1), ONE))).apply(List.of(x, w));
    assertEquals(Shape.of(0, 1, 3, 4), y.get(0).shape());
  }

  /** However often differentiated: of all that multiplies, there are the three ops alone. */
  @Test
  void derivativesOfAnyOrderAreConvolutions() {
    Tensor x = counted(2, 2, 5, 5).variable();
    Tensor w = counted(2, 2, 3, 3).variable();
    Tensor sum = x.conv(w, TWO.stride(2).padding(1)).sum();
    for (int order = 1; order <= 3; order++) {
      Set<String> names = names(sum);
      names.retainAll(Set.of("conv", "convInput", "convWeight", "matmul", "gather", "scatterAdd"));
      assertTrue(Set.of("conv", "convInput", "convWeight").containsAll(names), names::toString);
      Tensor next = Tensor.scalar(0.0);
      for (Tensor g : Grad.grad(sum.square(), x, w)) {
        next = next.plus(g.square().sum());
      }
      sum = next;
    }
    assertEquals(
        Set.of("conv", "convInput", "convWeight"),
        names(sum).stream().filter(name -> name.startsWith("conv")).collect(Collectors.toSet()));
  }

  private static Set<String> names(Tensor y) {
    Set<String> names = new HashSet<>();
    Set<Node> seen = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>(List.of(Access.node(y)));
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (seen.add(node) && node.inputs().length > 0) {
        names.add(node.op().name());
        open.addAll(List.of(node.inputs()));
      }
    }
    return names;
  }

  /** Gradients of each example are one convolution in groups, not a loop. */
  @Test
  void gradientsOfEachExampleAreOneCall() {
    Tensor w = counted(3, 2, 2, 2).times(0.1).variable();
    Tensor x = counted(4, 2, 3, 3).times(0.01);
    Tensor each =
        Vmap.of(one -> Grad.grad(one.unsqueeze(0).conv(w, TWO).square().sum(), w).get(0)).apply(x);
    Plan plan = Plan.of(each);
    assertEquals(1, plan.count("convWeight"));
    for (int i = 0; i < 4; i++) {
      Tensor one = x.slice(0, i, i + 1);
      Tensor looped = Grad.grad(one.conv(w, TWO).square().sum(), w).get(0);
      assertArrayEquals(looped.toDoubleArray(), each.get(i).toDoubleArray(), 1e-12);
    }
  }

  // ---- windows ----

  @Test
  void aMaximumIsTheFirstOfEqualsAndNanWins() {
    Tensor x = Tensor.of(new double[] {3, 3, 1, Double.NaN, 2, 9}, 6).variable();
    Tensor y = x.maxPool(Window.of(2));
    check(y, 3, Double.NaN, 9);
    check(Grad.grad(x.maxPool(Window.of(2)).sum(), x).get(0), 1, 0, 0, 1, 0, 1);
  }

  @Test
  void paddingIsNeverAMaximum() {
    Tensor x = Tensor.of(new double[] {-5, -7, -6}, 3);
    check(x.maxPool(Window.of(3).stride(2).padding(1)), -5, -6);
  }

  @Test
  void aWindowBeyondTheEndCountsWhereItIsAsked() {
    Window w = Window.of(2).stride(2);
    check(counted(5).maxPool(w), 2, 4);
    check(counted(5).maxPool(w.ceil(true)), 2, 4, 5);
    check(counted(5).avgPool(w.ceil(true)), 1.5, 3.5, 5);
    // One that begins in the padding behind the image does not.
    check(counted(3).maxPool(w.padding(1).ceil(true)), 1, 3);
  }

  @Test
  void aMeanCountsThePaddingUnlessAsked() {
    Window w = Window.of(3).stride(2).padding(1);
    check(counted(3).avgPool(w), 1, 5 / 3.0);
    check(counted(3).avgPool(w.countPadding(false)), 1.5, 2.5);
    // What lies beyond the padding never counts.
    check(counted(4).avgPool(w.ceil(true)), 1, 3, 2);
  }

  @Test
  void adaptingWindowsOverlapWhereTheyMust() {
    check(counted(5).adaptiveAvgPool(3), 1.5, 3, 4.5);
    check(counted(5).adaptiveMaxPool(3), 2, 4, 5);
    check(counted(2, 2).adaptiveAvgPool(1, 1), 2.5);
  }

  @Test
  void infinityOfAnotherWindowStaysThere() {
    Tensor x = Tensor.of(new double[] {1, Double.POSITIVE_INFINITY, 3, 4, 5}, 5);
    check(x.adaptiveAvgPool(3), Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 4.5);
    Tensor columns = x.reshape(1, 1, 5).im2col(Window.of(2));
    check(columns, 1, 3, Double.POSITIVE_INFINITY, 4);
  }

  @Test
  void columnsAreElementsByWindows() {
    Tensor columns = counted(1, 1, 2, 3).im2col(Window.of(2, 2).stride(1));
    assertEquals(Shape.of(1, 4, 2), columns.shape());
    check(columns, 1, 2, 2, 3, 4, 5, 5, 6);
    check(columns.col2im(Window.of(2, 2).stride(1), 2, 3), 1, 4, 3, 4, 10, 6);
  }

  @Test
  void aConvolutionIsAProductWithColumns() {
    Tensor x = counted(2, 3, 5, 4).times(0.1);
    Tensor w = counted(4, 3, 2, 3).times(0.01);
    Tensor columns = x.im2col(Window.of(2, 3).stride(2, 1).padding(1));
    Tensor product = w.reshape(4, 18).matmul(columns);
    Tensor y = x.conv(w, TWO.stride(2, 1).padding(1));
    assertArrayEquals(product.toDoubleArray(), y.toDoubleArray(), 1e-12);
  }

  @Test
  void imagesGrow() {
    check(counted(3).upsampleNearest(6), 1, 1, 2, 2, 3, 3);
    check(counted(3).upsampleNearest(4), 1, 1, 2, 3);
    check(counted(2).upsampleLinear(4), 1, 1.25, 1.75, 2);
    check(counted(4).upsampleLinear(2), 1.5, 3.5);
  }

  // ---- refusals ----

  private static void says(String text, Executable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call);
    assertEquals(text, e.getMessage());
  }

  @Test
  void numbersOutOfRangeAreNamed() {
    says("convolution: padding -1 is less than 0", () -> TWO.padding(0, -1));
    says("convolution: stride 0 is less than 1", () -> TWO.stride(0));
    says("convolution: dilation 0 is less than 1", () -> ONE.dilation(0));
    says("convolution: groups 0 is less than 1", () -> ONE.groups(0));
    says("convolution: 4 spatial axes; there are 1 to 3", () -> Convolution.of(4));
    says(
        "convolution: stride [1, 2, 3] for 2 spatial axes; give one number for all or one an axis",
        () -> TWO.stride(1, 2, 3));
    says(
        "convolution: padding that keeps the size needs stride 1, got [2, 2];"
            + " give the padding in numbers",
        () -> TWO.stride(2).same(3));
    says("window: size 0 is less than 1", () -> Window.of(2, 0));
    says("window: 0 axes; there are 1 to 3", () -> Window.of());
  }

  @Test
  void shapesThatDoNotGoTogetherAreNamed() {
    says(
        "conv: kernel [4, 3, 5, 5] is larger than its padded image [8, 3, 4, 9]: along axis 2 it"
            + " spans 5 of 4 elements; 1 more of padding would fit it",
        () -> zeros(8, 3, 4, 9).conv(zeros(4, 3, 5, 5), TWO));
    says(
        "conv: image [1, 6, 5] and kernel [4, 2, 3] do not go together in 2 groups: axis 1 of the"
            + " kernel must be 3, and axis 0 a multiple of 2",
        () -> zeros(1, 6, 5).conv(zeros(4, 2, 3), ONE.groups(2)));
    says(
        "conv: image [1, 5, 5] and kernel [4, 2, 3] do not go together in 2 groups: axis 1 of the"
            + " kernel must be 5 / 2, which is not whole, and axis 0 a multiple of 2",
        () -> zeros(1, 5, 5).conv(zeros(4, 2, 3), ONE.groups(2)));
    says(
        "conv: over 2 spatial axes needs image and kernel of 4 axes, got [3, 5, 5] and [4, 3, 3, 3]",
        () -> zeros(3, 5, 5).conv(zeros(4, 3, 3, 3), TWO));
    says(
        "conv: kernel [4, 3, 0] has an axis of size 0",
        () -> zeros(1, 3, 5).conv(zeros(4, 3, 0), ONE));
    says(
        "conv: dtypes differ: F64[1, 1, 5] and F32[1, 1, 3]; cast one of them",
        () -> zeros(1, 1, 5).conv(zeros(1, 1, 3).cast(DType.F32), ONE));
    says(
        "conv: needs F32 or F64, got BF16[1, 1, 5]; cast it",
        () -> zeros(1, 1, 5).cast(DType.BF16).conv(zeros(1, 1, 3), ONE));
    says(
        "convTranspose: output padding 2 is outside 0 … 1, less than stride 2 or dilation 1",
        () -> zeros(1, 1, 5).convTranspose(zeros(1, 1, 3), ONE.stride(2), 2));
    says(
        "convTranspose: image [1, 1, 1] and kernel [1, 1, 3] give no elements along axis 2: a padding"
            + " of 2 + 2 takes all of 3",
        () -> zeros(1, 1, 1).convTranspose(zeros(1, 1, 3), ONE.padding(2)));
    says(
        "maxPool: a window of [3] does not fit [2]: along axis 0 it spans 3 of 2 padded elements",
        () -> zeros(2).maxPool(Window.of(3)));
    says(
        "maxPool: a window of [2] with padding [2] lies in the padding alone along axis 0 of [4]:"
            + " pad by half a window at most",
        () -> zeros(4).maxPool(Window.of(2).padding(2)));
    says(
        "adaptiveAvgPool: [4] to [0]: needs one to three sizes above 0, of axes with elements",
        () -> zeros(4).adaptiveAvgPool(0));
  }

  @Test
  void sizesBeyondSixtyFourBitsAreRefused() {
    long huge = Long.MAX_VALUE / 2;
    says(
        "conv: 2 · " + Long.MAX_VALUE + " elements are too many",
        () -> zeros(1, 1, 5).conv(zeros(1, 1, 3), ONE.dilation(Long.MAX_VALUE)));
    says(
        "conv: " + (huge + 5) + " + " + huge + " elements are too many",
        () -> zeros(1, 1, 5).conv(zeros(1, 1, 3), ONE.padding(huge)));
    says(
        "maxPool: 2 · " + Long.MAX_VALUE + " elements are too many",
        () -> zeros(4).maxPool(Window.of(2).padding(Long.MAX_VALUE)));
  }
}

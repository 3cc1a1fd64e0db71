package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** What users see of a tensor. The expected texts are what NumPy 2 prints of the same arrays. */
class PrintingTest {
  private static void prints(String expected, Tensor x) {
    assertEquals(expected, x.format());
  }

  @Test
  void smallOnesAreShownWhole() {
    prints("[ 1.   2.5 -3. ]", Tensor.of(1f, 2.5f, -3f));
    prints("[[0. 1. 2.]\n [3. 4. 5.]]", Tensor.arange(6).cast(DType.F32).reshape(2, 3));
    prints("[0.33333334 0.6666667  0.1       ]", Tensor.of(1 / 3f, 2 / 3f, 0.1f));
    prints("[-0.  1.]", Tensor.of(-0.0, 1));
    prints(
        "[[ True False]\n [ True  True]]",
        Tensor.of(new boolean[][] {{true, false}, {true, true}}));
    prints(
        "[[[-5  5]\n  [15 25]]\n\n [[35 45]\n  [55 65]]]",
        Tensor.of(new int[] {-5, 5, 15, 25, 35, 45, 55, 65}, 2, 2, 2));
    prints("[]", Tensor.zeros(DType.F64, 2, 0));
    prints("[1.   0.25]", Tensor.of(1f, 0.25f).cast(DType.BF16));
  }

  @Test
  void scalarsHaveAllTheirDigits() {
    prints("0.1", Tensor.scalar(0.1));
    prints("3.0", Tensor.scalar(3.0));
    prints("7", Tensor.scalar(7L));
    prints("0.333333333333", Tensor.scalar(0.333333333333));
    prints("nan", Tensor.scalar(Double.NaN));
  }

  @Test
  void sizesThatDifferMuchAreInPowersOfTen() {
    prints(
        "[1.00e-05 1.00e+00      nan     -inf 2.55e+00]",
        Tensor.of(1e-5, 1, Double.NaN, Double.NEGATIVE_INFINITY, 2.55));
    prints("[ 1.5  nan -inf]", Tensor.of(1.5, Double.NaN, Double.NEGATIVE_INFINITY));
  }

  @Test
  void ofLargeOnesTheEdges() {
    prints(
        "[[   0    1    2 ...  997  998  999]\n [1000 1001 1002 ... 1997 1998 1999]]",
        Tensor.arange(2000).reshape(2, 1000));
    prints(
        """
        [[0.0000e+00 2.5000e-01 5.0000e-01 ... 9.2500e+00 9.5000e+00 9.7500e+00]
         [1.0000e+01 1.0250e+01 1.0500e+01 ... 1.9250e+01 1.9500e+01 1.9750e+01]
         [2.0000e+01 2.0250e+01 2.0500e+01 ... 2.9250e+01 2.9500e+01 2.9750e+01]
         ...
         [3.7000e+02 3.7025e+02 3.7050e+02 ... 3.7925e+02 3.7950e+02 3.7975e+02]
         [3.8000e+02 3.8025e+02 3.8050e+02 ... 3.8925e+02 3.8950e+02 3.8975e+02]
         [3.9000e+02 3.9025e+02 3.9050e+02 ... 3.9925e+02 3.9950e+02 3.9975e+02]]""",
        Tensor.arange(1600).cast(DType.F32).reshape(40, 40).div(4));
    prints(
        """
        [[[   0    1    2 ...   97   98   99]
          [ 100  101  102 ...  197  198  199]]

         [[ 200  201  202 ...  297  298  299]
          [ 300  301  302 ...  397  398  399]]

         [[ 400  401  402 ...  497  498  499]
          [ 500  501  502 ...  597  598  599]]

         ...

         [[1000 1001 1002 ... 1097 1098 1099]
          [1100 1101 1102 ... 1197 1198 1199]]

         [[1200 1201 1202 ... 1297 1298 1299]
          [1300 1301 1302 ... 1397 1398 1399]]

         [[1400 1401 1402 ... 1497 1498 1499]
          [1500 1501 1502 ... 1597 1598 1599]]]""",
        Tensor.arange(1600).reshape(8, 2, 100));
  }

  @Test
  void longLinesAreBroken() {
    double[] sevenths = new double[30];
    for (int i = 0; i < sevenths.length; i++) {
      sevenths[i] = i / 7.0;
    }
    prints(
        """
        [0.         0.14285714 0.28571429 0.42857143 0.57142857 0.71428571
         0.85714286 1.         1.14285714 1.28571429 1.42857143 1.57142857
         1.71428571 1.85714286 2.         2.14285714 2.28571429 2.42857143
         2.57142857 2.71428571 2.85714286 3.         3.14285714 3.28571429
         3.42857143 3.57142857 3.71428571 3.85714286 4.         4.14285714]""",
        Tensor.of(sevenths));
  }

  @Test
  void theNumberOfDecimalsIsTheCallers() {
    Tensor x = Tensor.of(Math.PI, Math.E * 100);
    assertEquals("[  3.142 271.828]", x.format(3));
    assertEquals("[  3. 272.]", x.format(0));
    Exception e = assertThrows(IllegalArgumentException.class, () -> x.format(-1));
    assertEquals("format: the precision must not be negative, got -1", e.getMessage());
  }

  @Test
  void theLocalePlaysNoPart() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      prints("[1.5 2. ]", Tensor.of(1.5, 2));
      prints("[-10  20]", Tensor.of(-10, 20));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void printWritesWhatFormatSays() {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      Tensor.of(1f, 2f).print();
    } finally {
      System.setOut(before);
    }
    assertEquals("[1. 2.]" + System.lineSeparator(), bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void toStringRunsNothing() {
    Tensor broken = Tensor.of(1f).gather(0, Tensor.of(3)); // evaluating this throws
    assertEquals("F32[1]", broken.toString());
    assertThrows(IndexOutOfBoundsException.class, broken::format);
  }

  @Test
  void aParameterSaysItsName() {
    Parameter w = Parameter.of(Tensor.zeros(DType.F32, 2, 3), "fc1.weight");
    assertEquals("F32[2, 3] 'fc1.weight'", w.toString());
    Exception e = assertThrows(IllegalArgumentException.class, () -> w.dot(Tensor.of(1f)));
    assertTrue(e.getMessage().contains("fc1.weight"), e.getMessage());
  }

  @Test
  void infoHasALineForEachFact() {
    String[] lines = Adjoint.info().split(System.lineSeparator());
    String[] facts = {"Adjoint  ", "Java     ", "system   ", "backend  ", "threads  ", "memory   "};
    assertEquals(facts.length, lines.length);
    for (int i = 0; i < facts.length; i++) {
      assertTrue(lines[i].startsWith(facts[i]), lines[i]);
    }
    assertTrue(lines[1].contains(Runtime.version().toString()), lines[1]);
    assertTrue(lines[3].contains(Adjoint.backend()), lines[3]);
    assertEquals("threads  " + Adjoint.threads(), lines[4]);
    assertTrue(lines[5].contains("outstanding"), lines[5]);
  }
}

package org.adjoint.lens.modes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions that are given as text. */
class FormulaTest {
  /** With x = 2 and, where there is another, y = 3. */
  @ParameterizedTest
  @CsvSource({
    "x + 2*3, 8",
    "10 - x - 3, 5",
    "24/x/3, 4",
    "-x^2, -4",
    "2^-x, 0.25",
    "x^3^2, 512",
    "(x + 1)*(x - 1), 3",
    "1.5e2*x, 300",
    "x*y^2 - y, 15",
    "y*x, 6",
    "--x, 2",
    "exp(0*x) + sqrt(x*2), 3",
    "pi*x, 6.283185307179586",
    "log(e^x), 2",
  })
  void meansWhatArithmeticMeans(String text, double expected) {
    Formula formula = Formula.of(text);
    List<Tensor> at =
        formula.variables().stream().map(v -> Tensor.scalar(v.equals("x") ? 2.0 : 3.0)).toList();
    assertEquals(expected, formula.apply(at).item(), 1e-12);
  }

  @Test
  void variablesComeInTheOrderOfTheText() {
    assertEquals(List.of("y", "x1", "a"), Formula.of("y*x1 + a*y").variables());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x*)  | function: found ')' at character 3 of 'x*)', expected a number, a name or '('",
        "(x   | function: found the end at character 3 of '(x', expected ')'",
        "x y  | function: found 'y' at character 3 of 'x y', expected an operator or the end",
        "3*4  | function: '3*4' has no variable to differentiate by; write one, such as x",
        "1.2.3*x | function: '1.2.3' is no number",
        "gamma(x) | function: 'gamma' is not one of [abs, acos, asin, atan, cos, cosh, erf, exp,"
            + " log, relu, sigmoid, sin, sinh, softplus, sqrt, tan, tanh]",
      })
  void errorsSayWhere(String text, String expected) {
    Exception e = assertThrows(IllegalArgumentException.class, () -> Formula.of(text));
    assertEquals(expected, e.getMessage());
  }
}

package org.adjoint.lens.modes;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Elementary functions against their digits in A. Stegun, M. Abramowitz and the OEIS. */
class DecimalTest {
  private static final BigDecimal HAIR = BigDecimal.ONE.movePointLeft(48);

  private static UnaryOperator<BigDecimal> function(String name) {
    return switch (name) {
      case "exp" -> Decimal::exp;
      case "log" -> Decimal::log;
      case "sin" -> Decimal::sin;
      case "cos" -> Decimal::cos;
      case "tan" -> Decimal::tan;
      case "atan" -> Decimal::atan;
      case "asin" -> Decimal::asin;
      case "tanh" -> Decimal::tanh;
      case "erf" -> Decimal::erf;
      case "sqrt" -> x -> Decimal.power(x, Decimal.HALF);
      case "inverse square" -> x -> Decimal.power(x, BigDecimal.valueOf(-2));
      case "cube root" -> x -> Decimal.power(x, Decimal.divide(BigDecimal.ONE, new BigDecimal(3)));
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "exp, 1, 2.71828182845904523536028747135266249775724709369996",
    "exp, -2.5, 0.08208499862389879516952867446715980783780412101544",
    "log, 2, 0.69314718055994530941723212145817656807550013436026",
    "sin, 1, 0.84147098480789650665250232163029899962256306079837",
    "sin, 100, -0.50636564110975879365655761045978543206503272129066",
    "cos, 1, 0.54030230586813971740093660744297660373231042061792",
    "tan, 1, 1.55740772465490223050697480745836017308725077238152",
    "atan, 1, 0.78539816339744830961566084581987572104929234984378",
    "asin, 0.5, 0.52359877559829887307710723054658381403286156656252",
    "tanh, 1, 0.76159415595576488811945828260479359041276859725794",
    "erf, 1, 0.84270079294971486934122063508260925929606699796630",
    "sqrt, 2, 1.41421356237309504880168872420969807856967187537695",
    "inverse square, -4, 0.0625",
    "cube root, 2, 1.25992104989487316476721060727822835057025146470151",
  })
  void functionsHaveTheirDigits(String name, String x, String expected) {
    BigDecimal found = function(name).apply(new BigDecimal(x));
    BigDecimal off = found.subtract(new BigDecimal(expected)).abs();
    assertTrue(off.compareTo(HAIR) < 0, name + " of " + x + " is " + found);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log 0", "exp 2000", "sin 1e9", "erf 7", "sqrt -1"})
  void whatDoesNotExistOrIsTooLargeIsRefused(String call) {
    String[] words = call.split(" ");
    assertThrows(
        ArithmeticException.class, () -> function(words[0]).apply(new BigDecimal(words[1])));
  }
}

package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.adjoint.Grad;
import org.adjoint.Tensor;

/** Derivatives of functions of one number, which can be checked in one's head. */
public record ScalarExample() implements Example {

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public String summary() {
    return "derivatives of (x*w + b - y)^2, x^2 and (x + 2)*x at a point";
  }

  /**
   * Returns d(x·w + b − y)²/dw at x = 2, w = −3, b = 6.88, y = 1: by hand 2·(x·w + b − y)·x =
   * −0.48.
   */
  public static double squaredError() {
    Tensor x = Tensor.scalar(2.0);
    Tensor w = Tensor.scalar(-3.0);
    Tensor b = Tensor.scalar(6.88);
    Tensor y = Tensor.scalar(1.0);
    Tensor loss = x.times(w).plus(b).minus(y).square();
    return Grad.grad(loss, w).get(0).item();
  }

  /** Returns d(x²)/dx at 3: by hand 2x = 6. */
  public static double square() {
    return derivative(Tensor::square, 3);
  }

  /**
   * Returns d((x + 2)·x)/dx at 3: by hand 2x + 2 = 8. Here x is used twice, and both uses count.
   */
  public static double usedTwice() {
    return derivative(x -> x.plus(2).times(x), 3);
  }

  private static double derivative(UnaryOperator<Tensor> f, double at) {
    Tensor x = Tensor.scalar(at);
    return Grad.grad(f.apply(x), x).get(0).item();
  }

  @Override
  public void run(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "d/dw (x*w + b - y)^2 at x=2, w=-3, b=6.88, y=1: %.4f (by hand -0.48)%n",
        squaredError());
    out.printf(Locale.ROOT, "d/dx x^2 at 3: %.4f (by hand 6)%n", square());
    out.printf(Locale.ROOT, "d/dx (x + 2)*x at 3: %.4f (by hand 8)%n", usedTwice());
  }
}

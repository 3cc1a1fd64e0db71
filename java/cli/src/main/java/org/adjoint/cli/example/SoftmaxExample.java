package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.Locale;
import org.adjoint.Grad;
import org.adjoint.Tensor;

/**
 * The gradient of softmax followed by cross-entropy, by the logits, is ŷ − y: the probabilities
 * minus the one-hot label. Shown for the fused operation and for the same loss put together from
 * primitive ones.
 *
 * <p>Source: C. M. Bishop, "Pattern Recognition and Machine Learning", 2006, equation 4.109.
 */
public record SoftmaxExample() implements Example {
  private static final double[] LOGITS = {2.0, 1.0, 0.1};
  private static final int LABEL = 1;

  @Override
  public String name() {
    return "softmax";
  }

  @Override
  public String summary() {
    return "the gradient of softmax with cross-entropy is (probabilities - one-hot label)";
  }

  /**
   * Three ways to the same three numbers, for logits 2, 1, 0.1 and label 1.
   *
   * @param fused the gradient of {@code softmaxCrossEntropy}
   * @param composed the gradient of −logSoftmax at the label
   * @param closedForm ŷ − y
   */
  public record Gradients(double[] fused, double[] composed, double[] closedForm) {}

  /** Returns the gradients. */
  public static Gradients gradients() {
    Tensor logits = Tensor.of(LOGITS, 1, LOGITS.length);
    Tensor fused = logits.softmaxCrossEntropy(Tensor.of(new int[] {LABEL}, 1)).sum();
    Tensor composed = logits.logSoftmax(1).get(0, LABEL).neg();
    double[] closedForm = logits.softmax(1).toDoubleArray();
    closedForm[LABEL] -= 1;
    return new Gradients(
        Grad.grad(fused, logits).get(0).toDoubleArray(),
        Grad.grad(composed, logits).get(0).toDoubleArray(),
        closedForm);
  }

  @Override
  public void run(PrintStream out) {
    Gradients gradients = gradients();
    out.println("logits 2.0, 1.0, 0.1; label 1");
    print(out, "fused softmaxCrossEntropy", gradients.fused());
    print(out, "-logSoftmax at the label", gradients.composed());
    print(out, "softmax - one-hot", gradients.closedForm());
  }

  private static void print(PrintStream out, String what, double[] g) {
    out.printf(Locale.ROOT, "%-26s %+.6f %+.6f %+.6f%n", what, g[0], g[1], g[2]);
  }
}

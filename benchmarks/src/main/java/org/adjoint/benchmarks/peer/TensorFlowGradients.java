package org.adjoint.benchmarks.peer;

import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Derivatives that TensorFlow has in Python only: a graph from Java is differentiated by the rules
 * of its C++ library, which lacks these. They are the compositions that Python's rules are made of.
 */
final class TensorFlowGradients {
  private TensorFlowGradients() {}

  /** Adds them, for all graphs of this process; those that are there already stay. */
  static void register() {
    org.tensorflow.TensorFlow.registerCustomGradient(
        "SparseSoftmaxCrossEntropyWithLogits", TensorFlowGradients::crossEntropy);
    org.tensorflow.TensorFlow.registerCustomGradient("TanhGrad", TensorFlowGradients::tanhGrad);
  }

  /** The op's second output is the gradient of each row's loss by its logits. */
  private static List<Operand<?>> crossEntropy(
      Ops tf, GraphOperation op, List<Output<?>> cotangents) {
    Operand<TFloat32> rows = tf.expandDims(float32(cotangents.get(0)), tf.constant(1));
    // Nothing flows back to the labels, but a rule has to give something.
    return List.of(tf.math.mul(rows, float32(op.output(1))), tf.zerosLike(op.input(1)));
  }

  /** Of g·(1 − y²): −2·c·g·y by y, and c·(1 − y²) by g, with the cotangent c. */
  private static List<Operand<?>> tanhGrad(Ops tf, GraphOperation op, List<Output<?>> cotangents) {
    Operand<TFloat32> y = float32(op.input(0));
    Operand<TFloat32> g = float32(op.input(1));
    Operand<TFloat32> c = float32(cotangents.get(0));
    return List.of(
        tf.math.mul(tf.math.mul(tf.constant(-2f), c), tf.math.mul(g, y)), tf.math.tanhGrad(y, c));
  }

  private static Operand<TFloat32> float32(Output<?> output) {
    return output.expect(TFloat32.class);
  }
}

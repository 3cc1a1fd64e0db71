package org.adjoint.benchmarks.compare;

/**
 * A library that takes part: one method for each kind of workload. What it does not override it has
 * not got, and the report says so.
 */
public interface Contestant {

  /** Returns training steps of a multilayer perceptron. */
  default Task mlp(Workload.Mlp workload) {
    throw new Absent("has no training step of an MLP");
  }

  /** Returns training steps of a multilayer perceptron in mixed precision. */
  default Task mixed(Workload.Mixed workload) {
    throw new Absent("is not asked for mixed precision");
  }

  /** Returns training steps of a physics-informed network. */
  default Task pinn(Workload.Pinn workload) {
    throw new Absent("has no derivatives of derivatives");
  }

  /** Returns Adam steps with gradients that are given. */
  default Task adam(Workload.AdamStep workload) {
    throw new Absent("has no optimizer");
  }

  /** Returns values and gradients of a softmax cross-entropy. */
  default Task crossEntropy(Workload.CrossEntropy workload) {
    throw new Absent("has no cross-entropy");
  }

  /** Returns the value or the gradient of a program. */
  default Task program(Workload.Program workload) {
    throw new Absent("is not asked for programs");
  }

  /** Returns training steps of a network that is described by its stages. */
  default Task training(Workload.Training workload) {
    throw new Absent("has no layers");
  }

  /** Returns gradients of each example by itself, clipped and summed. */
  default Task perExample(Workload.PerExample workload) {
    throw new Absent("has no gradients of single examples");
  }

  /** Returns the value of a function and the gradients by its inputs. */
  default Task vjp(Workload.Vjp workload) {
    throw new Absent("has no such function");
  }

  /** Returns x·y + tanh(x). */
  default Task fused(Workload.Fused workload) {
    throw new Absent("has no elementwise functions");
  }

  /** Returns matrix products. */
  default Task gemm(Workload.Gemm workload) {
    throw new Absent("has no matrix product of its own to compare");
  }

  /** Returns x + 2·y over arrays that no cache holds. */
  default Task triad(Workload.Triad workload) {
    throw new Absent("is not asked for the bandwidth");
  }
}

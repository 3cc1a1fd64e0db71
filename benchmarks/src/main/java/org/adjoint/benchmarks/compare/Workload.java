package org.adjoint.benchmarks.compare;

import java.util.List;

/**
 * What is computed, in single precision, and the least that it must cost: the floating-point
 * operations of its matrix products, and the bytes that must cross the memory bus if everything in
 * between stayed in caches. Elementwise arithmetic is not counted. A new kind is one record here
 * and one method of {@link Contestant}.
 */
public sealed interface Workload {
  /** Bytes of an element. */
  int ELEMENT = 4;

  /** Adam reads p, m and v and writes them; gradients need never leave the caches. */
  long ADAM_BYTES = 6 * ELEMENT;

  /** The learning rate of every training step. */
  double LEARNING_RATE = 1e-3;

  /** Returns the floating-point operations of one step's matrix products, 2·m·n·k each. */
  double flops();

  /** Returns the bytes that one step must move between memory and caches. */
  double bytes();

  /** Returns how far two may differ in what they compute, relative to it. */
  default double tolerance() {
    return 1e-4;
  }

  /** Returns the task that {@code contestant} makes of this. */
  Task task(Contestant contestant);

  /**
   * A training step of a multilayer perceptron with Adam.
   *
   * @param sizes the columns of input, hidden layers and output
   * @param tanh the activation between layers: tanh with the loss mse, else relu with softmax
   *     cross-entropy
   * @param batch the rows of a step
   */
  record Mlp(List<Integer> sizes, boolean tanh, int batch) implements Workload {

    /** Returns how many weights and biases there are. */
    public long parameters() {
      long count = 0;
      for (int i = 1; i < sizes.size(); i++) {
        count += (sizes.get(i - 1) + 1L) * sizes.get(i);
      }
      return count;
    }

    /** Returns the columns of the output. */
    public int outputs() {
      return sizes.get(sizes.size() - 1);
    }

    /**
     * Counts a product forward, one for dW, and one for dx, which the first layer does not need.
     */
    @Override
    public double flops() {
      double flops = 0;
      for (int i = 1; i < sizes.size(); i++) {
        flops += (i == 1 ? 2 : 3) * 2.0 * batch * sizes.get(i - 1) * sizes.get(i);
      }
      return flops;
    }

    /** Counts the optimizer's state once, and the input. */
    @Override
    public double bytes() {
      return ADAM_BYTES * parameters() + (double) ELEMENT * batch * sizes.get(0);
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.mlp(this);
    }
  }

  /**
   * A training step of a physics-informed network 1-w-w-w-1 with tanh and Adam: the loss is the
   * mean of (u″ + u − f)² over the batch, with u″ by the input.
   *
   * @param width w
   * @param batch the points of a step
   */
  record Pinn(int width, int batch) implements Workload {

    /** Returns the sizes of the network's layers. */
    public List<Integer> sizes() {
      return List.of(1, width, width, width, 1);
    }

    /**
     * Counts u, u′ and u″ through each layer, and for each of these products two backward. The
     * first layer gets x and constants: one product forward, one for dW of each order.
     */
    @Override
    public double flops() {
      double square = 2.0 * batch * width * width;
      double line = 2.0 * batch * width;
      return 3 * 3 * (2 * square + line) + 3 * line;
    }

    @Override
    public double bytes() {
      return ADAM_BYTES * new Mlp(sizes(), true, batch).parameters() + 2.0 * ELEMENT * batch;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.pinn(this);
    }
  }

  /**
   * One Adam step of one parameter whose gradient is there: it is read too.
   *
   * @param size the parameter's elements
   */
  record AdamStep(int size) implements Workload {
    @Override
    public double flops() {
      return 0;
    }

    @Override
    public double bytes() {
      return (double) (ADAM_BYTES + ELEMENT) * size;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.adam(this);
    }
  }

  /**
   * The mean softmax cross-entropy and its gradient by the logits.
   *
   * @param rows the rows
   * @param classes the columns
   */
  record CrossEntropy(int rows, int classes) implements Workload {
    @Override
    public double flops() {
      return 0;
    }

    /** Counts logits read and gradient written, once: a row fits into a cache. */
    @Override
    public double bytes() {
      return 2.0 * ELEMENT * rows * classes;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.crossEntropy(this);
    }
  }

  /**
   * A program of many small operations, in double precision: its value or its gradient. The time of
   * the gradient's row over that of the value's is what a derivative costs.
   *
   * @param name what {@link Programs} calls it
   * @param derivative whether the gradient is asked for
   */
  record Program(String name, boolean derivative) implements Workload {
    @Override
    public double flops() {
      return 0;
    }

    @Override
    public double bytes() {
      return 0;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.program(this);
    }
  }

  /**
   * x·y + tanh(x).
   *
   * @param size the elements of each
   */
  record Fused(int size) implements Workload {
    @Override
    public double flops() {
      return 0;
    }

    @Override
    public double bytes() {
      return 3.0 * ELEMENT * size;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.fused(this);
    }
  }

  /**
   * c = a·bᵀ with a [m, k] and b [n, k], both contiguous. Small products come in chains, so that
   * the cost of getting to native code does not drown them: where n = k, c is the next a.
   *
   * @param m rows of c
   * @param n columns of c
   * @param k columns of a
   */
  record Gemm(int m, int n, int k) implements Workload {
    private static final double CHAIN_FLOPS = 4e6;
    private static final int LONGEST_CHAIN = 256;

    /** Returns the products of a step. */
    public int chain() {
      if (n != k) {
        return 1;
      }
      return (int) Math.max(1, Math.min(LONGEST_CHAIN, CHAIN_FLOPS / Math.max(1, flops())));
    }

    @Override
    public double flops() {
      return 2.0 * m * n * k;
    }

    @Override
    public double bytes() {
      return (double) ELEMENT * ((double) m * k + (double) n * k + (double) m * n);
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.gemm(this);
    }
  }

  /**
   * z = x + 2·y: what the memory gives.
   *
   * @param size the elements of each
   */
  record Triad(int size) implements Workload {
    @Override
    public double flops() {
      return 0;
    }

    @Override
    public double bytes() {
      return 3.0 * ELEMENT * size;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.triad(this);
    }
  }

  /**
   * A training step whose matrices are multiplied in BF16; the weights, the sums and all else stay
   * F32. Its one peer is ours with everything in F32.
   *
   * @param network the step
   */
  record Mixed(Mlp network) implements Workload {
    /** Products in BF16 have no rate measured here, so only the bytes of the step count. */
    @Override
    public double flops() {
      return 0;
    }

    @Override
    public double bytes() {
      return network.bytes();
    }

    /** BF16 has eight binary digits. */
    @Override
    public double tolerance() {
      return 1e-2;
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.mixed(this);
    }
  }

  /**
   * A training step of a network with Adam.
   *
   * @param network the network and its batch
   */
  record Training(Network network) implements Workload {
    @Override
    public double flops() {
      return network.flops();
    }

    /** Counts the optimizer's state once, and the input. */
    @Override
    public double bytes() {
      return ADAM_BYTES * network.parameters() + (double) ELEMENT * Network.size(network.input());
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.training(this);
    }
  }

  /**
   * The gradients of each example's loss by all weights, divided by their norm where that is above
   * {@code bound}, and summed: what differentially private training adds noise to (M. Abadi et al.,
   * "Deep Learning with Differential Privacy", CCS 2016, algorithm 1).
   *
   * @param network the network and its batch
   * @param bound the norm that no example's gradients exceed
   */
  record PerExample(Network network, double bound) implements Workload {
    @Override
    public double flops() {
      return network.flops();
    }

    /** Counts weights read and sums written: the gradients of one example fit into a cache. */
    @Override
    public double bytes() {
      return ELEMENT * (2.0 * network.parameters() + Network.size(network.input()));
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.perExample(this);
    }
  }

  /**
   * The value of one function and its vector-Jacobian product: the gradients by all inputs, for a
   * cotangent that is given.
   *
   * @param function the function
   * @param dims the shape of its first input
   */
  record Vjp(Function function, List<Integer> dims) implements Workload {
    /** Products of the attention's forward pass, and of its gradients from stored weights. */
    private static final int ATTENTION_PRODUCTS = 2 + 4;

    /** The functions. */
    public enum Function {
      /** x [rows, columns], each row with mean 0 and variance 1, times scale plus shift. */
      LAYER_NORM,
      /** x [rows, columns], each column with mean 0 and variance 1, times scale plus shift. */
      BATCH_NORM,
      /** Softmax(q·kᵀ/√size)·v, each [batch, heads, tokens, size]. */
      ATTENTION
    }

    /** Returns the shapes of the inputs. */
    public List<List<Integer>> inputs() {
      if (function == Function.ATTENTION) {
        return List.of(dims, dims, dims);
      }
      List<Integer> columns = dims.subList(1, 2);
      return List.of(dims, columns, columns);
    }

    @Override
    public double flops() {
      if (function != Function.ATTENTION) {
        return 0;
      }
      return 2.0 * ATTENTION_PRODUCTS * Network.size(dims) * dims.get(2);
    }

    /**
     * Counts every input read forward and its gradient written, output written, cotangent read, and
     * a normalisation's x once more: in a network all other layers lie between the two passes.
     */
    @Override
    public double bytes() {
      int arrays = function == Function.ATTENTION ? 3 + 3 + 2 : 5;
      return (double) ELEMENT * arrays * Network.size(dims);
    }

    @Override
    public Task task(Contestant contestant) {
      return contestant.vjp(this);
    }
  }
}

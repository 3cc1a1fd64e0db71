package org.adjoint.nn.recurrent;

import java.util.List;
import org.adjoint.Tensor;

/**
 * What a recurrent layer does at one place of a sequence. The gates stand side by side in PyTorch's
 * order; i and h are the input's and the state's share of them, biases included.
 *
 * <p>Sources: the formulas of {@code torch.nn.RNN}, {@code LSTM} and {@code GRU}; S. Hochreiter, J.
 * Schmidhuber, "Long Short-Term Memory", Neural Computation 9 (1997); K. Cho et al., "Learning
 * Phrase Representations using RNN Encoder-Decoder", EMNLP 2014, with the reset gate behind the
 * product.
 */
public enum Cell {
  /** h′ = tanh(i + h). */
  TANH(1, 1) {
    @Override
    List<Tensor> step(Tensor i, Tensor h, List<Tensor> state) {
      return List.of(i.plus(h).tanh());
    }
  },
  /** h′ = max(i + h, 0). */
  RELU(1, 1) {
    @Override
    List<Tensor> step(Tensor i, Tensor h, List<Tensor> state) {
      return List.of(i.plus(h).relu());
    }
  },
  /**
   * Gates i, f, g, o of i + h; c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′). The state is h, c.
   */
  LSTM(4, 2) {
    @Override
    List<Tensor> step(Tensor i, Tensor h, List<Tensor> state) {
      List<Tensor> gates = gates(i.plus(h));
      Tensor kept = gates.get(1).sigmoid().times(state.get(1));
      Tensor c = kept.plus(gates.get(0).sigmoid().times(gates.get(2).tanh()));
      return List.of(gates.get(3).sigmoid().times(c.tanh()), c);
    }
  },
  /**
   * Gates r, z, n; r = σ(i_r + h_r), z = σ(i_z + h_z), n = tanh(i_n + r·h_n), h′ = (1 − z)·n + z·h.
   */
  GRU(3, 1) {
    @Override
    List<Tensor> step(Tensor i, Tensor h, List<Tensor> state) {
      List<Tensor> in = gates(i);
      List<Tensor> past = gates(h);
      Tensor r = in.get(0).plus(past.get(0)).sigmoid();
      Tensor z = in.get(1).plus(past.get(1)).sigmoid();
      Tensor n = in.get(2).plus(r.times(past.get(2))).tanh();
      return List.of(n.plus(z.times(state.get(0).minus(n))));
    }
  };

  private final int gates;
  private final int states;

  Cell(int gates, int states) {
    this.gates = gates;
    this.states = states;
  }

  /** Returns how many gates stand side by side. */
  public int gates() {
    return gates;
  }

  /** Returns how many tensors the state has; the first of them is the output. */
  public int states() {
    return states;
  }

  /** Returns the next state. */
  abstract List<Tensor> step(Tensor i, Tensor h, List<Tensor> state);

  /** Returns the gates of a tensor that has them side by side along its last axis. */
  List<Tensor> gates(Tensor all) {
    return all.chunk(-1, gates);
  }
}

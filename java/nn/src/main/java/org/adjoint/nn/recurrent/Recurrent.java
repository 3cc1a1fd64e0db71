package org.adjoint.nn.recurrent;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Scan;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Dropout;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Training;

/**
 * A recurrent network over sequences [n, length, input]: {@code torch.nn.RNN}, {@code LSTM} and
 * {@code GRU} with the batch first. Parameters are called as there, {@code weight_ih_l0}, {@code
 * weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0}, with {@code _reverse} behind it for the
 * other direction; a weight is [in, gates · hidden], the transpose of PyTorch's.
 *
 * <p>The input's share of all gates is one product before the loop; the loop is one instruction,
 * compiled once for every length. A sequence of length 0 has no outputs and leaves the state as it
 * was; a batch of 0 is empty throughout.
 */
public final class Recurrent implements Layer {
  private final Options options;
  private final List<Direction> directions;

  /**
   * How the network is made; the methods return changed copies.
   *
   * @param cell what happens at each place
   * @param input the size of the input's last axis
   * @param hidden the size of the state
   * @param layers how many layers lie over each other: each reads the outputs of the one below
   * @param bidirectional whether each layer also runs from the end to the start; its outputs stand
   *     behind the others along the last axis
   * @param dropout how likely an element between two layers is dropped in training
   */
  public record Options(
      Cell cell, long input, long hidden, int layers, boolean bidirectional, double dropout) {
    /**
     * Makes the options.
     *
     * @throws IllegalArgumentException naming the value that is out of range
     */
    public Options {
      if (input < 1 || hidden < 1 || layers < 1) {
        throw new IllegalArgumentException(
            "recurrent: input "
                + input
                + ", hidden "
                + hidden
                + " and layers "
                + layers
                + " must each be at least 1");
      }
      new Dropout(dropout, 1); // checks it
    }

    /** Returns one layer of cells, in one direction. */
    public static Options of(Cell cell, long input, long hidden) {
      return new Options(cell, input, hidden, 1, false, 0);
    }

    /** Returns a copy with so many layers. */
    public Options layers(int count) {
      return new Options(cell, input, hidden, count, bidirectional, dropout);
    }

    /** Returns a copy that runs in both directions. */
    public Options inBothDirections() {
      return new Options(cell, input, hidden, layers, true, dropout);
    }

    /** Returns a copy that drops elements between two layers. */
    public Options dropout(double probability) {
      return new Options(cell, input, hidden, layers, bidirectional, probability);
    }

    int perLayer() {
      return bidirectional ? 2 : 1;
    }
  }

  /** The parameters of one layer in one direction. */
  private record Direction(Parameter in, Parameter past, Parameter inBias, Parameter pastBias) {}

  /**
   * What a network carries from one sequence to the next.
   *
   * @param parts h, and c for an LSTM; each [layers · directions, n, hidden], a layer's directions
   *     beside each other
   */
  public record State(List<Tensor> parts) {
    /** Makes the state; the list is copied. */
    public State {
      parts = List.copyOf(parts);
    }

    /**
     * Returns the same values without where they came from: gradients end here. Between two pieces
     * of a long sequence that is truncated backpropagation through time.
     */
    public State detach() {
      return new State(parts.stream().map(Tensor::detach).toList());
    }
  }

  /**
   * What a run over sequences gives.
   *
   * @param outputs the topmost layer's states, of shape [n, length, directions · hidden]
   * @param last the states at the end of each sequence
   */
  public record Result(Tensor outputs, State last) {}

  private Recurrent(Options options, List<Direction> directions) {
    this.options = options;
    this.directions = List.copyOf(directions);
  }

  /** Returns a network with fresh parameters, all from U(±1/√hidden) unless the origin says how. */
  public static Recurrent of(Origin origin, Options options) {
    Init usual = Init.uniform(1 / Math.sqrt(options.hidden));
    long gates = options.cell.gates() * options.hidden;
    List<Direction> directions = new ArrayList<>();
    for (int layer = 0; layer < options.layers; layer++) {
      long in = layer == 0 ? options.input : options.perLayer() * options.hidden;
      for (int d = 0; d < options.perLayer(); d++) {
        String end = "_l" + layer + (d == 0 ? "" : "_reverse");
        directions.add(
            new Direction(
                origin.weight("weight_ih" + end, usual, in, gates),
                origin.weight("weight_hh" + end, usual, options.hidden, gates),
                bias(origin, "bias_ih" + end, usual, gates),
                bias(origin, "bias_hh" + end, usual, gates)));
      }
    }
    return new Recurrent(options, directions);
  }

  /** Returns a bias, which starts like the weights unless the origin says how these start. */
  private static Parameter bias(Origin origin, String name, Init usual, long size) {
    return origin.init().isPresent()
        ? origin.constant(name, 0, size)
        : origin.weight(name, usual, size);
  }

  /** Returns how the network was made. */
  public Options options() {
    return options;
  }

  @Override
  public List<Parameter> own() {
    List<Parameter> own = new ArrayList<>();
    for (Direction d : directions) {
      own.addAll(List.of(d.in, d.past, d.inBias, d.pastBias));
    }
    return own;
  }

  /** Returns the state that sequences start with unless another is given: zeros. */
  public State zeroState(long batch) {
    DType dtype = directions.get(0).in.dtype();
    Tensor zero = Tensor.zeros(dtype, directions.size(), batch, options.hidden);
    List<Tensor> parts = new ArrayList<>();
    for (int i = 0; i < options.cell.states(); i++) {
      parts.add(zero);
    }
    return new State(parts);
  }

  /** Returns the outputs of sequences [n, length, input] that start with zeros. */
  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  /** Returns the outputs of sequences [n, length, input] that start with zeros. */
  @Override
  public Tensor apply(Tensor x, Training training) {
    checkInput(x);
    return run(x, zeroState(x.dim(0)), training).outputs();
  }

  /**
   * Returns outputs and last states of sequences that are all as long as the axis is.
   *
   * @param x of shape [n, length, input]
   * @param start what {@link #zeroState} or a run before gave
   * @throws IllegalArgumentException naming the shapes, if they do not fit
   */
  public Result run(Tensor x, State start, Training training) {
    return run(x, start, Optional.empty(), training);
  }

  /**
   * Returns outputs and last states of sequences of different lengths. Behind its end a sequence's
   * outputs are zero, and its state stays; the other direction begins at its end. So it does what
   * PyTorch does to a packed sequence.
   *
   * @param x of shape [n, length, input]; what lies behind the end of a sequence does not matter
   *     unless it is not finite
   * @param start what {@link #zeroState} or a run before gave
   * @param lengths the length of each sequence, I32 or I64 of shape [n]; 0 is a sequence of
   *     nothing, more than the axis has is all of it
   * @throws IllegalArgumentException naming the shapes, if they do not fit
   */
  public Result run(Tensor x, State start, Tensor lengths, Training training) {
    checkInput(x);
    if (lengths.rank() != 1 || lengths.dim(0) != x.dim(0) || lengths.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "recurrent: lengths "
              + lengths.type()
              + " are not one I32 or I64 for each sequence of "
              + x.shape());
    }
    Tensor turns = Tensor.arange(x.dim(1)).unsqueeze(1);
    Tensor inside = turns.lt(lengths.cast(DType.I64)).unsqueeze(2);
    return run(x, start, Optional.of(inside), training);
  }

  private void checkInput(Tensor x) {
    if (x.rank() != 3 || x.dim(2) != options.input) {
      throw new IllegalArgumentException(
          "recurrent: input " + x.shape() + " is not [n, length, " + options.input + "]");
    }
  }

  private Result run(Tensor x, State start, Optional<Tensor> inside, Training training) {
    checkInput(x);
    Shape expected = Shape.of(directions.size(), x.dim(0), options.hidden);
    boolean fits = start.parts.size() == options.cell.states();
    for (Tensor part : start.parts) {
      fits &= part.shape().equals(expected);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "recurrent: a state of "
              + start.parts.stream().map(Tensor::shape).toList()
              + " does not fit input "
              + x.shape()
              + "; it has "
              + options.cell.states()
              + " times "
              + expected);
    }
    Tensor sequence = x.transpose(0, 1); // the loop runs along the leading axis
    List<List<Tensor>> last = new ArrayList<>();
    Dropout dropout = Dropout.of(options.dropout);
    for (int layer = 0; layer < options.layers; layer++) {
      if (layer > 0) {
        sequence = training.apply("dropout" + (layer - 1), dropout, sequence);
      }
      List<Tensor> outputs = new ArrayList<>();
      for (int d = 0; d < options.perLayer(); d++) {
        int index = layer * options.perLayer() + d;
        List<Tensor> state = new ArrayList<>();
        for (Tensor part : start.parts) {
          state.add(part.get(index));
        }
        Scan.Step run = loop(directions.get(index), sequence, state, inside, d == 1);
        outputs.add(run.outputs().get(0));
        last.add(run.carry());
      }
      sequence = Tensor.concat(2, outputs);
    }
    List<Tensor> parts = new ArrayList<>();
    for (int i = 0; i < options.cell.states(); i++) {
      int part = i;
      parts.add(Tensor.stack(0, last.stream().map(state -> state.get(part)).toList()));
    }
    return new Result(sequence.transpose(0, 1), new State(parts));
  }

  private Scan.Step loop(
      Direction d, Tensor sequence, List<Tensor> start, Optional<Tensor> inside, boolean back) {
    long[] dims = sequence.shape().dims();
    Tensor rows = sequence.reshape(dims[0] * dims[1], dims[2]);
    Tensor in = rows.matmul(d.in).plus(d.inBias).reshape(dims[0], dims[1], d.in.dim(1));
    List<Tensor> sequences = new ArrayList<>(List.of(back ? in.flip(0) : in));
    inside.ifPresent(mask -> sequences.add(back ? mask.flip(0) : mask));
    Scan.Step run =
        Scan.ofList(
                (state, element) -> {
                  Tensor past = state.get(0).matmul(d.past).plus(d.pastBias);
                  List<Tensor> next = options.cell.step(element.get(0), past, state);
                  if (inside.isEmpty()) {
                    return new Scan.Step(next, List.of(next.get(0)));
                  }
                  Tensor mask = element.get(1);
                  List<Tensor> kept = new ArrayList<>();
                  for (int i = 0; i < next.size(); i++) {
                    kept.add(Tensor.where(mask, next.get(i), state.get(i)));
                  }
                  Tensor output = next.get(0).maskedFill(mask.not(), 0);
                  return new Scan.Step(kept, List.of(output));
                })
            .apply(start, sequences);
    return back ? new Scan.Step(run.carry(), List.of(run.outputs().get(0).flip(0))) : run;
  }

  @Override
  public long multiplyAdds(Shape x, Shape y) {
    long weights = 0;
    for (Direction d : directions) {
      weights += d.in.size() + d.past.size();
    }
    return Math.multiplyExact(x.dim(0) * x.dim(1), weights);
  }
}

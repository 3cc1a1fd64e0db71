package org.adjoint.nn.recurrent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Plan;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Training;
import org.adjoint.nn.recurrent.Recurrent.Options;
import org.adjoint.nn.recurrent.Recurrent.Result;
import org.adjoint.nn.recurrent.Recurrent.State;
import org.junit.jupiter.api.Test;

/** What recurrent networks do beside PyTorch's numbers: states, lengths, pieces of sequences. */
class RecurrentTest {
  private static Recurrent network(Options options) {
    return Recurrent.of(Origin.of(Key.of(1)).dtype(DType.F64), options);
  }

  private static final Options LSTM = Options.of(Cell.LSTM, 2, 3).layers(2);

  private static Tensor input(long... dims) {
    return Key.of(2).normal(DType.F64, dims).eval();
  }

  @Test
  void twoPiecesWithTheStateCarriedAreTheWhole() {
    for (Cell cell : Cell.values()) {
      Recurrent network = network(Options.of(cell, 2, 3).layers(2));
      Tensor x = input(2, 7, 2);
      State zero = network.zeroState(2);
      Result whole = network.run(x, zero, Training.OFF);
      Result first = network.run(x.slice(1, 0, 4), zero, Training.OFF);
      Result second = network.run(x.slice(1, 4, 7), first.last(), Training.OFF);
      double[] both = Tensor.concat(1, first.outputs(), second.outputs()).toDoubleArray();
      assertArrayEquals(whole.outputs().toDoubleArray(), both, 1e-14);
      for (int i = 0; i < cell.states(); i++) {
        assertArrayEquals(
            whole.last().parts().get(i).toDoubleArray(),
            second.last().parts().get(i).toDoubleArray(),
            1e-14);
      }
      assertArrayEquals(
          whole.outputs().slice(1, 6, 7).toDoubleArray(),
          whole.last().parts().get(0).get(1).toDoubleArray(),
          1e-14);
    }
  }

  @Test
  void gradientsEndWhereTheStateIsDetached() {
    Recurrent network = network(LSTM);
    Tensor x = input(2, 7, 2);
    Result first = network.run(x.slice(1, 0, 4), network.zeroState(2), Training.OFF);
    Tensor[] weights = network.parameters().toArray(new Tensor[0]);
    Tensor truncated =
        network.run(x.slice(1, 4, 7), first.last().detach(), Training.OFF).outputs().square().sum();
    State constant =
        new State(first.last().parts().stream().map(p -> values(p.toDoubleArray(), p)).toList());
    Tensor alone = network.run(x.slice(1, 4, 7), constant, Training.OFF).outputs().square().sum();
    Tensor through =
        network.run(x.slice(1, 4, 7), first.last(), Training.OFF).outputs().square().sum();
    double[] expected = Grad.grad(alone, weights).get(0).toDoubleArray();
    assertArrayEquals(expected, Grad.grad(truncated, weights).get(0).toDoubleArray(), 1e-14);
    double[] whole = Grad.grad(through, weights).get(0).toDoubleArray();
    assertFalse(Math.abs(expected[0] - whole[0]) < 1e-9, "nothing came from before");
  }

  private static Tensor values(double[] values, Tensor like) {
    return Tensor.of(values, like.shape().dims());
  }

  @Test
  void behindItsEndASequenceDoesNotCount() {
    Recurrent network = network(LSTM.inBothDirections());
    Tensor x = input(3, 5, 2);
    Tensor noisy = x.plus(Tensor.where(beyond(3, 5, 4, 2, 0), Tensor.scalar(9.0), x.zerosLike()));
    State start = new State(List.of(input(4, 3, 3), input(4, 3, 3).times(0.5)));
    Tensor lengths = Tensor.of(4, 2, 0);
    Result masked = network.run(noisy, start, lengths, Training.OFF);
    for (int i = 0; i < 3; i++) {
      int length = new int[] {4, 2, 0}[i];
      Tensor one = x.slice(0, i, i + 1).slice(1, 0, length);
      int at = i;
      State own = new State(start.parts().stream().map(p -> p.slice(1, at, at + 1)).toList());
      Result alone = network.run(one, own, Training.OFF);
      Tensor outputs = masked.outputs().slice(0, i, i + 1);
      assertArrayEquals(
          alone.outputs().toDoubleArray(), outputs.slice(1, 0, length).toDoubleArray(), 1e-14);
      for (double v : outputs.slice(1, length, 5).toDoubleArray()) {
        assertEquals(0, v);
      }
      for (int s = 0; s < 2; s++) {
        assertArrayEquals(
            alone.last().parts().get(s).toDoubleArray(),
            masked.last().parts().get(s).slice(1, i, i + 1).toDoubleArray(),
            1e-14);
      }
    }
  }

  /** Returns where a place lies behind its sequence's end, [n, length, 1]. */
  private static Tensor beyond(long n, long length, int... lengths) {
    Tensor ends = Tensor.of(lengths, n, 1).cast(DType.I64);
    return Tensor.arange(length).ge(ends).unsqueeze(2);
  }

  @Test
  void theProgramIsAsLargeForEveryLength() {
    Recurrent network = network(Options.of(Cell.GRU, 2, 3));
    Tensor[] weights = network.parameters().toArray(new Tensor[0]);
    Plan few = plan(network, 3, weights);
    Plan many = plan(network, 300, weights);
    assertEquals(few.instructions(), many.instructions());
    assertEquals(few.listing().lines().count(), many.listing().lines().count());
  }

  private static Plan plan(Recurrent network, long length, Tensor[] weights) {
    Tensor loss = network.apply(Tensor.zeros(DType.F64, 2, length, 2)).square().sum();
    return Plan.of(Grad.grad(loss, weights).toArray(new Tensor[0]));
  }

  @Test
  void dropoutLiesBetweenLayers() {
    Tensor x = input(2, 4, 2);
    Training training = Training.of(Key.of(3));
    Recurrent one = network(Options.of(Cell.TANH, 2, 3).dropout(0.5));
    assertArrayEquals(one.apply(x).toDoubleArray(), one.apply(x, training).toDoubleArray(), 1e-15);
    Recurrent two = network(LSTM.dropout(0.5));
    assertFalse(
        Arrays.equals(two.apply(x).toDoubleArray(), two.apply(x, training).toDoubleArray()));
  }

  @Test
  void sequencesOfNothingAndBatchesOfNothing() {
    Recurrent network = network(LSTM.inBothDirections());
    State start = new State(List.of(input(4, 2, 3), input(4, 2, 3)));
    Result none = network.run(input(2, 0, 2), start, Training.OFF);
    assertEquals(Shape.of(2, 0, 6), none.outputs().shape());
    assertArrayEquals(
        start.parts().get(1).toDoubleArray(), none.last().parts().get(1).toDoubleArray());
    assertEquals(Shape.of(0, 4, 6), network.apply(input(0, 4, 2)).shape());
    assertEquals(0, network.apply(input(0, 4, 2)).toDoubleArray().length);
    Parameter weight = network.parameters().get(0);
    for (double g : Grad.grad(network.apply(input(0, 4, 2)).sum(), weight).get(0).toDoubleArray()) {
      assertEquals(0, g);
    }
  }

  @Test
  void whatDoesNotFitIsSaidWithShapes() {
    Recurrent network = network(LSTM);
    assertEquals(
        "recurrent: input [2, 4, 3] is not [n, length, 2]",
        error(() -> network.apply(input(2, 4, 3))));
    assertEquals(
        "recurrent: a state of [[2, 3, 3], [2, 3, 3]] does not fit input [2, 4, 2]; it has 2 times"
            + " [2, 2, 3]",
        error(() -> network.run(input(2, 4, 2), network.zeroState(3), Training.OFF)));
    assertEquals(
        "recurrent: lengths I32[3] are not one I32 or I64 for each sequence of [2, 4, 2]",
        error(
            () ->
                network.run(
                    input(2, 4, 2), network.zeroState(2), Tensor.of(1, 2, 3), Training.OFF)));
    assertTrue(error(() -> Options.of(Cell.GRU, 0, 3)).contains("input 0"));
    assertTrue(error(() -> Options.of(Cell.GRU, 1, 3).layers(0)).contains("layers 0"));
    assertTrue(error(() -> LSTM.dropout(-1)).contains("-1"));
  }

  private static String error(Runnable action) {
    return assertThrows(IllegalArgumentException.class, action::run).getMessage();
  }
}

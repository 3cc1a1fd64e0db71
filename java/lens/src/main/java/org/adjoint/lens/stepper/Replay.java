package org.adjoint.lens.stepper;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.lens.graph.Reading;
import org.adjoint.lens.graph.Reading.Vertex;

/** Builds what a cell computes once more, over other tensors: the same ops on the real engine. */
final class Replay {
  private final Cells cells;

  Replay(Cells cells) {
    this.cells = cells;
  }

  /**
   * Returns the cell over these inputs.
   *
   * @param inputs by input of the cell the tensor in its place
   */
  Tensor of(Cell cell, List<Tensor> inputs) {
    Map<Cells.Value, Tensor> known = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Cell from = cells.all().get(cell.inputs().get(i));
      known.put(new Cells.Value(from.vertex(), from.output()), inputs.get(i));
    }
    Reading reading = cells.reading();
    for (int at : cell.ops()) {
      Vertex vertex = reading.vertices().get(at);
      Node node = vertex.node();
      Tensor[] arguments = new Tensor[vertex.inputs().length];
      for (int i = 0; i < arguments.length; i++) {
        int u = vertex.inputs()[i];
        Tensor argument = known.get(new Cells.Value(u, node.index(i)));
        arguments[i] =
            argument != null
                ? argument
                : Access.tensor(reading.vertices().get(u).node(), node.index(i));
      }
      List<Tensor> outputs = node.op().apply(node.attrs(), arguments);
      for (int output = 0; output < outputs.size(); output++) {
        known.put(new Cells.Value(at, output), outputs.get(output));
      }
    }
    return known.get(new Cells.Value(cell.vertex(), cell.output()));
  }
}

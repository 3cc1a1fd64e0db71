package org.adjoint.arrow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Columns of a record batch as tensors that read Arrow's memory in place, all of which is retained
 * until this is closed. See {@link ArrowTensor} for types.
 */
public final class ArrowBatch implements AutoCloseable {
  private final Map<String, ArrowTensor> columns;

  private ArrowBatch(Map<String, ArrowTensor> columns) {
    this.columns = columns;
  }

  /**
   * Returns columns of a record batch; all of them, if none is named.
   *
   * @throws IllegalArgumentException naming the column, if there is none of that name, or it is
   *     none that {@link ArrowTensor#of} takes; nothing is retained then
   */
  public static ArrowBatch of(VectorSchemaRoot root, String... names) {
    List<String> wanted =
        names.length == 0
            ? root.getFieldVectors().stream().map(FieldVector::getName).toList()
            : Arrays.asList(names);
    Map<String, ArrowTensor> columns = new LinkedHashMap<>();
    ArrowBatch batch = new ArrowBatch(columns);
    boolean whole = false;
    try {
      for (String name : wanted) {
        FieldVector vector = root.getVector(name);
        if (vector == null) {
          throw new IllegalArgumentException(
              "arrow: has no column '"
                  + name
                  + "', only "
                  + root.getFieldVectors().stream().map(FieldVector::getName).toList());
        }
        if (columns.containsKey(name)) {
          throw new IllegalArgumentException("arrow: column '" + name + "' is there twice");
        }
        columns.put(name, ArrowTensor.of(vector));
      }
      whole = true;
      return batch;
    } finally {
      if (!whole) {
        batch.close();
      }
    }
  }

  /**
   * Returns a column's numbers; valid until this is closed.
   *
   * @throws IllegalArgumentException naming the columns that there are, if there is none of that
   *     name
   */
  public Tensor get(String name) {
    ArrowTensor column = columns.get(name);
    if (column == null) {
      throw new IllegalArgumentException(
          "arrow: has no column '" + name + "', only " + columns.keySet());
    }
    return column.tensor();
  }

  /** Returns the columns' names in their order. */
  public List<String> names() {
    return new ArrayList<>(columns.keySet());
  }

  /** Ends the tensors, and gives the memory back to Arrow. */
  @Override
  public void close() {
    columns.values().forEach(ArrowTensor::close);
  }
}

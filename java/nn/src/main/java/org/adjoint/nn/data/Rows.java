package org.adjoint.nn.data;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Examples by number, wherever they lie: in arrays, in files, in a table. They are read a row at a
 * time, into the memory that a {@link DataLoader} makes tensors of. Reading changes nothing, and
 * several threads may read at once.
 */
public interface Rows {
  /** Returns how many rows there are. */
  int count();

  /** Returns what a row is made of, in a fixed order. */
  List<Field> fields();

  /**
   * Writes one field of one row, row-major, at the buffer's position and in its byte order, and
   * moves the position behind it. A BOOL is a byte, 0 or 1; a BF16 its two bytes.
   *
   * @param row the row, in [0, {@link #count})
   * @param field the place of the field in {@link #fields}
   * @param into where to; has room for it
   * @throws DataException naming file and place, if the row cannot be read
   */
  void read(int row, int field, ByteBuffer into);
}

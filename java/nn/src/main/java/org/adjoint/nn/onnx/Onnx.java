package org.adjoint.nn.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;

/**
 * The messages of {@code onnx.proto3} that this package knows, as values; field numbers stand in
 * {@link ModelReader} and {@link ModelWriter}. Source: https://github.com/onnx/onnx, IR version 8,
 * which operator set 17 goes with.
 */
final class Onnx {
  /** The operator set that is written. */
  static final int OPSET = 17;

  /** The version of the format that is written. */
  static final int IR_VERSION = 8;

  private Onnx() {}

  /**
   * A file.
   *
   * @param opset the version of the standard operators that the graph is written in
   * @param graph the network
   * @param metadata texts by key
   */
  record Model(long opset, Graph graph, Map<String, String> metadata) {}

  /**
   * A network, or the branch or body of a node. Values are texts; a node reads what stands before
   * it, an initializer, an input, or a value of the graph around it.
   */
  record Graph(
      String name,
      List<Node> nodes,
      Map<String, TensorData> initializers,
      List<ValueInfo> inputs,
      List<ValueInfo> outputs) {}

  /** One operation; an input that is absent is an empty text. */
  record Node(
      String op,
      String domain,
      List<String> inputs,
      List<String> outputs,
      Map<String, Attribute> attributes) {

    /** Returns how errors call the node. */
    String label() {
      return op + " of '" + (outputs.isEmpty() ? "" : outputs.get(0)) + "'";
    }
  }

  /** The value of an attribute. */
  sealed interface Attribute {
    /** A whole number. */
    record Int(long value) implements Attribute {}

    /** A float. */
    record Real(float value) implements Attribute {}

    /** A text. */
    record Text(String value) implements Attribute {}

    /** Whole numbers. */
    record Ints(List<Long> values) implements Attribute {}

    /** Floats. */
    record Reals(List<Float> values) implements Attribute {}

    /** Texts. */
    record Texts(List<String> values) implements Attribute {}

    /** A tensor. */
    record Data(TensorData value) implements Attribute {}

    /** A branch or a body. */
    record Sub(Graph value) implements Attribute {}
  }

  /**
   * An input or output of a graph.
   *
   * @param dims by axis its size, or the name of an unknown one; empty where not even the rank is
   *     known
   */
  record ValueInfo(String name, Optional<ElementType> type, Optional<List<Dim>> dims) {}

  /** A size, or a name for one that is not known: one of the two. */
  record Dim(long size, String name) {
    /** Returns a known size. */
    static Dim of(long size) {
      return new Dim(size, "");
    }
  }

  /**
   * A tensor's elements, little-endian, in row-major order.
   *
   * @param bytes a view of the file that the tensor was read from
   */
  record TensorData(ElementType type, Shape shape, ByteBuffer bytes) {
    /** Returns a tensor of these whole numbers, along one axis. */
    static TensorData ofLongs(long... values) {
      ByteBuffer bytes =
          ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asLongBuffer().put(values);
      return new TensorData(ElementType.INT64, Shape.of(values.length), bytes);
    }
  }

  /** {@code TensorProto.DataType}: what elements are. */
  enum ElementType {
    FLOAT(1, 4, DType.F32),
    UINT8(2, 1),
    INT8(3, 1),
    UINT16(4, 2),
    INT16(5, 2),
    INT32(6, 4, DType.I32),
    INT64(7, 8, DType.I64),
    BOOL(9, 1, DType.BOOL),
    FLOAT16(10, 2),
    DOUBLE(11, 8, DType.F64),
    UINT32(12, 4),
    UINT64(13, 8),
    BFLOAT16(16, 2, DType.BF16);

    private final int code;
    private final int bytes;
    private final Optional<DType> dtype;

    ElementType(int code, int bytes) {
      this.code = code;
      this.bytes = bytes;
      this.dtype = Optional.empty();
    }

    ElementType(int code, int bytes, DType dtype) {
      this.code = code;
      this.bytes = bytes;
      this.dtype = Optional.of(dtype);
    }

    /** Returns the number in files. */
    int code() {
      return code;
    }

    /** Returns the bytes of one element. */
    int bytes() {
      return bytes;
    }

    /** Returns the dtype of such elements here, empty if there is none. */
    Optional<DType> dtype() {
      return dtype;
    }

    /** Returns the type of a number in files, empty if it is none of these. */
    static Optional<ElementType> ofCode(long code) {
      return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }

    /** Returns the type of a dtype. */
    static ElementType of(DType dtype) {
      return Arrays.stream(values())
          .filter(type -> type.dtype.equals(Optional.of(dtype)))
          .findFirst()
          .orElseThrow();
    }
  }
}

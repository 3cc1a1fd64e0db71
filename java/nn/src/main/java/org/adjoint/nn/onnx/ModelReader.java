package org.adjoint.nn.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Dim;
import org.adjoint.nn.onnx.Onnx.ElementType;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Model;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;
import org.adjoint.nn.onnx.Onnx.ValueInfo;

/**
 * Reads what {@link ModelWriter} writes, and what others write as {@code onnx.proto3} has it. The
 * numbers are those of its fields. Tensors stay views of the file until a layer is made of them,
 * and a shape that the elements do not fill is refused here.
 */
final class ModelReader {
  /** How deep branches and bodies may lie within each other: real files have three levels. */
  private static final int MOST_NESTED = 16;

  private static final int EXTERNAL = 1;

  private ModelReader() {}

  /**
   * Returns the model in a file's bytes.
   *
   * @throws WireReader.Malformed naming place and value, if there is none
   */
  static Model read(ByteBuffer file) {
    WireReader in = new WireReader(file);
    Optional<Graph> graph = Optional.empty();
    Map<String, String> metadata = new LinkedHashMap<>();
    long opset = 0;
    while (in.next()) {
      switch (in.field()) {
        case 7 -> graph = Optional.of(graph(in.message(), 0));
        case 8 -> opset = Math.max(opset, opset(in.message()));
        case 14 -> {
          Map.Entry<String, String> pair = pair(in.message());
          metadata.put(pair.getKey(), pair.getValue());
        }
        case 25 -> throw in.malformed("the model defines functions, which are not read");
        default -> in.skip();
      }
    }
    if (graph.isEmpty()) {
      throw new WireReader.Malformed("this is no ONNX model: it has no graph (field 7)");
    }
    if (opset < 1) {
      throw new WireReader.Malformed("the model names no operator set (field 8)");
    }
    return new Model(opset, graph.get(), metadata);
  }

  /** Returns the version, 0 if the operators are not the standard ones. */
  private static long opset(WireReader in) {
    String domain = "";
    long version = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> domain = in.text();
        case 2 -> version = in.number();
        default -> in.skip();
      }
    }
    return domain.isEmpty() || domain.equals("ai.onnx") ? version : 0;
  }

  private static Map.Entry<String, String> pair(WireReader in) {
    String key = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.text();
        case 2 -> value = in.text();
        default -> in.skip();
      }
    }
    return Map.entry(key, value);
  }

  private static Graph graph(WireReader in, int depth) {
    if (depth > MOST_NESTED) {
      throw in.malformed("graphs lie more than " + MOST_NESTED + " deep within each other");
    }
    String name = "";
    List<Node> nodes = new ArrayList<>();
    Map<String, TensorData> initializers = new LinkedHashMap<>();
    List<ValueInfo> inputs = new ArrayList<>();
    List<ValueInfo> outputs = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> nodes.add(node(in.message(), depth));
        case 2 -> name = in.text();
        case 5 -> {
          WireReader message = in.message();
          Named tensor = tensor(message);
          if (initializers.put(tensor.name(), tensor.data()) != null) {
            throw message.malformed("two initializers are called '" + tensor.name() + "'");
          }
        }
        case 11 -> inputs.add(value(in.message()));
        case 12 -> outputs.add(value(in.message()));
        case 15 -> throw in.malformed("the graph has sparse initializers, which are not read");
        default -> in.skip();
      }
    }
    return new Graph(name, nodes, initializers, inputs, outputs);
  }

  private static Node node(WireReader in, int depth) {
    List<String> inputs = new ArrayList<>(2);
    List<String> outputs = new ArrayList<>(1);
    Map<String, Attribute> attributes = new LinkedHashMap<>(2);
    String op = "";
    String domain = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.text());
        case 2 -> outputs.add(in.text());
        case 4 -> op = in.text();
        case 5 -> attribute(in.message(), attributes, depth);
        case 7 -> domain = in.text();
        default -> in.skip();
      }
    }
    if (op.isEmpty() || outputs.isEmpty()) {
      throw in.malformed("a node has no operator or no output");
    }
    return new Node(op, domain.equals("ai.onnx") ? "" : domain, inputs, outputs, attributes);
  }

  private static void attribute(WireReader in, Map<String, Attribute> into, int depth) {
    String name = "";
    Optional<Attribute> value = Optional.empty();
    List<Float> reals = new ArrayList<>(0);
    List<Long> ints = new ArrayList<>(0);
    List<String> texts = new ArrayList<>(0);
    long type = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> value = Optional.of(new Attribute.Real(in.real()));
        case 3 -> value = Optional.of(new Attribute.Int(in.number()));
        case 4 -> value = Optional.of(new Attribute.Text(in.text()));
        case 5 -> value = Optional.of(new Attribute.Data(tensor(in.message()).data()));
        case 6 -> value = Optional.of(new Attribute.Sub(graph(in.message(), depth + 1)));
        case 7 -> in.reals(reals);
        case 8 -> in.numbers(ints);
        case 9 -> texts.add(in.text());
        case 20 -> type = in.number();
        default -> in.skip();
      }
    }
    // A number that is 0 may be left out, so the type says what an attribute is.
    Optional<Attribute> read =
        switch ((int) Math.min(type, 100)) {
          case 1 -> Optional.of(or(value, Attribute.Real.class, new Attribute.Real(0)));
          case 2 -> Optional.of(or(value, Attribute.Int.class, new Attribute.Int(0)));
          case 3 -> Optional.of(or(value, Attribute.Text.class, new Attribute.Text("")));
          case 6 -> Optional.of(new Attribute.Reals(reals));
          case 7 -> Optional.of(new Attribute.Ints(ints));
          case 8 -> Optional.of(new Attribute.Texts(texts));
          default -> value;
        };
    if (name.isEmpty() || read.isEmpty()) {
      throw in.malformed("attribute '" + name + "' has no value that is read, type " + type);
    }
    into.put(name, read.get());
  }

  private static Attribute or(
      Optional<Attribute> value, Class<? extends Attribute> kind, Attribute zero) {
    return value.filter(kind::isInstance).orElse(zero);
  }

  // ---- tensors ----

  private record Named(String name, TensorData data) {}

  private static Named tensor(WireReader in) {
    List<Long> dims = new ArrayList<>(4);
    String name = "";
    long code = 0;
    Optional<ByteBuffer> raw = Optional.empty();
    Optional<ByteBuffer> reals = Optional.empty();
    Optional<ByteBuffer> varints = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.numbers(dims);
        case 2 -> code = in.number();
        case 4 -> reals = Optional.of(in.isAlone() ? one(in) : in.packed(Float.BYTES));
        case 5, 7 -> varints = Optional.of(in.isAlone() ? one(in) : in.bytes());
        case 8 -> name = in.text();
        case 9 -> raw = Optional.of(in.bytes());
        case 10 -> reals = Optional.of(in.isAlone() ? one(in) : in.packed(Double.BYTES));
        case 14 -> {
          if (in.number() == EXTERNAL) {
            throw in.malformed(
                "tensor '" + name + "' lies in another file; save the model as one file");
          }
        }
        default -> in.skip();
      }
    }
    String label = "tensor '" + name + "'";
    long number = code;
    ElementType type =
        ElementType.ofCode(code)
            .orElseThrow(() -> in.malformed(label + " has the unknown data type " + number));
    Shape shape = shape(in, label, dims);
    Optional<ByteBuffer> floating = reals;
    ByteBuffer bytes;
    if (raw.isEmpty() && varints.isPresent()) {
      bytes = widen(in, label, type, shape, varints.get());
    } else {
      bytes = raw.or(() -> floating).orElse(ByteBuffer.allocate(0));
    }
    long size = shape.size();
    if (size > bytes.remaining() || size * type.bytes() != bytes.remaining()) {
      throw in.malformed(
          label
              + " "
              + type
              + " "
              + shape
              + " has "
              + bytes.remaining()
              + " bytes of data, expected "
              + type.bytes()
              + " for each of "
              + size
              + " elements");
    }
    return new Named(name, new TensorData(type, shape, bytes));
  }

  private static ByteBuffer one(WireReader in) {
    throw in.malformed("the elements of a tensor are not packed");
  }

  private static Shape shape(WireReader in, String label, List<Long> dims) {
    try {
      return Shape.of(dims.stream().mapToLong(Long::longValue).toArray());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw in.malformed(label + " has dims " + dims + ": " + e.getMessage());
    }
  }

  /** Returns numbers that files hold as varints in the bytes of their type. */
  private static ByteBuffer widen(
      WireReader in, String label, ElementType type, Shape shape, ByteBuffer packed) {
    long count = WireReader.count(packed);
    if (shape.size() != count) {
      throw in.malformed(label + " " + shape + " has " + count + " elements of data");
    }
    ByteBuffer wide =
        ByteBuffer.allocate(Math.multiplyExact((int) count, type.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    WireReader.varints(
        packed,
        value -> {
          switch (type.bytes()) {
            case 1 -> wide.put((byte) value);
            case 2 -> wide.putShort((short) value);
            case 4 -> wide.putInt((int) value);
            default -> wide.putLong(value);
          }
        });
    return wide.flip();
  }

  // ---- inputs and outputs ----

  private static ValueInfo value(WireReader in) {
    String name = "";
    Optional<ElementType> type = Optional.empty();
    Optional<List<Dim>> dims = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> {
          WireReader kind = in.message();
          while (kind.next()) {
            if (kind.field() != 1) {
              throw kind.malformed("'" + name + "' is no tensor");
            }
            WireReader tensor = kind.message();
            while (tensor.next()) {
              switch (tensor.field()) {
                case 1 -> type = ElementType.ofCode(tensor.number());
                case 2 -> dims = Optional.of(dims(tensor.message()));
                default -> tensor.skip();
              }
            }
          }
        }
        default -> in.skip();
      }
    }
    return new ValueInfo(name, type, dims);
  }

  private static List<Dim> dims(WireReader in) {
    List<Dim> dims = new ArrayList<>();
    while (in.next()) {
      if (in.field() != 1) {
        in.skip();
        continue;
      }
      WireReader dim = in.message();
      Dim read = new Dim(0, "?");
      while (dim.next()) {
        switch (dim.field()) {
          case 1 -> read = Dim.of(dim.number());
          case 2 -> read = new Dim(0, dim.text());
          default -> dim.skip();
        }
      }
      dims.add(read);
    }
    return dims;
  }
}

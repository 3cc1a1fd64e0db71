package org.adjoint.lens.stepper;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;

/**
 * Numbers and shapes as JSON: what is not finite becomes a string that JavaScript's Number reads.
 */
final class Json {
  private static final int MANY = 64;

  private Json() {}

  static void number(JsonGenerator json, double x) throws IOException {
    if (Double.isNaN(x) || Double.isInfinite(x)) {
      json.writeString(Double.toString(x));
    } else if (x == Math.rint(x) && Math.abs(x) < 1e15 && !(x == 0 && 1 / x < 0)) {
      json.writeNumber((long) x);
    } else {
      json.writeNumber(x);
    }
  }

  static void numbers(JsonGenerator json, double... xs) throws IOException {
    json.writeStartArray();
    for (double x : xs) {
      number(json, x);
    }
    json.writeEndArray();
  }

  /**
   * Writes the numbers of a tensor: one by one, or of many floating ones the base64 of their bytes,
   * low ones first, behind {@code F32:} or {@code F64:}, which is a quarter as long.
   */
  static void numbers(JsonGenerator json, Tensor x) throws IOException {
    boolean packs = x.dtype() == DType.F32 || x.dtype() == DType.F64;
    if (!packs || x.size() < MANY) {
      numbers(json, read(x));
      return;
    }
    int size = x.dtype().bytes();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact((int) x.size(), size)).order(LITTLE_ENDIAN);
    if (x.dtype() == DType.F32) {
      bytes.asFloatBuffer().put(x.toArray());
    } else {
      bytes.asDoubleBuffer().put(x.toDoubleArray());
    }
    json.writeString(x.dtype() + ":" + Base64.getEncoder().encodeToString(bytes.array()));
  }

  static void dims(JsonGenerator json, Type type) throws IOException {
    json.writeStartArray();
    for (long dim : type.shape().dims()) {
      json.writeNumber(dim);
    }
    json.writeEndArray();
  }

  /** Returns the numbers of a tensor of any dtype. */
  static double[] read(Tensor x) {
    return switch (x.dtype()) {
      case F64 -> x.toDoubleArray();
      case F32, BF16 -> {
        float[] all = x.toArray();
        yield IntStream.range(0, all.length).mapToDouble(i -> all[i]).toArray();
      }
      case I32 -> IntStream.of(x.toIntArray()).asDoubleStream().toArray();
      case I64 -> LongStream.of(x.toLongArray()).asDoubleStream().toArray();
      case BOOL -> {
        boolean[] all = x.toBooleanArray();
        yield IntStream.range(0, all.length).mapToDouble(i -> all[i] ? 1 : 0).toArray();
      }
    };
  }
}

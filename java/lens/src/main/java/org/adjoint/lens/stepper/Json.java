package org.adjoint.lens.stepper;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.adjoint.Tensor;
import org.adjoint.Type;

/**
 * Numbers and shapes as JSON: what is not finite becomes a string that JavaScript's Number reads.
 */
final class Json {
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

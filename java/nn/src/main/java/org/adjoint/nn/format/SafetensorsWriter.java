package org.adjoint.nn.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * Lays out and writes a {@link Safetensors} file. It decides the order of the tensors and nothing
 * else.
 */
final class SafetensorsWriter {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int CHUNK = 1 << 20;

  private SafetensorsWriter() {}

  static void write(Path file, Safetensors contents) {
    Tensor.evalAll(contents.tensors().values().toArray(new Tensor[0]));
    List<Map.Entry<String, Tensor>> widestFirst = new ArrayList<>(contents.tensors().entrySet());
    widestFirst.sort(Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes()));
    AtomicFile.write(
        file,
        out -> {
          byte[] header = header(widestFirst, contents.metadata());
          // spaces up to a multiple of 8, so that the tensors are aligned in a mapped file
          int padded = (header.length + 7) / 8 * 8;
          ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
          start.putLong(padded).put(header);
          while (start.hasRemaining()) {
            start.put((byte) ' ');
          }
          writeFully(out, start.flip());
          for (Map.Entry<String, Tensor> entry : widestFirst) {
            writeData(out, entry.getValue());
          }
        });
  }

  private static byte[] header(
      List<Map.Entry<String, Tensor>> tensors, Map<String, String> metadata) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(Safetensors.METADATA);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (Map.Entry<String, Tensor> entry : tensors) {
        Tensor tensor = entry.getValue();
        long end = offset + tensor.size() * tensor.dtype().bytes();
        json.writeObjectFieldStart(entry.getKey());
        json.writeStringField("dtype", tensor.dtype().name());
        long[] dims = tensor.shape().dims();
        json.writeFieldName("shape");
        json.writeArray(dims, 0, dims.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, end}, 0, 2);
        json.writeEndObject();
        offset = end;
      }
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private static void writeData(OutputStream out, Tensor tensor) throws IOException {
    switch (tensor.dtype()) {
      case F32 -> {
        float[] values = tensor.toArray();
        chunks(out, values.length, 4, (b, at, n) -> b.asFloatBuffer().put(values, at, n));
      }
      case F64 -> {
        double[] values = tensor.toDoubleArray();
        chunks(out, values.length, 8, (b, at, n) -> b.asDoubleBuffer().put(values, at, n));
      }
      case BF16 -> {
        short[] values = tensor.toBfloat16Array();
        chunks(out, values.length, 2, (b, at, n) -> b.asShortBuffer().put(values, at, n));
      }
      case I32 -> {
        int[] values = tensor.toIntArray();
        chunks(out, values.length, 4, (b, at, n) -> b.asIntBuffer().put(values, at, n));
      }
      case I64 -> {
        long[] values = tensor.toLongArray();
        chunks(out, values.length, 8, (b, at, n) -> b.asLongBuffer().put(values, at, n));
      }
      case BOOL -> {
        boolean[] values = tensor.toBooleanArray();
        chunks(
            out,
            values.length,
            1,
            (b, at, n) -> {
              for (int i = 0; i < n; i++) {
                b.put(i, (byte) (values[at + i] ? 1 : 0));
              }
            });
      }
    }
  }

  private interface Fill {
    void fill(ByteBuffer buffer, int at, int count);
  }

  private static void chunks(OutputStream out, int length, int bytes, Fill fill)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    int most = CHUNK / bytes;
    for (int at = 0; at < length; at += most) {
      int count = Math.min(most, length - at);
      fill.fill(buffer.clear(), at, count);
      writeFully(out, buffer.limit(count * bytes));
    }
  }

  private static void writeFully(OutputStream out, ByteBuffer buffer) throws IOException {
    out.write(buffer.array(), buffer.position(), buffer.remaining());
  }
}

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
            Elements.write(out, entry.getValue());
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

  private static void writeFully(OutputStream out, ByteBuffer buffer) throws IOException {
    out.write(buffer.array(), buffer.position(), buffer.remaining());
  }
}

package org.adjoint.nn.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;

/** What another runtime computes of a file: ONNX Runtime, on one thread. */
public final class OnnxRuntime implements AutoCloseable {
  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private final OrtSession session;

  /** Loads a file. */
  public OnnxRuntime(byte[] file) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      session = ENVIRONMENT.createSession(file, options);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the names and types of the inputs. */
  Map<String, NodeInfo> inputs() {
    try {
      return session.getInputInfo();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns the outputs of the file for inputs in the file's order, those of no numbers left out.
   */
  public List<Tensor> run(List<Tensor> inputs) {
    Map<String, OnnxTensor> named = new LinkedHashMap<>();
    try {
      int at = 0;
      for (String name : session.getInputNames()) {
        named.put(name, tensor(inputs.get(at++)));
      }
      List<Tensor> outputs = new ArrayList<>();
      try (OrtSession.Result result = session.run(named)) {
        for (Map.Entry<String, OnnxValue> entry : result) {
          outputs.add(tensor((OnnxTensor) entry.getValue()));
        }
      }
      return outputs;
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      named.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(Tensor x) throws OrtException {
    long[] dims = x.shape().dims();
    return switch (x.dtype()) {
      case F32 -> OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(x.toArray()), dims);
      case I64 -> OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(x.toLongArray()), dims);
      case I32 -> OnnxTensor.createTensor(ENVIRONMENT, IntBuffer.wrap(x.toIntArray()), dims);
      default -> throw new IllegalArgumentException(x.type().toString());
    };
  }

  private static Tensor tensor(OnnxTensor x) {
    TensorInfo info = x.getInfo();
    long[] dims = info.getShape();
    int size = (int) info.getNumElements();
    switch (info.type) {
      case FLOAT -> {
        float[] values = new float[size];
        x.getFloatBuffer().get(values);
        return Tensor.of(values, dims);
      }
      case INT64 -> {
        long[] values = new long[size];
        x.getLongBuffer().get(values);
        return Tensor.of(values, dims);
      }
      case BOOL -> {
        ByteBuffer bytes = x.getByteBuffer().order(ByteOrder.nativeOrder());
        boolean[] values = new boolean[size];
        for (int i = 0; i < size; i++) {
          values[i] = bytes.get(i) != 0;
        }
        return Tensor.of(values, dims);
      }
      default -> throw new IllegalArgumentException(info.toString());
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}

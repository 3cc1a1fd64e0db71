package org.adjoint.benchmarks.serving;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;

/** ONNX Runtime on our exported file: one session for all threads, as its makers advise. */
final class OnnxServed implements Served {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final long[] dims;

  OnnxServed(ServedNetwork network, int threads) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(network.onnx(), options);
    }
    dims = new long[network.dims().size() + 1];
    dims[0] = 1;
    System.arraycopy(network.shape(), 0, dims, 1, dims.length - 1);
  }

  @Override
  public Caller caller() {
    return example -> {
      try (OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(example), dims);
          OrtSession.Result result = session.run(Map.of("x", x))) {
        FloatBuffer y = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] logits = new float[y.remaining()];
        y.get(logits);
        return logits;
      }
    };
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

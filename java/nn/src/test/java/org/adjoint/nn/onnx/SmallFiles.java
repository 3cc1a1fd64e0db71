package org.adjoint.nn.onnx;

import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Flatten;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.onnx.OnnxExport.Input;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;

/** Small ONNX files, for tests that damage them. */
public final class SmallFiles {
  private SmallFiles() {}

  /** Returns files of an image's network and of a recurrent one. */
  public static List<byte[]> all() {
    Origin origin = Origin.of(Key.of(1));
    Layer image =
        Sequential.of()
            .then("conv", Conv.of(origin.at("conv"), 1, 2, Convolution.of(2).padding(1), 3))
            .then("relu", Activation.RELU)
            .then("pool", Pool.max(2, 2))
            .then("flatten", new Flatten())
            .then("head", Linear.of(origin.at("head"), 8, 3));
    Recurrent lstm = Recurrent.of(origin.at("lstm"), Recurrent.Options.of(Cell.LSTM, 2, 3));
    return List.of(
        OnnxExport.of(image, Input.of("x", DType.F32, 1, 4, 4)).bytes(),
        OnnxExport.of(lstm, Input.of("x", DType.F32, 4, 2)).bytes());
  }
}

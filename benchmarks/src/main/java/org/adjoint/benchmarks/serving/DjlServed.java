package org.adjoint.benchmarks.serving;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.util.Iterator;
import org.adjoint.Tensor;

/** DJL on its PyTorch engine: blocks with our weights, and a predictor for each thread. */
final class DjlServed implements Served {
  private final Model model = Model.newInstance("served", Device.cpu(), "PyTorch");
  private final Shape example;

  DjlServed(ServedNetwork network) {
    example = new Shape(network.shape());
    SequentialBlock block = network.name().equals(ServedNetwork.MLP) ? mlp() : lenet();
    model.setBlock(block);
    NDManager memory = model.getNDManager();
    block.initialize(memory, DataType.FLOAT32, new Shape(1).addAll(example));
    Iterator<org.adjoint.Parameter> ours = network.layer().parameters().iterator();
    for (Parameter theirs : block.getParameters().values()) {
      Tensor value = ours.next();
      boolean dense = value.rank() == 2; // ours is [in, out], theirs [out, in]
      theirs.getArray().set((dense ? value.transpose() : value).toArray());
    }
  }

  private static SequentialBlock mlp() {
    return new SequentialBlock()
        .add(dense(256))
        .add(Activation::relu)
        .add(dense(128))
        .add(Activation::relu)
        .add(dense(10));
  }

  private static SequentialBlock lenet() {
    return new SequentialBlock()
        .add(conv(16))
        .add(Activation::relu)
        .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
        .add(conv(32))
        .add(Activation::relu)
        .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
        .add(Blocks.batchFlattenBlock())
        .add(dense(128))
        .add(Activation::relu)
        .add(dense(10));
  }

  private static Linear dense(long units) {
    return Linear.builder().setUnits(units).build();
  }

  private static Conv2d conv(int filters) {
    return Conv2d.builder().setKernelShape(new Shape(5, 5)).setFilters(filters).build();
  }

  @Override
  public Caller caller() {
    Predictor<float[], float[]> predictor = model.newPredictor(new Floats(example));
    return predictor::predict;
  }

  /** Arrays in and out; a batch of one is put around each, as is DJL's default. */
  private record Floats(Shape example) implements Translator<float[], float[]> {
    @Override
    public NDList processInput(TranslatorContext context, float[] input) {
      return new NDList(context.getNDManager().create(input, example));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList list) {
      return list.singletonOrThrow().toFloatArray();
    }
  }

  @Override
  public void close() {
    model.close();
  }
}

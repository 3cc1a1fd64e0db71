package org.adjoint.nn.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.optim.Optimizer;

/**
 * One step of a {@link Trainer}: the gradients of a batch, in one or several parts, and the
 * optimizer's step. With {@code Compiled} the step is written down once for each size of its parts;
 * steps that a {@link Recorder} measures are built anew, and give the same bits.
 */
final class StepRunner {
  private final Layer model;
  private final Optimizer optimizer;
  private final BinaryOperator<Tensor> loss;
  private final Recorder recorder;
  private final Optional<Function<List<Tensor>, List<Tensor>>> compiled;

  /** The mean loss over the rows of a step, and how many of them were right. */
  record Outcome(double loss, double right) {}

  StepRunner(
      Layer model,
      Optimizer optimizer,
      BinaryOperator<Tensor> loss,
      Recorder recorder,
      boolean compiles) {
    this.model = model;
    this.optimizer = optimizer;
    this.loss = loss;
    this.recorder = recorder;
    this.compiled =
        compiles ? Optional.of(Compiled.ofList(in -> step(in, Recorder.NONE))) : Optional.empty();
  }

  /**
   * Makes a step.
   *
   * @param parts the rows; together they are one batch
   * @param key what the model draws from
   */
  Outcome run(List<Dataset.Batch> parts, Key key) {
    List<Tensor> in = new ArrayList<>();
    for (Dataset.Batch part : parts) {
      in.add(part.features());
      in.add(part.labels());
    }
    in.add(key.bits());
    boolean plain = compiled.isEmpty() || recorder.records();
    List<Tensor> out = plain ? step(in, recorder) : compiled.get().apply(in);
    return new Outcome(out.get(0).item(), out.get(1).item());
  }

  /** Returns loss and hits of features and labels of each part and then the key's bits. */
  private List<Tensor> step(List<Tensor> in, Recorder measures) {
    Key key = Key.of(in.get(in.size() - 1));
    int parts = in.size() / 2;
    long rows = 0;
    for (int i = 0; i < parts; i++) {
      rows += in.get(2 * i).dim(0);
    }
    optimizer.zeroGrad();
    Tensor total = Tensor.scalar(0.0);
    Tensor hits = Tensor.scalar(0.0);
    for (int i = 0; i < parts; i++) {
      Tensor labels = in.get(2 * i + 1);
      Key draws = parts == 1 ? key : key.fold(i);
      Tensor output = model.apply(in.get(2 * i), measures.watch(Training.of(draws)));
      Tensor mean = loss.apply(output, labels);
      // The mean over all rows is the means over the parts, each by its share of the rows.
      Tensor part = parts == 1 ? mean : mean.times((double) in.get(2 * i).dim(0) / rows);
      part.backward();
      total = i == 0 ? part : total.plus(part.detach());
      Tensor right = right(output, labels);
      hits = i == 0 ? right : hits.plus(right);
    }
    optimizer.step(measures.outputs(total, hits));
    return List.of(total, hits);
  }

  /** Returns how many rows are right; NaN where outputs are no scores of classes. */
  private static Tensor right(Tensor output, Tensor labels) {
    boolean classes = output.rank() == 2 && labels.rank() == 1 && !labels.dtype().isFloating();
    return classes ? Evaluation.correct(output, labels) : Tensor.scalar(Double.NaN, DType.F64);
  }
}

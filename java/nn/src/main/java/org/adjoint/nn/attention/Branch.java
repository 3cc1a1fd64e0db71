package org.adjoint.nn.attention;

import java.util.function.BiFunction;
import org.adjoint.Tensor;
import org.adjoint.nn.Dropout;
import org.adjoint.nn.Training;
import org.adjoint.nn.norm.LayerNorm;

/**
 * How a branch of a transformer's layer is added to what it branches off: x + drop(f(norm(x))), or
 * norm(x + drop(f(x))).
 *
 * <p>Source: R. Xiong et al., "On Layer Normalization in the Transformer Architecture", ICML 2020,
 * table 1.
 */
record Branch(TransformerOptions options, Training training) {

  /**
   * Returns the sum.
   *
   * @param number what tells the layer's branches from each other, from 1
   * @param norm the branch's normalisation
   * @param f the branch without normalisation and dropout
   */
  Tensor add(int number, LayerNorm norm, Tensor x, BiFunction<Tensor, Training, Tensor> f) {
    Dropout dropout = Dropout.of(options.dropout());
    String normName = "norm" + number;
    Tensor inner = options.preNorm() ? training.apply(normName, norm, x) : x;
    Tensor y = x.plus(training.apply("dropout" + number, dropout, f.apply(inner, training)));
    return options.preNorm() ? y : training.apply(normName, norm, y);
  }
}

package org.adjoint;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.adjoint.op.ScanOps;

/**
 * What a step of a {@link RandomGraph} may do: takes 2 × 3 matrices to one, and moderate numbers to
 * moderate ones. To let the laws see another op, add a row.
 */
public enum RandomOp {
  MEAN("(%s + %s) / 2", (a, b) -> a.plus(b).times(0.5)),
  PRODUCT("tanh(%s * %s)", (a, b) -> a.times(b).tanh()),
  QUOTIENT("%s / (%2$s² + 1)", (a, b) -> a.div(b.square().plus(1))),
  DIFFERENCE("%s² - |%s|, tanh", (a, b) -> a.square().minus(b.abs()).tanh()),
  MATMUL(
      "tanh(%s @ %sᵀ @ %2$s / 4)", (a, b) -> a.matmul(b.transpose()).matmul(b).times(.25).tanh()),
  MATMUL_RELU(
      "tanh(relu(%sᵀ @ %s + %2$s[0])[:2])",
      (a, b) -> a.transpose().matmul(b).plus(b.slice(0, 0, 1)).relu().slice(0, 0, 2).tanh()),
  EINSUM(
      "tanh(einsum(ij,kj,kl->il, %s, %s, %1$s) / 4)",
      (a, b) -> Tensor.einsum("ij,kj,kl->il", a, b, a).times(0.25).tanh()),
  WHERE("where(%s > %s, %1$s, -%2$s)", (a, b) -> Tensor.where(a.gt(b), a, b.neg())),
  MAXIMUM("sum(max(%s, %s), axis 1) / 3", (a, b) -> wide(a.maximum(b).sum(true, 1).div(3))),
  CENTERED("%s - mean(%s, axis 0)", (a, b) -> a.minus(b.mean(true, 0))),
  LOG_SUM_EXP(
      "tanh(logSumExp(%s, axis 1) - %s)", (a, b) -> a.logSumExp(1).reshape(2, 1).minus(b).tanh()),
  CROSS_ENTROPY(
      "tanh(softmaxCrossEntropy(%s, [2, 0]) - %s)",
      (a, b) -> a.softmaxCrossEntropy(ints(2, 0)).reshape(2, 1).minus(b).tanh()),
  CONCAT(
      "concat(%s[:, 1:3], %s[:, 0:1])",
      (a, b) -> Tensor.concat(1, a.slice(1, 1, 3), b.slice(1, 0, 1))),
  STRIDED(
      "concat(%s[:, ::2], %s[:, 1:2])",
      (a, b) -> Tensor.concat(1, a.slice(1, 0, 3, 2), b.slice(1, 1, 2))),
  INDEX_ADD(
      "tanh(indexAdd(%s, axis 1, [2, 0, 2], %s))",
      (a, b) -> a.indexAdd(1, ints(2, 0, 2), b).tanh()),
  SMOOTH_SCAN(
      "linearScan(sigmoid(%s), %s), tanh",
      (a, b) -> ScanOps.linearScan(a.sigmoid(), b, 1, false).tanh()),
  EXP("exp(tanh(%s)) / 2", a -> a.tanh().exp().times(0.5)),
  ROOT("sqrt(%s² + 1)", a -> a.square().plus(1).sqrt().times(0.5)),
  SIN("sin(%s)", Tensor::sin),
  ERF("erf(%s)", Tensor::erf),
  GELU("gelu(%s)", Tensor::gelu),
  SOFTPLUS("softplus(%s) / 2", a -> a.softplus().times(0.5)),
  POWER("(sigmoid(%s) + 1) ** 1.5", a -> a.sigmoid().plus(1).pow(1.5).times(0.5)),
  SOFTMAX("softmax(%s, axis 1)", a -> a.softmax(1)),
  SOFTMAX_COLUMNS("softmax(%s, axis 0)", a -> a.softmax(0)),
  LOG_SOFTMAX("logSoftmax(%s, axis 1) / 3", a -> a.logSoftmax(1).div(3)),
  NORMALISED(
      "(%s - mean) / sqrt(var + 1), axis 1",
      a -> a.minus(a.mean(true, 1)).div(a.var(0, true, 1).plus(1).sqrt())),
  BELOW_MAX("%s - max(%1$s, axis 0)", a -> a.minus(a.max(true, 0)).times(0.5)),
  PROD("prod(tanh(%s), axis 1)", a -> wide(a.tanh().prod(true, 1))),
  TRANSPOSED("reshape(%sᵀ, 2 x 3)", a -> a.transpose().reshape(2, 3)),
  PERMUTED("permute(reshape(%s, 3 x 2))", a -> a.reshape(3, 2).permute(1, 0)),
  GATHER("%s[:, [2, 0, 0]]", a -> a.gather(1, ints(2, 0, 0))),
  SCATTER(
      "scatterAdd(axis 1, [2, 2, 0], %s) / 2",
      a -> Tensor.scatterAdd(Shape.of(2, 3), 1, ints(2, 2, 0), a).times(0.5)),
  SORT("sort(%s, axis 1)", a -> a.sort(1)),
  CUMSUM("cumsum(%s, axis 0) / 2", a -> a.cumsum(0).times(0.5)),
  CUMPROD("cumprod(tanh(%s), axis 1, reverse)", a -> a.tanh().cumprod(1, true)),
  LOG_CUM_SUM_EXP("tanh(logCumSumExp(%s, axis 1))", a -> a.logCumSumExp(1).tanh());

  private final String formula;
  private final int arity;
  private final BinaryOperator<Tensor> function;

  RandomOp(String formula, BinaryOperator<Tensor> function) {
    this.formula = formula;
    this.arity = 2;
    this.function = function;
  }

  RandomOp(String formula, UnaryOperator<Tensor> function) {
    this.formula = formula;
    this.arity = 1;
    this.function = (a, b) -> function.apply(a);
  }

  private static Tensor ints(int... values) {
    return Tensor.of(values, values.length);
  }

  private static Tensor wide(Tensor column) {
    return column.broadcastTo(2, 3);
  }

  /** Returns how it is written, with places for the names of its arguments. */
  public String formula() {
    return formula;
  }

  /** Returns how many of two arguments it reads. */
  public int arity() {
    return arity;
  }

  public Tensor apply(Tensor a, Tensor b) {
    return function.apply(a, b);
  }
}

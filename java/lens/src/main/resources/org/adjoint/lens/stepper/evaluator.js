'use strict';
/**
 * Runs a tape: the list of ops that the engine has built for values, gradients, local Jacobians and
 * contributions alike. Each entry is an array:
 *
 *   ['cell', cell, dims, dtype]            the value of a leaf, which the reader may change
 *   ['number', x, dims, dtype]             a number
 *   ['value', [x, …], dims, dtype]         a constant
 *   [op, [input, …], [attribute, …], dims, dtype]
 *
 * There is no rule of differentiation here: a gradient is a graph like any other. An op means what
 * its row in org.adjoint.op says; its attributes are those of the row. Every result is rounded to
 * its dtype. To add an op, add it here and to Tape.KNOWN.
 */
const Evaluator = (() => {
  const count = dims => dims.reduce((a, b) => a * b, 1);

  const rounding = {
    F32: Math.fround, F64: x => x, I32: Math.trunc, I64: Math.trunc, BOOL: x => (x === 0 ? 0 : 1),
  };

  const sechSquare = x => {
    const e = Math.exp(-2 * Math.abs(x));
    return 4 * e / ((1 + e) * (1 + e));
  };
  const sech = x => {
    const e = Math.exp(-Math.abs(x));
    return 2 * e / (1 + e * e);
  };
  const sigmoid = x => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

  /** Ops on each element alone, over inputs that broadcast. */
  const elementwise = {
    neg: x => -x, abs: Math.abs, exp: Math.exp, log: Math.log, log1p: Math.log1p, expm1: Math.expm1,
    sqrt: Math.sqrt, rsqrt: x => 1 / Math.sqrt(x), reciprocal: x => 1 / x, square: x => x * x,
    tanh: Math.tanh, sigmoid, relu: x => (x <= 0 ? 0 : x), sign: Math.sign, floor: Math.floor,
    ceil: Math.ceil, sin: Math.sin, cos: Math.cos, sinh: Math.sinh, cosh: Math.cosh, sech, sechSquare,
    lessSquare: x => (1 - x) * (1 + x),
    softplus: x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    plus: (a, b) => a + b, minus: (a, b) => a - b, times: (a, b) => a * b, div: (a, b) => a / b,
    pow: (a, b) => (a === 1 ? 1 : Math.pow(a, b)), maximum: Math.max, minimum: Math.min,
    scale: (g, d) => (g === 0 || d === 0 ? 0 : g * d), leakyRelu: (x, s) => (x > 0 ? x : s * x),
    equal: (a, b) => +(a === b), notEqual: (a, b) => +(a !== b), less: (a, b) => +(a < b),
    lessEqual: (a, b) => +(a <= b), greater: (a, b) => +(a > b), greaterEqual: (a, b) => +(a >= b),
    where: (c, a, b) => (c ? a : b),
    cast: x => x, detach: x => x,
  };

  function strides(dims) {
    const steps = new Array(dims.length);
    for (let axis = dims.length - 1, step = 1; axis >= 0; step *= dims[axis--]) steps[axis] = step;
    return steps;
  }

  /** Walks an array of these dims; calls f(place, index) with the index of each axis. */
  function walk(dims, f) {
    const index = new Array(dims.length).fill(0);
    const n = count(dims);
    for (let place = 0; place < n; place++) {
      f(place, index);
      for (let axis = dims.length - 1; axis >= 0 && ++index[axis] === dims[axis]; axis--) index[axis] = 0;
    }
  }

  /** Returns, for each element of dims `to`, the place of the element of dims `from` that it repeats. */
  function repeated(from, to) {
    const shift = to.length - from.length;
    const steps = strides(from);
    const places = new Int32Array(count(to));
    walk(to, (place, index) => {
      let at = 0;
      for (let axis = 0; axis < from.length; axis++) {
        if (from[axis] !== 1) at += index[axis + shift] * steps[axis];
      }
      places[place] = at;
    });
    return places;
  }

  function fold(x, dims, axes, start, combine) {
    const kept = dims.map((_, axis) => axis).filter(axis => !axes.includes(axis));
    const steps = strides(kept.map(axis => dims[axis]));
    const y = new Float64Array(count(kept.map(axis => dims[axis]))).fill(start);
    walk(dims, (place, index) => {
      let at = 0;
      kept.forEach((axis, i) => { at += index[axis] * steps[i]; });
      y[at] = combine(y[at], x[place]);
    });
    return y;
  }

  /** Calls f(row, from) for each row along the last axis. */
  function rows(dims, f) {
    const n = dims[dims.length - 1];
    for (let row = 0; row < count(dims) / n; row++) f(row, row * n, n);
  }

  function logSumExp(x, from, n) {
    const top = x.slice(from, from + n).reduce((a, b) => Math.max(a, b), -Infinity);
    if (!Number.isFinite(top)) return top;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.exp(x[from + i] - top);
    return top + Math.log(sum);
  }

  function byRows(x, dims, f) {
    const y = new Float64Array(count(dims));
    rows(dims, (row, from, n) => {
      const total = logSumExp(x, from, n);
      for (let i = 0; i < n; i++) y[from + i] = f(x[from + i] - total, row, i);
    });
    return y;
  }

  function matmul(a, aDims, b, bDims, dims) {
    const [m, n] = dims.slice(-2);
    const k = aDims[aDims.length - 1];
    const batch = dims.slice(0, -2);
    const aPlaces = repeated(aDims.slice(0, -2), batch);
    const bPlaces = repeated(bDims.slice(0, -2), batch);
    const y = new Float64Array(count(dims));
    for (let p = 0; p < count(batch); p++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) sum += a[(aPlaces[p] * m + i) * k + l] * b[(bPlaces[p] * k + l) * n + j];
          y[(p * m + i) * n + j] = sum;
        }
      }
    }
    return y;
  }

  /** Calls f(place in the values, place in what is picked) for gather and scatterAdd. */
  function picks(dims, indexDims, [axis, batchAxes], index, f) {
    const part = (from, to) => count(dims.slice(from, to));
    const [batch, outer, n, inner] = [part(0, batchAxes), part(batchAxes, axis), dims[axis], part(axis + 1)];
    const k = count(indexDims.slice(batchAxes));
    for (let b = 0; b < batch; b++) {
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < k; i++) {
          for (let q = 0; q < inner; q++) {
            f(((b * outer + o) * n + index[b * k + i]) * inner + q, ((b * outer + o) * k + i) * inner + q);
          }
        }
      }
    }
  }

  function argmax(x, dims, [axis]) {
    const best = fold(x, dims, [axis], -Infinity, Math.max);
    const kept = dims.map((n, a) => (a === axis ? 1 : n));
    const places = repeated(kept, dims);
    const y = new Float64Array(best.length).fill(-1);
    walk(dims, (place, index) => {
      const at = places[place];
      if (y[at] < 0 && (x[place] === best[at] || Number.isNaN(x[place]))) y[at] = index[axis];
    });
    return y;
  }

  /** Ops of whole tensors: f(inputs, dims of the inputs, attributes, dims of the result). */
  const whole = {
    reshape: ([x]) => x,
    broadcastTo: ([x], [from], _, to) => repeated(from, to).reduce((y, p, i) => { y[i] = x[p]; return y; }, new Float64Array(count(to))),
    permute([x], [from], axes, to) {
      const steps = strides(from);
      const y = new Float64Array(count(to));
      walk(to, (place, index) => { y[place] = x[axes.reduce((at, axis, i) => at + index[i] * steps[axis], 0)]; });
      return y;
    },
    slice([x], [from], attrs, to) {
      const rank = from.length;
      const steps = strides(from);
      const y = new Float64Array(count(to));
      walk(to, (place, index) => {
        y[place] = x[index.reduce((at, i, axis) => at + (attrs[axis] + i * attrs[rank + axis]) * steps[axis], 0)];
      });
      return y;
    },
    unslice([x], [from], attrs, to) {
      const rank = to.length;
      const steps = strides(to);
      const y = new Float64Array(count(to));
      walk(from, (place, index) => {
        y[index.reduce((at, i, axis) => at + (attrs[axis] + i * attrs[rank + axis]) * steps[axis], 0)] = x[place];
      });
      return y;
    },
    concat(xs, dimsOf, [axis], to) {
      const steps = strides(to);
      const y = new Float64Array(count(to));
      let start = 0;
      xs.forEach((x, i) => {
        walk(dimsOf[i], (place, index) => {
          y[index.reduce((at, j, a) => at + (a === axis ? j + start : j) * steps[a], 0)] = x[place];
        });
        start += dimsOf[i][axis];
      });
      return y;
    },
    sum: ([x], [dims], axes) => fold(x, dims, axes, 0, (a, b) => a + b),
    max: ([x], [dims], axes) => fold(x, dims, axes, -Infinity, Math.max),
    min: ([x], [dims], axes) => fold(x, dims, axes, Infinity, Math.min),
    argmax: ([x], [dims], axes) => argmax(x, dims, axes),
    gather([x, index], [dims, indexDims], attrs, to) {
      const y = new Float64Array(count(to));
      picks(dims, indexDims, attrs, index, (from, at) => { y[at] = x[from]; });
      return y;
    },
    scatterAdd([index, updates], [indexDims], attrs, to) {
      const y = new Float64Array(count(to));
      picks(to, indexDims, attrs, index, (at, from) => { y[at] += updates[from]; });
      return y;
    },
    matmul: ([a, b], [aDims, bDims], _, dims) => matmul(a, aDims, b, bDims, dims),
    softmax: ([x], [dims]) => byRows(x, dims, Math.exp),
    logSoftmax: ([x], [dims]) => byRows(x, dims, y => y),
    logSumExp([x], [dims], _, to) {
      const y = new Float64Array(count(to));
      rows(dims, (row, from, n) => { y[row] = logSumExp(x, from, n); });
      return y;
    },
    softmaxCrossEntropy([x, labels], [dims], _, to) {
      const y = new Float64Array(count(to));
      rows(dims, (row, from, n) => { y[row] = logSumExp(x, from, n) - x[from + labels[row]]; });
      return y;
    },
    softmaxCrossEntropyGrad: ([x, labels, g], [dims]) =>
      byRows(x, dims, (y, row, i) => g[row] * (Math.exp(y) - (labels[row] === i ? 1 : 0))),
  };

  /** Returns the values of all entries of a tape; `values` are those of the cells. */
  function run(tape, values) {
    const results = [];
    for (const entry of tape) {
      const [op, second] = entry;
      const dims = entry[entry.length - 2];
      const round = rounding[entry[entry.length - 1]];
      let y;
      if (op === 'cell') {
        y = Float64Array.from(values[second]);
      } else if (op === 'number') {
        y = Float64Array.of(Number(second));
      } else if (op === 'value') {
        y = Float64Array.from(second, Number);
      } else {
        const inputs = second.map(i => results[i].values);
        const inputDims = second.map(i => results[i].dims);
        if (op in elementwise) {
          const f = elementwise[op];
          const places = inputDims.map(from => repeated(from, dims));
          y = new Float64Array(count(dims));
          for (let i = 0; i < y.length; i++) y[i] = f(...inputs.map((x, k) => x[places[k][i]]));
        } else {
          y = Float64Array.from(whole[op](inputs, inputDims, entry[2], dims));
        }
      }
      for (let i = 0; i < y.length; i++) y[i] = round(y[i]);
      results.push({values: y, dims});
    }
    return results;
  }

  /** Returns numbers that were written one by one, or as the base64 of their bytes behind F32: or F64:. */
  function numbers(written) {
    if (typeof written !== 'string') return written.map(Number);
    const bytes = new DataView(Uint8Array.from(atob(written.slice(4)), c => c.charCodeAt(0)).buffer);
    const wide = written.startsWith('F64:');
    return Array.from({length: bytes.byteLength / (wide ? 8 : 4)},
      (_, i) => (wide ? bytes.getFloat64(8 * i, true) : bytes.getFloat32(4 * i, true)));
  }

  /** Makes arrays of all numbers of a page's data; a contribution that is the whole gradient stands there alone. */
  function unpack(data) {
    for (const cell of data.cells) {
      cell.value = numbers(cell.value);
      if (cell.grad) cell.grad = numbers(cell.grad);
    }
    for (const edge of data.edges) {
      edge.part = edge.part ? numbers(edge.part) : data.cells[edge.input].grad.slice();
      if (edge.local) edge.local = numbers(edge.local);
    }
    return data;
  }

  return {run, unpack};
})();
if (typeof module !== 'undefined') module.exports = Evaluator;

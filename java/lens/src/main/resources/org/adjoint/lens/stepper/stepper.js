'use strict';
/**
 * Steps through a lesson. The data, as LessonJson.java writes them:
 *
 *   cells   by cell name, kind (input, parameter, op), dims, formula, note, inputs, value, and grad
 *           where a gradient arrives; valueAt and gradAt are their places on the tape
 *   edges   the applications of the chain rule, in order: cell, input, symbol, part (the
 *           contribution), local (the local Jacobian, where it is small), partAt, localAt; part is
 *           missing where it is the input's whole gradient
 *   tape    what evaluator.js runs when the reader has changed something; null if it cannot
 *   wide, tall   places and lines of the drawing for wide and for narrow screens
 *
 * All numbers at the start are the engine's. The state is one number, how many steps were taken;
 * everything on the page is shown anew from that and from the numbers.
 */
(() => {
  const data = Evaluator.unpack(JSON.parse(document.getElementById('data').textContent));
  const $ = id => document.getElementById(id);
  const number = Drawing.number;
  const cells = data.cells;
  const edges = data.edges;
  const last = cells.length - 1;
  const loss = cells[last].name;
  const original = cells.map(cell => cell.value.slice());

  // ---- the steps ----

  /** Forward steps, then the seed, then edge by edge; a sum before a gradient of several parts goes on. */
  function plan() {
    const all = [];
    cells.forEach((cell, i) => { if (cell.kind === 'op') all.push({kind: 'forward', cell: i}); });
    const forwards = all.length;
    all.push({kind: 'seed', cell: last});
    const waiting = cells.map((_, i) => edges.filter(e => e.input === i).length);
    const parts = waiting.slice();
    edges.forEach((edge, e) => {
      const siblings = edges.filter(other => other.cell === edge.cell);
      const use = siblings.indexOf(edge) + 1;
      all.push({kind: 'chain', edge: e, cell: edge.cell, input: edge.input, use, uses: siblings.length});
      if (--waiting[edge.input] === 0 && parts[edge.input] > 1) all.push({kind: 'sum', cell: edge.input});
    });
    return {all, forwards};
  }

  const {all: steps, forwards} = plan();
  let taken = 0;
  let timer = 0;
  let losses = [cells[last].value[0]];
  const network = new Drawing.Network($('network'), data);

  const d = i => `∂${loss}/∂${cells[i].name}`;
  const isScalar = x => x.length === 1;
  const largest = x => x.reduce((m, v) => (Math.abs(v) > Math.abs(m) ? v : m), 0);
  const shape = dims => `[${dims.join(', ')}]`;

  function element(tag, className, ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  /** A formula as a factor: a sum, a quotient or what begins with a minus sign in parentheses. */
  function grouped(formula) {
    let depth = 0;
    let open = formula.startsWith('−');
    for (const letter of formula) {
      depth += (letter === '(') - (letter === ')');
      open ||= depth === 0 && (letter === ' ' || letter === '/');
    }
    return open ? `(${formula})` : formula;
  }

  const span = (className, text) => element('span', className, text);

  /** A tensor as a number, or as its shape with a table to open. */
  function shown(values, dims, className) {
    if (isScalar(values)) return span(className, number(values[0]));
    const most = 256;
    const text = `${shape(dims)}, largest ${number(largest(values))}`;
    if (values.length > most) return span(className, text);
    const columns = dims[dims.length - 1];
    const table = element('table');
    const body = table.createTBody();
    for (let r = 0; r < values.length / columns; r++) {
      const row = body.insertRow();
      for (let c = 0; c < columns; c++) row.insertCell().textContent = number(values[r * columns + c]);
    }
    return element('details', className, element('summary', '', text), table);
  }

  /** Returns what a step did: briefly for the log, in full for the card of the current step. */
  function told(step, full) {
    const cell = cells[step.cell];
    const math = (...children) => element('div', 'math', ...children);
    const note = cell.note && step.kind !== 'chain' ? [element('p', 'what', cell.note)] : [];
    if (step.kind === 'forward') {
      const inputs = cell.inputs.filter(i => isScalar(cells[i].value)).map(i => `${cells[i].name} = ${number(cells[i].value[0])}`);
      return [
        math(`${cell.name} = ${cell.formula} = `, shown(cell.value, cell.dims, 'value total')),
        element('p', 'what', inputs.length ? 'with ' + inputs.join(', ') : 'a value computed from those before it'), ...note,
      ];
    }
    if (step.kind === 'seed') {
      return [
        math(`∂${loss}/∂${loss} = `, shown(cell.grad, cell.dims, 'grad total')),
        element('p', 'what', 'backpropagation starts at the loss, whose derivative by itself is 1'), ...note,
      ];
    }
    if (step.kind === 'sum') {
      const parts = edges.filter(e => e.input === step.cell).map(e => e.part);
      const sum = isScalar(cell.grad) ? parts.map(p => number(p[0])).join(' + ') : `the sum of ${parts.length} contributions`;
      return [
        math(`${d(step.cell)} = ${sum} = `, shown(cell.grad, cell.dims, 'grad total')),
        element('p', 'what', `${cell.name} is read by ${parts.length} others, so its gradient is the sum of what they send back`), ...note,
      ];
    }
    const edge = edges[step.edge];
    const input = cells[step.input];
    const alone = edges.filter(e => e.input === step.input).length === 1;
    const local = `∂${cell.name}/∂${input.name}`;
    const incoming = d(step.cell);
    const symbols = edge.symbol === local ? `${incoming} · ${local}` : `${incoming} · ${local} = ${incoming} · ${grouped(edge.symbol)}`;
    const head = `${alone ? '' : 'part of '}${d(step.input)} = ${symbols}`;
    const scalar = isScalar(cell.grad) && edge.local && isScalar(edge.local);
    const numbers = scalar
      ? math('= ', span('grad incoming', number(cell.grad[0])), ' × ', span('value local', number(edge.local[0])), ' = ', span('grad total part', number(edge.part[0])))
      : math('= ', shown(edge.part, input.dims, 'grad total part'));
    const rest = [];
    if (!scalar && edge.local) {
      rest.push(element('div', 'math', `${local}: `, shown(edge.local, [cell.value.length, input.value.length], 'value local')));
    } else if (!scalar) {
      rest.push(element('p', 'what', `${local} would have ${cell.value.length} × ${input.value.length} entries; it is applied without being written down`));
    }
    const what = element('p', 'what', full ? 'gradient that comes in × local Jacobian = contribution ' : '');
    if (step.uses > 1) {
      const times = `${incoming} computed once, used ${step.uses} times (${step.use} of ${step.uses})`;
      what.append(span('shared', times));
    }
    if (input.note) rest.push(element('p', 'what', input.note));
    return [math(head), numbers, ...rest, what];
  }

  // ---- what is seen ----

  /** Says which cells have values and gradients after the steps that were taken. */
  function known() {
    const state = cells.map(cell => ({value: cell.kind === 'op' ? null : cell.value, grad: null, got: 0, need: 0}));
    for (const edge of edges) state[edge.input].need++;
    for (const step of steps.slice(0, taken)) {
      const at = state[step.cell];
      if (step.kind === 'forward') at.value = cells[step.cell].value;
      if (step.kind === 'seed' || step.kind === 'sum') { at.grad = cells[step.cell].grad; at.complete = true; }
      if (step.kind === 'chain') {
        const to = state[step.input];
        const part = edges[step.edge].part;
        to.grad = to.grad ? to.grad.map((g, i) => g + part[i]) : part.slice();
        to.complete = ++to.got === to.need && to.need === 1;
      }
    }
    return state;
  }

  function guide() {
    if (taken === 0) return 'Press “Forward step” or → : values are computed from the inputs to the loss.';
    if (taken < forwards) return `Forward: ${taken} of ${forwards} values computed. Next: ${cells[steps[taken].cell].name}.`;
    if (taken === forwards) return `The loss ${loss} is known. Press “Backward step” or ← : gradients flow from it back to the parameters.`;
    if (taken < steps.length) return `Backward: step ${taken - forwards} of ${steps.length - forwards}.`;
    return 'Done: every parameter has its gradient. Change a number below, or train.';
  }

  function counter() {
    const done = steps.slice(0, taken).filter(s => s.kind === 'chain').length;
    const scalar = cells.every(cell => isScalar(cell.value));
    const count = `${scalar ? 'Multiplications' : 'Products of a gradient with a local Jacobian'}: ${done} of ${edges.length}. `;
    return data.pathProducts <= edges.length
      ? count + 'Here nothing is shared: there is one path.'
      : count + `Expanding every path from ${loss} to a parameter would take ${number(data.pathProducts)}: `
        + 'shared gradients are computed once and used again.';
  }

  function render() {
    const step = taken ? steps[taken - 1] : null;
    known().forEach((cell, i) => {
      const op = cells[i].kind === 'op';
      const state = cell.complete ? 'graded' : cell.value && op ? 'done' : '';
      const now = step && (step.kind === 'chain' ? step.input === i : step.cell === i);
      network.update(i, {value: cell.value, grad: cell.grad, partial: !cell.complete, state, now});
    });
    if (!step) network.mark(-1, []);
    else if (step.kind === 'chain') network.mark(step.cell, [step.input]);
    else network.mark(step.cell, step.kind === 'forward' ? cells[step.cell].inputs : []);
    $('guide').textContent = guide();
    $('now').replaceChildren(...(step ? told(step, true) : [element('p', 'what', 'Each step is explained here, in symbols and in numbers.')]));
    $('counter').textContent = counter();
    $('log').replaceChildren(...steps.slice(0, taken).map((s, i) => {
      const li = element('li', s.kind + (i === taken - 1 ? ' latest' : ''), ...told(s, false));
      li.dataset.step = i;
      return li;
    }));
    $('log').scrollTop = $('log').scrollHeight;
    $('forward').disabled = taken >= forwards;
    $('backward').disabled = taken < forwards || taken >= steps.length;
    $('undo').disabled = taken === 0;
    $('reset').disabled = taken === 0;
    $('play').disabled = taken >= steps.length && !timer;
    $('forward').classList.toggle('next', taken < forwards);
    $('backward').classList.toggle('next', taken >= forwards && taken < steps.length);
    $('play').firstChild.textContent = timer ? 'Pause ' : 'Play ';
    if (step) network.show(step.kind === 'chain' ? step.input : step.cell);
  }

  function go(to) {
    taken = Math.max(0, Math.min(steps.length, to));
    if (taken === steps.length) stop();
    render();
  }

  const forward = () => { if (taken < forwards) go(taken + 1); };
  const backward = () => { if (taken >= forwards) go(taken + 1); };

  function stop() {
    clearInterval(timer);
    timer = 0;
  }

  function play() {
    if (timer) stop();
    else if (taken < steps.length) timer = setInterval(() => go(taken + 1), 900);
    render();
  }

  // ---- changing and training ----

  /** Computes everything anew from the leaves. */
  function compute() {
    const results = Evaluator.run(data.tape, cells.map(cell => cell.value));
    const at = place => Array.from(results[place].values);
    for (const cell of cells) {
      cell.value = at(cell.valueAt);
      if (cell.grad) cell.grad = at(cell.gradAt);
    }
    for (const edge of edges) {
      edge.part = at(edge.partAt);
      if (edge.local) edge.local = at(edge.localAt);
    }
  }

  const leaves = cells.map((cell, i) => i).filter(i => cells[i].kind !== 'op').sort((i, j) =>
    cells[i].kind.localeCompare(cells[j].kind) || cells[i].name.localeCompare(cells[j].name, 'en', {numeric: true}));
  const fields = [];

  function makeFields() {
    for (const i of leaves) {
      const cell = cells[i];
      if (cell.value.length > 64) continue;
      const inputs = cell.value.map((_, k) => {
        const input = element('input');
        input.type = 'number';
        input.step = 'any';
        input.setAttribute('aria-label', isScalar(cell.value) ? cell.name : `${cell.name}, entry ${k}`);
        input.addEventListener('change', () => {
          if (input.value === '' || !Number.isFinite(Number(input.value))) { fill(); return; }
          cell.value[k] = Number(input.value);
          compute();
          losses = [cells[last].value[0]];
          refresh();
        });
        fields.push({input, i, k});
        return input;
      });
      if (isScalar(cell.value)) {
        $('fields').append(element('label', '', `${cell.name} `, inputs[0]));
      } else {
        const grid = element('div', 'grid', ...inputs);
        grid.style.gridTemplateColumns = `repeat(${Math.min(8, cell.dims[cell.dims.length - 1])}, auto)`;
        const set = element('fieldset', '', element('legend', '', `${cell.name} ${shape(cell.dims)}`), grid);
        $('fields').append(set);
      }
    }
    fill();
  }

  function fill() {
    for (const {input, i, k} of fields) input.value = String(Number(cells[i].value[k].toPrecision(8)));
  }

  function train(count) {
    const rate = Number($('rate').value);
    for (let step = 0; step < count; step++) {
      for (const cell of cells) {
        if (cell.kind === 'parameter' && cell.grad) cell.value = cell.value.map((v, i) => v - rate * cell.grad[i]);
      }
      compute();
      losses.push(cells[last].value[0]);
    }
    refresh();
  }

  function restore() {
    cells.forEach((cell, i) => { cell.value = original[i].slice(); });
    compute();
    losses = [cells[last].value[0]];
    refresh();
  }

  function refresh() {
    fill();
    Drawing.curve($('chart'), losses);
    const now = losses[losses.length - 1];
    $('loss-text').textContent = losses.length < 2
      ? `Loss at each training step: none taken yet; the loss is ${number(now)}.`
      : `Loss after ${losses.length - 1} training steps: ${number(now)}, at the start ${number(losses[0])}.`;
    render();
  }

  // ---- start ----

  $('title').textContent = data.title;
  $('intro').textContent = data.intro;
  $('rate').value = data.rate;
  $('lab-text').textContent = data.tape
    ? 'Change any number and everything above follows. Training moves each parameter against its gradient: w ← w − rate · ∂' + loss + '/∂w.'
    : `Numbers cannot be changed here: ${data.obstacle}.`;
  if (data.tape) makeFields();
  for (const id of ['train', 'train-more', 'restore', 'rate']) $(id).disabled = !data.tape;
  $('forward').addEventListener('click', forward);
  $('backward').addEventListener('click', backward);
  $('play').addEventListener('click', play);
  $('undo').addEventListener('click', () => { stop(); go(taken - 1); });
  $('reset').addEventListener('click', () => { stop(); go(0); });
  $('train').addEventListener('click', () => train(1));
  $('train-more').addEventListener('click', () => train(100));
  $('restore').addEventListener('click', restore);
  document.addEventListener('keydown', event => {
    if (event.target.tagName === 'INPUT' || event.ctrlKey || event.altKey || event.metaKey) return;
    const act = {
      ArrowRight: forward, ArrowLeft: backward, p: play,
      u: () => { stop(); go(taken - 1); }, r: () => { stop(); go(0); },
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth !== width) {
      width = innerWidth;
      network.draw();
      render();
    }
  });
  render();
})();

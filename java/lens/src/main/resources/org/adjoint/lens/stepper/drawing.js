'use strict';
/**
 * Draws: the network at the places that the engine's layout gives, heat maps, the curve of the loss.
 * It decides nothing; stepper.js says what is to be seen.
 */
const Drawing = (() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const MOST = 24;

  function make(name, attributes = {}, text = '') {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== '') element.textContent = text;
    return element;
  }

  /** Returns a number to six digits, as the whole page shows numbers. */
  function number(x) {
    if (!Number.isFinite(x)) return String(x).replace('Infinity', '∞').replace('-', '−');
    if (x === 0) return '0';
    const size = Math.abs(x);
    const text = size >= 1e6 || size < 1e-4
      ? x.toExponential(5).replace(/\.?0+e/, 'e').replace('e+', 'e')
      : Number(x.toPrecision(6)).toString();
    return text.replaceAll('-', '−');
  }

  const cut = (text, most) => (text.length > most ? text.slice(0, most - 1) + '…' : text);

  /** A heat map of a tensor, blue above zero and red below; at most 24 rows and columns are shown. */
  function heat(values, dims, x, y, width, height, what) {
    const columns = dims.length ? dims[dims.length - 1] : 1;
    const rows = columns ? values.length / columns : 0;
    const stepDown = Math.ceil(rows / MOST);
    const stepAcross = Math.ceil(columns / MOST);
    const down = Math.ceil(rows / stepDown) || 0;
    const across = Math.ceil(columns / stepAcross) || 0;
    const largest = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
    const group = make('g', {class: 'heat'});
    const side = Math.min(width / across, height / down);
    const left = x + (width - side * across) / 2;
    group.append(make('rect', {x: left, y, width: side * across, height: side * down, fill: 'var(--card)'}));
    for (let r = 0; r < down; r++) {
      for (let c = 0; c < across; c++) {
        const value = values[r * stepDown * columns + c * stepAcross];
        const strength = Number.isFinite(value) ? Math.abs(value) / largest : 1;
        const rect = make('rect', {
          x: left + c * side, y: y + r * side, width: side, height: side, stroke: 'var(--line)', 'stroke-width': 0.4,
        });
        rect.style.fill = `rgba(var(--${value < 0 ? 'minus' : 'plus'}), ${strength.toFixed(3)})`;
        rect.append(make('title', {}, `${what}[${r * stepDown}, ${c * stepAcross}] = ${number(value)}`));
        group.append(rect);
      }
    }
    return group;
  }

  /** A network that can be updated: cells are boxes, lines lead from box to box. */
  class Network {
    constructor(host, data) {
      this.host = host;
      this.data = data;
      this.draw();
    }

    draw() {
      this.isWide = this.host.clientWidth >= 760;
      const layout = this.isWide ? this.data.wide : this.data.tall;
      const svg = make('svg', {role: 'img', viewBox: `-6 -6 ${layout.width + 12} ${layout.height + 12}`});
      // Never so small that numbers cannot be read: a large network scrolls.
      const room = this.host.clientWidth || 760;
      const scale = Math.max(0.72, Math.min(1.25, room / (layout.width + 12)));
      svg.setAttribute('width', Math.floor((layout.width + 12) * scale));
      svg.setAttribute('height', Math.floor((layout.height + 12) * scale));
      svg.append(make('title', {}, `Network of ${this.data.cells.length} values`));
      this.scale = scale;
      this.lines = layout.lines.map(([from, to, ...p]) => {
        const middle = this.isWide ? (p[2] + p[4]) / 2 : (p[3] + p[5]) / 2;
        const near = this.isWide ? `${middle} ${p[3]}` : `${p[2]} ${middle}`;
        const far = this.isWide ? `${middle} ${p[5]}` : `${p[4]} ${middle}`;
        const path = make('path', {
          class: 'line', d: `M${p[0]} ${p[1]}L${p[2]} ${p[3]}C${near} ${far} ${p[4]} ${p[5]}L${p[6]} ${p[7]}`,
        });
        svg.append(path);
        let tip = null;
        if (to >= 0) {
          tip = make('path', {class: 'tip', d: `M${p[6]} ${p[7]}${this.isWide ? 'l-8 -4v8z' : 'l-4 -8h8z'}`});
          svg.append(tip);
        }
        return {from, to, path, tip};
      });
      this.boxes = this.data.cells.map((cell, i) => {
        const [x, y, width, height] = layout.places[i];
        const box = make('g', {class: 'box ' + cell.kind});
        box.append(make('title', {}, cell.formula ? `${cell.name} = ${cell.formula}` : `${cell.kind} ${cell.name}`));
        box.append(make('rect', {class: 'frame', x, y, width, height, rx: 8}));
        const inside = make('g');
        box.append(inside);
        svg.append(box);
        return {box, inside, place: layout.places[i]};
      });
      this.host.replaceChildren(svg);
    }

    /** Shows a cell: its value and gradient where they are known, and what state it is in. */
    update(i, {value, grad, partial, state, now}) {
      const cell = this.data.cells[i];
      const {box, inside, place: [x, y, width, height]} = this.boxes[i];
      box.setAttribute('class', ['box', cell.kind, state, now ? 'now' : ''].join(' '));
      const middle = {x: x + width / 2, 'text-anchor': 'middle'};
      const parts = [make('text', {...middle, y: y + 17, class: 'name'}, cut(cell.name, 15))];
      if (cell.dims.length === 0 || cell.value.length === 1) {
        const formula = cell.formula || cell.kind;
        parts.push(make('text', {...middle, y: y + 31, class: 'formula'}, cut(formula, 21)));
        parts.push(make('text', {...middle, y: y + 47, class: 'v'}, value ? number(value[0]) : '?'));
        if (grad) parts.push(make('text', {...middle, y: y + 63, class: 'g'}, (partial ? '∂ so far ' : '∂ ') + number(grad[0])));
      } else {
        parts.push(make('text', {...middle, y: y + 30, class: 'formula'}, cut(cell.formula || cell.kind, 22)));
        const room = (height - 40) / 2;
        if (value) parts.push(heat(value, cell.dims, x + 8, y + 35, width - 16, room, cell.name));
        if (grad) parts.push(heat(grad, cell.dims, x + 8, y + 37 + room, width - 16, room, '∂' + cell.name));
      }
      inside.replaceChildren(...parts);
    }

    /** Marks the lines from one of the inputs to a cell. */
    mark(cell, inputs) {
      for (const {from, to, path, tip} of this.lines) {
        const on = inputs.includes(from) && (to === cell || to === -1);
        path.classList.toggle('now', on);
        if (tip) tip.classList.toggle('now', on);
      }
    }

    /** Scrolls a cell into view, within the network alone. */
    show(i) {
      const [x, y, width, height] = this.boxes[i].place.map(v => v * this.scale);
      const view = this.host;
      const smooth = !matchMedia('(prefers-reduced-motion: reduce)').matches;
      view.scrollTo({
        left: Math.max(0, x + width / 2 - view.clientWidth / 2),
        top: Math.max(0, y + height / 2 - view.clientHeight / 2),
        behavior: smooth ? 'smooth' : 'auto',
      });
    }
  }

  /** The curve of the loss, with its axes. */
  function curve(host, losses) {
    if (losses.length < 2) {
      host.replaceChildren();
      return;
    }
    const width = Math.min(640, host.clientWidth || 640);
    const height = 180;
    const left = 70;
    const top = 10;
    const finite = losses.filter(Number.isFinite);
    const high = Math.max(...finite);
    const low = Math.min(0, ...finite);
    const px = i => left + (width - left - 10) * i / (losses.length - 1);
    const py = v => top + (height - 40) * (1 - (v - low) / (high - low || 1));
    const svg = make('svg', {width, height, role: 'img', 'aria-label': `Loss from ${number(losses[0])} to ${number(losses[losses.length - 1])}`});
    svg.append(make('path', {class: 'axis', fill: 'none', d: `M${left} ${top}V${height - 30}H${width - 10}`}));
    svg.append(make('text', {x: left - 6, y: py(high) + 8, 'text-anchor': 'end'}, number(high)));
    svg.append(make('text', {x: left - 6, y: py(low), 'text-anchor': 'end'}, number(low)));
    svg.append(make('text', {x: left, y: height - 12}, '0'));
    svg.append(make('text', {x: width - 10, y: height - 12, 'text-anchor': 'end'}, `step ${losses.length - 1}`));
    const d = losses.map((v, i) => (Number.isFinite(v) ? `${px(i).toFixed(1)} ${py(v).toFixed(1)}` : '')).filter(s => s).join('L');
    svg.append(make('path', {class: 'curve', d: 'M' + d}));
    host.replaceChildren(svg);
  }

  return {Network, number, curve};
})();

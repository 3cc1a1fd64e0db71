'use strict';
// Shows the values of charts at the pointer, and lets the arrow keys go from value to value. Charts are
// complete without it: it reads what stands in them. A mark has data-at "x y", data-x and data-y.
(() => {
  const tip = document.createElement('div');
  tip.className = 'chart-tip';
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  const said = document.createElement('p');
  said.className = 'chart-said';
  said.setAttribute('role', 'status');
  document.body.append(tip, said);

  /** The marks of a chart as stops, each what stands at one x; of a heat map, a stop for each cell. */
  function stops(chart) {
    const cells = chart.classList.contains('heat');
    const byPlace = new Map();
    for (const mark of chart.querySelectorAll('.hit')) {
      const [x, y] = mark.dataset.at.split(' ').map(Number);
      const key = cells ? `${x} ${y}` : mark.dataset.x;
      if (!byPlace.has(key)) byPlace.set(key, { x, y, title: mark.dataset.x, marks: [] });
      byPlace.get(key).marks.push(mark);
    }
    return [...byPlace.values()].sort((a, b) => a.y * cells - b.y * cells || a.x - b.x);
  }

  function enliven(chart) {
    const all = stops(chart);
    if (!all.length) return;
    const cells = chart.classList.contains('heat');
    const columns = all.filter((s) => s.y === all[0].y).length;
    let now = -1;

    const hide = () => {
      tip.hidden = true;
      if (now >= 0) for (const mark of all[now].marks) mark.classList.remove('now');
      now = -1;
    };

    const show = (index, speak) => {
      if (index !== now) {
        hide();
        now = index;
        for (const mark of all[now].marks) mark.classList.add('now');
      }
      const stop = all[now];
      tip.textContent = [stop.title, ...stop.marks.map((m) => m.dataset.y)].join('\n');
      if (speak) said.textContent = tip.textContent.replaceAll('\n', ', ');
      tip.hidden = false;
      const matrix = chart.getScreenCTM();
      const at = new DOMPoint(stop.x, stop.y).matrixTransform(matrix);
      const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
      const above = at.y - tip.offsetHeight - 14;
      tip.style.left = `${Math.max(8, Math.min(at.x + 12, room))}px`;
      tip.style.top = `${above > 4 ? above : at.y + 16}px`;
    };

    const nearest = (event) => {
      const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
      let best = 0;
      const far = (s) => Math.abs(s.x - p.x) + (cells ? Math.abs(s.y - p.y) : 0);
      for (let i = 1; i < all.length; i++) if (far(all[i]) < far(all[best])) best = i;
      return best;
    };

    const moves = { ArrowRight: 1, ArrowLeft: -1 };
    if (cells) Object.assign(moves, { ArrowDown: columns, ArrowUp: -columns });
    chart.tabIndex = 0;
    chart.addEventListener('pointermove', (e) => show(nearest(e), false));
    chart.addEventListener('pointerleave', hide);
    chart.addEventListener('blur', hide);
    chart.addEventListener('keydown', (e) => {
      const ends = { Home: 0, End: all.length - 1 };
      let next = now;
      if (e.key in moves) next = now < 0 ? 0 : now + moves[e.key];
      else if (e.key in ends) next = ends[e.key];
      else if (e.key === 'Escape') return hide();
      else return;
      e.preventDefault();
      if (next >= 0 && next < all.length) show(next, true);
    });
    for (const title of chart.querySelectorAll('title')) title.remove(); // one hint is enough
  }

  document.querySelectorAll('svg.chart').forEach(enliven);
})();

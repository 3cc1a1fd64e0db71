'use strict';
// Goes through the recorded points of a training. All that is shown at a point lies in the page: a text in #steps,
// an image .frame, and what leads to it on the maps. Without this script the last point is shown.
(() => {
  const steps = [...document.querySelectorAll('#steps li')].map((li) => li.textContent);
  const at = document.getElementById('at');
  const play = document.getElementById('play');
  const now = document.getElementById('now');
  const frames = [...document.querySelectorAll('image.frame')];
  const marks = [...document.querySelectorAll('.mark')];
  const last = steps.length - 1;
  const pause = 120; // milliseconds for one point
  let timer = 0;

  // One mark on each chart shows where the optimizer is: the places of the points are in the chart's own elements.
  const charts = [...document.querySelectorAll('svg.chart')].map((chart) => {
    const ends = [...chart.querySelectorAll('.way.over')].map((w) => w.getAttribute('d').slice(1).split(/[L ]/).map(Number));
    const onMap = ends.length ? [ends[0].slice(0, 2), ...ends.map((e) => e.slice(2))] : [];
    const onLine = [...chart.querySelectorAll('.s0 .hit')].map((hit) => hit.dataset.at.split(' ').map(Number));
    const here = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    here.setAttribute('class', 'here');
    here.setAttribute('r', '6');
    chart.append(here);
    return { places: ends.length ? onMap : onLine, here, parts: [...chart.querySelectorAll('[data-place]')] };
  });

  function show() {
    const place = Number(at.value);
    now.textContent = steps[place];
    at.setAttribute('aria-valuetext', steps[place]);
    const frame = frames[place];
    for (const f of frames) f.classList.toggle('later', f !== frame);
    const wrong = new Set(frame && frame.dataset.wrong ? frame.dataset.wrong.split(' ') : []);
    for (const mark of marks) mark.classList.toggle('wrong', wrong.has(mark.dataset.point));
    for (const { places, here, parts } of charts) {
      for (const part of parts) part.classList.toggle('later', Number(part.dataset.place) > place);
      if (!places[place]) continue;
      here.setAttribute('cx', places[place][0]);
      here.setAttribute('cy', places[place][1]);
    }
    document.getElementById('back').disabled = place === 0;
    document.getElementById('on').disabled = place === last;
  }

  function go(by) {
    at.value = Math.max(0, Math.min(last, Number(at.value) + by));
    show();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.firstChild.textContent = 'Play ';
    now.setAttribute('role', 'status');
  }

  function start() {
    if (Number(at.value) === last) at.value = 0;
    play.firstChild.textContent = 'Pause ';
    now.removeAttribute('role'); // a screen reader is told where it stops, not each step
    show();
    timer = setInterval(() => {
      go(1);
      if (Number(at.value) === last) stop();
    }, pause);
  }

  const toggle = () => (timer ? stop() : start());
  const step = (by) => { stop(); go(by); };
  play.addEventListener('click', toggle);
  document.getElementById('back').addEventListener('click', () => step(-1));
  document.getElementById('on').addEventListener('click', () => step(1));
  at.addEventListener('input', () => { stop(); show(); });
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    const own = e.target.matches('input') || e.target.closest('svg.chart'); // these have arrow keys of their own
    if (e.key.toLowerCase() === 'p') toggle();
    else if (own) return;
    else if (e.key === 'ArrowRight') step(1);
    else if (e.key === 'ArrowLeft') step(-1);
    else return;
    e.preventDefault();
  });
  show();
})();

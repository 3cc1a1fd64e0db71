'use strict';
// Shows one of the page's functions; the address keeps which, so that a link leads to it.
(() => {
  const choice = document.getElementById('subject');
  if (!choice) return;
  const show = () => {
    for (const article of document.querySelectorAll('article')) article.hidden = article.id !== choice.value;
  };
  const given = () => {
    const id = location.hash.slice(1);
    if ([...choice.options].some((o) => o.value === id)) choice.value = id;
    show();
  };
  choice.addEventListener('change', () => {
    history.replaceState(null, '', `#${choice.value}`);
    show();
  });
  addEventListener('hashchange', given);
  given();
})();

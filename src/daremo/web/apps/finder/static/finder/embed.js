// The next free times on a city's own page. It sends nothing but the town and the language written in the page.
(() => {
  const desk = new URL(document.currentScript.src).origin;
  const add = (to, tag, text, href) => {
    const made = to.appendChild(document.createElement(tag));
    if (text) made.textContent = text;
    if (href && href.startsWith(desk + '/')) made.href = href;
    return made;
  };
  const draw = (box, told) => {
    const list = document.createElement('section');
    list.className = 'daremo-finder';
    add(list, 'h2', told.title);
    const places = add(list, 'ol');
    for (const place of told.places) {
      const one = add(places, 'li');
      add(add(one, 'h3'), 'a', place.name, place.page);
      add(one, 'p', [place.way, place.opening].filter(Boolean).join(' · '));
      if (place.times.length) {
        const times = add(one, 'ul');
        for (const time of place.times) add(add(times, 'li'), 'a', time.said, time.page);
      } else add(one, 'p', place.full);
    }
    add(list, 'p', told.as_of);
    add(list, 'p', told.call);
    add(add(list, 'p'), 'a', told.all.said, told.all.page);
    box.replaceChildren(list); // what stood there for readers without script goes only now
  };
  const begin = () => {
    for (const box of document.querySelectorAll('[data-daremo-finder]')) {
      const asked = new URLSearchParams();
      for (const name of ['q', 'need', 'lang', 'count', 'language']) if (box.dataset[name]) asked.set(name, box.dataset[name]);
      fetch(`${desk}/embed/times.json?${asked}`, { credentials: 'omit' })
        .then(answer => (answer.ok ? answer.json() : Promise.reject(answer.status)))
        .then(told => draw(box, told))
        .catch(() => {}); // the link that the city wrote inside the box stays
    }
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();

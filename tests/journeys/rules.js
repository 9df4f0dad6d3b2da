// The rules of a page that a script can see, run inside the page. Each returns a list of sentences; [] is right.
(() => {
  const shown = e => e.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true }) && !e.closest('.vh, .skip, [hidden]');
  const name = e => `<${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${e.classList.length ? '.' + [...e.classList].join('.') : ''}> 「${(e.innerText || e.getAttribute('aria-label') || e.name || '').trim().replace(/\s+/g, ' ').slice(0, 30)}」`;
  const visibleRect = e => {
    const r = e.getBoundingClientRect();
    return { l: r.left, t: r.top, r: r.right, b: r.bottom, w: r.width, h: r.height };
  };
  // What a finger presses: a box inside a label is pressed through the label.
  const targets = () => {
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(shown);
    return [...new Set(all.map(e => (e.matches('input[type=radio], input[type=checkbox]') && e.closest('label')) || e))];
  };

  const rules = {
    targets(citizen) {
      const out = [], found = targets().map(e => [e, visibleRect(e)]).filter(([, r]) => r.w > 0 && r.h > 0);
      for (const [e, r] of found) {
        if (r.w < 43.5 || r.h < 43.5) out.push(`target ${name(e)} is ${r.w.toFixed(0)} × ${r.h.toFixed(0)} px, least 44`);
        if (citizen && e.matches('.btn') && r.h < 55.5) out.push(`button ${name(e)} is ${r.h.toFixed(0)} px high, least 56`);
      }
      for (let i = 0; i < found.length; i++) for (let j = i + 1; j < found.length; j++) {
        const [a, p] = found[i], [b, q] = found[j];
        if (a.contains(b) || b.contains(a)) continue;
        const dx = Math.max(p.l - q.r, q.l - p.r), dy = Math.max(p.t - q.b, q.t - p.b);
        if (Math.max(dx, dy) < 7.5) out.push(`${name(a)} and ${name(b)} are ${Math.max(dx, dy).toFixed(0)} px apart, least 8`);
      }
      return out;
    },

    letters(citizen) {
      const out = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const body = getComputedStyle(document.body);
      if (parseFloat(body.fontSize) < (citizen ? 18 : 16)) out.add(`body letters are ${body.fontSize}`);
      if (parseFloat(body.lineHeight) / parseFloat(body.fontSize) < 1.7) out.add(`body line height is under 1.7`);
      while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !shown(e) || e.closest('script, style, title, rp, option')) continue;
        const scale = e.closest('svg') && e.getScreenCTM ? Math.abs(e.getScreenCTM().a) : 1;
        const size = parseFloat(getComputedStyle(e).fontSize) * scale;
        const least = e.closest('rt') || !citizen || e.closest('kbd') ? 14 : 18;
        if (size < least - 0.05) out.add(`letters of ${size.toFixed(1)} px, least ${least}: ${name(e)}`);
      }
      return [...out];
    },

    sideways() {
      const out = [], root = document.documentElement;
      if (root.scrollWidth > root.clientWidth) {
        const wide = [...document.querySelectorAll('body *')].filter(e => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest('.scroll'));
        out.push(`the page scrolls sideways (${root.scrollWidth} > ${root.clientWidth}): ${wide.slice(0, 3).map(name).join(', ')}`);
      }
      for (const t of document.querySelectorAll('table')) if (shown(t)) {
        const region = t.closest('[role=region][tabindex="0"]'), parent = t.parentElement;
        if (region ? !(region.getAttribute('aria-label') || region.getAttribute('aria-labelledby')) : t.scrollWidth > parent.clientWidth + 1) out.push(`table ${name(t)} is wider than its place and in no labelled region`);
      }
      for (const e of document.querySelectorAll('main *')) if (shown(e) && !e.closest('svg, .vh, .scroll')) {
        const s = getComputedStyle(e);
        if (s.overflowX === 'hidden' && e.scrollWidth > e.clientWidth + 1) out.push(`text is cut off in ${name(e)}`);
      }
      return out;
    },

    own_words() {
      const out = [];
      for (const e of document.querySelectorAll('[style]')) out.push(`inline style on ${name(e)}`);
      for (const e of document.querySelectorAll('style')) if (!e.closest('svg')) out.push('an inline <style>');
      for (const e of document.querySelectorAll('script:not([src])')) if (!e.type || /javascript|module/.test(e.type)) out.push('an inline <script>');
      for (const e of document.querySelectorAll('*')) for (const a of e.attributes) if (/^on/.test(a.name)) out.push(`inline handler ${a.name} on ${name(e)}`);
      for (const e of document.querySelectorAll('[id]')) if (document.querySelectorAll('#' + CSS.escape(e.id)).length > 1) out.push(`id ${e.id} stands twice`);
      return [...new Set(out)];
    },

    hosts() {
      const own = location.host, out = [], other = u => { try { const x = new URL(u, document.baseURI); return /^(https?|wss?):$/.test(x.protocol) && x.host !== own; } catch { return false; } };
      for (const r of performance.getEntriesByType('resource')) if (other(r.name)) out.push(`request to another host: ${r.name}`);
      for (const e of document.querySelectorAll('[src], link[href], form[action], iframe, object[data]')) {
        const u = e.getAttribute('src') || (e.matches('link') && e.getAttribute('href')) || e.getAttribute('action') || e.getAttribute('data');
        if (u && other(u)) out.push(`${name(e)} points at another host: ${u}`);
      }
      return out;
    },

    weight() {
      const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
      const sum = list => list.reduce((n, r) => n + (r.decodedBodySize || 0), 0);
      const js = sum(entries.filter(r => /\.m?js(\?|$)/.test(r.name))), all = sum(entries), out = [];
      if (js > 51200) out.push(`${js} bytes of script, at most 51200`);
      if (all > 153600) out.push(`${all} bytes a page, at most 153600`);
      return out;
    },

    shell(citizen) {
      const out = [], help = document.querySelector('body > header.head + aside.help');
      if (!help || !help.nextElementSibling?.matches('main#main')) out.push('help does not stand between header and main');
      else if (!/\d/.test(help.innerText) || !help.querySelector('a[href^="tel:"]')) out.push('help carries no telephone number');
      if (!document.documentElement.lang) out.push('html has no lang');
      if (document.querySelectorAll('h1').length !== 1) out.push(`${document.querySelectorAll('h1').length} h1 on the page`);
      if (citizen && document.querySelectorAll('header nav.lang > *').length !== 3) out.push('not all three languages are in the header');
      if (!document.querySelector('body > a.skip[href="#main"]')) out.push('no skip link');
      if (document.getAnimations().length) out.push('something moves');
      for (const e of document.querySelectorAll('input[type=tel], input[type=email]')) if (citizen && !e.autocomplete) out.push(`${name(e)} has no autocomplete`);
      for (const e of document.querySelectorAll('form')) if (e.method === 'get' && e.querySelector('input[type=tel], input[type=email], [autocomplete=name]')) out.push('a form about a person is sent by GET');
      return out;
    },

    errors() {
      const box = document.querySelector('.errors'), out = [];
      if (!box) return document.querySelector('.field.bad, fieldset.bad') ? ['a field is wrong but there is no error summary'] : out;
      if (!/^(エラー：|直してください：|直して ください：|Error: )/.test(document.title)) out.push(`title does not start with エラー：: ${document.title}`);
      if (document.activeElement !== box) out.push('the error summary has not taken focus');
      for (const a of box.querySelectorAll('a')) {
        const to = document.getElementById(a.hash.slice(1));
        if (!to) out.push(`error link ${a.hash} leads nowhere`);
        else if (!to.matches('[aria-invalid=true]') && !to.closest('fieldset[aria-describedby]')) out.push(`${name(to)} does not say that it is wrong`);
      }
      return out;
    },

    sentences(citizen) {
      if (!citizen || !document.documentElement.lang.startsWith('ja')) return [];
      const out = [];
      for (const e of document.querySelectorAll('main :is(p, li, dd, legend, label, .hint)')) {
        if (!shown(e) || e.querySelector('p, li, ul, ol, dl, fieldset')) continue;
        const copy = e.cloneNode(true);
        copy.querySelectorAll('rt, rp, .vh, svg').forEach(x => x.remove());
        for (const s of copy.innerHTML.replace(/<(br|small|div|b|span|dt)[^>]*>|<\/(small|div|b|span|dt)>/g, '。').replace(/<[^>]+>/g, '').split(/[。！？\n]/)) {
          const bare = s.replace(/\s+/g, '');
          if (bare.length > 50) out.push(`${bare.length} letters in a sentence, at most 50: ${bare}`);
        }
      }
      return out;
    },

    forced() {
      const out = [];
      for (const e of targets()) if (e.matches('.btn, .door, .time, .choice, input, select, textarea')) {
        const s = getComputedStyle(e);
        if (parseFloat(s.borderTopWidth) < 1 || s.borderTopStyle === 'none') out.push(`${name(e)} has no border in forced colours`);
      }
      return out;
    },

    print_letters() {
      const out = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !shown(e) || e.closest('script, style, title, rp, rt, option, svg')) continue;
        const size = parseFloat(getComputedStyle(e).fontSize);
        if (size < 15.9) out.add(`letters of ${(size * .75).toFixed(1)} pt on paper, least 12: ${name(e)}`);
      }
      return [...out];
    },

    // One call for each press of Tab: what has focus now, and is it seen.
    focus() {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const around = e.closest('.choice, .app, .pick__l') || e;
      const outline = x => { const s = getComputedStyle(x); return s.outlineStyle === 'none' ? 0 : parseFloat(s.outlineWidth); };
      const width = Math.max(outline(e), outline(around)), r = around.getBoundingClientRect(), wrong = [];
      if (width < 4) wrong.push(`focus outline of ${name(e)} is ${width} px, least 4`);
      const x = Math.min(Math.max(r.left + Math.min(r.width / 2, 40), 1), innerWidth - 2), y = Math.min(Math.max(r.top + Math.min(r.height / 2, 20), 1), innerHeight - 2);
      const over = document.elementFromPoint(x, y);
      if (r.bottom < 0 || r.top > innerHeight) wrong.push(`focus on ${name(e)} is off the screen`);
      else if (over && !around.contains(over) && !over.contains(around) && !over.closest('svg')) wrong.push(`${name(e)} has focus but lies under ${name(over)}`);
      e.dataset.seen = (+e.dataset.seen || 0) + 1;
      const order = [...document.querySelectorAll('*')].indexOf(e);
      return { wrong, order, again: +e.dataset.seen > 1, name: name(e) };
    },

    // After the last press of Tab: what was never reached. Of a group of radio buttons one stop is enough.
    unreached() {
      const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')].filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0);
      const group = e => e.type === 'radio' ? [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(e.name)}"]`)].filter(x => x.form === e.form) : [e];
      return all.filter(e => !group(e).some(x => x.dataset.seen) || e.tabIndex > 0).map(e => `${name(e)} is not reached by Tab in its place`);
    },

    focusable() {
      return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')].filter(e => e.checkVisibility() && !e.disabled).length;
    },
  };
  return (rule, citizen) => rules[rule](citizen);
})()

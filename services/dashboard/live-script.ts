// The only script of the pages: reads the page again while work goes on, keeps what the reader has opened or is typing, and says since when the
// numbers are stale when the server does not answer. Without script a page stays as it was read.

export const LIVE_SCRIPT = `'use strict';
const TICK_SECONDS = 5;
const seconds = Number(document.body.dataset.refresh);
const note = document.getElementById('read');
let staleSince = null;
let readAt = Date.now();
async function ask(path, mostSeconds) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(1000 * mostSeconds) });
  if (!answer.ok) throw new Error('status ' + answer.status);
  return answer.text();
}
async function tick() {
  const main = document.getElementById('main');
  const isTyping = main.contains(document.activeElement) && document.activeElement.matches('input, select');
  if (document.hidden) return;
  const isDue = !isTyping && Date.now() - readAt >= 1000 * seconds;
  try {
    if (!isDue && staleSince === null) {
      await ask('/alive', TICK_SECONDS);
      return;
    }
    const text = await ask(location.href, Math.max(TICK_SECONDS, seconds));
    readAt = Date.now();
    const page = new DOMParser().parseFromString(text, 'text/html');
    const opened = [...main.querySelectorAll('details')].map((one) => one.open);
    const scrolled = [...main.querySelectorAll('.wide')].map((one) => one.scrollLeft);
    const fresh = page.getElementById('main');
    [...fresh.querySelectorAll('details')].forEach((one, i) => { one.open = opened[i] === true; });
    main.replaceWith(fresh);
    [...fresh.querySelectorAll('.wide')].forEach((one, i) => { one.scrollLeft = scrolled[i] ?? 0; });
    note.textContent = page.getElementById('read').textContent;
    note.className = '';
    staleSince = null;
    if (!page.body.dataset.refresh) clearInterval(timer);
  } catch (error) {
    staleSince ??= new Date();
    note.className = 'fault';
    note.textContent = 'Stale since ' + staleSince.toISOString().slice(0, 19).replace('T', ' ') + ' UTC: the dashboard does not answer (' + error.message + '). lsweep status tells why.';
  }
}
const timer = seconds > 0 ? setInterval(tick, 1000 * TICK_SECONDS) : null;
`;

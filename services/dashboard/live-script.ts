// The only script of the pages: reads the page again while work goes on, keeps what the reader has opened or is typing, and says since when the
// numbers are stale when the server does not answer. Without script a page stays as it was read.

export const LIVE_SCRIPT = `'use strict';
const seconds = Number(document.body.dataset.refresh);
const note = document.getElementById('read');
let staleSince = null;
async function readAgain() {
  const main = document.getElementById('main');
  const isTyping = main.contains(document.activeElement) && document.activeElement.matches('input, select');
  if (document.hidden || isTyping) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(1000 * Math.max(10, seconds)) });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
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
const timer = seconds > 0 ? setInterval(readAgain, 1000 * seconds) : null;
`;

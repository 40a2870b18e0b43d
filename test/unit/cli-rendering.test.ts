// What the command line draws: times, bars, lines, live area, tables.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { failureText, type SweepProgress } from '../../services/cli/follow/progress.ts';
import { openStepRates } from '../../services/cli/follow/step-rates.ts';
import { renderBar } from '../../services/cli/render/bar.ts';
import { openLiveArea } from '../../services/cli/render/live-area.ts';
import { nextStepsText } from '../../services/cli/render/next-steps.ts';
import { countsText, progressLines } from '../../services/cli/render/progress-lines.ts';
import { formatCount, formatLoss, formatPercent, formatSeconds } from '../../services/cli/render/quantities.ts';
import { cutLine, paintLine, piece, widthOf } from '../../services/cli/render/styled-line.ts';
import { left, renderTable, right } from '../../services/cli/render/table.ts';

test('times have two units at most and carry into the next one when they round up', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3_599.7, '1 h 00 min'],
    [7_440, '2 h 04 min'],
    [90_000, '1 d 01 h'],
    [Number.POSITIVE_INFINITY, '-'],
    [-1, '-'],
  ];
  for (const [seconds, text] of cases) assert.equal(formatSeconds(seconds), text);
});

test('counts keep three digits across every prefix', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0'],
    [7.4, '7'],
    [999.4, '999'],
    [999.6, '1.00k'],
    [9_995, '10.0k'],
    [12_345, '12.3k'],
    [999_499, '999k'],
    [999_500, '1.00M'],
    [4_560_000, '4.56M'],
    [2_500_000_000_000, '2.50T'],
    [999_600_000_000_000, '1.00P'],
    [40e18, '40.0E'],
    [2e9, '2.00G'],
  ];
  for (const [value, text] of cases) assert.equal(formatCount(value), text);
});

test('losses and percentages say when there is none, and show a diverged loss as it is', () => {
  assert.equal(formatLoss(null), '-');
  assert.equal(formatLoss(Number.NaN), 'NaN');
  assert.equal(formatLoss(5.54321), '5.543');
  assert.equal(formatLoss(0.000_012_34), '1.23e-5');
  assert.equal(formatPercent(null), '-');
  assert.equal(formatPercent(0.515), '51.5 %');
});

test('a bar has its width at every fraction and never shrinks as work advances', () => {
  const filled = (bar: string): number =>
    [...bar].reduce((sum, block) => sum + ' ▏▎▍▌▋▊▉█'.indexOf(block.replace('░', ' ')), 0);
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, min: -1, max: 2 }),
      fc.double({ noNaN: true, min: 0, max: 1 }),
      (fraction, more) => {
        const bar = renderBar(fraction, 20);
        assert.equal(bar.length, 20);
        assert.ok(filled(renderBar(fraction + more, 20)) >= filled(bar));
      },
    ),
  );
  assert.equal(renderBar(0.5, 4), '██░░');
  assert.equal(renderBar(Number.NaN, 4), '░░░░');
});

test('a cut line is as wide as the terminal, and codes only appear with colour', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 12 })), fc.integer({ min: 0, max: 40 }), (texts, width) => {
      const line = texts.map((text) => piece(text, 'red'));
      const cut = cutLine(line, width);
      assert.equal(widthOf(cut), Math.min(widthOf(line), width));
      assert.equal(paintLine(cut, false).length, widthOf(cut));
    }),
  );
  assert.equal(paintLine([piece('a'), piece('b', 'red')], true), 'a\u001b[31mb\u001b[39m');
});

/** A terminal that understands what the live area writes: cursor up, carriage return, clear to the end of line and of screen. */
function fakeTerminal(columns: number, rows: number) {
  let screen: string[] = [''];
  let row = 0;
  let column = 0;
  const put = (text: string): void => {
    const line = (screen[row] ?? '').padEnd(column);
    screen[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
  };
  return {
    columns,
    rows,
    write: (text: string): void => {
      for (const [token] of text.matchAll(/\u001b\[[0-9]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g)) {
        const up = /^\u001b\[([0-9]+)A$/.exec(token);
        if (up !== null) row -= Number(up[1]);
        else if (token === '\r') column = 0;
        else if (token === '\n') {
          row += 1;
          column = 0;
          screen[row] ??= '';
        } else if (token === '\u001b[K') screen[row] = (screen[row] ?? '').slice(0, column);
        else if (token === '\u001b[J') screen = [...screen.slice(0, row), (screen[row] ?? '').slice(0, column)];
        else put(token);
      }
    },
    lines: (): readonly string[] => screen.slice(0, -1),
  };
}

test('a live area is redrawn in place, grows and shrinks, and keeps the lines printed above it', () => {
  const terminal = fakeTerminal(40, 24);
  const area = openLiveArea(terminal, false);
  area.draw([[piece('sweep 0/2')], [piece('a long line of one phase')], [piece('another')]]);
  area.print([[piece('first news')]]);
  area.draw([[piece('sweep 1/2')], [piece('short')]]);
  area.print([[piece('second news')]]);
  area.draw([[piece('sweep 2/2')], [piece('b')], [piece('c')], [piece('d')]]);
  assert.deepEqual(terminal.lines(), ['first news', 'second news', 'sweep 2/2', 'b', 'c', 'd']);
  area.end('clear');
  assert.deepEqual(terminal.lines(), ['first news', 'second news']);
});

test('a live area never wraps and never scrolls the terminal', () => {
  const terminal = fakeTerminal(20, 5);
  openLiveArea(terminal, false).draw(Array.from({ length: 30 }, () => [piece('x'.repeat(100))]));
  assert.equal(terminal.lines().length, 4);
  assert.ok(terminal.lines().every((line) => line.length === 19));
});

test('a table sets numbers right under their headings and escapes what would break a row', () => {
  assert.equal(
    renderTable(
      [left('system'), right('latents')],
      [
        ['h2', 16],
        ['soft\nx\u001b[2J', null],
      ],
    ),
    ['system            latents', '─────────────────────────', 'h2                     16', 'soft\\nx\\u001b[2J'].join(
      '\n',
    ),
  );
});

test('the time left follows the rate of the window and starts anew when a phase resumes earlier', () => {
  const rates = openStepRates();
  assert.equal(rates.secondsLeft('p', 0, 100, 0), null);
  assert.equal(rates.secondsLeft('p', 10, 100, 10_000), 90);
  assert.equal(rates.secondsLeft('p', 10, 100, 15_000), 85);
  assert.equal(rates.secondsLeft('p', 5, 100, 20_000), null);
  assert.equal(rates.secondsLeft('p', 15, 100, 25_000), 42.5);
  rates.keep(new Set());
  assert.equal(rates.secondsLeft('p', 15, 100, 30_000), null);
});

const PROGRESS: SweepProgress = {
  failures: [],
  sweep: 'quickstart',
  state: 'running',
  cells: 8,
  counts: { planned: 4, waiting: 0, running: 2, paused: 0, finished: 1, failed: 1, cancelled: 0, stoppedEarly: 0 },
  phases: [
    {
      phaseKey: 'a',
      kind: 'finetune',
      system: 'h2',
      latents: 4,
      seed: 0,
      cells: 1,
      attempt: 1,
      node: 'node-1',
      step: 40,
      totalSteps: 200,
      lossNats: 1.2345,
      tokensPerSecond: 12_345,
    },
    {
      phaseKey: 'b',
      kind: 'base',
      system: null,
      latents: null,
      seed: null,
      cells: 8,
      attempt: 2,
      node: 'node-1',
      step: 0,
      totalSteps: 400,
      lossNats: null,
      tokensPerSecond: null,
    },
  ],
};

test('progress shows the sweep and for each running phase label, step, loss, rate and time left', () => {
  const lines = progressLines({
    progress: PROGRESS,
    secondsLeft: new Map([['a', 65]]),
    elapsedSeconds: 12,
    trouble: 'Postgres does not answer',
  }).map((line) => paintLine(line, false));
  assert.deepEqual(lines, [
    'quickstart █████░░░░░░░░░░░░░░░ 2/8 cells  1 finished  1 failed  2 running  4 planned  12 s',
    '  finetune h2 latents 4 seed 0  ████░░░░░░░░░░░░░░░░   40/200  loss 1.234   12.3k tok/s  1 min 05 s left',
    '  base for 8 cells              ░░░░░░░░░░░░░░░░░░░░    0/400  loss -           - tok/s  attempt 2',
    '! Postgres does not answer',
  ]);
});

test('more running phases than bars are counted', () => {
  const phases = Array.from({ length: 40 }, (_, i) => ({ ...PROGRESS.phases[0]!, phaseKey: String(i) }));
  const lines = progressLines({
    progress: { ...PROGRESS, phases },
    secondsLeft: new Map(),
    elapsedSeconds: 0,
    trouble: null,
  });
  assert.equal(paintLine(lines.at(-1) ?? [], false), '  and 24 more running');
});

test('counts name a paused sweep and leave out what is zero', () => {
  const counts = { ...PROGRESS.counts, running: 0, planned: 0, paused: 6 };
  assert.equal(
    countsText({ ...PROGRESS, state: 'paused', counts }),
    'quickstart (paused): 1 finished, 1 failed, 0 running, 6 paused, 0 planned of 8 cells',
  );
});

test('what to type next stands apart from what it does, however the program is called', () => {
  for (const lsweep of ['lsweep', 'npx --no lsweep', 'node /some/where/else/services/cli/lsweep.mjs']) {
    const lines = nextStepsText({ sweep: 'quickstart', lsweep, psql: null, stateDir: '/s', dashboard: null })
      .split('\n')
      .slice(-2);
    assert.equal(lines[0]?.indexOf('one trial'), lines[1]?.indexOf('stop the stack'));
    for (const line of lines) assert.match(line, / {2}(one trial|stop the stack)/);
  }
});

test('an attempt whose node leaves is stopped, not failed', () => {
  const attempt = {
    phaseKey: 'k',
    kind: 'finetune',
    cells: [3],
    attempt: 1,
    step: 40,
    message: 'by its node',
  } as const;
  assert.match(failureText({ ...attempt, failure: 'preempted' }), /attempt 1 was stopped at step 40: preempted/);
  assert.match(failureText({ ...attempt, failure: 'worker_crash' }), /attempt 1 failed at step 40: worker_crash/);
});

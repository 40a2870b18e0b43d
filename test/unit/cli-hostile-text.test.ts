// Names, messages, descriptions and logs of others in every command's output: no escape sequence, no turned reading direction, no forged line.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closingOf } from '../../services/cli/follow/closing.ts';
import { openLiveDisplay, openPlainDisplay } from '../../services/cli/follow/displays.ts';
import type { SweepProgress } from '../../services/cli/follow/progress.ts';
import { readableLogLine } from '../../services/cli/logs/log-line.ts';
import { printLogs } from '../../services/cli/logs/print-logs.ts';
import { openOutput } from '../../services/cli/output.ts';
import { nodesQuery } from '../../services/cli/queries/nodes.ts';
import { sweepsQuery } from '../../services/cli/queries/sweeps.ts';
import { nodeListText } from '../../services/cli/render/node-list.ts';
import { tableOf } from '../../services/cli/render/query-result.ts';
import { stackStatusText } from '../../services/cli/render/stack-status.ts';
import { sweepListText } from '../../services/cli/render/sweep-list.ts';
import { explainTrial } from '../../services/cli/results/explain-trial.ts';
import { showSweep } from '../../services/cli/results/show-sweep.ts';
import { showTrial } from '../../services/cli/results/show-trial.ts';
import { html } from '../../services/html/index.ts';
import { type QueryResult, readRows, type StudyReader } from '../../services/store/index.ts';
import { visibleLine, visibleText } from '../../workflows/domain/visible-text.ts';
import { runCli } from './cli-child.ts';

const folder = mkdtempSync(join(tmpdir(), 'lsweep-hostile-'));
after(() => rmSync(folder, { recursive: true }));

const FORGED = '15:04:05 error FORGED';
const HOSTILE = `evil\u001b[31mRED\u001b]0;pwn\u0007\u009b2J\u202edrow\u2066\u200f\u0001\u007f\r\u2028\n${FORGED}`;
const FORBIDDEN = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

function assertHarmless(text: string, what: string): void {
  assert.ok(text.includes('evil\\u001b[31mRED'), `${what} does not show the text: ${text}`);
  assert.doesNotMatch(text, FORBIDDEN, what);
  assert.ok(!text.split('\n').some((line) => line.startsWith(FORGED)), `${what} has a forged line`);
}

/** What `write` put out through the one output of commands. */
function written(json: boolean, write: (output: ReturnType<typeof openOutput>) => void): string {
  let text = '';
  const stream = { write: (part: string) => (text += part) };
  write(openOutput({ json, color: false }, { stdout: stream, stderr: stream }));
  return text;
}

/** Every text hostile, every number 1. */
const HOSTILE_ROW: Readonly<Record<string, unknown>> = new Proxy(
  {},
  {
    get: (_, column: string) => {
      if (['state', 'kind', 'trial_key', 'phase_key', 'sweep', 'split', 'task', 'failure'].includes(column)) {
        return { state: 'failed', kind: 'base' }[column] ?? HOSTILE;
      }
      if (/^(at|last_event_at|created_at|state_at|closed_at|canary_at)$/.test(column)) return new Date(0);
      if (column === 'cells') return [1];
      if (column === 'places') return [{ device: HOSTILE, memory_bytes: 1 }];
      if (column === 'point') return { [HOSTILE]: HOSTILE };
      if (column === 'connected' || column === 'quarantined') return true;
      const texts =
        /node|text|event|message|reason|waits_for|device|channel|system|code|phase_state|weights_sha256|value|metric/;
      return texts.test(column) ? HOSTILE : 1;
    },
  },
);
const reader: StudyReader = {
  query: (sql) => {
    const list = /select\s+([\s\S]*?)\nfrom study/.exec(sql)?.[1] ?? '';
    const columns = list
      .split(/,(?![^(]*\))/)
      .map((item) => item.trim().split(/[\s.]/).at(-1) ?? '')
      .filter((name) => name !== '');
    // sweeps count their cells, everything else lists them
    const valueOf = (column: string): unknown =>
      sql.includes('from study.sweeps')
        ? ({ cells: 1, state: 'running' }[column] ?? HOSTILE_ROW[column])
        : sql.includes('state in (')
          ? ({ state: 'planned' }[column] ?? HOSTILE_ROW[column])
          : HOSTILE_ROW[column];
    return Promise.resolve({ columns, rows: [columns.map(valueOf)] });
  },
};

async function tableText(): Promise<string> {
  async function* answer(): AsyncGenerator<QueryResult, void, undefined> {
    yield { columns: [HOSTILE], rows: [[HOSTILE]] };
  }
  let text = '';
  for await (const one of tableOf(answer())) text += one;
  return text;
}

test('text of others is shown as JSON would write it, and JSON means the same afterwards', () => {
  assert.doesNotMatch(visibleLine(HOSTILE), /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
  assert.doesNotMatch(visibleText(HOSTILE), FORBIDDEN);
  const json = JSON.stringify({ HOSTILE }, null, 2);
  assert.deepEqual(JSON.parse(visibleText(json)), { HOSTILE });
  for (const plain of ['größer → 3 µs\t', '日本語', 'a👩‍🚀b', '│ ▏ …']) assert.equal(visibleText(plain), plain);
});

test('ls, nodes, status, show and why show hostile rows harmlessly, as text and as JSON', async () => {
  const nodes = await readRows(reader, nodesQuery, []);
  const trial = await showTrial(reader, 's', '1');
  const shown: readonly (readonly [string, unknown, string])[] = [
    ['ls', null, sweepListText(await readRows(reader, sweepsQuery, [null]), 0)],
    ['nodes', nodes, nodeListText(nodes, 0)],
    [
      'status',
      null,
      stackStatusText(
        { state: 'up', stateDir: '/s', temporalUiUrl: null, failure: HOSTILE, services: [] },
        { kind: 'known', quarantined: nodes },
        0,
      ),
    ],
    ['show', null, (await showSweep(reader, 's', { stateDir: folder, chart: false })).text],
    ['show of a trial', trial.value, trial.text],
    ['why', null, (await explainTrial(reader, 's', '1')).text],
    ['sql', null, await tableText()],
  ];
  for (const [what, value, text] of shown) {
    assertHarmless(
      written(false, (output) => output.result(value, text)),
      what,
    );
    if (value === null) continue;
    const json = written(true, (output) => output.result(value, text));
    assertHarmless(json, `${what} --json`);
    assert.ok(JSON.stringify(JSON.parse(json)).includes('evil'));
  }
});

const PROGRESS: SweepProgress = {
  sweep: HOSTILE,
  state: 'running',
  cells: 1,
  counts: { planned: 0, waiting: 0, running: 1, paused: 0, finished: 0, failed: 0, cancelled: 0, stoppedEarly: 0 },
  phases: [
    {
      phaseKey: 'k',
      kind: 'base',
      system: HOSTILE,
      latents: null,
      seed: null,
      cells: 1,
      attempt: 1,
      node: HOSTILE,
      step: 1,
      totalSteps: 2,
      lossNats: null,
      tokensPerSecond: null,
    },
  ],
  failures: [{ phaseKey: 'k', kind: 'base', cells: [0], attempt: 1, failure: null, message: HOSTILE, step: 1 }],
};

test('following shows hostile names and messages harmlessly, live and as plain lines', () => {
  const plain = written(false, (output) => {
    const display = openPlainDisplay((line) => output.say(line));
    display.show(PROGRESS, 0);
    display.trouble(HOSTILE, 0);
    const names = { sweep: 's', comeBack: 'c', lsweep: 'lsweep', namespace: 'n' };
    output.say(closingOf({ kind: 'broken', reason: HOSTILE }, names).text);
  });
  assertHarmless(plain, 'follow');
  let live = '';
  const display = openLiveDisplay({ write: (text) => (live += text), columns: 400, rows: 50 }, true, 0);
  display.show(PROGRESS, 0);
  display.trouble(HOSTILE, 0);
  display.end();
  // the area's own escapes: colours, cursor up, clear
  assertHarmless(live.replace(/\u001b\[\d*[mAKJ]|(?<=A)\r/g, ''), 'follow on a terminal');
});

test('a record of a log stays one line, and other lines of a log are shown harmlessly', async () => {
  const record = JSON.stringify({ level: 50, time: 0, msg: HOSTILE, node: HOSTILE, [HOSTILE]: 1 });
  const line = readableLogLine(record);
  assert.ok(!line.includes('\n'));
  assertHarmless(line, 'logs');
  assert.equal(readableLogLine('LOG:\tpostgres indents with tabs'), 'LOG:\tpostgres indents with tabs');
  const path = join(folder, 'x.log');
  writeFileSync(path, `${HOSTILE.split('\n')[0]}\n${visibleLine(record)}\n`);
  for (const raw of [false, true]) {
    const { stdout } = await import('node:process');
    const write = stdout.write.bind(stdout);
    let text = '';
    // node:test reports over the same stream, in bytes
    stdout.write = (part: string | Uint8Array) => (typeof part === 'string' ? (text += part) !== '' : write(part));
    try {
      await printLogs([{ process: 'x', path }], { lines: 5, follow: false, raw });
    } finally {
      stdout.write = write;
    }
    assertHarmless(text, raw ? 'logs --json' : 'logs');
  }
});

test('a report has markup and controls of others as text', () => {
  const { text } = html`<p>${`<script>alert(1)</script>${HOSTILE}`}</p>`;
  assert.doesNotMatch(text, /<script/);
  assert.doesNotMatch(text, FORBIDDEN);
});

test('plan shows keys, values and descriptions of a hostile file harmlessly', async () => {
  const body = `model: { family: gpt2, layers: 1, width: 8, heads: 1, context: 64 }
tokenizer: bytes
task: { name: simulate, seconds: 1, steps: 2 }
base: { steps: 1 }
train: { stepsPerStage: 1 }
curriculum: { stages: 1 }
axes: { system: [h2], latents: [4] }
`;
  const hostile = JSON.stringify(HOSTILE);
  writeFileSync(join(folder, 'description.yaml'), `name: x\ndescription: ${hostile}\n${body}`);
  writeFileSync(join(folder, 'key.yaml'), `name: x\n${body}${hostile}: 1\n`);
  writeFileSync(join(folder, 'value.yaml'), `name: x\n${body.replace('bytes', hostile)}`);
  writeFileSync(join(folder, 'name.yaml'), `name: ${hostile}\n${body}`);
  const [description, key, value, name, argument] = await Promise.all([
    runCli(['plan', 'description.yaml'], { cwd: folder }),
    runCli(['plan', 'key.yaml'], { cwd: folder }),
    runCli(['plan', 'value.yaml'], { cwd: folder }),
    runCli(['plan', 'name.yaml'], { cwd: folder }),
    runCli(['plan', HOSTILE], { cwd: folder }),
  ]);
  assert.deepEqual(
    [description, key, value, name, argument].map(({ code }) => code),
    [0, 2, 2, 2, 2],
  );
  assertHarmless(description.stdout, 'plan');
  for (const { stderr } of [key, value, name]) assertHarmless(stderr, 'errors of plan');
  assert.doesNotMatch(argument.stderr, FORBIDDEN);
});

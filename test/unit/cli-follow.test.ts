// Following a sweep: when it ends, what it says about outages, what is printed where.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closingOf } from '../../services/cli/follow/closing.ts';
import { openPlainDisplay } from '../../services/cli/follow/displays.ts';
import { type FollowEnd, followSweep } from '../../services/cli/follow/follow-sweep.ts';
import type { SweepProgress } from '../../services/cli/follow/progress.ts';
import { EXIT } from '../../services/edge/index.ts';
import type { SweepDescription } from '../../services/orchestrator/client.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const COUNTS = { planned: 0, waiting: 0, running: 0, paused: 0, finished: 0, failed: 0, cancelled: 0, stoppedEarly: 0 };
const RUNNING: SweepProgress = {
  sweep: 's',
  state: 'running',
  cells: 2,
  counts: { ...COUNTS, running: 1, planned: 1 },
  phases: [],
  failures: [],
};
const FINISHED: SweepProgress = { ...RUNNING, state: 'finished', counts: { ...COUNTS, finished: 2 } };
const OPEN: SweepDescription = {
  kind: 'running',
  status: {
    paused: false,
    cancelled: false,
    planned: true,
    settings: { priority: 3, weight: 1, width: null },
    running: [],
  },
};
const COMPLETED: SweepDescription = { kind: 'closed', how: 'completed', reason: null };
const postgresAway = new LatentSweepError('STORE_UNREACHABLE', 'Postgres at x does not answer');
const temporalAway = new LatentSweepError('TEMPORAL_UNREACHABLE', 'Temporal at y does not answer');

interface Scripted {
  /** One answer a poll, the last one for ever. */
  readonly progress: readonly (SweepProgress | Error)[];
  readonly descriptions: readonly (SweepDescription | Error | 'never answers')[];
  readonly interruptAfter?: number;
  /** Polls at which the local stack is down. */
  readonly down?: readonly number[];
}

/** Follows on a clock that only `wait` advances. */
async function follow({ progress, descriptions, interruptAfter, down }: Scripted) {
  const said: string[] = [];
  const controller = new AbortController();
  let nowMs = 0;
  let polls = 0;
  let looks = 0;
  const answer = <T>(answers: readonly (T | Error)[], n: number): T => {
    const one = answers[Math.min(n, answers.length - 1)]!;
    if (one instanceof Error) throw one;
    return one;
  };
  const end = await followSweep({
    sources: {
      readProgress: async () => answer(progress, polls++),
      describe: async () => {
        const one = answer(descriptions, looks++);
        return one === 'never answers' ? await new Promise<never>(() => undefined) : one;
      },
      isStackDown: () => down?.includes(polls) ?? false,
    },
    display: {
      show: (shown) => said.push(shown.state),
      trouble: (sentence) => said.push(sentence ?? 'fine again'),
      end: () => said.push('end'),
    },
    times: { pollMs: 1_000, describeMs: 10_000 },
    signal: controller.signal,
    nowMs: () => nowMs,
    wait: async (ms) => {
      nowMs += ms;
      if (polls === interruptAfter) controller.abort();
      assert.ok(polls < 100, 'follows for ever');
    },
  });
  return { end, said, looks };
}

test('a sweep is over when Postgres and its workflow both say so', async () => {
  const { end, said } = await follow({ progress: [RUNNING, RUNNING, FINISHED], descriptions: [OPEN, OPEN, COMPLETED] });
  assert.deepEqual(end, { kind: 'closed', progress: FINISHED });
  assert.deepEqual(said.slice(0, 3), ['running', 'running', 'finished']);
  assert.equal(said.at(-1), 'end');
});

test('the state of an earlier run does not end the following of a sweep that was started again', async () => {
  const { end, said } = await follow({
    progress: [FINISHED, FINISHED, RUNNING, RUNNING, FINISHED],
    descriptions: [OPEN, OPEN, OPEN, COMPLETED],
  });
  assert.equal(end.kind, 'closed');
  assert.ok(said.filter((word) => word === 'running').length === 2);
});

test('while Postgres says that work goes on the workflow is asked seldom', async () => {
  const { looks } = await follow({
    progress: [...Array.from({ length: 30 }, () => RUNNING), FINISHED],
    descriptions: [OPEN, OPEN, OPEN, COMPLETED],
  });
  assert.ok(looks <= 5, `${looks} looks in 31 s`);
});

test('outages are said once each and survived', async () => {
  const { end, said } = await follow({
    progress: [RUNNING, postgresAway, postgresAway, RUNNING, FINISHED],
    descriptions: [temporalAway, COMPLETED],
  });
  assert.equal(end.kind, 'closed');
  const troubles = said.filter((word) => !['running', 'finished', 'end'].includes(word));
  assert.ok(
    troubles.some((word) => word.includes('Postgres at x')) && troubles.some((word) => word.includes('Temporal at y')),
  );
  assert.equal(new Set(troubles).size, troubles.length);
  assert.ok(troubles.every((word) => word === 'fine again' || word.includes('asking again, the sweep is not lost')));
});

test('a stack that goes down is said with its time, once, and the following goes on when it is back', async () => {
  const { end, said } = await follow({
    progress: [RUNNING, postgresAway, postgresAway, postgresAway, RUNNING, FINISHED],
    descriptions: [OPEN, COMPLETED],
    down: [2, 3, 4],
  });
  assert.equal(end.kind, 'closed');
  const troubles = said.filter((word) => !['running', 'finished', 'end'].includes(word));
  assert.match(
    troubles[0] ?? '',
    /^the stack is down since \d\d:\d\d:\d\d; waiting \(Ctrl-C leaves the sweep as it is\)$/,
  );
  assert.deepEqual(troubles.slice(1), ['fine again']);
});

test('a sweep that is paused is said once, with how it goes on', () => {
  const lines: string[] = [];
  const display = openPlainDisplay((line) => lines.push(line));
  for (let second = 0; second < 3; second++) display.show({ ...RUNNING, state: 'paused' }, second * 1_000);
  assert.deepEqual(
    lines.filter((line) => line.includes('resume')),
    ['s is paused; lsweep resume s goes on'],
  );
});

test('a Temporal that never answers does not stop the numbers', async () => {
  const { end, said } = await follow({
    progress: [RUNNING],
    descriptions: ['never answers'],
    interruptAfter: 5,
  });
  assert.equal(end.kind, 'interrupted');
  assert.equal(said.filter((word) => word === 'running').length, 5);
});

test('errors that do not pass end the following', async () => {
  const gone = new LatentSweepError('NOT_FOUND', 'no sweep is named s');
  await assert.rejects(follow({ progress: [gone], descriptions: [OPEN] }), gone);
  await assert.rejects(follow({ progress: [RUNNING], descriptions: [gone] }), gone);
});

test('a workflow that failed or was deleted ends the following with that', async () => {
  const failed = await follow({
    progress: [RUNNING],
    descriptions: [{ kind: 'closed', how: 'failed', reason: 'why' }],
  });
  assert.deepEqual(failed.end, { kind: 'broken', reason: 'why' });
  const deleted = await follow({ progress: [RUNNING], descriptions: [{ kind: 'never_started' }] });
  assert.deepEqual(deleted.end, { kind: 'no_workflow' });
});

test('each end has its exit code and says what to do', () => {
  const closed = (progress: SweepProgress): FollowEnd => ({ kind: 'closed', progress });
  const allFailed = { ...FINISHED, counts: { ...COUNTS, failed: 2 } };
  const withFailed = { ...FINISHED, counts: { ...COUNTS, finished: 1, failed: 1 } };
  const cases: readonly (readonly [FollowEnd, number, RegExp])[] = [
    [closed(FINISHED), EXIT.ok, /^finished: s: 2 finished/],
    [closed(withFailed), EXIT.failedTrials, /^finished, 1 of 2 cells failed: .*\n.*lsweep retry s --failed/],
    [closed(allFailed), EXIT.failedTrials, /^finished, all 2 cells failed: /],
    [closed({ ...FINISHED, state: 'cancelled' }), EXIT.failure, /^cancelled/],
    [{ kind: 'interrupted' }, EXIT.interrupted, /Follow it again: npm start/],
    [{ kind: 'broken', reason: 'why' }, EXIT.failure, /failed: why/],
    [
      { kind: 'no_workflow' },
      EXIT.failure,
      /no workflow of it in namespace ours: .*temporal\.namespace.*lsweep start FILE/,
    ],
  ];
  for (const [end, exitCode, text] of cases) {
    const closing = closingOf(end, { sweep: 's', comeBack: 'npm start', lsweep: 'lsweep', namespace: 'ours' });
    assert.equal(closing.exitCode, exitCode);
    assert.match(closing.text, text);
  }
});

test('plain lines come with changes, at most every three seconds, and every fifteen without', () => {
  const lines: string[] = [];
  const display = openPlainDisplay((line) => lines.push(line));
  for (let second = 0; second <= 20; second++) display.show(RUNNING, second * 1_000);
  assert.equal(lines.length, 2);
  display.show({ ...RUNNING, counts: { ...COUNTS, finished: 1, running: 1 } }, 21_000);
  display.show({ ...RUNNING, counts: { ...COUNTS, finished: 2 } }, 22_000);
  assert.equal(lines.length, 3);
  assert.equal(lines.at(-1), 's: 1 finished, 0 failed, 1 running, 0 planned of 2 cells');
});

test('a failed attempt is told once, and at once', () => {
  const lines: string[] = [];
  const display = openPlainDisplay((line) => lines.push(line));
  const failure = {
    phaseKey: 'k',
    kind: 'finetune',
    cells: [3],
    attempt: 1,
    failure: 'worker_crash',
    message: 'killed',
    step: 40,
  };
  display.show(RUNNING, 0);
  display.show({ ...RUNNING, failures: [failure] }, 1_000);
  display.show({ ...RUNNING, failures: [failure] }, 2_000);
  assert.deepEqual(lines.slice(1), ['finetune of cell 3, attempt 1 failed at step 40: worker_crash, killed']);
});

// Tables of the CLI fit the terminal: names are cut and spare columns left out, numbers never.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SweepCountsRow } from '../../services/cli/queries/sweeps.ts';
import { nodeListText } from '../../services/cli/render/node-list.ts';
import { sweepListText } from '../../services/cli/render/sweep-list.ts';
import { left, renderTable, right, spare } from '../../services/cli/render/table.ts';

const NOW = Date.UTC(2026, 10, 24);
const BIG = 999_999;
const SWEEP: SweepCountsRow = {
  ...{
    sweep: `sweep-${'of-a-long-name-'.repeat(6)}end`,
    revision: 1,
    state: 'running' as const,
    cells: BIG,
    planned: BIG,
  },
  ...{ waiting: BIG, running: BIG, finished: BIG, failed: BIG, stopped_early: BIG, cancelled: BIG, paused: BIG },
  ...{ priority: 100, weight: 1, width: BIG, created_at: new Date(NOW - 90 * 86_400_000), state_at: new Date(NOW) },
};

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

describe('tables at 80 columns', () => {
  it('the list of sweeps fits, and keeps the end of the name and the counts whole', () => {
    const text = sweepListText([SWEEP], NOW, 80);
    assert.ok(widest(text) <= 80, text);
    assert.match(text, /sweep-.*….*end/);
    assert.match(text, /999999/);
    assert.match(text, /columns left out; --wide shows all/);
    assert.ok(widest(sweepListText([SWEEP], NOW)) > 80, 'without a terminal nothing is cut');
  });

  it('the list of nodes fits', () => {
    const node = {
      ...{ node: `gpu-${'node-'.repeat(12)}7`, connected: true, slots: BIG, busy: BIG, quarantined: false },
      ...{ places: [{ device: `NVIDIA ${'H200 '.repeat(12)}`, memory_bytes: 150e9 }], quarantine_reason: null },
      ...{ canary_at: null, last_event: 'event_refused', last_event_at: new Date(NOW - 90 * 86_400_000) },
    };
    const text = nodeListText([node], NOW, 80);
    assert.ok(widest(text) <= 80, text);
    assert.match(text, /999999/);
  });

  it('leaves out spare columns from the last, then cuts words, never numbers', () => {
    const columns = [left('name'), right('count'), spare(right('first')), spare(right('second'))];
    const text = renderTable(columns, [['n'.repeat(60), 123_456_789, '1'.repeat(20), '2'.repeat(20)]], 50);
    assert.ok(widest(text) <= 50, text);
    assert.match(text, /first/);
    assert.doesNotMatch(text, /second/);
    assert.match(text, /123456789/);
  });
});

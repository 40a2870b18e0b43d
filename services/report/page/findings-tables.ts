// The tables of verdicts, paired tests and device time.

import { type Html, html } from '../../html/index.ts';
import type { CellGroup } from '../findings/cell-groups.ts';
import type { Comparison } from '../findings/comparisons.ts';
import type { Verdict } from '../findings/hypotheses.ts';
import type { GpuHoursRow } from '../queries/gpu-hours.ts';
import { htmlTable } from './html-table.ts';
import { effectText, hoursText, numberText, pText } from './quantities.ts';

export function verdictsTable(verdicts: readonly Verdict[]): Html {
  return htmlTable({
    rows: verdicts,
    csv: 'verdicts.csv',
    columns: [
      { heading: 'hypothesis', kind: 'words', cell: ({ hypothesis }) => hypothesis },
      { heading: 'task', kind: 'text', cell: ({ task }) => task },
      { heading: 'verdict', kind: 'text', cell: ({ ruling }) => html`<span class="${ruling}">${ruling}</span>` },
      { heading: 'effect [95 %], points', kind: 'number', cell: ({ effect }) => effectText(effect) },
      { heading: 'measured as', kind: 'words', cell: ({ comparison, unit }) => `${comparison} (${unit})` },
      { heading: 'items', kind: 'number', cell: ({ items }) => String(items) },
      { heading: 'seeds', kind: 'number', cell: ({ seeds }) => String(seeds) },
      {
        heading: 'note',
        kind: 'words',
        cell: ({ note }) => note,
        needed: (all) => all.some(({ note }) => note !== ''),
      },
    ],
  });
}

/** Comparisons between systems; those between budgets and channels are in the file. */
export function pairsTable(comparisons: readonly Comparison[]): Html {
  return htmlTable({
    rows: comparisons,
    csv: 'pairs.csv',
    columns: [
      {
        heading: 'task',
        kind: 'text',
        cell: ({ a }) => a.task,
        needed: (all) => new Set(all.map(({ a }) => a.task)).size > 1,
      },
      { heading: 'a', kind: 'text', cell: ({ a, differs }) => sideText(a, differs) },
      { heading: 'b', kind: 'text', cell: ({ b, differs }) => sideText(b, differs) },
      { heading: 'a \u2212 b [95 %], points', kind: 'number', cell: ({ difference }) => effectText(difference) },
      { heading: 'only a', kind: 'number', cell: ({ pooled }) => String(pooled.onlyA) },
      { heading: 'only b', kind: 'number', cell: ({ pooled }) => String(pooled.onlyB) },
      { heading: 'p exact', kind: 'number', cell: ({ pooled }) => pText(pooled.exact) },
      { heading: 'mid-p', kind: 'number', cell: ({ pooled }) => pText(pooled.mid) },
      { heading: 'p Holm', kind: 'number', cell: ({ corrected }) => pText(corrected) },
      { heading: 'p by seed', kind: 'text', cell: ({ bySeed }) => bySeed.map(({ exact }) => pText(exact)).join(', ') },
      { heading: 'also', kind: 'text', cell: ({ a }) => a.rest, needed: (all) => all.some(({ a }) => a.rest !== '') },
    ],
  });
}

/** `h1 kv:all, N_L 4` */
function sideText({ system, channel, latents }: CellGroup, differs: Comparison['differs']): string {
  const isChannelTold = channel !== null && (differs === 'channel' || channel !== 'embedding');
  return `${system}${isChannelTold ? ` ${channel}` : ''}${latents === 0 ? '' : `, N_L ${latents}`}`;
}

export function gpuHoursTable(rows: readonly GpuHoursRow[]): Html {
  return htmlTable({
    rows,
    csv: 'gpu-hours.csv',
    columns: [
      { heading: 'phase', kind: 'text', cell: ({ kind }) => kind },
      { heading: 'system', kind: 'text', cell: ({ system }) => system ?? 'shared' },
      { heading: 'phases', kind: 'number', cell: ({ phases }) => String(phases) },
      { heading: 'device time', kind: 'number', cell: (row) => hoursText(row.gpu_hours) },
      { heading: 'done again', kind: 'number', cell: (row) => hoursText(row.superseded_gpu_hours) },
      { heading: 'tokens', kind: 'number', cell: ({ tokens }) => numberText(tokens) },
      { heading: 'MFU, %', kind: 'number', cell: ({ mfu }) => (mfu === null ? '' : (100 * mfu).toFixed(1)) },
    ],
  });
}

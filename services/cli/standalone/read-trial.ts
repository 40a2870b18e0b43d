// One trial of a sweep file, for commands that work without a stack: the file's only cell, or the one that is named.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type PlannedCell, type PlannedSweep, planSweepFile } from '../../study/plan/index.ts';
import type { Resources } from '../../study/settings/index.ts';
import { pinnedSweepFile } from '../pinned-sweep-file.ts';

/** One cell, with the resources that its sweep file asks for. */
export interface ReadTrial {
  /** Of the sweep file. */
  readonly name: string;
  readonly cell: PlannedCell;
  readonly resources: Resources;
}

/** @throws LatentSweepError NOT_FOUND, SPEC_INVALID also for several cells of which none is named, and for a cell that is not there */
export async function readTrial(file: string, cell: number | null): Promise<ReadTrial> {
  const { name, spec, cells } = await pinnedSweepFile(file);
  const plan = planSweepFile(spec);
  if (cell === null && cells !== 1) {
    throw new LatentSweepError(
      'SPEC_INVALID',
      `${file} has ${cells} cells; one trial is wanted. Name it with --cell, or run them all: lsweep run ${file}\n${cellList(plan)}`,
      { file, cells },
    );
  }
  const index = cell ?? 0;
  if (index >= cells) {
    throw new LatentSweepError('SPEC_INVALID', `--cell ${index}: ${file} has cells 0 to ${cells - 1}`, { file, cells });
  }
  return { name, cell: plan.cell(index), resources: spec.resources };
}

/** Cells that are listed for whoever must choose. */
const LISTED_CELLS = 20;

function cellList(plan: PlannedSweep): string {
  const lines = Array.from({ length: Math.min(plan.size, LISTED_CELLS) }, (_, index) => {
    const { system, point, seed } = plan.cell(index);
    const values = Object.entries(point).map(([path, value]) => `${path} ${JSON.stringify(value)}`);
    return `  --cell ${index}  ${[system, ...values.filter((text) => !text.startsWith('system ')), `seed ${seed}`].join(', ')}`;
  });
  return [...lines, ...(plan.size > LISTED_CELLS ? [`  ... to --cell ${plan.size - 1}`] : [])].join('\n');
}

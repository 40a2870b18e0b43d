// One trial of a sweep file, for commands that work without a stack: the file's only cell, or the one that is named.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type PlannedCell, planSweepFile } from '../../../workflows/domain/plan-sweep-file.ts';
import type { Resources } from '../../../workflows/domain/settings.ts';
import { readSweepFile } from '../../sweep-file/index.ts';

export interface ReadTrial {
  /** Of the sweep file. */
  readonly name: string;
  readonly cell: PlannedCell;
  readonly resources: Resources;
}

/** @throws LatentSweepError NOT_FOUND, SPEC_INVALID also for several cells of which none is named, and for a cell that is not there */
export function readTrial(file: string, cell: number | null): ReadTrial {
  const { name, spec, cells } = readSweepFile(file);
  if (cell === null && cells !== 1) {
    throw new LatentSweepError(
      'SPEC_INVALID',
      `${file} has ${cells} cells; one trial is wanted. Name it with --cell 0 to --cell ${cells - 1} (lsweep plan lists them), or run them all: lsweep run ${file}`,
      { file, cells },
    );
  }
  const index = cell ?? 0;
  if (index >= cells) {
    throw new LatentSweepError('SPEC_INVALID', `--cell ${index}: ${file} has cells 0 to ${cells - 1}`, { file, cells });
  }
  return { name, cell: planSweepFile(spec).cell(index), resources: spec.resources };
}

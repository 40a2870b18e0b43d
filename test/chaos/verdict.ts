// What a chaos run must show, as sentences about what it did not. Pure.

import type { ChaosOptions, ChaosOutcome } from './run-chaos.ts';
import { STEPS_PER_SEGMENT } from './sweep-file.ts';

/** Events at which Temporal suggests to continue as new. */
const MOST_EVENTS = 4_096;

/** @returns empty when everything held */
export function faultsOf(options: ChaosOptions, outcome: ChaosOutcome): readonly string[] {
  const { comparison, lost } = outcome;
  const faults: (string | false)[] = [
    comparison.cells !== options.cells && `${comparison.cells} cells of ${options.cells}`,
    comparison.finishedCells !== options.cells && `${comparison.finishedCells} cells of ${options.cells} finished`,
    comparison.rowsDifferent > 0 && `${comparison.rowsDifferent} rows have another value`,
    comparison.rowsMissing > 0 && `${comparison.rowsMissing} rows are missing`,
    comparison.rowsExtra > 0 && `${comparison.rowsExtra} rows are too many`,
    comparison.rowsEqual === 0 && 'no row was compared',
    comparison.weightsDifferent > 0 && `${comparison.weightsDifferent} cells have other weights`,
    comparison.finishedTwice > 0 && `${comparison.finishedTwice} phases finished twice`,
    comparison.open > 0 && `${comparison.open} attempts are still open`,
    lost.mostStepsLost > STEPS_PER_SEGMENT &&
      `an attempt lost ${lost.mostStepsLost} steps, more than a segment of ${STEPS_PER_SEGMENT}`,
    outcome.usableSlots !== options.nodes * options.slotsPerNode &&
      `${outcome.usableSlots} slots of ${options.nodes * options.slotsPerNode} could be busy at one time`,
    outcome.longestHistory >= MOST_EVENTS && `a history has ${outcome.longestHistory} events`,
    outcome.zombies.length > 0 && `zombies: ${JSON.stringify(outcome.zombies)}`,
    outcome.orphans.length > 0 && `orphans: ${JSON.stringify(outcome.orphans)}`,
    outcome.leaked.length > 0 && `left after the stop: ${JSON.stringify(outcome.leaked)}`,
  ];
  return faults.filter((fault) => fault !== false);
}

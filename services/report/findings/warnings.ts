// What a reader must know before believing a report's numbers.

import { grouped } from '../grouped.ts';
import type { SweepFacts } from '../queries/sweep-facts.ts';
import { type CellGroup, isAboveChance } from './cell-groups.ts';

/** Below it a single model's accuracy is known to +-7 points at best (Wilson at 50 %). */
const FEW_ITEMS = 200;

export function warningsOf(facts: SweepFacts, groups: readonly CellGroup[]): readonly string[] {
  const answered = groups.filter(({ accuracy }) => accuracy !== null);
  const items = answered.flatMap((group) => (group.items === null ? [] : [group.items]));
  const fewest = Math.min(...items);
  const seeds = answered.map((group) => group.answered.length);
  const uneven = answered.filter(({ cells, finished }) => finished < cells).length;
  const unlearnt = grouped(answered, ({ task }) => task).filter((ofTask) => !ofTask.some(isAboveChance));
  const without = answered.filter(({ interval }) => interval === null).length;
  return [
    ...(facts.open > 0
      ? [`${counted(facts.open, 'cell')} of ${facts.cells} not finished yet: means are over fewer seeds.`]
      : []),
    ...(facts.state === 'planning' ? ['The sweep is still being planned: more cells will come.'] : []),
    ...(facts.failed > 0 ? [`${counted(facts.failed, 'cell')} failed; study.failures says why.`] : []),
    ...(facts.cancelled > 0 ? [`${counted(facts.cancelled, 'cell')} cancelled.`] : []),
    ...(facts.stopped_early > 0 ? [`${counted(facts.stopped_early, 'cell')} stopped early by the search.`] : []),
    ...(uneven > 0 ? [`${counted(uneven, 'point')} of the grid with fewer seeds than planned.`] : []),
    ...(items.length > 0 && fewest < FEW_ITEMS
      ? [`Few items: as few as ${fewest} questions per evaluation; differences of some points mean nothing.`]
      : []),
    ...(seeds.length > 0 && Math.max(...seeds) === 1
      ? ['One seed: intervals cover the choice of questions only.']
      : []),
    ...unlearnt.map(
      ([{ task }]) => `On ${task} nothing is better than guessing: its comparisons say nothing about reasoning.`,
    ),
    ...(without > 0 ? [`${counted(without, 'point')} without an interval: single answers are not recorded.`] : []),
  ];
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

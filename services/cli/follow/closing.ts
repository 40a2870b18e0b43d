// What a follower says when it ends, and the exit code that goes with it. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { EXIT, type ExitCode } from '../../edge/index.ts';
import { countsText } from '../render/progress-lines.ts';
import type { FollowEnd } from './follow-sweep.ts';
import type { SweepProgress } from './progress.ts';

/** Last words of a follower, and the exit code of the command. */
export interface Closing {
  readonly exitCode: ExitCode;
  readonly text: string;
}

/** A sweep that came to its end with nothing but failures is not called finished alone. */
function endedText(state: string, { counts, cells }: SweepProgress): string {
  if (state !== 'finished' || counts.failed === 0) return state;
  return counts.failed === cells
    ? `finished, all ${cells} cells failed`
    : `finished, ${counts.failed} of ${cells} cells failed`;
}

/** @param comeBack command that follows the sweep again; @param lsweep how the person calls this program */
export function closingOf(end: FollowEnd, sweep: string, comeBack: string, lsweep: string): Closing {
  switch (end.kind) {
    case 'interrupted':
      return {
        exitCode: EXIT.interrupted,
        text: `${sweep} goes on without this window. Follow it again: ${comeBack}\nStop it: ${lsweep} pause ${sweep}, ${lsweep} cancel ${sweep}, or ${lsweep} down for the whole stack`,
      };
    case 'no_workflow':
      return {
        exitCode: EXIT.failure,
        text: `${sweep} is in Postgres, but Temporal has no workflow of it (its history was deleted). ${lsweep} start FILE goes on where it was; nothing is computed twice.`,
      };
    case 'broken':
      return {
        exitCode: EXIT.failure,
        text: `the workflow of ${sweep} failed: ${visibleLine(end.reason)}\n${lsweep} logs orchestrator has more; ${lsweep} start FILE goes on where it was.`,
      };
    case 'closed': {
      const { counts, state } = end.progress;
      const failed = counts.failed > 0;
      const advice = failed ? `\nWhy: ${lsweep} show ${sweep}. Again: ${lsweep} retry ${sweep} --failed` : '';
      const exitCode = state === 'cancelled' ? EXIT.failure : failed ? EXIT.failedTrials : EXIT.ok;
      return { exitCode, text: `${endedText(state, end.progress)}: ${countsText(end.progress)}${advice}` };
    }
  }
}

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

/** What the last words name. */
export interface ClosingNames {
  readonly sweep: string;
  /** Command that follows the sweep again. */
  readonly comeBack: string;
  /** How the person calls this program. */
  readonly lsweep: string;
  /** Temporal namespace that was asked (temporal.namespace). */
  readonly namespace: string;
}

/** Names come from the person or the configuration and are shown as they are. */
export function closingOf(end: FollowEnd, { sweep, comeBack, lsweep, namespace }: ClosingNames): Closing {
  switch (end.kind) {
    case 'interrupted':
      return {
        exitCode: EXIT.interrupted,
        text: `${sweep} goes on without this window. Follow it again: ${comeBack}\nStop it: ${lsweep} pause ${sweep}, ${lsweep} cancel ${sweep}, or ${lsweep} down for the whole stack`,
      };
    case 'no_workflow':
      return {
        exitCode: EXIT.failure,
        text: `${sweep} is in Postgres, but Temporal has no workflow of it in namespace ${namespace}: its history was deleted, or it was started with another temporal.namespace or temporal.address. If neither of them differs, ${lsweep} start FILE goes on where it was; nothing is computed twice.`,
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

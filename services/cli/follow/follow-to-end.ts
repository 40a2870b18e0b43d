// Following as commands do it: a live area on a terminal, plain lines elsewhere, and a last word.

import { type Config, runningStack } from '../../config/index.ts';
import type { ExitCode } from '../../edge/index.ts';
import type { StudyReader } from '../../store/index.ts';
import { waitUnlessAborted } from '../interruption.ts';
import { lsweepCommand } from '../lsweep-command.ts';
import type { Output } from '../output.ts';
import { closingOf } from './closing.ts';
import { openLiveDisplay, openPlainDisplay } from './displays.ts';
import { FOLLOW_TIMES, type FollowEnd, followSweep } from './follow-sweep.ts';
import { readProgress } from './read-progress.ts';
import { watchWorkflow } from './watched-workflow.ts';

/** The sweep, from where it is read, and where it is shown. */
export interface FollowToEnd {
  readonly config: Config;
  readonly reader: StudyReader;
  readonly sweep: string;
  readonly output: Output;
  /** Command that follows the sweep again. */
  readonly comeBack: string;
  readonly signal: AbortSignal;
}

/** Whether what the configuration does not name is provided by a local stack that is not up. */
function isDown(config: Config): boolean {
  const isLocal = config.postgres.url === null || config.temporal.address === null;
  return isLocal && runningStack(config) === null;
}

/** Says how it ended. @returns that, and the exit code for it */
export async function followToEnd(
  options: FollowToEnd,
): Promise<{ readonly end: FollowEnd; readonly exitCode: ExitCode }> {
  const { config, reader, sweep, output, comeBack, signal } = options;
  const workflow = watchWorkflow(config, sweep);
  const since = new Date();
  try {
    const end = await followSweep({
      sources: {
        readProgress: () => readProgress(reader, sweep, since),
        describe: () => workflow.describe(),
        isStackDown: () => isDown(config),
      },
      display:
        process.stdout.isTTY && !output.json
          ? openLiveDisplay(process.stdout, output.color, Date.now())
          : openPlainDisplay((line) => output.say(line)),
      times: FOLLOW_TIMES,
      signal,
      nowMs: Date.now,
      wait: waitUnlessAborted,
    });
    const { exitCode, text } = closingOf(end, {
      sweep,
      comeBack,
      lsweep: lsweepCommand(process.env),
      namespace: config.temporal.namespace,
    });
    output.say(text);
    return { end, exitCode };
  } finally {
    await workflow.close();
  }
}

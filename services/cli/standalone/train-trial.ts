// `lsweep train`: one trial in this terminal, from its first phase to its result table. Ctrl-C leaves a checkpoint; the same command goes on.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Config } from '../../config/index.ts';
import { EXIT, type ExitCode } from '../../edge/index.ts';
import { makeStateFolder } from '../../local-stack/index.ts';
import { machineSize } from '../../machine/index.ts';
import { trainedConfig } from '../../study/settings/index.ts';
import {
  checkPhaseConfig,
  checkpointOf,
  type DonePhase,
  exportTrial,
  haveExclusiveCores,
  runTrial,
  type StandaloneTrial,
  type TrialEnd,
} from '../../trainer/index.ts';
import { openLiveDisplay, openPlainDisplay } from '../follow/displays.ts';
import { listenForInterruption } from '../interruption.ts';
import { lsweepCommand } from '../lsweep-command.ts';
import type { Output } from '../output.ts';
import { lockFolder } from './folder-lock.ts';
import { checkTrialFits, planTrial } from './plan-trial.ts';
import { type ReadTrial, readTrial } from './read-trial.ts';
import { openTrialProgress } from './trial-progress.ts';
import { trialResults } from './trial-results.ts';

/** The flags of `lsweep train`. */
export interface TrainOptions {
  readonly file: string;
  readonly cell: number | null;
  /** null = a folder of the trial below the state folder. */
  readonly out: string | null;
  /** Where Hugging Face folders go; null = nowhere. */
  readonly exportTo: string | null;
  /** null = what the sweep file's resources say. */
  readonly device: 'cpu' | 'cuda' | null;
  readonly threads: number | null;
  readonly checkpointSeconds: number;
}

const SEGMENT_MS = 5_000;
/** Digits of a trial key in a folder's name. */
const KEY_DIGITS = 8;

/** @throws LatentSweepError for bad input before anything runs, and what a phase fails with */
export async function trainTrial(options: TrainOptions, config: Config, output: Output): Promise<ExitCode> {
  const read = await readTrial(options.file, options.cell);
  const trial = standaloneTrial(read, options, config);
  refuseExistingExport(options.exportTo);
  for (const { config: phase } of trial.phases) await checkPhaseConfig(phase);
  if (trial.device === 'cpu') checkTrialFits(await planTrial(read.cell, trial), machineSize().memoryBytes);
  if (options.out === null) makeStateFolder(config);
  const unlock = lockFolder(trial.folder);
  try {
    const end = await run(read, trial, output);
    if (end.kind === 'completed') {
      const { value, text } = trialResults(read.cell, end.phases, trial.folder);
      const exported = exportOf(trial, end.phases, options.exportTo);
      const exportLine =
        exported === null ? '' : `\nModels for transformers: ${Object.values(exported).filter(Boolean).join(', ')}`;
      output.result({ ...value, exported }, `\n${text}${exportLine}`);
      return EXIT.ok;
    }
    const again = [lsweepCommand(process.env), ...process.argv.slice(2)].join(' ');
    output.say(`Stopped at step ${end.step} of ${end.phase.config.kind}, with a checkpoint. Go on: ${again}`);
    return EXIT.interrupted;
  } finally {
    unlock();
  }
}

function standaloneTrial(
  { name, cell, resources }: ReadTrial,
  options: TrainOptions,
  { stateDir }: Config,
): StandaloneTrial {
  const { key, phases } = cell.trial;
  const threads = options.threads ?? resources.threads;
  return {
    key,
    phases: phases.map((phase) => ({ ...phase, config: trainedConfig(phase.config) })),
    folder: resolve(options.out ?? join(stateDir, 'train', `${name}-${key.slice(0, KEY_DIGITS)}`)),
    device: options.device ?? (resources.device === 'cuda' ? 'cuda' : 'cpu'),
    threads,
    exclusiveCores: haveExclusiveCores({ trainers: 1, threads, cores: machineSize().cores }),
    segmentMs: Math.min(SEGMENT_MS, options.checkpointSeconds * 1_000),
    checkpointMs: options.checkpointSeconds * 1_000,
  };
}

async function run({ name, cell }: ReadTrial, trial: StandaloneTrial, output: Output): Promise<TrialEnd> {
  const interruption = listenForInterruption();
  const display =
    process.stdout.isTTY && !output.json
      ? openLiveDisplay(process.stdout, output.color, Date.now())
      : openPlainDisplay((line) => output.say(line));
  try {
    const warn = ({ message }: LatentSweepError): void =>
      display.trouble(`${message}; going on from an earlier one`, Date.now());
    return await runTrial(trial, { ...openTrialProgress(name, cell, display), warn }, interruption.signal);
  } finally {
    display.end();
    interruption.stopListening();
  }
}

function refuseExistingExport(folder: string | null): void {
  if (folder !== null && existsSync(folder)) {
    throw new LatentSweepError('CONFLICT', `--export: ${folder} exists already; name a folder that does not`, {
      folder,
    });
  }
}

function exportOf({ phases, folder }: StandaloneTrial, done: readonly DonePhase[], to: string | null) {
  const last = phases.findLast(({ config }) => config.kind === 'pretrain' || config.kind === 'finetune');
  const trained = done.find(({ key }) => key === last?.key);
  if (to === null || last === undefined || trained === undefined) return null;
  const { config } = last;
  if (config.kind !== 'pretrain' && config.kind !== 'finetune') return null;
  return exportTrial(config, checkpointOf(folder, trained), resolve(to));
}

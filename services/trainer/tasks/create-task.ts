// From the task settings of a phase to the task itself.

import type { TaskSettings } from '../../../workflows/domain/settings.ts';
import { createCountdown } from './countdown.ts';
import { createGsm8k } from './gsm8k.ts';
import { createProsqa } from './prosqa.ts';
import type { Task } from './task.ts';

/** @throws LatentSweepError DATA_MISSING, DATA_INVALID or CONFIG_INVALID, each naming the file and line or the key */
export function createTask(settings: TaskSettings): Task {
  switch (settings.name) {
    case 'prosqa':
      return createProsqa(settings);
    case 'countdown':
      return createCountdown(settings);
    case 'gsm8k':
      return createGsm8k(settings);
  }
}

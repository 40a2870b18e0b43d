// The models of a finished trial as Hugging Face folders: what weights/export writes, from the final checkpoint of its last training phase.

import type { FinetunePhaseConfig, PretrainPhaseConfig } from '../../study/settings/index.ts';
import { computedModel } from '../../study/systems/index.ts';
import { readCheckpoint, weightsOf } from '../checkpoints/index.ts';
import type { LocalCheckpoint } from '../jobs/protocol.ts';

import { createTask } from '../tasks/index.ts';
import { createTokenizer } from '../tokenizers/index.ts';
import { type ExportedFolders, exportHuggingFaceFolders, resolveLocalModel, tokenizerFiles } from '../weights/index.ts';

/** @param folder that does not exist yet @throws LatentSweepError CONFLICT, CHECKPOINT_DAMAGED, DISK_FULL, ARTIFACT_STORE */
export function exportTrial(
  { task, tokenizer: settings, model, system }: FinetunePhaseConfig | PretrainPhaseConfig,
  checkpoint: LocalCheckpoint,
  folder: string,
): ExportedFolders {
  const tokenizer = createTokenizer(settings, createTask(task));
  const { config } = resolveLocalModel(model, tokenizer);
  const { name, eosTokenId } = tokenizer;
  return exportHuggingFaceFolders(
    folder,
    computedModel(system, config),
    weightsOf(readCheckpoint(checkpoint).tensors),
    {
      ...{ name, eosTokenId },
      files: tokenizerFiles(settings),
    },
  );
}

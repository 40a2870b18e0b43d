// What a person who finds an exported folder must know.

import type { ModelConfig } from '../../models/index.ts';
import type { ExportTokenizer } from './export-tokenizer.ts';
import type { ExportPart } from './model-json.ts';

const LOAD = (part: ExportPart): string => `    from transformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained("${part}")
`;

const ABOUT: Readonly<Record<ExportPart, string>> = {
  base: 'The Base: a causal language model.',
  coprocessor: `The Coprocessor. It reads the Base's cache and soft tokens (../latents.safetensors), never token ids, so it has **no token embedding
of its own**: the embedding in this folder is a copy of the Base's, there only so that the folder loads. Its logits mean nothing.`,
};

export function partReadme(part: ExportPart, config: ModelConfig, tokenizer: ExportTokenizer | null): string {
  return `# ${part === 'base' ? 'Base' : 'Coprocessor'} (${config.kind}, ${config.layers} layers, width ${config.width})

${ABOUT[part]} Weights are fp32; trained without dropout.

${LOAD(part)}
${tokenizerText(tokenizer)}
`;
}

export function trialReadme(parts: readonly ExportPart[], latentTensors: readonly string[]): string {
  const rows = parts.map((part) => `- \`${part}/\`: loads with \`transformers\`.`);
  if (latentTensors.length > 0) {
    rows.push(
      `- \`latents.safetensors\`: ${latentTensors.map((name) => `\`${name}\``).join(', ')} (fp32), which belong to no model folder.`,
    );
  }
  return `# A trained trial of latent-sweep\n\n${rows.join('\n')}\n`;
}

function tokenizerText(tokenizer: ExportTokenizer | null): string {
  if (tokenizer === null) return 'Tokenizer: not recorded.';
  const { name, eosTokenId, files } = tokenizer;
  if (files.size > 0) return `Tokenizer: \`${name}\`, its files are here; ${eosTokenId} ends a text.`;
  if (name === 'bytes')
    return `Tokenizer: none needed, ids 0 to 255 are the bytes of UTF-8 text; ${eosTokenId} ends a text.`;
  return `Tokenizer: \`${name}\` of latent-sweep, made from the training text of the task; it has no file. ${eosTokenId} ends a text.`;
}

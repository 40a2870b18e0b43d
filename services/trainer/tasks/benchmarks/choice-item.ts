// One question of a multiple-choice benchmark.

export interface ChoiceItem {
  /** Prompts are equal but for Winogrande, which puts each option into the sentence. No prompt and no continuation is blank. */
  readonly choices: readonly { readonly prompt: string; readonly continuation: string }[];
  /** Index of the right choice. */
  readonly gold: number;
}

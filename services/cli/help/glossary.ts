// The words of latent-sweep, one meaning each: for lsweep help WORD and docs/glossary.md.

export interface Term {
  readonly term: string;
  /** Other words for the same. */
  readonly also?: readonly string[];
  /** Sentences, the first of which stands alone. */
  readonly meaning: string;
  /** Document with more. */
  readonly more: string;
}

const ARCHITECTURE = 'docs/design/architecture.md';
const STUDY = 'docs/study.md';
const DESIGN_OF_STUDY = 'docs/design/study.md';

const WORK: readonly Term[] = [
  {
    term: 'sweep',
    meaning:
      'A named sweep file that was started: axes, fixed settings, seeds. It has revisions, because it can be extended.',
    more: 'docs/sweep-file.md',
  },
  {
    term: 'trial',
    meaning:
      'One point of the grid, seed included. It is identified by the hash of its settings, so that sweeps which overlap share it and train it once.',
    more: ARCHITECTURE,
  },
  {
    term: 'cell',
    meaning: 'The place of a trial in one sweep, numbered from 0. Cells with equal settings are one trial.',
    more: ARCHITECTURE,
  },
  {
    term: 'phase',
    meaning:
      'One step of a trial: base, pretrain, finetune, evaluate, analyse (simulate trains nothing). Phases with equal settings, data and parents run once, whoever needs them.',
    more: ARCHITECTURE,
  },
  {
    term: 'stage',
    meaning: 'A stage of the curriculum inside a finetune phase; each takes away one more written step.',
    more: STUDY,
  },
  {
    term: 'attempt',
    meaning: 'One try at a phase on one slot. It is numbered, and only the newest may write.',
    more: ARCHITECTURE,
  },
  {
    term: 'segment',
    meaning:
      'The steps between two commits of an attempt, some seconds of work. What was not committed is done again after a fault.',
    more: ARCHITECTURE,
  },
  {
    term: 'checkpoint',
    meaning: 'Weights and optimizer state at the end of a segment, from which any node can go on.',
    more: 'docs/operating.md',
  },
  { term: 'node', meaning: 'A machine that runs gpu-worker.', more: 'docs/operating.md' },
  { term: 'slot', meaning: 'Room on a node for one attempt on one device.', more: 'docs/operating.md' },
  {
    term: 'quarantine',
    meaning: 'A node on which attempts fail that succeed elsewhere gets no work for a while, then one trial attempt.',
    more: 'docs/operating.md',
  },
  {
    term: 'orchestrator',
    meaning:
      'The process that plans sweeps, drives their phases and records results. Several may run, and any may die.',
    more: ARCHITECTURE,
  },
  {
    term: 'local stack',
    also: ['stack'],
    meaning: 'What lsweep up starts on this machine: Postgres, Temporal, orchestrator, gpu-worker, dashboard.',
    more: 'docs/operating.md',
  },
];

const STUDIED: readonly Term[] = [
  {
    term: 'base',
    meaning: 'The language model that answers. It reads latents, and is frozen in some systems.',
    more: STUDY,
  },
  {
    term: 'coprocessor',
    meaning: 'A second model, begun as a copy of the Base, that reads the question and makes latents.',
    more: STUDY,
  },
  {
    term: 'latent',
    also: ['latents'],
    meaning: 'A vector between question and answer that stands for no word.',
    more: STUDY,
  },
  { term: 'latent budget', also: ['n_l'], meaning: 'N_L: how many latents there are for a question.', more: STUDY },
  {
    term: 'channel',
    meaning: 'What is exchanged for each latent: an input embedding, or cache entries of layers (kv).',
    more: DESIGN_OF_STUDY,
  },
  { term: 'capacity', meaning: 'How many floats the channel carries for each latent.', more: DESIGN_OF_STUDY },
  {
    term: 'soft token',
    also: ['soft embedding'],
    meaning: 'A trained input embedding that stands for no word.',
    more: STUDY,
  },
  {
    term: 'curriculum',
    meaning: 'Training in stages by which latents replace written steps of reasoning.',
    more: STUDY,
  },
  {
    term: 'objective',
    also: ['objectives'],
    meaning: 'A term of the loss beside the cross-entropy that shapes latents: orthogonality or steps.',
    more: DESIGN_OF_STUDY,
  },
  {
    term: 'intervention',
    also: ['interventions'],
    meaning: 'A causal test: latents are replaced at evaluation, to see whether they are used.',
    more: DESIGN_OF_STUDY,
  },
  {
    term: 'chance',
    also: ['guessing'],
    meaning: 'Accuracy of guessing among the answers that a question offers.',
    more: 'docs/results.md',
  },
];

const SYSTEMS: readonly Term[] = [
  {
    term: 'continued_pretraining',
    meaning: 'System: the Base goes on learning text, without latents.',
    more: DESIGN_OF_STUDY,
  },
  {
    term: 'soft_embeddings',
    meaning:
      'System: no Coprocessor; N_L trained soft tokens, read by a Base that is trained too. The control that everything must beat.',
    more: DESIGN_OF_STUDY,
  },
  {
    term: 'liu',
    meaning: 'System: a Coprocessor’s last hidden states enter as input embeddings; the Base is frozen.',
    more: DESIGN_OF_STUDY,
  },
  {
    term: 'h1',
    meaning: 'System: a Coprocessor’s cache entries enter beside the Base’s, layer by layer; the Base is frozen.',
    more: DESIGN_OF_STUDY,
  },
  { term: 'h2', meaning: 'System: as liu, but Base and Coprocessor are trained together.', more: DESIGN_OF_STUDY },
  { term: 'h1_h2', meaning: 'System: as h1, but Base and Coprocessor are trained together.', more: DESIGN_OF_STUDY },
  {
    term: 'coconut',
    meaning: 'System: the Base’s own last hidden state is its next input, one latent after the other.',
    more: DESIGN_OF_STUDY,
  },
  { term: 'pause', meaning: 'System: one trained soft token, repeated N_L times.', more: DESIGN_OF_STUDY },
  { term: 'without_thought', meaning: 'System: the curriculum with zero latents.', more: DESIGN_OF_STUDY },
  { term: 'soft_2x', meaning: 'System: as soft_embeddings, on a Base of twice the depth.', more: DESIGN_OF_STUDY },
  {
    term: 'cot',
    meaning: 'System: plain fine-tuning with every step of the chain of thought written out.',
    more: DESIGN_OF_STUDY,
  },
  { term: 'no_cot', meaning: 'System: plain fine-tuning on the answer alone.', more: DESIGN_OF_STUDY },
];

/** By subject, in the order of the page. */
export const GLOSSARY: readonly { readonly heading: string; readonly terms: readonly Term[] }[] = [
  { heading: 'How work is done', terms: WORK },
  { heading: 'What is studied', terms: STUDIED },
  { heading: 'Systems', terms: SYSTEMS },
];

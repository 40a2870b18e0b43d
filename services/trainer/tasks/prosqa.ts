// ProsQA: which of two concepts is the named one? Held-out splits are the published problems; training problems come from the generator
// or from a file in the published format (docs/design/study.md section 6). Steps are the edges of one shortest path, so the chain of thought is
// exact.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { PROSQA_PUBLISHED, type TaskSettings } from '../../study/settings/index.ts';
import { DRAWS_VERSION, type Draws, draws, permutation } from '../random/draws.ts';
import { type DataFile, readDataFile } from '../text/index.ts';
import { builtInData, dataHash } from './built-in-data.ts';
import { coconutSchema, problemError, problemsIn } from './problem-file.ts';
import { drawProsqaGraph, mostNodes, type ProsqaGraph, ROOTS } from './prosqa-graph.ts';
import { PROSQA_CONCEPTS, PROSQA_NAMES, PUBLISHED_CONCEPT_COUNT } from './prosqa-words.ts';
import { type Example, generatedSplit, listSplit, type Split, sameText, type Task } from './task.ts';

type ProsqaSettings = Extract<TaskSettings, { name: 'prosqa' }>;

const GENERATOR_VERSION = 1;
const MAX_REDRAWS = 1_000;

export function createProsqa(settings: ProsqaSettings): Task {
  const { dataSeed, nodes } = settings;
  const published = nodes >= PROSQA_PUBLISHED.fromNodes;
  const files = published
    ? { valid: builtInData('prosqa-valid.json.gz'), test: builtInData('prosqa-test.json.gz') }
    : null;
  const heldOut = files === null ? generateHeldOut(settings) : readHeldOut(settings, files);
  const heldOutKeys = new Set([...heldOut.valid, ...heldOut.test].map(problemKey));
  const trainFile = settings.trainFile === null ? null : readDataFile(settings.trainFile);
  return {
    kind: 'questions',
    name: 'prosqa',
    dataHash: dataHash([
      'prosqa',
      GENERATOR_VERSION,
      DRAWS_VERSION,
      trainFile?.sha256 ?? null,
      files?.valid.sha256 ?? null,
      files?.test.sha256 ?? null,
      nodes,
      settings.train,
      settings.valid,
      settings.test,
      dataSeed,
      ...(settings.balanced ? ['balanced'] : []),
    ]),
    licence: 'MIT (facebookresearch/coconut); generated problems Apache-2.0',
    chance: 0.5,
    splits: {
      train: trainFile === null ? generateTrain(settings, heldOutKeys) : listSplit(parseProsqa(trainFile)),
      valid: listSplit(heldOut.valid),
      test: listSplit(heldOut.test),
    },
    everyWord: trainFile === null ? everyWord(nodes) : null,
    verify: (answer, example) => sameText(answer, example.answer),
  };
}

interface HeldOut {
  readonly valid: readonly Example[];
  readonly test: readonly Example[];
}

function readHeldOut(settings: ProsqaSettings, files: Readonly<Record<'valid' | 'test', DataFile>>): HeldOut {
  const take = (split: 'valid' | 'test'): readonly Example[] => {
    const all = parseProsqa(files[split]);
    if (settings[split] > all.length) {
      throw new LatentSweepError('CONFIG_INVALID', `task.${split}: ${settings[split]} asked, ${all.length} published`, {
        key: `task.${split}`,
      });
    }
    return all.slice(0, settings[split]);
  };
  return { valid: take('valid'), test: take('test') };
}

function generateHeldOut(settings: ProsqaSettings): HeldOut {
  const { dataSeed, valid, test } = settings;
  const taken = new Set<string>();
  const generate = (label: 'valid' | 'test', size: number): Example[] =>
    Array.from({ length: size }, (_, index) => {
      const example = drawUnless(taken, draws(`prosqa-${label}`, dataSeed, index), settings, label);
      taken.add(problemKey(example));
      return example;
    });
  return { test: generate('test', test), valid: generate('valid', valid) };
}

function generateTrain(settings: ProsqaSettings, heldOut: ReadonlySet<string>): Split {
  return generatedSplit(settings.train, (index) =>
    drawUnless(heldOut, draws('prosqa-train', settings.dataSeed, index), settings, 'train'),
  );
}

function drawUnless(
  taken: ReadonlySet<string>,
  source: Draws,
  { nodes, balanced }: ProsqaSettings,
  split: string,
): Example {
  for (let redraw = 0; redraw < MAX_REDRAWS; redraw++) {
    const example = writeProsqa(source, drawProsqaGraph(source, nodes, balanced));
    if (!taken.has(problemKey(example))) return example;
  }
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `task.${split}: too few distinct problems with graphs of ${nodes} nodes; ask for fewer, or raise task.nodes`,
    { key: `task.${split}` },
  );
}

/** Puts words on a graph and shuffles the sentences. */
function writeProsqa(source: Draws, graph: ProsqaGraph): Example {
  const children = new Set(graph.edges.map(([, child]) => child));
  const named = Array.from({ length: graph.nodes }, (_, node) => !children.has(node));
  const concepts = Math.max(PUBLISHED_CONCEPT_COUNT, named.filter((isNamed) => !isNamed).length);
  const names = shuffled(source, PROSQA_NAMES)[Symbol.iterator]();
  const kinds = shuffled(source, PROSQA_CONCEPTS.slice(0, concepts))[Symbol.iterator]();
  const words = named.map((isNamed) => String((isNamed ? names : kinds).next().value));
  const word = (node: number): string => words[node] ?? '';
  const sentence = (parent: number, child: number): string =>
    (named[parent] ? ofName : ofConcept)(word(parent), word(child));
  const facts = shuffled(
    source,
    graph.edges.map(([parent, child]) => sentence(parent, child)),
  );
  const [left, right] = shuffled(source, [word(graph.target), word(graph.distractor)]);
  return {
    question: `${facts.join(' ')} Is ${word(graph.root)} a ${left} or ${right}?`,
    steps: graph.path.slice(1).map((node, i) => sentence(graph.path[i] ?? 0, node)),
    answer: ofName(word(graph.root), word(graph.target)),
  };
}

const ofName = (name: string, concept: string): string => `${name} is a ${concept}.`;
const ofConcept = (concept: string, wider: string): string => `Every ${concept} is a ${wider}.`;

/** Where graphs may have more concepts than were published, all: the last of them are rare, or never drawn. */
function everyWord(meanNodes: number): Example {
  const few = mostNodes(meanNodes) - ROOTS <= PUBLISHED_CONCEPT_COUNT;
  const concepts = few ? PROSQA_CONCEPTS.slice(0, PUBLISHED_CONCEPT_COUNT) : PROSQA_CONCEPTS;
  const [first = '', second = ''] = concepts;
  const [name = ''] = PROSQA_NAMES;
  return {
    question: `Is ${name} a ${first} or ${second}?`,
    steps: [...PROSQA_NAMES.map((one) => ofName(one, first)), ...concepts.map((one) => ofConcept(one, second))],
    answer: ofName(name, first),
  };
}

function shuffled<T>(source: Draws, items: readonly T[]): T[] {
  return [...permutation(items.length, source)].flatMap((index) => items.slice(index, index + 1));
}

/** The same for every order of the facts and of the two options. */
export function problemKey({ question }: Example): string {
  const facts = question.split('. ');
  const asked = facts.pop() ?? '';
  const options = asked.slice(0, -1).split(' ').sort();
  return [...facts.sort(), ...options].join('|');
}

/** @throws LatentSweepError DATA_INVALID naming the file and the line (a broken JSON text) or the problem's index */
export function parseProsqa(file: DataFile): Example[] {
  const { form, problems } = problemsIn(file);
  if (problems.length === 0) throw problemError(file, 1, NO_FORM);
  return problems.map(({ value, index, line }) => {
    const parsed = coconutSchema.safeParse(value.kind === 'json' ? value.data : undefined);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const key = issue?.path.join('.') ?? '';
    const fault = `problem ${index}, key ${key}: ${issue?.message ?? 'not a problem'}`;
    throw problemError(file, line(), form === 'list' ? fault : `${NO_FORM} (${fault})`);
  });
}

const NO_FORM = 'not a JSON list of problems, and no {"question", "steps", "answer"} a line';

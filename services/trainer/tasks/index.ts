// The border of the tasks.
export type { Benchmark } from './benchmarks/benchmark.ts';
export type { ChoiceItem } from './benchmarks/choice-item.ts';
export { type Corpus, type Document } from './corpus.ts';
export { type AnyTask, createTask, questionsOf } from './create-task.ts';
export { countProblems } from './problem-file.ts';
export { answerIn, corpusText, type Example, type Split, type SplitName, sameText, type Task } from './task.ts';

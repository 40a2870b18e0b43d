// The border of the tasks.
export { createTask } from './create-task.ts';
export { answerIn, corpusText, type Example, type Split, type SplitName, sameText, type Task } from './task.ts';

// The border of the curriculum: what the steps of a training phase read.
export { Curriculum } from './curriculum.ts';
export { curriculumItem, questionTokens, targetTokens } from './item.ts';
export { RunningText } from './running-text.ts';
export { isPlain, latentsOf, planStages, type Stage } from './stages.ts';

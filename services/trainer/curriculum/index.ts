// The border of the curriculum: what the steps of a training phase read.
export { CorpusText, sequencesIn, type TrainingText } from './corpus-text.ts';
export { Curriculum } from './curriculum.ts';
export { drawSites } from './draw-sites.ts';
export { curriculumItem, questionTokens, targetTokens } from './item.ts';
export { TrainingOrder } from './order.ts';
export { RunningText } from './running-text.ts';
export { latentsOf, planStages, type Stage, WHOLE_CHAIN } from './stages.ts';
export { openTokenStore, type TokenStore } from './token-store.ts';

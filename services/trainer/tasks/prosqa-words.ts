// The words of ProsQA: the 17 names and 38 concepts of the published problems, and further concepts for graphs with more nodes than those.

export const PROSQA_NAMES =
  'Alex Bob Carol Davis Eva Fae Gabriel Jack Max Oliver Polly Rex Sally Sam Stella Tom Wren'.split(' ');

const PUBLISHED_CONCEPTS = (
  'bompus boompus brimpus chorpus dumpus felpus fompus gerpus gorpus grimpus gwompus hilpus impus jelpus jompus kerpus lempus lorpus numpus ' +
  'quimpus rempus rompus rorpus scrompus shumpus sterpus storpus terpus timpus tumpus vumpus worpus wumpus yerpus yimpus yumpus zhorpus zumpus'
).split(' ');

const FURTHER_CONCEPTS = (
  'blempus bripus cralpus delpus drompus flempus frumpus glorpus halpus jarpus kimpus klumpus marpus mimpus nerpus nolpus ompus plimpus porpus ' +
  'quarpus ralpus selpus skompus smirpus tharpus trelpus ulpus varpus vilpus welpus whimpus xempus yalpus zilpus'
).split(' ');

/** Concepts in order of use: the published ones alone suffice up to 38 concept nodes. */
export const PROSQA_CONCEPTS: readonly string[] = [...PUBLISHED_CONCEPTS, ...FURTHER_CONCEPTS];
export const PUBLISHED_CONCEPT_COUNT = PUBLISHED_CONCEPTS.length;

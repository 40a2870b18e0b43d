// What the stand-in of CUDA's runtime library has counted in this process (native/cudart.c).

import koffi from 'koffi';

/** In the order of `struct counters`. */
const FIELDS = [
  'uploads',
  'uploadBytes',
  'kernelUploads',
  'kernelUploadBytes',
  'downloads',
  'downloadBytes',
  'deviceCopies',
  'deviceCopyBytes',
  'launches',
  'memsets',
  'syncs',
  'graphLaunches',
  'allocations',
  'liveBytes',
] as const;
export type Counts = Readonly<Record<(typeof FIELDS)[number], number>>;

const path = process.env['LSWEEP_STUB_LIBRARY'];
if (path === undefined) throw new Error('these tests run through npm run test:cuda-stub');
const library = koffi.load(path);
const read = library.func('void lsweep_stub_counters(_Out_ int64_t *counts)');

function counts(): Counts {
  const values = new BigInt64Array(FIELDS.length);
  read(values);
  return Object.fromEntries(FIELDS.map((field, index) => [field, Number(values[index])])) as Counts;
}

/** What `work` costs; live bytes are how many more there are after it. */
export function countsOf(work: () => void): Counts {
  const before = counts();
  work();
  const after = counts();
  return Object.fromEntries(FIELDS.map((field) => [field, after[field] - before[field]])) as Counts;
}

// The documents of a corpus file in order, whatever its format: text between separators, the text key of JSON lines, a Parquet column, or
// the worked examples of a built-in task. Blank documents are left out.

import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import type { CorpusSettings } from '../../../study/settings/index.ts';
import { MOST_PIECE_BYTES, splitText, textChunks } from '../../text/index.ts';
import { builtInData } from '../built-in-data.ts';
import { parseGsm8k } from '../gsm8k.ts';
import { parseProsqa } from '../prosqa.ts';
import { corpusText, type Example } from '../task.ts';
import { isJsonLines, isParquet, recordsOf } from './records.ts';

type Format = Pick<CorpusSettings, 'field' | 'separator'>;

const BUILT_IN = {
  'builtin:gsm8k': (): Example[] => parseGsm8k(builtInData('gsm8k-train.jsonl.gz')),
  'builtin:prosqa': (): Example[] =>
    ['prosqa-valid.json.gz', 'prosqa-test.json.gz'].flatMap((name) => parseProsqa(builtInData(name))),
} as const;

export const isBuiltInCorpus = (file: string): file is keyof typeof BUILT_IN => Object.hasOwn(BUILT_IN, file);
export const builtInCorpora: readonly string[] = Object.keys(BUILT_IN);

/** Documents of a built-in corpus. */
export function builtInDocuments(file: keyof typeof BUILT_IN): readonly string[] {
  return BUILT_IN[file]().map(corpusText);
}

/** @throws LatentSweepError DATA_MISSING, or DATA_INVALID naming file and line */
export async function* documentsOf(file: string, format: Format): AsyncGenerator<string> {
  for await (const text of allDocuments(file, format)) if (text.trim() !== '') yield text;
}

function allDocuments(file: string, format: Format): AsyncIterable<string> | Iterable<string> {
  if (isBuiltInCorpus(file)) return builtInDocuments(file);
  return isParquet(file) || isJsonLines(file) ? fieldOfRecords(file, format.field) : plainDocuments(file, format);
}

async function* fieldOfRecords(file: string, field: string): AsyncGenerator<string> {
  for await (const { place, value } of recordsOf(file, isParquet(file) ? [field] : null)) {
    const text = value[field];
    if (typeof text !== 'string') {
      const found =
        text === undefined ? `no key ${field}; keys: ${Object.keys(value).join(', ')}` : `${field} is no text`;
      throw new LatentSweepError('DATA_INVALID', `${place}: ${found} (task.field)`, { path: file, field });
    }
    yield text;
  }
}

async function* plainDocuments(file: string, { separator }: Format): AsyncGenerator<string> {
  const tooLong = (index: number): LatentSweepError =>
    new LatentSweepError(
      'DATA_INVALID',
      `${file}, document ${index + 1} is longer than ${MOST_PIECE_BYTES} bytes: give a task.separator that stands between its parts (now ${JSON.stringify(separator)}; for instance "\\n\\n"), or cut the file`,
      { path: file, key: 'task.separator' },
    );
  for await (const text of splitText(textChunks(file), separator, tooLong)) yield text.trim();
}

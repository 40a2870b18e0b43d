// What `lsweep report` tells when its files are written: where they are, what to beware of, and the verdicts.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { Verdict, WrittenReport } from '../../report/index.ts';
import { left, renderTable, right } from '../render/table.ts';

/** The same for --json, with the paths of all files. */
export function writtenValue({ report, folder, page, files }: WrittenReport) {
  const { sweep, warnings, verdicts } = report;
  return { sweep, folder, page, files, warnings, verdicts };
}

/** The page's path, how many files lie beside it, warnings and verdicts, for people. */
export function writtenText({ report, page, files }: WrittenReport): string {
  const { verdicts, warnings } = report;
  return [
    `Report: ${page}`,
    `with ${files.length - 1} files beside it: numbers as CSV, figures as SVG`,
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `! ${visibleLine(warning)}`)]),
    ...(verdicts.length === 0 ? [] : ['', verdictsText(verdicts)]),
  ].join('\n');
}

function verdictsText(verdicts: readonly Verdict[]): string {
  return renderTable(
    [
      left('hypothesis'),
      left('task'),
      left('verdict'),
      right('points'),
      right('from'),
      right('to'),
      left('measured as'),
    ],
    verdicts.map(({ hypothesis, task, ruling, effect, comparison }) => [
      ...[hypothesis, task, ruling],
      ...[effect.value, effect.low, effect.high].map((share) => (100 * share).toFixed(1)),
      comparison,
    ]),
  );
}

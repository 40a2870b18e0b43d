// Whole numbers that are written with more digits than YAML's numbers hold: they would be read as another number, and every later message would
// show that one. Told with the key, as written. Never changes a value.

import { type Document, isMap, isPair, isScalar, isSeq, type Scalar, visit } from 'yaml';
import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { DocumentFault } from './yaml-faults.ts';

const INTEGER = /^[-+]?\d+$|^0o[0-7]+$|^0x[\da-fA-F]+$/;
/** Finding where a value stands takes a time; more of them would hide the first ones anyway. */
const MOST_TOLD = 50;
const LONGEST_SHOWN = 80;
const ALLOWED = `whole numbers up to ${Number.MAX_SAFE_INTEGER} (2^53 - 1), or a text in quotes`;

/** @param document without other faults, so that what is visited is bounded */
export function lossyIntegers(document: Document.Parsed): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  visit(document, {
    Scalar: (_, node, ancestors) => {
      if (!isLossy(node)) return undefined;
      const written = (node.source ?? '').slice(0, LONGEST_SHOWN);
      const sentence = visibleLine(`${keyOf(node, ancestors)}: ${written} is read as ${String(node.value)}`);
      faults.push({ offset: node.range?.[0] ?? 0, sentence: `${sentence}; allowed: ${ALLOWED}` });
      return faults.length < MOST_TOLD ? undefined : visit.BREAK;
    },
  });
  return faults;
}

function isLossy({ value, source }: Scalar): boolean {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined || !INTEGER.test(source)) {
    return false;
  }
  if (!Number.isFinite(value) || /^0[ox]/.test(source)) return true;
  // as it is shown: exact or not, other digits are another number to who reads them
  return String(value) !== source.replace('+', '').replace(/^(-?)0+(?=\d)/, '$1');
}

/** `axes.train.lr.2`, as other messages name places. */
function keyOf(node: Scalar, ancestors: readonly unknown[]): string {
  const keys = ancestors.flatMap((one, i) => {
    const inside = ancestors[i + 1] ?? node;
    if (isPair(one)) return [isScalar(one.key) ? String(one.key.source ?? one.key.value) : '?'];
    return isSeq(one) && !isMap(one) ? [String(one.items.indexOf(inside))] : [];
  });
  return keys.join('.') || 'the file';
}

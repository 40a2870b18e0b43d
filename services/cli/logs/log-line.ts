// A line of a log as people read it: pino's JSON becomes `15:04:05 warn  message  key=value`, anything else stays. One record stays one
// line, whatever a node wrote into its name. Pure.

import { z } from 'zod';
import { visibleLine, visibleText } from '../../../workflows/domain/visible-text.ts';

const pinoSchema = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });

const LEVELS: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
  [0, 'trace'],
];
/** Fields that say nothing new to the reader of one machine's log. */
const OBVIOUS = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'v']);

/** One line for people, with the time in UTC; what is no JSON of pino stays, with control characters made visible. */
export function readableLogLine(line: string): string {
  const parsed = pinoSchema.safeParse(jsonOrNull(line));
  if (!parsed.success) return visibleText(line);
  const { level, time, msg, ...fields } = parsed.data;
  const levelName = LEVELS.find(([from]) => level >= from)?.[1] ?? 'trace';
  const clock = new Date(time).toISOString().slice(11, 19);
  const rest = Object.entries(fields)
    .filter(([key]) => !OBVIOUS.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return visibleLine([clock, levelName.padEnd(5), msg, ...rest].join(' ').trimEnd());
}

function jsonOrNull(line: string): unknown {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line);
  } catch (error) {
    // other programs of the stack log plain text that may begin with a brace
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

// Errors of the language and of parsers, by their names, and of ONNX Runtime by its words. Structural: it loads no library. Each of these is
// met where the input is read and told there with file and line; what comes here has lost its place, and says at least what it is.

import { LatentSweepError } from '../../workflows/domain/errors.ts';

/** V8's words for memory, strings and arrays beyond its limits. */
const TOO_LARGE = /allocation failed|Invalid (typed )?array length|Invalid string length|Array buffer allocation/i;
const TOO_DEEP = /Maximum call stack size exceeded/;
const RUNTIME = /onnxruntime|onnx runtime|non-zero status code returned while running|no available backend found/i;
const RUNTIME_MEMORY = /failed to allocate memory|out of memory|bad_alloc/i;
/** yaml tells aliases that lead nowhere, or to too much, as a ReferenceError. */
const YAML_ALIAS = /alias/i;

/** @returns null when the error is none of these */
export function asLibraryError(error: unknown): LatentSweepError | null {
  if (!(error instanceof Error)) return null;
  const { name, message } = error;
  const line = message.split('\n', 1)[0] ?? '';
  const told = (code: 'INPUT_INVALID' | 'LIMIT_REACHED' | 'CONFIG_INVALID' | 'SCHEMA_MISMATCH', sentence: string) =>
    new LatentSweepError(code, sentence, {}, error);
  if (name === 'YAMLParseError' || name === 'YAMLWarning') return told('INPUT_INVALID', `a YAML file: ${line}`);
  if (name === 'ReferenceError' && YAML_ALIAS.test(message)) return told('INPUT_INVALID', `a YAML file: ${line}`);
  if (name === 'ZodError' || name === '$ZodError') {
    return told('SCHEMA_MISMATCH', `a value that was read has another form than this version knows: ${issueOf(error)}`);
  }
  if (error instanceof SyntaxError && message.includes('JSON'))
    return told('INPUT_INVALID', `a text is not JSON: ${line}`);
  if (error instanceof URIError) {
    return told('CONFIG_INVALID', 'an address has a % that begins no escape; a % in it must be written %25');
  }
  if (error instanceof RangeError && TOO_DEEP.test(message)) {
    return told('LIMIT_REACHED', 'an input is nested too deeply to be read');
  }
  if (error instanceof RangeError && TOO_LARGE.test(message)) {
    return told('LIMIT_REACHED', `something is too large for the memory of this process (${line})`);
  }
  if (RUNTIME.test(message)) {
    return new LatentSweepError(RUNTIME_MEMORY.test(message) ? 'OUT_OF_MEMORY' : 'RUNTIME_FAILED', line, {}, error);
  }
  return null;
}

function issueOf(error: Error): string {
  const [issue] = 'issues' in error && Array.isArray(error.issues) ? (error.issues as readonly unknown[]) : [];
  if (typeof issue !== 'object' || issue === null) return 'unknown';
  const path = 'path' in issue && Array.isArray(issue.path) ? issue.path.join('.') : '';
  const message = 'message' in issue && typeof issue.message === 'string' ? issue.message : 'unknown';
  return path === '' ? message : `${path}: ${message}`;
}

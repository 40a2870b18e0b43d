// `struct OrtApi` of onnxruntime_c_api.h: the functions of ONNX Runtime's C API in the order of its table. The table only ever grows at its
// end, so that a position found here is right for every library that is not older than the header.

export interface ApiFunction {
  /** In the table, from 0. */
  readonly index: number;
  readonly name: string;
  readonly returns: 'status' | 'nothing' | 'other';
  /** C declarations with their annotations; empty for `void`. */
  readonly parameters: readonly string[];
}

/** Without comments and directives, ready to be kept. @throws RangeError for a header without the struct */
export function declarationOfApi(header: string): string {
  const found = /^struct OrtApi \{\n[^]*?^\};/m.exec(header.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*/g, ''));
  if (found === null) throw new RangeError('the header has no struct OrtApi');
  return found[0]
    .replace(/^#.*\n/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
}

/** @throws RangeError for a text without it */
export function apiVersion(header: string): number {
  const found = /^#define ORT_API_VERSION (\d+)$/m.exec(header);
  if (found === null) throw new RangeError('the header has no ORT_API_VERSION');
  return Number(found[1]);
}

export function functionsOfApi(header: string): readonly ApiFunction[] {
  const body = declarationOfApi(header)
    .replace(/^struct OrtApi \{/, '')
    .replace(/\};$/, '');
  const members = body.split(';').map((text) => text.replace(/\s+/g, ' ').trim());
  return members.filter((text) => text !== '').map((text, index) => ({ index, ...memberOf(text) }));
}

function memberOf(text: string): Omit<ApiFunction, 'index'> {
  const released = /^ORT_CLASS_RELEASE\((\w+)\)/.exec(text)?.[1];
  if (released !== undefined)
    return { name: `Release${released}`, returns: 'nothing', parameters: [`Ort${released}* input`] };
  const status = /^ORT_API2_STATUS\((\w+),? ?(.*)\)/.exec(text);
  if (status !== null) return { name: status[1] ?? '', returns: 'status', parameters: parametersOf(status[2] ?? '') };
  const macro = /^ORT_API_T\(([^,]+), (\w+),? ?(.*)\)/.exec(text);
  const [, result = '', name = '', list = ''] =
    macro ?? /^(.+?)\(ORT_API_CALL ?\* ?(\w+)\) ?\((.*?)\) ?(?:NO_EXCEPTION|ORT_|$)/.exec(text) ?? [];
  if (name === '') throw new RangeError(`no function of the C API: ${text}`);
  return { name, returns: result.trim() === 'void' ? 'nothing' : 'other', parameters: parametersOf(list) };
}

/** Annotations such as `_In_reads_(count)` have commas of none, so that every comma parts two parameters. */
function parametersOf(list: string): readonly string[] {
  return list === '' || list === 'void' ? [] : list.split(',').map((text) => text.trim());
}

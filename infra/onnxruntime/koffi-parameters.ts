// A C parameter in the words of koffi, which calls the function: numbers by their width, text as `str`, every other object as an address.

const NUMBERS = new Set(['int', 'int32_t', 'int64_t', 'uint32_t', 'size_t', 'float', 'bool']);
/** Their values are `int`s in the C ABI. */
const ENUMERATIONS = new Set([
  'GraphOptimizationLevel',
  'ONNXTensorElementDataType',
  'OrtAllocatorType',
  'OrtLoggingLevel',
  'OrtMemType',
]);
/** One byte each: ORTCHAR_T is wide on Windows only. */
const TEXT = new Set(['char', 'ORTCHAR_T']);

/** @throws RangeError for a form that no function of ours has had yet */
export function koffiParameter(declaration: string): string {
  const isResult = /\b_Out(ptr)?_/.test(declaration);
  const plain = declaration.replace(/\b_[A-Z]\w*_(\([^)]*\))?/g, '').replace(/\b(const|enum|struct)\b/g, '');
  const [, base = '', stars = '', name = ''] =
    /^(\w+)((?: ?\*)*) ?(\w+)$/.exec(plain.replace(/\s+/g, ' ').trim()) ?? [];
  const depth = stars.replaceAll(' ', '').length;
  if (depth === 0 && NUMBERS.has(base)) return `${base} ${name}`;
  if (depth === 0 && ENUMERATIONS.has(base)) return `int ${name}`;
  if (depth === 1 && !isResult && NUMBERS.has(base)) return `${base} *${name}`;
  if (depth === 1 && !isResult && TEXT.has(base)) return `str ${name}`;
  if (depth === 2 && !isResult && TEXT.has(base)) return `str *${name}`;
  if (depth === 1 && !isResult && base !== '') return `void *${name}`;
  if (depth === 2 && isResult && !TEXT.has(base)) return `_Out_ void **${name}`;
  throw new RangeError(`no form of koffi is known for ${declaration}`);
}

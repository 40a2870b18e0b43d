// Half precision to fp32. Every fp16 and bf16 value is an fp32 value, so the result is exact, bit for bit,
// subnormals, infinities and the payload of a NaN included.

/** Upper halves of fp32 numbers. @param into as long as `from` */
export function widenBf16(from: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < from.length; i++) bits[i] = (from[i] ?? 0) << 16;
}

/** IEEE 754 binary16. @param into as long as `from` */
export function widenF16(from: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  f16Bits ??= Uint32Array.from({ length: 1 << 16 }, (_, half) => f32BitsOfF16(half));
  for (let i = 0; i < from.length; i++) bits[i] = f16Bits[from[i] ?? 0] ?? 0;
}

/** All 65,536 of them: a table is several times faster than the arithmetic. Made at first use. */
let f16Bits: Uint32Array | undefined;

const F16_BIAS = 15;
const F32_BIAS = 127;

function f32BitsOfF16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent - F16_BIAS + F32_BIAS) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  // subnormal: mantissa * 2^-24, normal in fp32; its leading one becomes the hidden bit
  const leading = 31 - Math.clz32(mantissa);
  const fraction = (mantissa << (23 - leading)) & 0x7fffff;
  return (sign | ((leading - 24 + F32_BIAS) << 23) | fraction) >>> 0;
}

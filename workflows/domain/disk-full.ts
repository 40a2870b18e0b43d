// Which errors of the file system mean that there is no room: the disk, the user's quota, or the largest file that is allowed. Pure.

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && FULL.has(error.code);
}

// Compiles the stand-ins for CUDA's libraries into a folder; does nothing when they are already those of today's sources.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('native', import.meta.url));
/** What the provider links to, in the order of their dependence; the first counts for the others. */
const LIBRARIES = [
  { name: 'libcudart.so.13', source: 'cudart.c' },
  { name: 'libcublas.so.13', source: 'cublas.c' },
  { name: 'libcublasLt.so.13', source: 'cublaslt.c' },
  { name: 'libcurand.so.10', source: 'driver.c' },
  { name: 'libcuda.so.1', source: 'driver.c' },
];

/**
 * @param {string} folder
 * @throws {Error} without a C compiler, or with its words
 */
export function buildStubs(folder) {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of readdirSync(SOURCES).sort()) hash.update(readFileSync(join(SOURCES, file)));
  const [stamp, wanted] = [join(folder, 'sources.sha256'), hash.digest('hex')];
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(folder, { recursive: true });
  const compiler = process.env['CC'] ?? 'gcc';
  for (const { name, source } of LIBRARIES) {
    // the provider asks for versioned symbols, the version being the library's name
    const versions = join(folder, `${name}.map`);
    writeFileSync(versions, `${name} { global: *; };\n`);
    const needs = source === 'cudart.c' ? [] : [join(folder, 'libcudart.so.13')];
    const linking = [`-Wl,-soname,${name}`, `-Wl,--version-script=${versions}`, '-Wl,--as-needed'];
    const args = ['-O1', '-fPIC', '-shared', ...linking, join(SOURCES, source), ...needs, '-o', join(folder, name)];
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (error)
      throw new Error(`a C compiler is needed: ${compiler} does not run (${error.message}). Install gcc, or set CC`);
    if (status !== 0) throw new Error(`${compiler} could not compile ${source}:\n${stderr}`);
  }
  writeFileSync(stamp, wanted);
}

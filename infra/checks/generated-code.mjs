// services/gen must be what `npm run proto` writes: generates into a temporary folder and compares byte by byte.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'latent-sweep-proto-'));
try {
  // buf.gen.yaml writes to ../services/gen, seen from the folder that -o names
  mkdirSync(join(folder, 'proto'));
  execFileSync('buf', ['generate', '-o', join(folder, 'proto')], { cwd: join(root, 'proto'), stdio: 'inherit' });
  const made = filesBelow(join(folder, 'services', 'gen'));
  const kept = filesBelow(join(root, 'services', 'gen'));
  const names = [...new Set([...made.keys(), ...kept.keys()])];
  const different = names.filter((name) => made.get(name) !== kept.get(name));
  if (different.length > 0) {
    process.stderr.write(
      `services/gen is not what proto/ says; run npm run proto and commit: ${different.join(', ')}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} base
 * @returns {Map<string, string>} text by path below `base`
 */
function filesBelow(base) {
  const names = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(names.map((name) => [name, readFileSync(join(base, name), 'utf8')]));
}

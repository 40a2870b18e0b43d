// `npm run build`, and what npm calls before it packs.

import { join } from 'node:path';
import { cacheDir } from '../install/cache-dir.mjs';
import { withInstallLock } from '../install/install-lock.mjs';
import { build } from './build.mjs';

const note = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);
const made = await withInstallLock(join(cacheDir(), 'install.lock'), () => build(), note);
note(`dist is built (${made} files made anew)`);

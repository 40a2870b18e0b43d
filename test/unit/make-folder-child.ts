// Makes folders where none can be made and says how each attempt ended; a process of its own, because what it tests is that it ends. Arguments:
// folders below which nothing can be made.

import { openArtifactStore } from '../../services/artifacts/index.ts';
import { lockFolder } from '../../services/cli/standalone/folder-lock.ts';
import { writeErrorDetails } from '../../services/edge/error-details.ts';
import { openStateFolder } from '../../services/gpu-worker/state-folder.ts';
import { makeStateFolder } from '../../services/local-stack/index.ts';

const said: string[] = [];
for (const folder of process.argv.slice(2)) {
  const stateDir = `${folder}/state`;
  const makers: Readonly<Record<string, () => unknown>> = {
    node: () => openStateFolder(stateDir, null),
    stack: () => makeStateFolder({ stateDir, dir: '/' }),
    artifacts: () => openArtifactStore(stateDir),
    out: () => lockFolder(stateDir),
  };
  for (const [name, make] of Object.entries(makers)) {
    try {
      await make();
      said.push(`${name}: made`);
    } catch (error) {
      said.push(`${name}: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`);
    }
  }
  said.push(`details: ${writeErrorDetails(new Error('by script'), stateDir, new Date())?.startsWith(folder)}`);
}
process.stdout.write(JSON.stringify(said));

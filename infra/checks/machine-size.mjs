// What this machine allows, asked as everything else asks it: services/machine is TypeScript, which Node does not read by itself.

import { register } from 'tsx/esm/api';

register();
export const { machineSize } = await import('../../services/machine/index.ts');

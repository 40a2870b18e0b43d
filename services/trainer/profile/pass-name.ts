// Names of the passes as the study calls them, from the scopes of systems/passes.ts and the sessions of the engine.

const BACKWARD = ' backward';

const PASSES: Readonly<Record<string, string>> = {
  base: 'Base pass',
  latents: 'Coprocessor pass (latents)',
  decoding: 'decoding pass',
  '': 'head and loss',
};
const SESSIONS: Readonly<Record<string, string>> = { norm: 'gradient norm', update: 'AdamW update' };

export function passName(session: string, scope: string): string {
  const own = SESSIONS[session];
  if (own !== undefined) return own;
  const isBackward = scope.endsWith(BACKWARD);
  const forward = isBackward ? scope.slice(0, -BACKWARD.length) : scope;
  return `${PASSES[forward] ?? forward}${isBackward ? ', backward' : ''}`;
}

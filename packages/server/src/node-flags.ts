/**
 * Flags of Node for the processes that answer calls; `scripts/start.mjs` names them too. At little load V8 shrinks the space
 * of new objects to 1 MB and collects it every few calls, each time in the middle of one; 16 MB is what it grows to under load.
 */
export const NODE_FLAGS: readonly string[] = ['--min-semi-space-size=16'];

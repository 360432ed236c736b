/**
 * Flags of Node for the processes that answer calls; `scripts/start.mjs` names them too. At little load V8 shrinks the space
 * of new objects to 1 MB and collects it every few calls, each time for milliseconds in the middle of one. With 32 MB
 * (instead of the 16 MB at most that V8 takes under load) it is one call in about 330.
 */
export const NODE_FLAGS: readonly string[] = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

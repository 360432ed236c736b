/** `npm start`: see serve.ts. */
import { runOnToolchain } from './toolchain.mjs';

// See packages/server/src/node-flags.ts.
await runOnToolchain('serve.ts', ['--min-semi-space-size=32', '--max-semi-space-size=32']);

/** `npm start`: see serve.ts. */
import { runOnToolchain } from './toolchain.mjs';

await runOnToolchain('serve.ts');

/** `npm test`: see check.ts. */
import { runOnToolchain } from './toolchain.mjs';

await runOnToolchain('check.ts');

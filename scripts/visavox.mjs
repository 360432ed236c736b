/** `npm run visavox -- …`: the command line of packages/cli, on the project's own Node. */
import { runOnToolchain } from './toolchain.mjs';

await runOnToolchain('../packages/cli/src/main.ts');

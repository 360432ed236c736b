/**
 * `npm run visavox -- …` and `npm run chat -- …`: the command line of packages/cli from its sources, on the project's own
 * Node. Installs and builds what it needs when nobody has done so yet.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOnToolchain } from './toolchain.mjs';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['node_modules', 'packages/perso-interactive-sdk-web/dist/server/index.js'];

if (process.execPath.startsWith(path.join(REPOSITORY, '.toolchain') + path.sep)) {
  if (NEEDED.some((name) => !existsSync(path.join(REPOSITORY, name)))) {
    const { prepareWorkspace } = await import('./workspace.ts');
    await prepareWorkspace();
  }
  await import('../packages/cli/src/main.ts');
} else {
  await runOnToolchain('visavox.mjs');
}

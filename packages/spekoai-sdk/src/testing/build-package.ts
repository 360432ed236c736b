/** Builds the package before tests that load what is published. */

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

export function setup(): void {
  const root = resolve(import.meta.dirname, '../..');
  const rolldown = resolve(root, 'node_modules/.bin/rolldown');
  execFileSync(rolldown, ['--config', 'rolldown.config.ts'], { cwd: root, stdio: 'pipe' });
}

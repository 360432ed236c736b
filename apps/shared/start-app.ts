/**
 * Prepares the checkout and runs the dev server of one demo app, which prints its URL. What follows the name of the app
 * goes to the dev server: `npm run vanilla -- --port 3000`.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareWorkspace } from '../../scripts/workspace.ts';

const APPS = fileURLToPath(new URL('..', import.meta.url));
const VITE = ['node_modules/vite/bin/vite.js', 'dev'];

/** The dev server of each app. Those of Vite have their address in `vite.config`. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  vanilla: VITE,
  typescript: VITE,
  svelte: VITE,
  nextjs: ['node_modules/next/dist/bin/next', 'dev', '--hostname', '127.0.0.1', '--port', '5174'],
};

const [name = '', ...rest] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  process.stderr.write(`Expected one of ${Object.keys(COMMANDS).join(', ')}, got "${name}".\n`);
  process.exit(1);
}
try {
  await prepareWorkspace();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

const child = spawn(process.execPath, [...command, ...rest], {
  cwd: path.join(APPS, name),
  stdio: 'inherit',
  env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
});
// Ctrl-C reaches the whole process group; a signal to this process alone is passed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));

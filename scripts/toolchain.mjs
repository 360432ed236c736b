/**
 * Brings Node 24 and pnpm from the npm registry into `.toolchain`, so that a machine needs nothing but Node 20 and npm.
 * Plain JavaScript that Node 20 runs; everything else runs on the Node it brings.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const TOOLCHAIN = path.join(REPOSITORY, '.toolchain');
const STAMP = path.join(TOOLCHAIN, 'versions.json');
const WINDOWS = process.platform === 'win32';
const NODE_PACKAGE = `node-${WINDOWS ? 'win' : process.platform}-${process.arch}`;
const NODE = path.join(TOOLCHAIN, 'node_modules', NODE_PACKAGE, 'bin', WINDOWS ? 'node.exe' : 'node');
const PNPM = path.join(TOOLCHAIN, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs');

/** Runs a script of this folder on the project's own Node, with flags for it, and takes over its exit code. */
export async function runOnToolchain(script, flags = []) {
  try {
    await ensureToolchain();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  const child = spawn(NODE, [...flags, path.join(REPOSITORY, 'scripts', script), ...process.argv.slice(2)], {
    cwd: REPOSITORY,
    stdio: 'inherit',
    env: {
      // Compiled modules are kept: every start after the first takes about a second of processor time less.
      NODE_COMPILE_CACHE: path.join(TOOLCHAIN, 'compile-cache'),
      ...process.env,
      PATH: [path.dirname(NODE), path.join(REPOSITORY, 'node_modules', '.bin'), process.env.PATH ?? ''].join(
        path.delimiter,
      ),
    },
  });
  // Ctrl-C reaches the whole process group; a signal to this process alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

async function ensureToolchain() {
  const { toolchain } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8'));
  const wanted = JSON.stringify({ ...toolchain, platform: NODE_PACKAGE });
  const have = await readFile(STAMP, 'utf8').catch(() => '');
  if (have === wanted && existsSync(NODE) && existsSync(PNPM)) return;
  process.stdout.write(`  installing Node ${toolchain.node} and pnpm ${toolchain.pnpm} into .toolchain …\n`);
  await mkdir(TOOLCHAIN, { recursive: true });
  await writeFile(path.join(TOOLCHAIN, 'package.json'), '{ "private": true }\n');
  const packages = [`${NODE_PACKAGE}@${toolchain.node}`, `pnpm@${toolchain.pnpm}`];
  const npm = spawn(
    WINDOWS ? 'npm.cmd' : 'npm',
    [
      'install',
      '--prefix',
      TOOLCHAIN,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      ...packages,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], shell: WINDOWS },
  );
  const code = await new Promise((resolve, reject) => {
    npm.once('error', reject);
    npm.once('exit', resolve);
  });
  if (code !== 0 || !existsSync(NODE) || !existsSync(PNPM)) {
    throw new Error(
      `npm could not install ${packages.join(' and ')} (code ${code}). Is the npm registry reachable?`,
    );
  }
  await writeFile(STAMP, wanted);
}

/**
 * Makes the checkout ready: installs the locked dependencies and builds what changed. Each step is skipped when its
 * inputs are those of the last time. Uses nothing but Node.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mendWrtc } from './mend-wrtc.ts';

export const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const STAMPS = path.join(REPOSITORY, '.toolchain', 'stamps');
const PNPM = path.join(REPOSITORY, '.toolchain', 'node_modules', 'pnpm', 'bin', 'pnpm.mjs');

interface Build {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly package: string;
  /** The file that proves the build. */
  readonly output: string;
}

/** In the order in which they need each other. */
const BUILDS: readonly Build[] = [
  {
    name: 'browser SDK',
    package: 'perso-interactive-sdk-web',
    inputs: [
      'packages/perso-interactive-sdk-web/{src,scripts}/**/*',
      'packages/perso-interactive-sdk-web/*.{json,ts,mjs,js}',
      'packages/audio/src/**/*',
    ],
    output: 'packages/perso-interactive-sdk-web/dist/client/index.js',
  },
  {
    name: 'command line',
    package: 'visavox',
    inputs: [
      'packages/{cli,contract,audio}/src/**/*',
      'packages/perso-interactive-sdk-web/src/**/*',
      'packages/cli/*.{json,ts}',
    ],
    output: 'packages/cli/dist/main.js',
  },
  {
    name: 'voice SDK',
    package: '@spekoai/sdk',
    inputs: ['packages/spekoai-sdk/src/**/*', 'packages/spekoai-sdk/*.{json,ts}'],
    output: 'packages/spekoai-sdk/dist/index.js',
  },
  {
    name: 'console',
    package: '@visavox/console',
    inputs: [
      'apps/console/{src,public}/**/*',
      'apps/console/*.{json,ts,js,html}',
      'packages/perso-interactive-sdk-web/src/**/*',
    ],
    output: 'apps/console/dist/index.html',
  },
];

export interface CommandResult {
  readonly code: number;
  /** Standard output and error, the last 400 000 characters; empty when they were inherited. */
  readonly output: string;
}

/** Runs a program to its end. `capture` keeps its output instead of showing it. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly capture?: boolean } = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: REPOSITORY,
    stdio: options.capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      output = (output + text.toString()).slice(-400_000);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

export function runPnpm(
  args: readonly string[],
  options?: { readonly capture?: boolean },
): Promise<CommandResult> {
  return runCommand(process.execPath, [PNPM, ...args], options);
}

/** @throws {Error} when a step fails; its output has been shown then. */
export async function prepareWorkspace(): Promise<void> {
  await step('installed', 'installing dependencies', installInputs(), 'node_modules', [
    'install',
    '--frozen-lockfile',
  ]);
  await mendWrtc();
  for (const build of BUILDS) {
    const inputs = find(build.inputs).filter((file) => !/\.test\.ts$|\/dist\//.test(file));
    await step(
      build.name.replaceAll(' ', '-'),
      `building the ${build.name}`,
      [...inputs, 'pnpm-lock.yaml'],
      build.output,
      ['--filter', build.package, 'run', 'build'],
    );
  }
}

async function step(
  name: string,
  doing: string,
  inputs: readonly string[],
  output: string,
  pnpmArguments: readonly string[],
): Promise<void> {
  const wanted = hashFiles(inputs);
  const stamp = path.join(STAMPS, name);
  const have = await readFile(stamp, 'utf8').catch(() => '');
  if (have === wanted && existsSync(path.join(REPOSITORY, output))) return;
  process.stdout.write(`  ${doing} …\n`);
  await rm(stamp, { force: true });
  const result = await runPnpm(pnpmArguments, { capture: true });
  if (result.code !== 0) {
    process.stderr.write(result.output);
    throw new Error(`pnpm ${pnpmArguments.join(' ')} failed with code ${result.code}; its output is above.`);
  }
  await mkdir(STAMPS, { recursive: true });
  await writeFile(stamp, wanted);
}

function installInputs(): string[] {
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...find(['package.json', '{packages,apps,e2e,bench}/**/package.json']),
  ];
}

function find(patterns: readonly string[]): string[] {
  return patterns
    .flatMap((pattern) =>
      globSync(pattern, { cwd: REPOSITORY, exclude: (name) => name === 'node_modules' || name === 'dist' }),
    )
    .filter((file) => statSync(path.join(REPOSITORY, file)).isFile())
    .sort();
}

function hashFiles(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(file);
    hash.update(readFileSync(path.join(REPOSITORY, file)));
  }
  return hash.digest('hex');
}

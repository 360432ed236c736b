/** The dev servers of the demo apps, as the scripts of the repository start them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const APPS = fileURLToPath(new URL('../../apps/', import.meta.url));
const VITE = ['node_modules/vite/bin/vite.js', 'dev'];
const COMMANDS = {
  vanilla: VITE,
  typescript: VITE,
  svelte: VITE,
  nextjs: ['node_modules/next/dist/bin/next', 'dev', '--hostname', '127.0.0.1'],
} as const;

export type DemoName = keyof typeof COMMANDS;

export interface Demo {
  /** Without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

/** Resolves when the dev server has printed its URL. It listens on a free port of the loopback address. */
export async function startDemo(
  name: DemoName,
  access: { readonly apiServer: string; readonly apiKey: string },
): Promise<Demo> {
  const child = spawn(process.execPath, [...COMMANDS[name], '--port', '0'], {
    cwd: path.join(APPS, name),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      NO_COLOR: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      PERSO_INTERACTIVE_API_SERVER: access.apiServer,
      PERSO_INTERACTIVE_API_KEY: access.apiKey,
    },
  });
  const close = () => end(child);
  try {
    return { url: await printedUrl(child), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const fail = (reason: string) => reject(new Error(`${reason} It printed:\n${printed}`));
    const timer = setTimeout(() => fail('The dev server did not print its URL in time.'), START_LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        printed = (printed + text.toString()).slice(-20_000);
        const url = /Local:\s+(http:\/\/127\.0\.0\.1:\d+)/.exec(printed)?.[1];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url);
      });
    }
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`The dev server ended with code ${code}.`);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** Finds and runs the programs of the system that a chat needs: recorders, players, a way to open a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** What the choice of a program depends on. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
}

/** The path of an executable of that name, as a shell would find it. */
export function findProgram(name: string, { platform, environment }: Host): string | undefined {
  const windows = platform === 'win32';
  const paths = (environment['PATH'] ?? environment['Path'] ?? '').split(windows ? ';' : ':');
  const endings = windows ? (environment['PATHEXT'] ?? '.EXE;.CMD').split(';') : [''];
  for (const folder of paths) {
    if (folder === '') continue;
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The last line it wrote to standard error; empty when it wrote none. */
  readonly complaint: string;
  readonly out: string;
}

const MAX_KEPT_CHARACTERS = 20_000;

/** Runs a program to its end; ends it when the signal fires, and rejects with the signal's reason then. */
export async function runProgram(
  file: string,
  words: readonly string[],
  options: { readonly signal: AbortSignal; readonly environment: NodeJS.ProcessEnv },
): Promise<ProgramResult> {
  options.signal.throwIfAborted();
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], env: options.environment });
  const stop = (): void => void child.kill('SIGTERM');
  options.signal.addEventListener('abort', stop);
  try {
    const complaint = keepComplaint(child);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(-MAX_KEPT_CHARACTERS);
    });
    const code = await ended(child);
    options.signal.throwIfAborted();
    return { code, complaint: complaint(), out };
  } finally {
    options.signal.removeEventListener('abort', stop);
  }
}

/** Reads what a program writes to standard error; the result tells the last line of it. */
export function keepComplaint(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-MAX_KEPT_CHARACTERS);
  });
  return () =>
    stripVTControlCharacters(text)
      .split(/[\r\n]+/)
      .findLast((line) => line.trim() !== '')
      ?.trim() ?? '';
}

/** Resolves with the exit code when all output has been read; also when the program could not be started. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code));
  });
}

/** Runs the built `visavox` command with pipes, as scripts do. */
import { spawn } from 'node:child_process';

export interface PipedOptions {
  readonly main: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Piped in; nothing by default. */
  readonly input?: string;
  /** Sends the signal when the output holds the text. */
  readonly signalAt?: { readonly text: string; readonly signal: NodeJS.Signals };
  /** Stops reading the output when it holds the text, as `head` does. */
  readonly closeOutputAt?: string;
  /** Words for Node itself. */
  readonly nodeWords?: readonly string[];
}

export interface PipedResult {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export function runPiped(words: readonly string[], options: PipedOptions): Promise<PipedResult> {
  const { main, folder, environment, input = '', signalAt, closeOutputAt, nodeWords = [] } = options;
  const child = spawn(process.execPath, [...nodeWords, main, ...words], {
    cwd: folder,
    env: { ...environment },
  });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (signalAt !== undefined && out.includes(signalAt.text)) child.kill(signalAt.signal);
    if (closeOutputAt !== undefined && out.includes(closeOutputAt)) child.stdout.destroy();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, out, error }));
  });
}

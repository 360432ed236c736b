/** Runs the `visavox` command as a process. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface VisavoxOptions {
  readonly server: { readonly url: string; readonly apiKey: string };
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Piped in; nothing by default. */
  readonly input?: string;
  /** Interrupts the command, as Ctrl-C does, when its standard error holds this text. */
  readonly interruptAt?: string;
}

export function runVisavox(words: readonly string[], options: VisavoxOptions): Promise<Result> {
  const { server, folder, environment = {}, input = '', interruptAt } = options;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...words],
      {
        cwd: folder,
        env: {
          PATH: process.env['PATH'] ?? '',
          VISAVOX_PUBLIC_URL: server.url,
          VISAVOX_API_KEY: server.apiKey,
          ...environment,
        },
      },
      (error, out, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, out, error: stderr });
      },
    );
    child.stdin?.end(input);
    let said = '';
    child.stderr?.on('data', (piece: string) => {
      const before = said;
      said += piece;
      if (interruptAt === undefined || before.includes(interruptAt)) return;
      if (said.includes(interruptAt)) child.kill('SIGINT');
    });
  });
}

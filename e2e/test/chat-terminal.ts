/** Runs the `visavox` command in a real pseudo-terminal, and reads its screen as a person would. */
import { stripVTControlCharacters } from 'node:util';

export interface TerminalOptions {
  /** The script that is run with this Node. */
  readonly main: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly columns?: number;
}

export interface TerminalRun {
  /** What was printed from the last thing that was waited for on, without colours and movements of the cursor. */
  readonly shown: string;
  /** Everything that was printed, as it was. */
  readonly raw: string;
  /** Waits until the text is printed after what was waited for before, and resolves with what came until then. */
  waitFor(text: string | RegExp): Promise<string>;
  /** Types keys; `\r` is Enter, `\u0003` Ctrl-C. */
  type(keys: string): void;
  /** Resolves with the exit code, or the negative signal that ended it. */
  readonly ended: Promise<number>;
  /** Nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Takes the terminal away, as a window that is closed does. */
  hangUp(): void;
}

const PATIENCE_MS = 30_000;

type Pty = typeof import('@lydell/node-pty');

/** Undefined where no pseudo-terminal can be made: the package has no program for this system. */
export async function loadPty(): Promise<Pty | undefined> {
  return import('@lydell/node-pty').catch(() => undefined);
}

export function runInTerminal(pty: Pty, words: readonly string[], options: TerminalOptions): TerminalRun {
  const { main, folder, environment, columns = 80 } = options;
  const terminal = pty.spawn(process.execPath, [main, ...words], {
    cols: columns,
    rows: 40,
    cwd: folder,
    env: { ...environment },
    // It overrules the variable.
    name: environment['TERM'] ?? 'xterm-256color',
  });
  let raw = '';
  let read = 0;
  let isOver = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  terminal.onData((data) => {
    raw += data;
    look();
  });
  const ended = new Promise<number>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      isOver = true;
      look();
      resolve(signal === undefined || signal === 0 ? exitCode : -signal);
    });
  });
  const shown = (): string => stripVTControlCharacters(raw).replaceAll('\r', '').slice(read);
  return {
    ended,
    get shown() {
      return shown();
    },
    get raw() {
      return raw;
    },
    waitFor(text) {
      return new Promise((resolve, reject) => {
        const give = (settle: () => void): void => {
          clearTimeout(timer);
          waiting.delete(check);
          settle();
        };
        const check = (): void => {
          const now = shown();
          const found = typeof text === 'string' ? now.indexOf(text) : now.search(text);
          if (found !== -1) {
            const length = typeof text === 'string' ? text.length : (text.exec(now)?.[0].length ?? 0);
            read += found + length;
            give(() => resolve(now.slice(0, found + length)));
          } else if (isOver) {
            give(() => reject(new Error(`The command ended before "${text}" came. It showed:\n${now}`)));
          }
        };
        const timer = setTimeout(
          () => give(() => reject(new Error(`"${text}" did not come. On the screen was:\n${shown()}`))),
          PATIENCE_MS,
        );
        waiting.add(check);
        check();
      });
    },
    type: (keys) => terminal.write(keys),
    kill(signal) {
      if (!isOver) process.kill(terminal.pid, signal);
    },
    hangUp() {
      // The types do not tell of it; it closes the other end of the terminal.
      if ('destroy' in terminal && typeof terminal.destroy === 'function') terminal.destroy();
    },
  };
}

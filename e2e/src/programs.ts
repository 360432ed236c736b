/** Runs other programs: to their end, or until they have said something. */
import { spawn } from 'node:child_process';
import os from 'node:os';

export interface ProgramOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

export interface RunningProgram {
  /** Standard output and error so far. */
  readonly output: () => string;
  /** Ctrl-C. Resolves with the exit code. */
  interrupt(): Promise<number>;
  /** Ends it, and with it what it started. Idempotent. */
  close(): Promise<void>;
}

/** Resolves with its output. @throws {Error} with the output when the code is not 0. */
export async function runProgram(
  command: string,
  words: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const { kill, output, ended } = start(command, words, options);
  const timer = setTimeout(() => kill('SIGKILL'), options.timeoutMs ?? 60_000);
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${code}:\n${output()}`);
  return output();
}

/** Resolves when the pattern is in the output. @throws {Error} with the output when it ends or takes too long before. */
export async function startProgram(
  command: string,
  words: readonly string[],
  { until, ...options }: ProgramOptions & { readonly until: RegExp },
): Promise<RunningProgram> {
  const { kill, isOver, output, ended } = start(command, words, options);
  const close = async () => {
    if (isOver()) return;
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  const limit = performance.now() + (options.timeoutMs ?? 60_000);
  while (!until.test(output())) {
    if (isOver() || performance.now() > limit) {
      await close();
      throw new Error(`${command} ${words.join(' ')} did not say ${until}:\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    output,
    interrupt: () => {
      kill('SIGINT');
      return ended;
    },
    close,
  };
}

function start(command: string, words: readonly string[], { cwd, environment }: ProgramOptions) {
  const child = spawn(command, words, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, which gets signals as a whole, as from a terminal.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output = (output + piece.toString()).slice(-200_000);
    });
  }
  let closed = false;
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      closed = true;
      resolve(-1);
    });
    // Not before everything that it started has let go of its output.
    child.once('close', (code, signal) => {
      closed = true;
      // As shells count it.
      resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]));
    });
  });
  const kill = (signal: NodeJS.Signals) => {
    if (closed || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Everybody of the group is gone, and the news is on its way.
    }
  };
  return { kill, isOver: () => closed, output: () => output, ended };
}

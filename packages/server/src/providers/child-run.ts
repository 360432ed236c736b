/** Runs a program over some input and collects its output, within limits. */
import { type ChildProcess, spawn } from 'node:child_process';
import { ProviderError } from './provider.ts';

export interface ChildRun {
  readonly exitCode: number | null;
  readonly output: Buffer;
}

export interface RunChildOptions {
  /** How errors name the program. */
  readonly name: string;
  readonly input: Uint8Array;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
}

/** Starts a program in a process group of its own; its standard error is dropped: it may quote its input. */
export function startChild(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  // A missing program and a broken pipe are both told by `error` or `close` of the child.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.stdout?.on('error', () => {});
  return child;
}

/** Kills a started program with all that it started. */
export function killChild(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}

/**
 * Feeds a started program and waits for its end. More output than allowed, a time-out and an abort kill it.
 * @throws {ProviderError} `unavailable` when it cannot run, `timeout`; an abort rejects with the signal's reason.
 */
export async function finishChild(child: ChildProcess, options: RunChildOptions): Promise<ChildRun> {
  const { signal, name } = options;
  const pieces: Buffer[] = [];
  let size = 0;
  let failure: unknown;
  const kill = (error: unknown) => {
    failure ??= error;
    killChild(child);
  };
  const onAbort = () => kill(signal.reason);
  const timer = setTimeout(
    () => kill(new ProviderError('timeout', `${name} took too long`)),
    options.timeoutMs,
  );
  try {
    return await new Promise<ChildRun>((resolve, reject) => {
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      child.stdout?.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > options.maxOutputBytes) kill(new ProviderError('protocol', `${name} sent too much`));
        else pieces.push(piece);
      });
      const onEnd = (exitCode: number | null) => {
        if (failure !== undefined) reject(failure);
        else resolve({ exitCode, output: Buffer.concat(pieces) });
      };
      child.once('error', (cause) => {
        failure ??= new ProviderError('unavailable', `${name} could not be started`, { cause });
        onEnd(null);
      });
      if (child.exitCode !== null || child.signalCode !== null) onEnd(child.exitCode);
      else child.once('close', onEnd);
      child.stdin?.end(options.input);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

#!/usr/bin/env node
/** Entry of the `visavox` command. */
import { run } from './program.ts';
import type { EndReason } from './surroundings.ts';

/** Codes that output reports when nobody is there to read it: a closed pipe, and a terminal that is gone. */
const GONE = new Set(['EPIPE', 'EIO']);

let onEnd: ((reason: EndReason) => void) | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? '')) throw error;
    // Whoever reads may have enough, as `head` has; nothing is wrong then.
    if (onEnd === undefined) process.exit();
    onEnd('output-closed');
  });
}

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  directory: process.cwd(),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  get terminal() {
    return { input: process.stdin, output: process.stdout };
  },
  readSecret: async (question) => {
    const { readSecret } = await import('./secret-input.ts');
    return readSecret(question, {
      input: process.stdin,
      output: process.stderr,
      isTerminal: process.stdin.isTTY === true,
    });
  },
  onInterrupt(listener) {
    // Once: whoever presses a second time means it.
    process.once('SIGINT', listener);
    return () => void process.off('SIGINT', listener);
  },
  onEnd(listener) {
    const hear = (reason: EndReason): void => {
      // Whoever presses a second time means it.
      if (heard && reason === 'SIGINT') process.exit(130);
      heard = true;
      listener(reason);
    };
    let heard = false;
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, hear);
    // A terminal that is gone fails to be read, too; the signal or the output tells.
    const ignore = (): void => {};
    process.stdin.on('error', ignore);
    onEnd = hear;
    return () => {
      onEnd = undefined;
      for (const signal of signals) process.off(signal, hear);
      process.stdin.off('error', ignore);
    };
  },
});

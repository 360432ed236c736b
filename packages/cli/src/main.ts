#!/usr/bin/env node
/** Entry of the `visavox` command. */
import { run } from './program.ts';
import { readSecret } from './secret-input.ts';

// Whoever reads may have enough, as `head` has; nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  directory: process.cwd(),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  readSecret: (question) =>
    readSecret(question, {
      input: process.stdin,
      output: process.stderr,
      isTerminal: process.stdin.isTTY === true,
    }),
  onInterrupt(listener) {
    // Once: whoever presses a second time means it.
    process.once('SIGINT', listener);
    return () => void process.off('SIGINT', listener);
  },
});

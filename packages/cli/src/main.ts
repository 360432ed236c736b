#!/usr/bin/env node
/** Entry of the `visavox` command. */
import { run } from './program.ts';

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  directory: process.cwd(),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});

import { Command } from 'commander';
import { expect, test } from 'vitest';
import { COMMANDS } from './command-list.ts';
import { run } from './program.ts';

const surroundings = { environment: {}, directory: '/', write: () => {}, writeError: () => {} };

test.each(COMMANDS)('$name is what it says it is', async ({ name, description, add }) => {
  const program = new Command();
  await add(program, () => Promise.reject(new Error('not opened')), surroundings);
  const command = program.commands.find((one) => one.name() === name);
  expect(command?.description()).toBe(description);
});

test.each([
  [['--help'], 'whoami'],
  [['help'], 'whoami'],
  [['help', 'documents'], 'search'],
  [['documents', '--help'], 'search'],
  [['documents', 'search', '--help'], 'what a question would find'],
  [['--json', '--server', 'chat', 'documents', '--help'], 'search'],
])('%s shows its help, and nothing is called', async (words, text) => {
  let out = '';
  const code = await run(words, { ...surroundings, write: (piece) => (out += piece) });
  expect(code).toBe(0);
  expect(out).toContain(text);
});

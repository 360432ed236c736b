import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { insertConfigTable } from './config-table.ts';

test('the configuration table of README.md is that of the schema', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(await insertConfigTable(readme), 'run: node scripts/config-table.ts').toBe(readme);
});

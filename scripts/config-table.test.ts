import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { GENERATED_TABLES, insertTable } from './config-table.ts';

test.each(GENERATED_TABLES)('the table of $name is what the code says', async (table) => {
  const text = await readFile(table.file, 'utf8');
  expect(insertTable(table, text), 'run: node scripts/config-table.ts').toBe(text);
});

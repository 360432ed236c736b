/** Every promise of the contract has a test that keeps it, and no test names one that does not exist. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { promises } from '../packages/contract/src/perso/promises.ts';
import { findCitations } from './promises.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const ids = promises.map(({ id }) => id);

test('ids are unique, and name their section', () => {
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  for (const { id, section, sentence } of promises) {
    expect(id).toMatch(/^(perso|sdk)-\d+(\.\d+)*-[a-z0-9-]+$/);
    expect(id.split('-')[1]).toBe(section);
    expect(sentence).toMatch(/\.$/);
  }
});

test('each promise is kept by a test, and each line stands above one', async () => {
  const { cited, astray } = await findCitations(repository);
  const known = new Set(ids);
  const kept = new Set(cited.map(({ id }) => id));
  expect(cited.filter(({ id }) => !known.has(id)).map(({ id, place }) => `${place} ${id}`)).toEqual([]);
  expect(astray).toEqual([]);
  expect(ids.filter((id) => !kept.has(id))).toEqual([]);
});

test('lines are found above tests and groups, and elsewhere are astray', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'promises-'));
  const keeps = (list: string) => `// ${'keeps'}: ${list}`;
  const lines = [keeps('a, b'), keeps('c'), "test('x', () => {", keeps('d'), '  const y = 1;', '});'];
  await writeFile(path.join(folder, 'x.browser.test.ts'), lines.join('\n'));
  const { cited, astray } = await findCitations(folder);
  await rm(folder, { recursive: true });
  expect(cited.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  expect(astray).toEqual(['x.browser.test.ts:4']);
});

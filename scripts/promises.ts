/** Finds which tests say that they keep a promise of the contract: lines `// keeps: id, id` right above a test. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Citation {
  readonly id: string;
  /** Relative to the folder that was searched, with the number of the line. */
  readonly place: string;
}

export interface Citations {
  readonly cited: readonly Citation[];
  /** Places of lines that stand above something else than a test. */
  readonly astray: readonly string[];
}

const FOLDERS_WITHOUT_TESTS = new Set(['node_modules', 'dist', '.git', '.cache', '.toolchain']);
const KEEPS = /^\s*\/\/ keeps: (.*)$/;
const TEST = /^\s*(test|it|describe)\b/;

/** Reads every `*.test.ts` below a folder. */
export async function findCitations(folder: string): Promise<Citations> {
  const cited: Citation[] = [];
  const astray: string[] = [];
  for (const file of await findTestFiles(folder)) {
    const lines = (await readFile(file, 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      const ids = KEEPS.exec(line)?.[1];
      if (ids === undefined) continue;
      const place = `${path.relative(folder, file)}:${index + 1}`;
      const next = lines.slice(index + 1).find((following) => !KEEPS.test(following));
      if (next === undefined || !TEST.test(next)) astray.push(place);
      for (const id of ids.split(',')) cited.push({ id: id.trim(), place });
    }
  }
  return { cited, astray };
}

async function findTestFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const child = path.join(folder, entry.name);
    if (entry.isDirectory() && !FOLDERS_WITHOUT_TESTS.has(entry.name)) {
      found.push(...(await findTestFiles(child)));
    } else if (entry.isFile() && entry.name.endsWith('.test.ts')) {
      found.push(child);
    }
  }
  return found;
}

/** Writes the configuration table of README.md from the schema: `node scripts/config-table.ts`. */
import { readFile, writeFile } from 'node:fs/promises';
import { CONFIG_VARIABLES } from '../packages/server/src/config.ts';

const README = new URL('../README.md', import.meta.url);
const BEGIN = '<!-- configuration:begin -->';
const END = '<!-- configuration:end -->';

export function renderConfigTable(): string {
  const rows = Object.entries(CONFIG_VARIABLES).map(
    ([name, { meaning, default: fallback, expected }]) =>
      `| \`${name}\` | ${meaning} | ${fallback === '' ? '–' : fallback} | ${expected} |`,
  );
  return ['| Variable | Meaning | Default | Value |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

export async function insertConfigTable(readme: string): Promise<string> {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end === -1) throw new Error(`README.md must hold ${BEGIN} and ${END}.`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${renderConfigTable()}\n\n${readme.slice(end)}`;
}

if (import.meta.main) await writeFile(README, await insertConfigTable(await readFile(README, 'utf8')));

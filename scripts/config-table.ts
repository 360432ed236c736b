/**
 * Writes the tables that come from the code: the configuration in README.md, the vendors in docs/vendors.md:
 * `node scripts/config-table.ts`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { CONFIG_VARIABLES } from '../packages/server/src/config.ts';
import { modalitiesOf, VENDORS } from '../packages/server/src/providers/vendors/all.ts';

export interface GeneratedTable {
  readonly file: URL;
  /** Stands between `<!-- name:begin -->` and `<!-- name:end -->`. */
  readonly name: string;
  render(): string;
}

export const GENERATED_TABLES: readonly GeneratedTable[] = [
  { file: new URL('../README.md', import.meta.url), name: 'configuration', render: renderConfigTable },
  { file: new URL('../docs/vendors.md', import.meta.url), name: 'vendors', render: renderVendorTable },
];

function renderConfigTable(): string {
  const rows = Object.entries(CONFIG_VARIABLES).map(
    ([name, { meaning, default: fallback, expected }]) =>
      `| \`${name}\` | ${meaning} | ${fallback === '' ? '–' : fallback} | ${expected} |`,
  );
  return ['| Variable | Meaning | Default | Value |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function renderVendorTable(): string {
  const names = { stt: 'recognition', llm: 'language', tts: 'speech' };
  const rows = VENDORS.map((vendor) => {
    const { id, displayName, keyVariables, baseUrlVariable, settingVariables = {} } = vendor;
    const offers = modalitiesOf(vendor).map((modality) => names[modality]);
    const code = (list: readonly string[]) =>
      list.length === 0 ? '–' : list.map((name) => `\`${name}\``).join(', ');
    return `| ${displayName} | \`${id}\` | ${offers.join(', ')} | ${code(keyVariables)} | ${code([baseUrlVariable, ...Object.values(settingVariables)])} |`;
  });
  return [
    '| Vendor | Id | Offers | Key | Address and settings |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

export function insertTable({ name, file, render }: GeneratedTable, text: string): string {
  const beginMark = `<!-- ${name}:begin -->`;
  const endMark = `<!-- ${name}:end -->`;
  const begin = text.indexOf(beginMark);
  const end = text.indexOf(endMark);
  if (begin === -1 || end === -1) throw new Error(`${file.pathname} must hold ${beginMark} and ${endMark}.`);
  return `${text.slice(0, begin + beginMark.length)}\n\n${render()}\n\n${text.slice(end)}`;
}

if (import.meta.main) {
  for (const table of GENERATED_TABLES) {
    await writeFile(table.file, insertTable(table, await readFile(table.file, 'utf8')));
  }
}

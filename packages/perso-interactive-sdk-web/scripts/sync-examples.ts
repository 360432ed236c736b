/**
 * Copies the regions of `*.examples.ts` files into the code fences that name them, in docstrings and in the README:
 * a fence opens with ```` ```ts source="./file.examples.ts#region" ````. With `--check` it only tells what differs.
 */

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Brings all fences up to date, or with `checkOnly` leaves them; returns the files that were not up to date. */
export function syncExamples(checkOnly: boolean): string[] {
  return [...globSync('src/**/*.ts', { cwd: root }), 'README.md'].filter((file) => {
    const path = resolve(root, file);
    const before = readFileSync(path, 'utf8');
    const after = withExamples(before, dirname(path));
    if (after !== before && !checkOnly) writeFileSync(path, after);
    return after !== before;
  });
}

function withExamples(text: string, folder: string): string {
  const fence = /^([ \t]*(?:\* )?)```ts source="([^"#]+)#([^"]+)"\n(?:.*\n)*?\1```$/gm;
  return text.replace(fence, (_, prefix: string, file: string, region: string) => {
    const lines = readRegion(resolve(folder, file), region);
    const body = lines.map((line) => `${prefix}${line}`.trimEnd()).join('\n');
    return `${prefix}\`\`\`ts source="${file}#${region}"\n${body}\n${prefix}\`\`\``;
  });
}

function readRegion(path: string, region: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const end = lines.findIndex((line, index) => index > start && line.trim() === '// #endregion');
  if (start < 0 || end < 0) throw new Error(`${relative(root, path)} has no region "${region}"`);
  const body = lines.slice(start + 1, end);
  const indent = Math.min(...body.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return body.map((line) =>
    line.slice(indent).replace(/'\.{1,2}\/(client|server)\.ts'/, "'perso-interactive-sdk-web/$1'"),
  );
}

if (import.meta.main) {
  const checkOnly = process.argv.includes('--check');
  const changed = syncExamples(checkOnly);
  for (const file of changed) console.log(checkOnly ? `not up to date: ${file}` : `updated: ${file}`);
  if (checkOnly && changed.length > 0) process.exitCode = 1;
}

import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** The lines of a region, as a reader of the package would write them. */
function readRegion(file: string, region: string): string {
  const [, body] = readFileSync(file, 'utf8').split(`// #region ${region}\n`);
  return (body?.split('// #endregion')[0] ?? 'missing').trim().replaceAll("'./index.ts'", "'@spekoai/sdk'");
}

const fences = [...globSync('src/**/*.ts', { cwd: root }), 'README.md'].flatMap((name) => {
  const file = resolve(root, name);
  const fence = /^( \* |)```ts source="([^"#]+)#([^"]+)"\n((?:.*\n)*?)\1```$/gm;
  return [...readFileSync(file, 'utf8').matchAll(fence)].map(
    ([, prefix = '', source = '', region = '', body = '']) => ({
      name: `${name}: ${region}`,
      shown: body
        .split('\n')
        .map((line) => line.slice(prefix.length))
        .join('\n')
        .trim(),
      compiled: readRegion(resolve(dirname(file), source), region),
    }),
  );
});

it.each(fences)('$name shows the example that is compiled', ({ shown, compiled }) => {
  expect(shown).toBe(compiled);
});

it('the README has an example of every capability', () => {
  expect(fences.length).toBeGreaterThanOrEqual(14);
});

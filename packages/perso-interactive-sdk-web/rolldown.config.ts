/** Builds each entry as ESM, CommonJS and types, and the client also as a script. */

import { resolve } from 'node:path';
import { defineConfig, type RolldownOptions } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const transform: NonNullable<RolldownOptions['transform']> = {
  target: 'es2020',
  // Class fields become plain assignments, which every browser knows.
  assumptions: { setPublicClassFields: true },
  typescript: { removeClassFieldsWithoutInitializer: true },
};

function entry(name: 'client' | 'server'): RolldownOptions[] {
  const input = { index: `src/${name}.ts` };
  const dir = `dist/${name}`;
  const external = ['emoji-regex'];
  return [
    { input, external, transform, output: { dir, format: 'esm', sourcemap: true } },
    {
      input,
      external,
      transform,
      output: { dir, format: 'cjs', entryFileNames: '[name].cjs', exports: 'named', sourcemap: true },
    },
    {
      input,
      external,
      plugins: [dts({ emitDtsOnly: true, oxc: true })],
      output: { dir, format: 'esm' },
    },
    {
      input,
      external,
      plugins: [dts({ emitDtsOnly: true, oxc: true })],
      output: { dir, format: 'esm', entryFileNames: '[name].cjs' },
    },
  ];
}

export default defineConfig([
  ...entry('client'),
  ...entry('server'),
  {
    input: { 'index.iife': 'src/client.ts' },
    transform,
    platform: 'browser',
    plugins: [
      {
        name: 'compact-emoji-pattern',
        resolveId: (id) =>
          id === './emoji-pattern.ts' ? resolve(import.meta.dirname, 'src/emoji-pattern.compact.ts') : null,
      },
    ],
    output: {
      dir: 'dist/client',
      format: 'iife',
      name: 'PersoInteractive',
      minify: true,
      sourcemap: true,
      // The name some published examples use.
      footer: 'var PersoInteractiveSDK=PersoInteractive;',
    },
  },
]);

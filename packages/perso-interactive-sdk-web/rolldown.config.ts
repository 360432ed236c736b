/**
 * Builds each entry as ESM, CommonJS and types, and the client also as a script; and the scripts of the first
 * generation, with types for their global.
 */

import { resolve } from 'node:path';
import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown';
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

function script(input: string, dir: string, name: string, footer = ''): RolldownOptions {
  return {
    input: { [name]: input },
    transform,
    platform: 'browser',
    plugins: [compactEmojiPattern],
    output: { dir, format: 'iife', name: 'PersoInteractive', minify: true, sourcemap: true, footer },
  };
}

const compactEmojiPattern: Plugin = {
  name: 'compact-emoji-pattern',
  resolveId: (id) =>
    id === './emoji-pattern.ts' ? resolve(import.meta.dirname, 'src/emoji-pattern.compact.ts') : null,
};

/** Turns the types of a module into those of the global that a script makes. */
const globalTypes: Plugin = {
  name: 'global-types',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const body = chunk.code.replace(/^(export )?declare /gm, '$1').replace(/^(?=.)/gm, '  ');
      chunk.code = `declare namespace PersoInteractive {\n${body.trimEnd()}\n}\n`;
    }
  },
};

function classic(version: string, input: string): RolldownOptions[] {
  const dir = `dist/core/${version}`;
  return [
    script(input, dir, 'perso-interactive-sdk'),
    {
      input: { 'perso-interactive-sdk': input },
      plugins: [dts({ emitDtsOnly: true, oxc: true }), globalTypes],
      output: { dir, format: 'esm' },
    },
  ];
}

export default defineConfig([
  ...entry('client'),
  ...entry('server'),
  // The alias is a name that some published examples use.
  script('src/client.ts', 'dist/client', 'index.iife', 'var PersoInteractiveSDK=PersoInteractive;'),
  ...classic('1.0.0', 'src/core/v100.ts'),
  ...classic('1.0.1', 'src/core/v101.ts'),
]);

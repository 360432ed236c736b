/**
 * Builds each entry as ESM, CommonJS and types, and the client also as a script; and the scripts of the first
 * generation, with types for their global.
 */

import { resolve } from 'node:path';
import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown';
import { minify } from 'rolldown/utils';
import { dts } from 'rolldown-plugin-dts';
import { minify as minifyAgain } from 'terser';
import { privateNames } from './scripts/private-names.ts';

/** Syntax that every supported browser knows. */
const target = 'es2020';

const transform: NonNullable<RolldownOptions['transform']> = {
  target,
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
    plugins: [compactModules, minifyScript],
    output: {
      dir,
      format: 'iife',
      name: 'PersoInteractive',
      generatedCode: { symbols: false },
      // Left to the plugin: what this option prints comes after it.
      minify: false,
      sourcemap: true,
      footer,
    },
  };
}

/** Modules of which the scripts take a smaller form, made for browsers alone. */
const compactForms: Readonly<Record<string, string>> = {
  './emoji-pattern.ts': 'src/emoji-pattern.compact.ts',
  './convert.ts': 'src/audio/convert.compact.ts',
};

const compactModules: Plugin = {
  name: 'compact-modules',
  resolveId(id) {
    const form = compactForms[id];
    return form === undefined ? null : resolve(import.meta.dirname, form);
  },
};

/** Two minifiers, one after the other, leave less than either alone. */
const minifyScript: Plugin = {
  name: 'minify-script',
  async renderChunk(code, { fileName }) {
    const mangleProps = { include: new RegExp(`^(${privateNames.join('|')})$`) };
    const compress = { target };
    const {
      code: first,
      map,
      errors,
    } = await minify(fileName, code, { compress, mangleProps, sourcemap: true });
    if (errors.length > 0) throw errors[0];
    const second = await minifyAgain(first, {
      ecma: 2020,
      compress: { passes: 3 },
      format: { comments: false },
      sourceMap: { content: JSON.stringify(map) },
    });
    return { code: second.code ?? '', map: String(second.map) };
  },
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

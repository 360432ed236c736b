/** Builds one ES module without dependencies, and one file of types. */

import { defineConfig } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const input = { index: 'src/index.ts' };

export default defineConfig([
  {
    input,
    transform: { target: 'es2022' },
    // The types carry the docstrings.
    output: { dir: 'dist', format: 'esm', sourcemap: true, comments: false },
  },
  { input, plugins: [dts({ emitDtsOnly: true, oxc: true })], output: { dir: 'dist', format: 'esm' } },
]);

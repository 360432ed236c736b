/** Builds the command for the Node of its users: one file that starts, one for each command, no dependencies. */

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

/** Licences of the packages that became part of the build, which they want to be kept with it. */
const thirdPartyLicences: Plugin = {
  name: 'third-party-licences',
  async generateBundle(_, bundle) {
    const folders = new Set<string>();
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      for (const id of chunk.moduleIds) {
        const folder = packageFolder(id);
        if (folder !== undefined) folders.add(folder);
      }
    }
    const entries = await Promise.all([...folders].map(describePackage));
    this.emitFile({
      type: 'asset',
      fileName: 'THIRD-PARTY-LICENSES.txt',
      source: `${entries.sort().join('\n\n')}\n`,
    });
  },
};

/** The folder of the package that a module belongs to: what follows the last `node_modules`. */
function packageFolder(id: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0];
}

async function describePackage(folder: string): Promise<string> {
  // Every package has these.
  const about = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license: string;
  };
  const file = (await readdir(folder)).find((name) => /^(licen[sc]e|copying)/i.test(name));
  const text = file === undefined ? '' : await readFile(path.join(folder, file), 'utf8');
  return `${about.name} ${about.version} (${about.license})\n\n${text.trim()}`.trim();
}

export default defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  transform: { target: 'node20' },
  plugins: [thirdPartyLicences],
  output: {
    dir: 'dist',
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    cleanDir: true,
  },
});

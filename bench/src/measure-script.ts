/** Size of the client script, as a page loads it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Measurement } from './bench.ts';
import { rowOf } from './table.ts';

const SCRIPT = fileURLToPath(
  new URL('../../packages/perso-interactive-sdk-web/dist/client/index.iife.js', import.meta.url),
);

export const measureScript: Measurement = async () => {
  const bytes = await readFile(SCRIPT);
  return [
    rowOf('client script, gzip', 'KiB', [gzipSync(bytes, { level: 9 }).length / 1024], {
      text: '≤ 12',
      holds: ({ median }) => median <= 12,
    }),
  ];
};

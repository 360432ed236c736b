/** What scripts/mend-wrtc.ts mends; without it one in about 25 departures is the end of this program. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MENDED = ['linux-x64', 'linux-arm64'];
const LEAVE_WHILE_SENDING = fileURLToPath(new URL('testing/leave-while-sending.ts', import.meta.url));

test.skipIf(!MENDED.includes(`${process.platform}-${process.arch}`))(
  'a client may leave while it is sent messages',
  { timeout: 120_000 },
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [LEAVE_WHILE_SENDING, '150']);
    expect(stdout).toContain('150 have left');
  },
);

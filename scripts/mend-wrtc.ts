/**
 * Mends `@roamhq/wrtc` after it was installed: a message sent at the moment in which its reader leaves reads a null pointer
 * and takes the process down, with every session in it. `RTCDataChannel::Send` looks whether the channel is there, asks
 * another thread whether it is open, and then uses it; meanwhile that thread may have let it go. The mended copy looks once
 * more, in the place of two assignments of what the buffer's constructor has assigned already. See
 * docs/decisions/0007-mended-webrtc.md.
 *
 * Only these very files are mended; they are known by their SHA-256. The package looks for a build of one's own before it
 * takes its prebuilt one: that is where the copy is put.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

interface Mend {
  /** Of the prebuilt file. */
  readonly sha256: string;
  /** Offset in the file, the bytes that are there, the bytes that take their place (hex). */
  readonly edits: readonly (readonly [offset: number, was: string, is: string])[];
}

const MENDS: Readonly<Record<string, Mend>> = {
  'linux-x64': {
    sha256: 'a629f3ee4aa32a097361270f719007e62325068dac347086218027ce4274302f',
    edits: [
      // je: to the mark's new place
      [0x206576, '7424', '741f'],
      // movq 0, 0x18(rsp) | mov rbx, 0x20(rsp) | movb 0, 0x28(rsp) | mov 0x1d0(r14), rdi
      // nop               | movb 0, 0x28(rsp) | mov 0x1d0(r14), rdi | test rdi, rdi | je past the call
      [
        0x20658e,
        '48c744241800000000 48895c2420 c644242800 498bbed0010000',
        '660f1f840000000000 c644242800 498bbed0010000 4885ff 740e',
      ],
    ],
  },
  'linux-arm64': {
    sha256: '78636a264bb350c8b7d074916ca2a4897a369d1623958dfc1d5daec183433b93',
    edits: [
      // cbz x8: to the mark's new place
      [0x1f4648, '080100b4', 'e80000b4'],
      // stp xzr, x20, [sp, 48] | ldr x0, [x19, 488] | strb wzr, [sp, 64]
      // strb wzr, [sp, 64]     | ldr x0, [x19, 488] | cbz x0, past the call
      [0x1f4664, 'ff5303a9 60f640f9 ff030139', 'ff030139 60f640f9 a00000b4'],
    ],
  },
};

/** Does nothing where it is done already. @throws {Error} when the prebuilt file is not there. */
export async function mendWrtc(): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const mend = MENDS[platform];
  if (mend === undefined) return;
  const fromServer = createRequire(new URL('../packages/server/package.json', import.meta.url));
  const entry = fromServer.resolve('@roamhq/wrtc');
  const bytes = await readFile(createRequire(entry).resolve(`@roamhq/wrtc-${platform}/wrtc.node`));
  if (createHash('sha256').update(bytes).digest('hex') !== mend.sha256) {
    process.stdout.write(
      `  scripts/mend-wrtc.ts does not know this build of @roamhq/wrtc (${platform}); it is used as it is\n`,
    );
    return;
  }
  for (const [offset, was, is] of mend.edits) {
    const [before, after] = [fromHex(was), fromHex(is)];
    if (before.length !== after.length || !bytes.subarray(offset, offset + before.length).equals(before)) {
      throw new Error(`scripts/mend-wrtc.ts: the edit at ${offset} does not fit the build of ${platform}.`);
    }
    after.copy(bytes, offset);
  }
  const folder = path.join(path.dirname(entry), '..', `build-${platform}`);
  const mended = path.join(folder, 'wrtc.node');
  const have = await readFile(mended).catch(() => undefined);
  if (have?.equals(bytes)) return;
  await mkdir(folder, { recursive: true });
  // Processes that run have the earlier file open.
  const unfinished = `${mended}.${process.pid}`;
  await writeFile(unfinished, bytes, { mode: 0o755 });
  await rename(unfinished, mended);
}

function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

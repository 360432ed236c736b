import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Frame {
  readonly header: Record<string, unknown>;
  readonly soundBytes: number;
}

/** Runs the program over some lines and reads its frames. */
async function run(lines: readonly string[]): Promise<{ frames: Frame[]; exitCode: number | null }> {
  const path = fileURLToPath(new URL('./host.ts', import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) pieces.push(piece);
  const exitCode =
    child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('exit', resolve)));
  return { frames: readFrames(Buffer.concat(pieces)), exitCode };
}

function readFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const headerBytes = bytes.readUInt32LE(at);
    const soundBytes = bytes.readUInt32LE(at + 4);
    frames.push({ header: JSON.parse(bytes.toString('utf8', at + 8, at + 8 + headerBytes)), soundBytes });
    at += 8 + headerBytes + soundBytes;
  }
  return frames;
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten');
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!isInstalled())('the host, with eSpeak NG installed', () => {
  it('says that it is ready, speaks, and ends with its input', async () => {
    const { frames, exitCode } = await run([JSON.stringify({ id: 7, voice: 'ko+f3', text: '안녕하세요' })]);
    const [ready, ...rest] = frames;
    expect(ready?.header).toMatchObject({ type: 'ready', sampleRateHz: 22_050 });
    expect(ready?.header['languages']).toContain('ko');
    expect(rest.at(-1)?.header).toEqual({ type: 'end', id: 7 });
    const audio = rest.slice(0, -1);
    expect(audio.length).toBeGreaterThan(1);
    expect(audio.every(({ header }) => header['type'] === 'audio' && header['id'] === 7)).toBe(true);
    expect(audio.reduce((sum, { soundBytes }) => sum + soundBytes, 0)).toBeGreaterThan(22_050);
    expect(exitCode).toBe(0);
  });

  it('answers bad requests and goes on', async () => {
    const { frames } = await run([
      'no JSON',
      '{"id":1}',
      JSON.stringify({ id: 2, voice: 'nobody', text: 'x' }),
      JSON.stringify({ id: 3, voice: 'en-us', text: 'Hello' }),
    ]);
    const answers = frames.map(({ header }) => header).filter(({ type }) => type !== 'audio');
    expect(answers.slice(1)).toEqual([
      { type: 'error', id: 0, reason: 'bad-request' },
      { type: 'error', id: 0, reason: 'bad-request' },
      { type: 'error', id: 2, reason: 'unknown-voice' },
      { type: 'end', id: 3 },
    ]);
  });
});

/** Players and recorders, with small programs in place of those of the system. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { encodeWav } from '@visavox/audio';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../programs.ts';
import { playFile } from './players.ts';
import { startRecording } from './recorders.ts';

let folder: string;
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-programs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hostOf = (platform: NodeJS.Platform): Host => ({ platform, environment: { PATH: folder } });
const install = async (name: string, script: string): Promise<void> => {
  const file = path.join(folder, name);
  await writeFile(file, `#!${process.execPath}\n${script}\n`);
  await chmod(file, 0o755);
};
const note = (name: string) =>
  `require('node:fs').appendFileSync(${JSON.stringify(path.join(folder, 'called'))}, ${JSON.stringify(`${name} `)} + process.argv.slice(2).join(' ') + '\\n');`;
const called = () => readFile(path.join(folder, 'called'), 'utf8').catch(() => '');

describe('players', () => {
  test('the first that can play does; one that cannot makes way', async () => {
    await install('aplay', `${note('aplay')} console.error('no card'); process.exitCode = 1;`);
    await install('ffplay', note('ffplay'));
    await playFile('/sounds/a.wav', { host: hostOf('linux'), signal });
    expect(await called()).toMatch(/^aplay -q \/sounds\/a\.wav\nffplay .*-autoexit .*\/sounds\/a\.wav\n$/);
  });

  test('macOS and Windows have theirs, and no name becomes part of a script', async () => {
    await install('afplay', note('afplay'));
    await playFile('/sounds/a.wav', { host: hostOf('darwin'), signal });
    expect(await called()).toBe('afplay /sounds/a.wav\n');
  });

  test('none at all, and none that works, are told', async () => {
    await expect(playFile('a.wav', { host: hostOf('linux'), signal })).rejects.toThrow(
      'no player was found. Install one: sudo apt install alsa-utils',
    );
    await install('aplay', `console.error('first\\nno card'); process.exitCode = 1;`);
    await expect(playFile('a.wav', { host: hostOf('linux'), signal })).rejects.toThrow(
      'It cannot be played. aplay: no card',
    );
  });

  test('playing ends with its signal', async () => {
    await install('aplay', `${note('aplay')} setInterval(() => {}, 1000);`);
    const stop = new AbortController();
    const playing = playFile('a.wav', { host: hostOf('linux'), signal: stop.signal });
    await expect.poll(called).not.toBe('');
    stop.abort(new Error('enough'));
    await expect(playing).rejects.toThrow('enough');
  });
});

describe('recorders', () => {
  const tone = `process.stdout.write(Buffer.from(new Int16Array(1600).fill(1000).buffer)); setInterval(() => {}, 1000);`;

  test('samples that are handed over are the recording', async () => {
    await install('arecord', `${note('arecord')} ${tone}`);
    const recording = await startRecording({ host: hostOf('linux'), signal });
    const clip = await recording.stop();
    expect(clip.sampleRateHz).toBe(16_000);
    expect(clip.samples).toEqual(new Int16Array(1600).fill(1000));
    expect(await called()).toBe('arecord -q -t raw -f S16_LE -c 1 -r 16000\n');
    await recording.close();
    await recording.close();
  });

  test('a file that a program writes is the recording, when the program was told to end', async () => {
    const wav = encodeWav({ samples: new Int16Array(800).fill(7), sampleRateHz: 16_000 });
    await install(
      'pw-record',
      `require('node:fs').writeFileSync(process.argv.at(-1), Buffer.from('${Buffer.from(wav).toString('base64')}', 'base64'));
       ${note('pw-record')} setInterval(() => {}, 1000);`,
    );
    const recording = await startRecording({ host: hostOf('linux'), signal });
    expect((await recording.stop()).samples).toEqual(new Int16Array(800).fill(7));
    const file = /(\S+)\n$/.exec(await called())?.[1] ?? '';
    // What it needed is gone.
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  test('on Windows PowerShell records when ffmpeg finds no microphone, and is told to end by a line', async () => {
    const wav = encodeWav({ samples: new Int16Array(800).fill(7), sampleRateHz: 16_000 });
    await install(
      'ffmpeg',
      `console.error('[dshow] Could not enumerate audio only devices'); process.exitCode = 1;`,
    );
    await install(
      'powershell',
      `console.log('recording');
       process.stdin.once('data', () => {
         require('node:fs').writeFileSync(process.env.VISAVOX_RECORDING_FILE, Buffer.from('${Buffer.from(wav).toString('base64')}', 'base64'));
         process.exit(0);
       });`,
    );
    const host: Host = { platform: 'win32', environment: { PATH: folder, PATHEXT: ';' } };
    const recording = await startRecording({ host, signal });
    expect((await recording.stop()).samples).toEqual(new Int16Array(800).fill(7));
  });

  test('on Windows ffmpeg records from the first microphone that it names', async () => {
    await install(
      'ffmpeg',
      `if (process.argv.includes('-list_devices')) {
         console.error('[dshow @ 1] "Camera" (video)\\n[dshow @ 1]   Alternative name "x"\\n[dshow @ 1] "Desk Mic (USB)" (audio)');
         process.exitCode = 1;
       } else { ${note('ffmpeg')} ${tone} }`,
    );
    const host: Host = { platform: 'win32', environment: { PATH: folder, PATHEXT: ';' } };
    const recording = await startRecording({ host, signal });
    await recording.close();
    expect(await called()).toContain('-f dshow -i audio=Desk Mic (USB) -ac 1 -ar 16000 -f s16le -');
  });

  test.each([
    ['linux', 'sudo apt install alsa-utils'],
    ['darwin', 'brew install sox'],
    ['win32', 'winget install ffmpeg'],
  ] as const)('without a recorder %s says how to get one', async (platform, line) => {
    await expect(startRecording({ host: hostOf(platform), signal })).rejects.toThrow(
      `no recorder was found. Install one: ${line}`,
    );
  });

  test('all that cannot record are named', async () => {
    await install('arecord', `console.error('no soundcards'); process.exitCode = 1;`);
    await install('rec', 'process.exitCode = 2;');
    await expect(startRecording({ host: hostOf('linux'), signal })).rejects.toThrow(
      'Nothing can be recorded. arecord: no soundcards; rec: it ended with code 2',
    );
  });

  test('a recorder that ends by itself is noticed', async () => {
    await install(
      'arecord',
      `process.stdout.write(Buffer.alloc(3200)); setTimeout(() => { console.error('unplugged'); process.exit(1); }, 100);`,
    );
    const recording = await startRecording({ host: hostOf('linux'), signal });
    await expect(recording.over).rejects.toThrow('arecord: unplugged');
    await expect(recording.stop()).rejects.toThrow('arecord: unplugged');
    await recording.close();
  });

  test('opening the microphone ends with its signal, and the program with it', async () => {
    await install(
      'arecord',
      `${note('arecord')} setInterval(() => {}, 1000); process.on('SIGINT', () => { ${note('stopped')} process.exit(1); });`,
    );
    const stop = new AbortController();
    const starting = startRecording({ host: hostOf('linux'), signal: stop.signal });
    await expect.poll(called).toContain('arecord');
    stop.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    expect(await called()).toContain('stopped');
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../program.ts';

const SENSE_VOICE = 'sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2025-09-09';
/** `tar c tiny-sense-voice | bzip2`, with a model.onnx and a tokens.txt in it. */
const BZIP2_ARCHIVE = Buffer.from(
  'QlpoOTFBWSZTWU5fdzkAAOX9hMmQAkBAA/+AAgDuL59gAACAiDAAuERpQNAyAABoDTDDQyZAyMQYmTQ0wIpCmNKPU9TaEDEMMg8d' +
    'HSMPbZE3UXwKxaIDryjYXeg1cNu6bUcmEQkh/dZhR6sns/7ZZJsLVcGAHecKiYwQ0CTI4JDk2piSaV1SDEyY+qkVpNfh5OZreTzO' +
    'hNo2MG078ZzTS90O7cZ8RuHs+7m3po/iIfGKgytp2KaJRNSYUCBE4XckU4UJBOX3c5A=',
  'base64',
);

/** Does not compress, like real ones. */
const weights = randomBytes(400_000);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let server: Server;
let origin: string;
let answer: Answer;
let requests: IncomingMessage[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-models-'));
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on a TCP port.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function visavox(words: readonly string[], isTerminal = false) {
  let out = '';
  let error = '';
  const code = await run(words, {
    environment: {},
    directory: folder,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    isTerminal,
  });
  return { code, out, error };
}

type Entry = Partial<Header> & { readonly name: string } & { readonly content?: string | Buffer };

async function tarGz(...entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) archive.entry(header, content);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const model = (name: string): Promise<Buffer> =>
  tarGz(
    { name: `${name}/`, type: 'directory' },
    { name: `${name}/model.int8.onnx`, content: weights },
    { name: `${name}/tokens.txt`, content: 'a 0' },
    { name: `${name}/test_wavs/en.wav`, content: 'sound' },
  );

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const models = (...rest: string[]): string => path.join(folder, '.visavox', 'models', ...rest);
const manifest = async (id: string) => JSON.parse(await readFile(models(id, 'model.json'), 'utf8'));

/** Answers like a static file server, ranges included. */
const serve =
  (bytes: Buffer, { etag = '"1"' } = {}): Answer =>
  (request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const resumes = range !== undefined && request.headers['if-range'] === etag;
    const body = resumes ? bytes.subarray(Number(range)) : bytes;
    response.writeHead(resumes ? 206 : 200, { 'content-length': body.length, etag });
    response.end(body);
  };

/** Sends the first bytes of a file and hangs up. */
const cutOff =
  (bytes: Buffer, length: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' });
    response.write(bytes.subarray(0, length), () => setImmediate(() => response.destroy()));
  };

/** What no failure may leave behind. */
async function expectNothingInstalled(): Promise<void> {
  const names = await readdir(models()).catch((): string[] => []);
  expect(names.filter((name) => !name.startsWith('.'))).toEqual([]);
  const work = await readdir(models('.download')).catch((): string[] => []);
  expect(work.filter((name) => !name.includes('.partial'))).toEqual([]);
}

describe('models list', () => {
  it('tells for each model what it is for, and the licence that is no usual one', async () => {
    const { code, out } = await visavox(['models']);
    expect(code).toBe(0);
    expect(out).toMatch(/^NAME +INSTALLED +SIZE +FOR +LANGUAGES +LICENCE +SOURCE +ID/);
    expect(out).toMatch(/sense-voice +no +165.8 MB .* zh en ja ko yue +FunASR Model License/);
    expect(out).toContain('a licence of its own');
  });

  it('shows what is installed, folders of strangers included, as JSON too', async () => {
    await mkdir(models(SENSE_VOICE), { recursive: true });
    await mkdir(models('by-hand'), { recursive: true });
    await mkdir(models('.download'), { recursive: true });
    await writeFile(models('by-hand', 'model.json'), JSON.stringify({ kind: 'whisper', languages: ['*'] }));
    const { out } = await visavox(['models', 'list']);
    expect(out).toMatch(/^sense-voice +yes/m);
    expect(out).toMatch(/^by-hand +yes +– +not of the list +any/m);
    const items = JSON.parse((await visavox(['--json', 'models', 'list'])).out);
    expect(items[0]).toMatchObject({
      name: 'sense-voice',
      id: SENSE_VOICE,
      installed: true,
      bytes: 165_783_878,
    });
    expect(items.at(-1)).toMatchObject({ id: 'by-hand', kind: 'whisper', installed: true });
    expect(items).toHaveLength(8);
  });
});

describe('models pull', () => {
  it('downloads with plain lines in a pipe, verifies, unpacks and says what to do', async () => {
    const archive = await model('my-sense-voice');
    answer = serve(archive);
    const url = `${origin}/files/my-sense-voice.tar.gz`;
    const { code, out, error } = await visavox([
      'models',
      'pull',
      url,
      '--sha256',
      sha256(archive).toUpperCase(),
    ]);
    expect(code, error).toBe(0);
    expect(out).toContain(`sha256 ${sha256(archive)}, as expected`);
    expect(out).toContain('my-sense-voice is installed. Start the server again');
    expect(error.trim().split('\n').at(-1)).toMatch(/^100 % {2}[\d.]+ kB of [\d.]+ kB$/);
    expect(error).not.toContain('\r');
    expect(await readdir(models())).toEqual(['.download', 'my-sense-voice']);
    expect(await readdir(models('.download'))).toEqual([]);
    expect(await readFile(models('my-sense-voice', 'tokens.txt'), 'utf8')).toBe('a 0');
    expect(await manifest('my-sense-voice')).toEqual({
      id: 'my-sense-voice',
      kind: 'sense-voice',
      languages: ['zh', 'en', 'ja', 'ko', 'yue'],
      source: url,
      sha256: sha256(archive),
    });
  });

  it('redraws one line on a terminal, and prints one object as JSON', async () => {
    answer = serve(await model('my-sense-voice'));
    const words = ['--json', 'models', '--data-dir', 'elsewhere', 'pull', `${origin}/my-sense-voice.tar.gz`];
    const { out, error } = await visavox(words, true);
    expect(error).toMatch(/^\r.*100 % {2}400\.\d kB of 400\.\d kB\n$/s);
    expect(error.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ id: 'my-sense-voice', was_installed: false });
    expect(existsSync(path.join(folder, 'elsewhere', 'models', 'my-sense-voice', 'model.json'))).toBe(true);
  });

  it('shows and records a hash that nobody has told', async () => {
    const archive = await model('my-sense-voice');
    answer = serve(archive);
    const { out } = await visavox(['models', 'pull', `${origin}/my-sense-voice.tar.gz`]);
    expect(out).toContain(`sha256 ${sha256(archive)} (nobody has told it before`);
    expect(await manifest('my-sense-voice')).toMatchObject({ sha256: sha256(archive) });
  });

  it('goes on where it was cut off', async () => {
    const archive = await model('my-sense-voice');
    const words = ['models', 'pull', `${origin}/my-sense-voice.tar.gz`];
    answer = cutOff(archive, 200_000);
    const first = await visavox(words);
    expect(first.code).toBe(1);
    expect(first.error).toContain('What came is kept; run the command again to go on.');
    await expectNothingInstalled();
    const { size } = await stat(models('.download', 'my-sense-voice.partial'));
    expect(size).toBeGreaterThan(0);
    answer = serve(archive);
    expect((await visavox(words)).code).toBe(0);
    expect(requests.at(-1)?.headers).toMatchObject({ range: `bytes=${size}-`, 'if-range': '"1"' });
    expect(await manifest('my-sense-voice')).toMatchObject({ sha256: sha256(archive) });
  });

  it('starts from the beginning when the file is another one by then', async () => {
    const archive = await model('my-sense-voice');
    const words = ['models', 'pull', `${origin}/my-sense-voice.tar.gz`];
    answer = cutOff(Buffer.alloc(archive.length, 1), 200_000);
    expect((await visavox(words)).code).toBe(1);
    answer = serve(archive, { etag: '"2"' });
    expect((await visavox(words)).code).toBe(0);
    expect(await manifest('my-sense-voice')).toMatchObject({ sha256: sha256(archive) });
  });

  it('takes a listed model from a mirror, and refuses what has another hash', async () => {
    answer = serve(BZIP2_ARCHIVE);
    const { code, out, error } = await visavox([
      'models',
      'pull',
      'sense-voice',
      '--from',
      `${origin}/mirror/`,
    ]);
    expect(code).toBe(1);
    expect(requests[0]?.url).toBe(`/mirror/${SENSE_VOICE}.tar.bz2`);
    expect(out).toContain('Licence: FunASR Model License 1.1 (custom). SenseVoice comes under');
    expect(error).toContain('expected sha256 7305f7905bfcf77f');
    expect(error).toContain(`but ${sha256(BZIP2_ARCHIVE)} came. Nothing is installed.`);
    await expectNothingInstalled();
    expect(await readdir(models('.download'))).toEqual([]);
  });

  it('unpacks tar.bz2, from a file, a folder of archives and a folder of files', async () => {
    const file = path.join(folder, 'tiny.tar.bz2');
    await writeFile(file, BZIP2_ARCHIVE);
    const known = ['--sha256', sha256(BZIP2_ARCHIVE)];
    expect((await visavox(['models', 'pull', 'sense-voice', '--from', 'tiny.tar.bz2', ...known])).code).toBe(
      0,
    );
    expect(await readFile(models(SENSE_VOICE, 'model.onnx'), 'utf8')).toBe('model\n');
    expect(await manifest(SENSE_VOICE)).toMatchObject({ license: expect.stringContaining('FunASR') });

    await mkdir(path.join(folder, 'usb'));
    await writeFile(path.join(folder, 'usb', 'my-sense-voice.tar.bz2'), BZIP2_ARCHIVE);
    expect((await visavox(['models', 'pull', 'my-sense-voice', '--from', 'usb'])).code).toBe(0);
    const copied = await visavox([
      'models',
      'pull',
      'our-own',
      '--from',
      models('my-sense-voice'),
      '--kind',
      'zipformer-ctc',
      '--languages',
      'ko',
    ]);
    expect(copied.code, copied.error).toBe(0);
    expect(await manifest('our-own')).toMatchObject({ kind: 'zipformer-ctc', languages: ['ko'] });
    expect(requests).toHaveLength(0);
  });

  it('keeps what is installed, unless it is told to replace it', async () => {
    answer = serve(await model('my-sense-voice'));
    const words = ['models', 'pull', `${origin}/my-sense-voice.tar.gz`];
    await visavox(words);
    await writeFile(models('my-sense-voice', 'mark'), '');
    expect((await visavox(words)).out).toContain('is installed already');
    expect(existsSync(models('my-sense-voice', 'mark'))).toBe(true);
    answer = serve(Buffer.from('something else'));
    expect((await visavox([...words, '--force'])).code).toBe(1);
    expect(existsSync(models('my-sense-voice', 'mark'))).toBe(true);
    answer = serve(await model('my-sense-voice'));
    expect((await visavox([...words, '--force'])).code).toBe(0);
    expect(existsSync(models('my-sense-voice', 'mark'))).toBe(false);
  });

  const fine: Entry = { name: 'm/tokens.txt', content: 'a 0' };
  it.each<[string, readonly Entry[], RegExp]>([
    ['a path that leads out', [fine, { name: '../../evil.txt', content: 'x' }], /outside of its folder/],
    ['an absolute path', [fine, { name: '/tmp/evil.txt', content: 'x' }], /outside of its folder/],
    ['a symbolic link', [fine, { name: 'm/l', type: 'symlink', linkname: '/etc' }], /has a symlink in it/],
    ['a hard link', [fine, { name: 'm/l', type: 'link', linkname: '/etc/passwd' }], /has a link in it/],
    ['a file twice', [fine, fine], /cannot be unpacked: EEXIST/],
    ['no model', [fine], /no sense-voice model: model.onnx or model.int8.onnx is missing/],
  ])('refuses an archive with %s and leaves nothing', async (_name, entries, message) => {
    answer = serve(await tarGz(...entries));
    const { code, error } = await visavox(['models', 'pull', `${origin}/my-sense-voice.tar.gz`]);
    expect(code).toBe(1);
    expect(error).toMatch(message);
    await expectNothingInstalled();
    expect(existsSync(path.join(folder, 'evil.txt'))).toBe(false);
  });

  it.each<[string, Answer, RegExp]>([
    ['is missing', (_request, response) => response.writeHead(404).end(), /answered with status 404/],
    ['is no archive', serve(Buffer.from('<html>')), /no tar.bz2, tar.gz or tar archive/],
    ['is damaged', serve(Buffer.from(BZIP2_ARCHIVE).fill(7, 100, 140)), /cannot be unpacked/],
    [
      'is larger than any model',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 2 ** 40 });
        response.flushHeaders();
      },
      /larger than 4 GB/,
    ],
  ])('says what is wrong when the file %s', async (_name, theAnswer, message) => {
    answer = theAnswer;
    const { code, error } = await visavox(['models', 'pull', `${origin}/my-sense-voice.tar.bz2`]);
    expect(code).toBe(1);
    expect(error).toMatch(message);
    await expectNothingInstalled();
  });

  it.each<[readonly string[], number, RegExp]>([
    [['nonsense'], 1, /no model "nonsense" in the list. Known ones: sense-voice, /],
    [['http://127.0.0.1:1/a.tar.gz'], 1, /Which languages does a understand/],
    [['http://127.0.0.1:65000/sense-voice-x.tar.gz'], 1, /cannot be loaded: ECONNREFUSED/],
    [['../up', '--from', '.', '--languages', 'ko'], 1, /A model's name has letters/],
    [['x', '--from', 'nowhere.tar', '--languages', 'ko'], 1, /neither a file, nor a folder/],
    [['x', '--sha256', '12'], 2, /64 hexadecimal digits/],
    [['x', '--languages', 'Korean'], 2, /language tags/],
    [['x', '--kind', 'magic'], 2, /Allowed choices are sense-voice/],
  ])('explains wrong usage: %s', async (words, exitCode, message) => {
    const { code, error } = await visavox(['models', 'pull', ...words]);
    expect(error).toMatch(message);
    expect(code).toBe(exitCode);
  });

  it('does not run twice for one model at a time', async () => {
    await mkdir(models('.download'), { recursive: true });
    await writeFile(models('.download', 'my-sense-voice.lock'), String(process.pid));
    answer = serve(await model('my-sense-voice'));
    const words = ['models', 'pull', `${origin}/my-sense-voice.tar.gz`];
    expect((await visavox(words)).error).toContain('Another command is pulling my-sense-voice');
    // Process ids end far below this one.
    await writeFile(models('.download', 'my-sense-voice.lock'), '999999999');
    expect((await visavox(words)).code).toBe(0);
  });
});

describe('models rm', () => {
  it('removes a model by its short name, and what came of a download', async () => {
    await mkdir(models(SENSE_VOICE), { recursive: true });
    await mkdir(models('.download'), { recursive: true });
    await writeFile(models('.download', `${SENSE_VOICE}.partial`), 'x');
    expect((await visavox(['models', 'rm', 'sense-voice'])).out).toContain(`${SENSE_VOICE} is removed`);
    expect(await readdir(models())).toEqual(['.download']);
    expect(await readdir(models('.download'))).toEqual([]);
    const again = await visavox(['models', 'rm', 'sense-voice']);
    expect(again).toMatchObject({ code: 1, error: 'The model sense-voice is not installed.\n' });
    expect((await visavox(['models', 'rm', '../..'])).code).toBe(1);
  });
});

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { noRecognizerError } from './all.ts';
import { createSherpaProvider, findSherpaHost, type SherpaProvider } from './sherpa.ts';
import { findSherpaModels, readSherpaModel, type SherpaModel } from './sherpa-models.ts';
import { describeRecognizer } from './testing/recognizer-conformance.ts';
import { installTinyModel, sing } from './testing/tiny-model.ts';

const MODEL_NAME = 'sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2025-09-09';
const ODD_HOST = fileURLToPath(new URL('./testing/odd-sherpa-host.ts', import.meta.url));
const RATE_HZ = 16_000;

const host = findSherpaHost();
const { signal } = new AbortController();
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'visavox-models-'));
  await installTinyModel(dataDir, MODEL_NAME);
});
afterEach(async () => {
  for (const name of await readdir(path.join(dataDir, 'models'))) {
    if (name !== MODEL_NAME) await rm(path.join(dataDir, 'models', name), { recursive: true });
  }
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function withModel(
  run: (provider: SherpaProvider) => Promise<void>,
  options: { readonly name?: string; readonly hostPath?: string; readonly pieceTimeoutMs?: number } = {},
): Promise<void> {
  const model = await readSherpaModel(path.join(dataDir, 'models', options.name ?? MODEL_NAME));
  const { hostPath, pieceTimeoutMs } = options;
  const provider = createSherpaProvider({
    model,
    ...(hostPath === undefined ? {} : { hostPath }),
    ...(pieceTimeoutMs === undefined ? {} : { pieceTimeoutMs }),
  });
  try {
    await run(provider);
  } finally {
    await provider.close();
  }
}

/** A module that notes its process id in a file and goes on as the host. */
async function createNotingHost(): Promise<{ readonly hostPath: string; readonly noteFile: string }> {
  const hostPath = path.join(dataDir, 'noting-host.mjs');
  const noteFile = path.join(dataDir, 'host.pid');
  await rm(noteFile, { force: true });
  const real = JSON.stringify(pathToFileURL(host ?? '').href);
  await writeFile(
    hostPath,
    `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(noteFile)}, String(process.pid));\nawait import(${real});\n`,
  );
  return { hostPath, noteFile };
}

describe.skipIf(host === undefined)('with sherpa-onnx installed', () => {
  describeRecognizer('sherpa-onnx with a tiny SenseVoice', {
    create: async () =>
      createSherpaProvider({ model: await readSherpaModel(path.join(dataDir, 'models', MODEL_NAME)) }),
    language: 'en',
    speech: async () => sing(['one', 'two', 'one']),
    expected: /^one two one\.$/,
  });

  it('detects the language when none is told, and obeys the one that is', () =>
    withModel(async ({ recognizer }) => {
      const korean = sing(['two', 'three']);
      expect(await recognizer.recognize(sing(['one']), { signal })).toEqual({ text: 'one.', language: 'en' });
      expect(await recognizer.recognize(korean, { signal })).toEqual({ text: 'two three.', language: 'ko' });
      for (const [told, language] of [
        ['ko-KR', 'ko'],
        ['ja', 'ja'],
        ['en-US', 'en'],
        ['zh-HK', 'yue'],
        ['zh-TW', 'zh'],
      ] as const) {
        const transcript = await recognizer.recognize(korean, { language: told, signal });
        expect(transcript).toEqual({ text: 'two three.', language });
      }
    }));

  it('refuses a language that the model does not know', () =>
    withModel(async ({ recognizer }) => {
      await expect(recognizer.recognize(sing(['one']), { language: 'fr', signal })).rejects.toMatchObject({
        kind: 'bad-request',
        message: expect.stringMatching(/understands zh, en, ja, ko, yue, but a clip in fr came/),
      });
    }));

  it('hears nothing in silence, without starting the engine', async () => {
    const { hostPath, noteFile } = await createNotingHost();
    await withModel(
      async ({ recognizer }) => {
        const silence = { samples: new Int16Array(RATE_HZ * 3), sampleRateHz: RATE_HZ };
        expect(await recognizer.recognize(silence, { signal })).toEqual({ text: '' });
        const korean = await recognizer.recognize(silence, { language: 'ko', signal });
        expect(korean).toEqual({ text: '', language: 'ko' });
        expect(existsSync(noteFile)).toBe(false);
        expect(await recognizer.recognize(sing(['one']), { signal })).toMatchObject({ text: 'one.' });
        expect(existsSync(noteFile)).toBe(true);
      },
      { hostPath },
    );
  });

  it('hears a clip that is shorter than a word', () =>
    withModel(async ({ recognizer }) => {
      const { samples } = sing(['one']);
      const short = { samples: samples.slice(0, 300), sampleRateHz: RATE_HZ };
      expect((await recognizer.recognize(short, { signal })).language).toBe('en');
    }));

  it('cuts a long clip at its pauses and joins the text, without spaces where the language has none', () =>
    withModel(async ({ recognizer }) => {
      const words = Array.from({ length: 100 }, (_, index) => (['one', 'two'] as const)[index % 2] ?? 'one');
      const long = sing(words, 0.5);
      expect(long.samples.length / RATE_HZ).toBeGreaterThan(89);
      const { text } = await recognizer.recognize(long, { signal });
      expect(text.replaceAll('.', '')).toBe(words.join(' '));
      expect(text.match(/\./g)).toHaveLength(4);
      const japanese = await recognizer.recognize(long, { language: 'ja', signal });
      expect(japanese.text).toMatch(/\.one|\.two/);
    }));

  it('goes on with the next clip when the program is killed in the middle of one', async () => {
    const { hostPath, noteFile } = await createNotingHost();
    await withModel(
      async ({ recognizer, preload }) => {
        await preload({ signal });
        const pid = Number(await readFile(noteFile, 'utf8'));
        const long = sing(Array.from({ length: 60 }, () => 'one' as const));
        const cut = recognizer.recognize(long, { signal });
        const failed = expect(cut).rejects.toMatchObject({ kind: 'unavailable' });
        const waiting = recognizer.recognize(sing(['two']), { signal });
        process.kill(pid, 'SIGKILL');
        await failed;
        expect((await waiting).text).toBe('two.');
        expect((await recognizer.recognize(sing(['one']), { signal })).text).toBe('one.');
        expect(Number(await readFile(noteFile, 'utf8'))).not.toBe(pid);
      },
      { hostPath },
    );
  });

  it('says what to do when the files of a model are damaged', async () => {
    const folder = await installTinyModel(dataDir, 'sense-voice-damaged');
    await writeFile(path.join(folder, 'model.onnx'), 'no model at all');
    await withModel(
      async ({ recognizer, preload }) => {
        const expected = {
          kind: 'unavailable',
          message: expect.stringMatching(
            /sense-voice-damaged could not be loaded.*visavox models rm sense-voice-damaged/,
          ),
        };
        await expect(preload({ signal })).rejects.toMatchObject(expected);
        await expect(recognizer.recognize(sing(['one']), { signal })).rejects.toMatchObject(expected);
      },
      { name: 'sense-voice-damaged' },
    );
  });

  it('says so too when a model is of another kind', async () => {
    const folder = await installTinyModel(dataDir, 'of-another-kind');
    await writeFile(path.join(folder, 'model.json'), JSON.stringify({ kind: 'nemo-ctc', languages: ['ko'] }));
    await withModel(
      ({ preload }) =>
        expect(preload({ signal })).rejects.toMatchObject({
          message: expect.stringMatching(/another kind than nemo-ctc/),
        }),
      { name: 'of-another-kind' },
    );
  });
});

describe('the program behind sherpa-onnx', () => {
  it('refuses more clips than it can ever hear in time', () =>
    withModel(
      async ({ recognizer, preload }) => {
        await preload({ signal });
        const controller = new AbortController();
        const calls = Array.from({ length: 40 }, () =>
          recognizer
            .recognize(sing(['three']), { signal: controller.signal })
            .catch((error: unknown) => error),
        );
        // Clips are prepared in the same turn, so all of them have queued by now.
        await new Promise((resolve) => setImmediate(resolve));
        controller.abort(new Error('enough'));
        const refused = (await Promise.all(calls)).filter(
          (error) => error instanceof Error && error.message.includes('too much to do'),
        );
        expect(refused).toHaveLength(40 - 33);
        expect(refused[0]).toMatchObject({ kind: 'rate-limited', retryAfterMs: 1000 });
      },
      { hostPath: ODD_HOST, pieceTimeoutMs: 5000 },
    ));

  it('is replaced when it hangs', () =>
    withModel(
      async ({ recognizer }) => {
        await expect(recognizer.recognize(sing(['three']), { signal })).rejects.toMatchObject({
          kind: 'timeout',
        });
        expect((await recognizer.recognize(sing(['one']), { signal })).text).toBe('odd');
      },
      { hostPath: ODD_HOST, pieceTimeoutMs: 1500 },
    ));

  it('is not started again for a while when it dies three times in a row', () =>
    withModel(
      async ({ recognizer }) => {
        const deadly = sing(['two']);
        for (let i = 0; i < 3; i++) {
          await expect(recognizer.recognize(deadly, { signal })).rejects.toMatchObject({
            kind: 'unavailable',
          });
        }
        await expect(recognizer.recognize(sing(['one']), { signal })).rejects.toMatchObject({
          kind: 'unavailable',
          message: expect.stringContaining('rests for a while'),
        });
      },
      { hostPath: ODD_HOST },
    ));

  it.each([
    '/nowhere/host.ts',
    fileURLToPath(new URL('./testing/engineless-sherpa-host.ts', import.meta.url)),
  ])('is reported when it cannot run: %s', (hostPath) =>
    withModel(
      async ({ recognizer }) => {
        const error = await recognizer.recognize(sing(['one']), { signal }).catch((cause: unknown) => cause);
        expect(error).toMatchObject({
          kind: 'unavailable',
          message: expect.stringMatching(/sherpa-onnx-node|could not be loaded/),
        });
      },
      { hostPath },
    ),
  );
});

describe('model folders', () => {
  it('are recognised by name and files, the known ones by their languages', async () => {
    const folder = await installTinyModel(dataDir, 'my-own', []);
    const files = [
      'encoder.int8.onnx',
      'encoder.onnx',
      'decoder.int8.onnx',
      'decoder.onnx',
      'joiner.onnx',
      'tokens.txt',
    ];
    for (const file of files) await writeFile(path.join(folder, file), 'x');
    await writeFile(path.join(folder, 'model.json'), JSON.stringify({ languages: ['ko'], unknown: 1 }));
    await mkdir(path.join(dataDir, 'models', '.download'), { recursive: true });
    const { models, problems } = await findSherpaModels(dataDir);
    expect(problems).toEqual([]);
    expect(models.map(({ id, kind, languages }) => ({ id, kind, languages }))).toEqual([
      { id: 'my-own', kind: 'transducer', languages: ['ko'] },
      { id: MODEL_NAME, kind: 'sense-voice', languages: ['zh', 'en', 'ja', 'ko', 'yue'] },
    ]);
    const names = Object.values(models[0]?.files ?? {}).map((file) => path.basename(file));
    expect(names).toEqual(['encoder.int8.onnx', 'decoder.onnx', 'joiner.onnx', 'tokens.txt']);
    expect(await findSherpaModels('/nowhere')).toEqual({ models: [], problems: [] });
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['sense-voice-half', { 'tokens.txt': 'x' }, /model.onnx or model.int8.onnx is missing/],
    ['whisper-half', { 'base-encoder.onnx': 'x' }, /decoder….onnx and tokens.txt is missing/],
    ['sense-voice-empty', { 'model.onnx': '', 'tokens.txt': 'x' }, /model.onnx is empty/],
    ['nameless', { 'model.onnx': 'x', 'tokens.txt': 'x' }, /kind is not known; name it in model.json/],
    ['zipformer-ctc-x', { 'model.onnx': 'x', 'tokens.txt': 'x' }, /languages are not known/],
    [
      'sense-voice-json',
      { 'model.onnx': 'x', 'tokens.txt': 'x', 'model.json': '{' },
      /model.json is not what/,
    ],
  ])(
    'that are incomplete are named with what is missing, and the others work: %s',
    async (name, files, message) => {
      const folder = await installTinyModel(dataDir, name, []);
      for (const [file, content] of Object.entries(files)) await writeFile(path.join(folder, file), content);
      const { models, problems } = await findSherpaModels(dataDir);
      expect(models.map((model: SherpaModel) => model.id)).toEqual([MODEL_NAME]);
      expect(problems).toHaveLength(1);
      expect(problems[0]?.message).toContain(name);
      expect(problems[0]?.message).toMatch(message);
    },
  );
});

it('says how to get a model when none understands the language', () => {
  for (const [language, name] of [
    ['ko-KR', 'sense-voice'],
    ['fr', 'parakeet'],
    ['th', 'whisper-tiny'],
    ['of the recording', 'sense-voice'],
  ] as const) {
    expect(noRecognizerError(language).message).toContain(`"visavox models pull ${name}"`);
  }
  expect(noRecognizerError('ko').message).toContain('OPENAI_API_KEY');
});

/** A model in the data folder, from its discovery to a transcript. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProviders } from '../src/providers/all.ts';
import { findSherpaHost } from '../src/providers/sherpa.ts';
import { installTinyModel, sing } from '../src/providers/testing/tiny-model.ts';
import { createCatalogue } from '../src/routing/catalogue.ts';
import { transcribe } from '../src/turns/voice.ts';

const { signal } = new AbortController();
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'visavox-models-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function open(log: {
  readonly info?: (fields: object, message: string) => void;
  readonly warn?: (fields: object) => void;
}) {
  return createProviders({
    dataDir,
    log: { info: () => {}, warn: () => {}, ...log },
    signal,
    detectLocalModels: false,
  });
}

describe('recognition in Korean', () => {
  it('is refused with the command that helps, while there is no model', async () => {
    const warnings: object[] = [];
    const providers = await open({ warn: (fields) => warnings.push(fields) });
    try {
      const catalogue = createCatalogue(providers);
      await expect(
        transcribe(catalogue, sing(['one']), { sttType: 'default', language: 'ko', signal }),
      ).rejects.toThrow(/language ko; download a model with "visavox models pull sense-voice"/);
      expect(warnings).toContainEqual(
        expect.objectContaining({ provider: 'sherpa', reason: expect.stringContaining('models pull') }),
      );
    } finally {
      await Promise.all(providers.map((provider) => provider.close()));
    }
  });

  it.skipIf(findSherpaHost() === undefined)(
    'works once there is one, which is loaded ahead, like Japanese and English',
    async () => {
      await installTinyModel(dataDir, 'sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2025-09-09');
      await installTinyModel(dataDir, 'whisper-incomplete', ['tokens.txt']);
      const loaded = Promise.withResolvers<object>();
      const warnings: object[] = [];
      const providers = await open({
        info: (fields, message) => {
          if (message === 'A recognition model is loaded') loaded.resolve(fields);
        },
        warn: (fields) => warnings.push(fields),
      });
      try {
        const catalogue = createCatalogue(providers);
        const name = 'sherpa-sense-voice-zh-en-ja-ko-yue-int8-2025-09-09';
        expect(await loaded.promise).toEqual({ provider: name });
        for (const [language, heard] of [
          ['ko', 'ko'],
          ['ko-KR', 'ko'],
          ['ja', 'ja'],
          ['en-US', 'en'],
          [undefined, 'en'],
        ] as const) {
          const transcript = await transcribe(catalogue, sing(['one', 'two']), {
            sttType: 'default',
            language,
            signal,
          });
          expect(transcript, String(language)).toEqual({ text: 'one two.', language: heard });
        }
        expect(catalogue.findRecognizer('default', 'fr')).toBeUndefined();
        expect(catalogue.sttTypes.map((type) => type.name)).toContain(name);
        expect(warnings).toContainEqual(
          expect.objectContaining({
            provider: 'sherpa',
            reason: expect.stringContaining('whisper-incomplete'),
          }),
        );
      } finally {
        await Promise.all(providers.map((provider) => provider.close()));
      }
    },
  );
});

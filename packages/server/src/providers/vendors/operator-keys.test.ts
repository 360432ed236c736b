import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Provider } from '../provider.ts';
import { openOperatorVendors } from './operator-keys.ts';
import type { Vendor, VendorOptions } from './vendor.ts';

const signal = new AbortController().signal;
let folder: string;
let nowMs: number;
let opened: VendorOptions[];
let closed: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'visavox-keys-'));
  nowMs = 0;
  opened = [];
  closed = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Says the key it was opened with. Its stream goes on until it is left. */
function createVendor(id: string, more: Partial<Vendor> = {}): Vendor {
  return {
    id,
    displayName: id,
    keyVariables: ['ACME_API_KEY', 'ACME_TOKEN'],
    baseUrlVariable: 'ACME_BASE_URL',
    open(options) {
      opened.push(options);
      const { apiKey } = options;
      return {
        id,
        displayName: id,
        recognizer: {
          languages: ['*'],
          limitedVocabulary: false,
          recognize: async () => ({ text: apiKey }),
          async *recognizeStream() {
            while (true) yield { text: apiKey, isFinal: true };
          },
        },
        synthesizer: {
          voices: [],
          fetchVoices: async () => [{ id: apiKey, displayName: '', languages: [] }],
          async *synthesize() {
            yield { samples: new Int16Array(apiKey.length), sampleRateHz: 8000 };
          },
        },
        embedder: { modelId: 'e', embed: async () => [Float32Array.of(apiKey.length)] },
        languageModels: {
          models: [],
          get: (modelId) => ({
            specificationVersion: 'v4',
            provider: id,
            modelId,
            supportedUrls: {},
            doGenerate: async () => ({
              content: [{ type: 'text', text: apiKey }],
              finishReason: { unified: 'stop', raw: 'stop' },
              usage: {
                inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
                outputTokens: { total: 1, text: 1, reasoning: 0 },
              },
              warnings: [],
            }),
            doStream: async () => ({
              stream: new ReadableStream<LanguageModelV4StreamPart>({
                pull: (controller) => controller.enqueue({ type: 'text-delta', id: '0', delta: apiKey }),
              }),
            }),
          }),
        },
        close: async () => void closed.push(apiKey),
      };
    },
    ...more,
  };
}

const acme = createVendor('acme');
const open = (environment: Readonly<Record<string, string>>, vendors: readonly Vendor[] = [acme]) =>
  openOperatorVendors(environment, vendors, { now: () => nowMs });
const keyOf = async (provider: Provider | undefined) =>
  (await provider?.recognizer?.recognize({ samples: new Int16Array(0), sampleRateHz: 8000 }, { signal }))
    ?.text;

describe("the operator's vendors", () => {
  it('are those with a key, by the first variable that is set', async () => {
    const other = createVendor('other-one', { keyVariables: ['OTHER_KEY'] });
    expect(open({})).toEqual([]);
    expect(open({ ACME_API_KEY: '  ' })).toEqual([]);
    const environments: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{ ACME_TOKEN: 'third' }, 'third'],
      [{ ACME_TOKEN: 'third', ACME_API_KEY: ' second\n' }, 'second'],
      [{ ACME_TOKEN: 'third', ACME_API_KEY: 'second', SPEKO_ACME_BYOK_API_KEY: 'first' }, 'first'],
    ];
    for (const [environment, key] of environments) {
      const [provider, ...rest] = open(environment, [acme, other]);
      expect(rest).toEqual([]);
      expect(await keyOf(provider)).toBe(key);
    }
    const both = open({ SPEKO_OTHER_ONE_BYOK_API_KEY: 'x', ACME_API_KEY: 'y' }, [acme, other]);
    expect(both.map(({ id }) => id)).toEqual(['acme', 'other-one']);
  });

  it('are opened with their settings', () => {
    const vendor = createVendor('acme', { settingVariables: { region: 'ACME_REGION' } });
    open({ ACME_API_KEY: 'k', ACME_BASE_URL: 'https://proxy.example/v1/', ACME_REGION: 'north' }, [vendor]);
    expect(opened).toEqual([
      { apiKey: 'k', baseUrl: 'https://proxy.example/v1', region: 'north', project: undefined },
    ]);
  });

  it('can be left out', () => {
    const environment = { ACME_API_KEY: 'k' };
    expect(openOperatorVendors(environment, [acme], { now: () => 0, except: ['acme'] })).toEqual([]);
  });

  it.each([
    [{ ACME_TOKEN: 'secret', ACME_TOKEN_FILE: '/secret' }, 'Only one of ACME_TOKEN and ACME_TOKEN_FILE'],
    [{ ACME_API_KEY: 'a', ACME_TOKEN: 'secret', ACME_TOKEN_FILE: '/secret' }, 'ACME_TOKEN_FILE'],
    [{ ACME_API_KEY_FILE: '/nowhere/secret' }, 'ACME_API_KEY_FILE'],
    [{ ACME_API_KEY: 'sec\nret' }, 'ACME_API_KEY'],
    [{ ACME_API_KEY: 'key', ACME_BASE_URL: 'ftp://secret' }, 'ACME_BASE_URL'],
  ])('refuse %j, and do not tell it', (environment, message) => {
    expect(() => open(environment)).toThrow(
      expect.objectContaining({
        name: 'VendorKeyError',
        message: expect.stringContaining(message),
      }),
    );
    expect(() => open(environment)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });

  it('refuse an empty file', async () => {
    const path = join(folder, 'key');
    await writeFile(path, '\n');
    expect(() => open({ ACME_API_KEY_FILE: path })).toThrow('ACME_API_KEY_FILE');
  });
});

describe('a key in a file', () => {
  let path: string;
  let provider: Provider;

  beforeEach(async () => {
    path = join(folder, 'key');
    await writeFile(path, 'old-key\n');
    const [only] = open({ ACME_API_KEY_FILE: path });
    if (only === undefined) throw new Error('expected a provider');
    provider = only;
  });

  it('is read again after some seconds, without its newline', async () => {
    expect(await keyOf(provider)).toBe('old-key');
    await writeFile(path, 'new-key\r\n');
    nowMs = 2000;
    expect(await keyOf(provider)).toBe('old-key');
    nowMs = 4000;
    expect(await keyOf(provider)).toBe('new-key');
    expect(closed).toEqual(['old-key']);
    nowMs = 8000;
    expect(await keyOf(provider)).toBe('new-key');
    expect(opened).toHaveLength(2);
  });

  it('reaches every capability', async () => {
    await writeFile(path, 'a-new-key');
    nowMs = 4000;
    const { synthesizer, embedder, languageModels } = provider;
    expect((await synthesizer?.fetchVoices?.({ signal }))?.[0]?.id).toBe('a-new-key');
    const request = { text: 'x', voiceId: 'x', language: 'en' };
    for await (const { samples } of synthesizer?.synthesize(request, { signal }) ?? []) {
      expect(samples.length).toBe(9);
    }
    expect((await embedder?.embed(['x'], { signal }))?.[0]?.[0]).toBe(9);
    const model = languageModels?.get('m');
    expect(model).toMatchObject({ modelId: 'm', provider: 'acme' });
    expect((await model?.doGenerate({ prompt: [] }))?.content).toEqual([{ type: 'text', text: 'a-new-key' }]);
  });

  it('stays what it was while the file is gone, empty or odd', async () => {
    for (const content of [undefined, '', 'two\nlines']) {
      if (content === undefined) await rm(path);
      else await writeFile(path, content);
      nowMs += 4000;
      expect(await keyOf(provider)).toBe('old-key');
    }
    expect(closed).toEqual([]);
  });

  it('serves calls under way until they end', async () => {
    const sound = (async function* () {})();
    const options = { signal, sampleRateHz: 8000, interimResults: true };
    const events = provider.recognizer?.recognizeStream?.(sound, options)[Symbol.asyncIterator]();
    const answer = await provider.languageModels?.get('m').doStream({ prompt: [] });
    const reader = answer?.stream.getReader();
    expect((await events?.next())?.value).toMatchObject({ text: 'old-key' });

    await writeFile(path, 'new-key');
    nowMs = 4000;
    expect(await keyOf(provider)).toBe('new-key');
    expect((await events?.next())?.value).toMatchObject({ text: 'old-key' });
    expect((await reader?.read())?.value).toMatchObject({ delta: 'old-key' });
    await events?.return?.();
    expect(closed).toEqual([]);
    await reader?.cancel();
    expect(closed).toEqual(['old-key']);
  });

  it('is given up with the provider, twice', async () => {
    const answer = await provider.languageModels?.get('m').doStream({ prompt: [] });
    await writeFile(path, 'new-key');
    nowMs = 4000;
    await keyOf(provider);
    await Promise.all([provider.close(), provider.close()]);
    expect([...new Set(closed)].sort()).toEqual(['new-key', 'old-key']);
    await answer?.stream.cancel();
    nowMs = 8000;
    await writeFile(path, 'newest-key');
    expect(await keyOf(provider)).toBe('new-key');
  });
});

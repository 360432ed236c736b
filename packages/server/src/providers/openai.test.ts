import { describe, expect, it } from 'vitest';
import { detectLocalModels } from './local-models.ts';
import { createOpenAiProvider, type OpenAiOptions } from './openai.ts';
import type { Provider } from './provider.ts';
import { type HttpVendor, sendJson, startHttpVendor, type VendorRequest } from './testing/http-vendor.ts';
import { describeRecognizer } from './testing/recognizer-conformance.ts';
import { describeSynthesizer } from './testing/synthesizer-conformance.ts';
import { openai } from './vendors/openai.ts';

type Answer = Parameters<typeof startHttpVendor>[0];

const signal = new AbortController().signal;
const MODELS = {
  data: ['gpt-4o', 'whisper-1', 'tts-1', 'text-embedding-3-small', 'gpt-4o-realtime'].map((id) => ({ id })),
};
const tone = Buffer.from(
  Int16Array.from({ length: 12_000 }, (_, i) => Math.round(8000 * Math.sin(i / 10))).buffer,
);

/** A vendor that does everything right; a test replaces the answers it is about. */
function scripted(replaced: Record<string, Answer> = {}): Answer {
  return async (request, response) => {
    const special = replaced[request.path];
    if (special) await special(request, response);
    else if (request.path === '/v1/models') sendJson(response, MODELS);
    else if (request.path === '/v1/audio/transcriptions') sendJson(response, { text: ' hello there ' });
    else if (request.path === '/v1/audio/speech') {
      // In pieces of an odd size, as networks cut.
      for (let at = 0; at < tone.length; at += 7001) response.write(tone.subarray(at, at + 7001));
      response.end();
    } else sendJson(response, { error: { message: 'secret words' } }, 404);
  };
}

async function withVendor(
  answer: Answer,
  run: (provider: Provider, vendor: HttpVendor) => Promise<void>,
  options: OpenAiOptions = {},
): Promise<void> {
  const vendor = await startHttpVendor(answer);
  try {
    const provider = await createOpenAiProvider({ baseUrl: vendor.baseUrl, apiKey: 'sk-test', ...options });
    await run(provider, vendor).finally(() => provider.close());
  } finally {
    await vendor.close();
  }
}

/** The vendor goes when the provider is closed, so that the shared tests need not know of it. */
async function createWithVendor(): Promise<Provider> {
  const vendor = await startHttpVendor(scripted());
  const provider = await createOpenAiProvider({ baseUrl: vendor.baseUrl });
  return {
    ...provider,
    close: async () => {
      await provider.close();
      await vendor.close();
    },
  };
}

async function countSamples(provider: Provider, text = 'Hello.'): Promise<number> {
  let samples = 0;
  const speech = provider.synthesizer?.synthesize({ text, voiceId: 'nova', language: 'en' }, { signal });
  for await (const chunk of speech ?? []) samples += chunk.samples.length;
  return samples;
}

describeSynthesizer('an OpenAI-compatible server', {
  create: createWithVendor,
  voiceId: 'nova',
  language: 'en',
  text: 'Hello there. How are you?',
  hasVisemes: false,
});

describeRecognizer('an OpenAI-compatible server', {
  create: createWithVendor,
  language: 'en',
  speech: async () => ({ samples: new Int16Array(16_000), sampleRateHz: 16_000 }),
  expected: /^hello there$/,
});

describe('an OpenAI-compatible server', () => {
  it('offers what its list of models shows', () =>
    withVendor(scripted(), async (provider, vendor) => {
      expect(provider.kind).toBe('endpoint');
      expect(provider.languageModels?.models.map(({ id }) => id)).toEqual(['gpt-4o']);
      expect(provider.recognizer).toBeDefined();
      expect(provider.synthesizer?.voices.length).toBeGreaterThan(3);
      expect(vendor.requests[0]?.headers.authorization).toBe('Bearer sk-test');
    }));

  it('offers only chat when there is nothing else', () =>
    withVendor(
      scripted({ '/v1/models': (_request, response) => sendJson(response, { data: [{ id: 'llama3' }] }) }),
      async (provider) => {
        expect(provider.languageModels?.models.map(({ id }) => id)).toEqual(['llama3']);
        expect(provider.recognizer).toBeUndefined();
        expect(provider.synthesizer).toBeUndefined();
      },
    ));

  it('is taken to come back later when it does not list its models', () =>
    withVendor(
      scripted({ '/v1/models': (_request, response) => sendJson(response, {}, 500) }),
      async (provider) => {
        expect(provider.languageModels?.models.length).toBeGreaterThan(0);
      },
    ));

  it('is refused at once when it refuses the key', async () => {
    const answer = scripted({ '/v1/models': (_request, response) => sendJson(response, {}, 401) });
    await expect(withVendor(answer, async () => {})).rejects.toMatchObject({ kind: 'auth' });
  });

  it('streams chat', () => {
    const chunks = ['Hel', 'lo!'].map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
    const chat: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      response.end(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
      );
    };
    return withVendor(scripted({ '/v1/chat/completions': chat }), async (provider) => {
      const model = provider.languageModels?.get('gpt-4o');
      expect(model?.specificationVersion).toBe('v4');
      const result = await model?.doStream({
        prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      });
      let text = '';
      for await (const part of result?.stream ?? []) if (part.type === 'text-delta') text += part.delta;
      expect(text).toBe('Hello!');
    });
  });

  it('embeds texts in batches, in their order, whatever the order of the answer', () => {
    const embeddings: Answer = (request, response) => {
      const { input, model } = JSON.parse(request.body.toString()) as { input: string[]; model: string };
      expect(model).toBe('text-embedding-3-small');
      const data = input.map((text, index) => ({ index, embedding: [Number(text), 0.5] }));
      sendJson(response, { data: data.reverse() });
    };
    return withVendor(scripted({ '/v1/embeddings': embeddings }), async (provider, vendor) => {
      expect(provider.embedder?.modelId).toBe('text-embedding-3-small');
      const texts = Array.from({ length: 70 }, (_, index) => String(index));
      const vectors = await provider.embedder?.embed(texts, { signal });
      expect(vectors?.map(([first]) => first)).toEqual(texts.map(Number));
      expect(vectors?.[3]).toEqual(Float32Array.of(3, 0.5));
      const sizes = vendor.requests.flatMap(({ path, body }) =>
        path === '/v1/embeddings' ? [JSON.parse(body.toString()).input.length] : [],
      );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
      expect(await provider.embedder?.embed([], { signal })).toEqual([]);
    });
  });

  it.each([
    [429, 'rate-limited'],
    [401, 'auth'],
    [400, 'bad-request'],
    [503, 'unavailable'],
  ])('fails to embed at HTTP status %i as %s', (status, kind) =>
    withVendor(
      scripted({ '/v1/embeddings': (_request, response) => sendJson(response, { error: 'secret' }, status) }),
      async (provider) => {
        await expect(provider.embedder?.embed(['a'], { signal })).rejects.toMatchObject({
          name: 'ProviderError',
          kind,
          message: expect.not.stringContaining('secret'),
        });
      },
    ),
  );

  it.each([
    ['no data', {}],
    ['fewer vectors than texts', { data: [{ index: 0, embedding: [1] }] }],
    ['words for numbers', { data: [{ embedding: ['1'] }, { embedding: [1] }] }],
    ['numbers out of range', { data: [{ embedding: [1e300] }, { embedding: [1] }] }],
    ['empty vectors', { data: [{ embedding: [] }, { embedding: [] }] }],
    ['vectors of two lengths', { data: [{ embedding: [1] }, { embedding: [1, 2] }] }],
    [
      'a wild index',
      {
        data: [
          { index: 4_000_000_000, embedding: [1] },
          { index: -1, embedding: [1] },
        ],
      },
    ],
  ])('takes %s for a broken answer', (_name, body) =>
    withVendor(
      scripted({ '/v1/embeddings': (_request, response) => sendJson(response, body) }),
      async (provider) => {
        await expect(provider.embedder?.embed(['a', 'b'], { signal })).rejects.toMatchObject({
          kind: 'protocol',
        });
      },
    ),
  );

  it('stops embedding with its signal and when it is closed', () =>
    withVendor(scripted({ '/v1/embeddings': () => {} }), async (provider) => {
      const controller = new AbortController();
      const embedding = provider.embedder?.embed(['a'], { signal: controller.signal });
      const reason = new Error('left');
      controller.abort(reason);
      await expect(embedding).rejects.toBe(reason);
      const other = provider.embedder?.embed(['a'], { signal });
      await provider.close();
      await expect(other).rejects.toMatchObject({ kind: 'unavailable' });
    }));

  it('offers no embeddings where no model makes them', () =>
    withVendor(
      scripted({ '/v1/models': (_request, response) => sendJson(response, { data: [{ id: 'llama3' }] }) }),
      async (provider) => expect(provider.embedder).toBeUndefined(),
    ));

  it('gets a WAV, the model and the primary language to transcribe', () =>
    withVendor(scripted(), async (provider, vendor) => {
      const clip = { samples: new Int16Array(800), sampleRateHz: 8000 };
      await provider.recognizer?.recognize(clip, { language: 'ko-KR', signal });
      const body = vendor.requests.at(-1)?.body.toString('latin1') ?? '';
      expect(body).toContain('RIFF');
      expect(body).toContain('whisper-1');
      expect(body).toMatch(/name="language"\r\n\r\nko\r\n/);
    }));

  it('joins samples that the network cut', () =>
    withVendor(scripted(), async (provider, vendor) => {
      expect(await countSamples(provider, '**Hello** 😀')).toBe(12_000);
      const sent: VendorRequest | undefined = vendor.requests.at(-1);
      expect(JSON.parse(sent?.body.toString() ?? '')).toEqual({
        model: 'tts-1',
        voice: 'nova',
        input: 'Hello',
        response_format: 'pcm',
      });
      expect(await countSamples(provider, '😀')).toBe(2400);
    }));

  it.each([
    [401, 'auth'],
    [403, 'auth'],
    [400, 'bad-request'],
    [429, 'rate-limited'],
    [504, 'timeout'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('answers %i, which is %s, without its words in the message', (status, kind) => {
    const fail: Answer = (_request, response) => {
      response.writeHead(status, { 'retry-after': '2' }).end('secret words');
    };
    const answer = scripted({ '/v1/audio/speech': fail, '/v1/audio/transcriptions': fail });
    return withVendor(answer, async (provider) => {
      const clip = { samples: new Int16Array(800), sampleRateHz: 8000 };
      const errors = await Promise.all([
        countSamples(provider).catch((error: unknown) => error),
        provider.recognizer?.recognize(clip, { signal }).catch((error: unknown) => error),
      ]);
      for (const error of errors) {
        expect(error).toMatchObject({ name: 'ProviderError', kind, retryAfterMs: 2000 });
        expect(String(error)).not.toContain('secret');
      }
    });
  });

  it('fails as timeout when no answer begins, and as unavailable when it breaks off or is not there', async () => {
    const silent: Answer = () => {};
    const broken: Answer = (_request, response) => {
      response.write(tone.subarray(0, 9000), () => response.destroy());
    };
    await withVendor(
      scripted({ '/v1/audio/speech': silent }),
      (provider) => expect(countSamples(provider)).rejects.toMatchObject({ kind: 'timeout' }),
      { timeoutMs: 100 },
    );
    await withVendor(scripted({ '/v1/audio/speech': broken }), (provider) =>
      expect(countSamples(provider)).rejects.toMatchObject({ kind: 'unavailable' }),
    );
    await withVendor(scripted(), async (provider, vendor) => {
      await vendor.close();
      await expect(countSamples(provider)).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });

  it('fails as protocol when it sends something else, as empty when nothing', async () => {
    const text: Answer = (_request, response) => void response.end('not JSON');
    const empty: Answer = (_request, response) => void response.end();
    await withVendor(
      scripted({ '/v1/audio/transcriptions': text, '/v1/audio/speech': empty }),
      async (provider) => {
        const clip = { samples: new Int16Array(800), sampleRateHz: 8000 };
        await expect(provider.recognizer?.recognize(clip, { signal })).rejects.toMatchObject({
          kind: 'protocol',
        });
        await expect(countSamples(provider)).rejects.toMatchObject({ kind: 'empty' });
      },
    );
  });

  it('is not read faster than its speech is used, and is let go when the reader leaves', async () => {
    const gone = Promise.withResolvers<void>();
    let accepted = 0;
    const endless: Answer = (_request, response) => {
      response.on('close', () => gone.resolve());
      const write = () => {
        while (!response.destroyed && accepted < 50_000_000) {
          accepted += tone.length;
          if (!response.write(tone)) {
            response.once('drain', write);
            return;
          }
        }
      };
      write();
    };
    await withVendor(scripted({ '/v1/audio/speech': endless }), async (provider) => {
      const request = { text: 'Hello.', voiceId: 'nova', language: 'en' };
      for await (const _ of provider.synthesizer?.synthesize(request, { signal }) ?? []) {
        let before = -1;
        while (before !== accepted) {
          before = accepted;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        break;
      }
      await gone.promise;
      expect(accepted).toBeLessThan(20_000_000);
    });
  });
});

describe('OpenAI with the key of the operator', () => {
  const withModels =
    (answer: () => Response): typeof fetch =>
    async (input) => {
      expect(String(input)).toBe('https://api.openai.com/v1/models');
      return answer();
    };

  it('is the vendor, with the models of the account, the recommended ones first', async () => {
    const ids = ['gpt-4o', 'my-tuned-model', 'whisper-1', 'gpt-4.1-mini', 'gpt-5-codex'];
    const provider = await createOpenAiProvider({
      apiKey: 'sk-test',
      fetch: withModels(() => Response.json({ data: ids.map((id) => ({ id })) })),
    });
    const vendor = openai.open({ apiKey: 'sk-other' });
    expect(provider.kind).toBe(vendor.kind);
    expect(provider.languageModels?.models.map(({ id }) => id)).toEqual([
      'gpt-4.1-mini',
      'gpt-4o',
      'my-tuned-model',
    ]);
    expect(provider.languageModels?.get('my-tuned-model').provider).toBe('openai.chat');
    expect(provider.recognizer?.models).toEqual(vendor.recognizer?.models);
    expect(provider.synthesizer?.voices).toEqual(vendor.synthesizer?.voices);
    expect(provider.embedder?.modelId).toBe('text-embedding-3-small');
    await provider.close();
  });

  it('offers the recommended models when it cannot be asked', async () => {
    const provider = await createOpenAiProvider({
      apiKey: 'sk-test',
      fetch: withModels(() => new Response('', { status: 500 })),
    });
    expect(provider.languageModels?.models[0]?.id).toBe('gpt-4.1-mini');
  });
});

describe('detectLocalModels', () => {
  it('finds servers at the usual ports and asks only loopback', async () => {
    const asked: string[] = [];
    const fakeFetch: typeof fetch = async (input) => {
      asked.push(String(input));
      if (String(input).includes(':11434/')) return Response.json({ data: [{ id: 'llama3.2' }] });
      if (String(input).includes(':8080/')) return new Response('<html>', { status: 200 });
      throw new TypeError('nothing there');
    };
    expect(await detectLocalModels({ fetch: fakeFetch, signal })).toEqual([
      {
        id: 'ollama',
        displayName: 'Ollama (local)',
        baseUrl: 'http://127.0.0.1:11434/v1',
        modelIds: ['llama3.2'],
      },
    ]);
    expect(asked.every((url) => url.startsWith('http://127.0.0.1:'))).toBe(true);
    expect(asked).toHaveLength(4);
  });

  it('waits no longer than its limit', async () => {
    const hanging: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
      });
    expect(await detectLocalModels({ fetch: hanging, signal, timeoutMs: 20 })).toEqual([]);
    const reason = new Error('stop');
    await expect(detectLocalModels({ fetch: hanging, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});

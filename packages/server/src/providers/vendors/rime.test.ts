/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { rime } from './rime.ts';
import { SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;

describeSynthesizerVendor('Rime', {
  vendor: rime,
  voiceId: 'astra',
  modelId: 'arcana',
  sampleRateHz: 24_000,
  answer: (pieces) => async (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    for await (const piece of pieces) response.write(piece);
    response.end();
  },
  failures: [
    { status: 400, body: { error: SECRET_WORDS }, kind: 'bad-request' },
    { status: 403, body: { error: 'You have exceeded your quota' }, kind: 'payment' },
    { status: 404, body: SECRET_WORDS, kind: 'bad-request' },
  ],
});

describe('Rime', () => {
  const speak = async (request: object, seconds = 0.1) => {
    let sent: { bodies: readonly unknown[]; headers: object } = { bodies: [], headers: {} };
    const answer: VendorAnswer = (_request, response) => {
      // One byte too many.
      response.end(Buffer.concat([toneBytes(seconds, 8000), Buffer.of(1)]));
    };
    let samples = 0;
    await withScriptedVendor({ vendor: rime }, { answer }, async ({ synthesizer }, server) => {
      for await (const chunk of synthesizer?.synthesize(
        { text: 'Hello.', voiceId: 'luna', language: 'en-US', sampleRateHz: 8000, ...request },
        { signal },
      ) ?? []) {
        expect(chunk.sampleRateHz).toBe(8000);
        samples += chunk.samples.length;
      }
      sent = {
        bodies: server.requests.map(({ body }) => JSON.parse(body.toString())),
        headers: server.requests[0]?.headers ?? {},
      };
    });
    return { ...sent, samples };
  };

  it('asks in the words of the model', async () => {
    const { bodies, headers } = await speak({ speed: 2 });
    expect(bodies).toEqual([
      {
        text: 'Hello.',
        speaker: 'luna',
        modelId: 'arcana',
        lang: 'eng',
        samplingRate: 8000,
        timeScaleFactor: 0.5,
      },
    ]);
    expect(headers).toMatchObject({ accept: 'audio/pcm', authorization: 'Bearer secret-key-0123456789' });
    // The model follows from the voice.
    expect((await speak({ voiceId: 'klaus', language: 'de', speed: 0.5 })).bodies).toEqual([
      { text: 'Hello.', speaker: 'klaus', modelId: 'mistv2', lang: 'ger', samplingRate: 8000, speedAlpha: 2 },
    ]);
  });

  it('speaks long texts in several requests, sample by sample', async () => {
    const text = 'This sentence is said again and again. '.repeat(40);
    const { bodies, samples } = await speak({ text, modelId: 'mistv2', voiceId: 'astra' });
    expect(bodies.length).toBeGreaterThan(3);
    expect(samples).toBe(800 * bodies.length);
  });

  it('lists the voices of the vendor, without showing the key', () => {
    const entry = { age: 'adult', country: 'US', flagship: true };
    const answer: VendorAnswer = (_request, response) =>
      sendJson(response, [
        { speaker: 'astra', gender: 'Female', lang: 'eng', modelId: 'arcana', ...entry },
        { speaker: 'astra', gender: 'Female', lang: 'eng', modelId: 'mistv2', ...entry },
        { speaker: 'rex', gender: 'Male', lang: 'ger', modelId: 'mistv2', ...entry },
        { speaker: 'old', gender: 'Male', lang: 'eng', modelId: 'v1', ...entry },
        { speaker: 'odd', lang: 'xxx', modelId: 'arcana' },
      ]);
    return withScriptedVendor({ vendor: rime }, { answer }, async ({ synthesizer }, server) => {
      expect(await synthesizer?.fetchVoices?.({ signal })).toEqual([
        {
          id: 'astra',
          displayName: 'Astra (Rime)',
          languages: ['en'],
          modelIds: ['arcana', 'mistv2'],
          gender: 'female',
        },
        { id: 'rex', displayName: 'Rex (Rime)', languages: ['de'], modelIds: ['mistv2'], gender: 'male' },
      ]);
      expect(server.requests[0]?.path).toBe('/data/voices/voice_details.json');
      expect(server.requests[0]?.headers['authorization']).toBeUndefined();
    });
  });
});

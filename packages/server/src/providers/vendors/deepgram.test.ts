/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { FLUSH } from '../provider.ts';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { deepgram } from './deepgram.ts';
import {
  describeLiveRecognizerVendor,
  describeRecognizerVendor,
  type LiveScript,
  speakScript,
} from './testing/recognizer-vendor.ts';
import { cutOddly, errorOf, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };

const heard = {
  transcript: 'Hello there.',
  confidence: 0.98,
  words: [
    { word: 'hello', start: 0.08, end: 0.4, confidence: 0.99, punctuated_word: 'Hello', speaker: 0 },
    { word: 'there', start: 0.4, end: 0.9, confidence: 0.97, punctuated_word: 'there.', speaker: 1 },
  ],
};
const answerWith =
  (alternative: object, more: object = {}): VendorAnswer =>
  (_request, response) =>
    sendJson(response, {
      metadata: { request_id: 'r', duration: 1, channels: 1 },
      results: { channels: [{ alternatives: [alternative], ...more }] },
    });

describeRecognizerVendor('Deepgram', {
  vendor: deepgram,
  answer: answerWith(heard),
  expected: {
    text: 'Hello there.',
    confidence: 0.98,
    words: [
      { text: 'Hello', startMs: 80, endMs: 400, confidence: 0.99, speaker: 0 },
      { text: 'there.', startMs: 400, endMs: 900, confidence: 0.97, speaker: 1 },
    ],
  },
  silence: { answer: answerWith({ transcript: '', confidence: 0, words: [] }), expected: { text: '' } },
  failures: [
    { status: 401, body: { err_code: 'INVALID_AUTH', err_msg: SECRET_WORDS }, kind: 'auth' },
    { status: 402, body: { err_code: 'ASR_PAYMENT_REQUIRED', err_msg: SECRET_WORDS }, kind: 'payment' },
    {
      status: 400,
      body: {
        err_code: 'Bad Request',
        err_msg: 'Bad Request: failed to process audio: corrupt or unsupported data',
      },
      kind: 'bad-audio',
    },
    {
      status: 400,
      body: { err_code: 'Bad Request', err_msg: 'No such model/language/tier' },
      kind: 'bad-request',
    },
    {
      status: 403,
      body: {
        err_code: 'INSUFFICIENT_PERMISSIONS',
        err_msg: 'Project does not have access to the requested model.',
      },
      kind: 'bad-request',
    },
  ],
});

const novaScript: LiveScript = {
  kindOf: (message) => {
    if (typeof message !== 'string') return 'sound';
    if (message.includes('Finalize')) return 'flush';
    return message.includes('CloseStream') ? 'end' : 'other';
  },
  transcript: (text, isFinal, cause) =>
    [
      {
        type: 'Results',
        channel_index: [0, 1],
        duration: 0.1,
        start: 0,
        is_final: isFinal,
        speech_final: isFinal,
        from_finalize: cause === 'flush',
        channel: {
          alternatives: [
            {
              transcript: text,
              confidence: 0.9,
              words: [{ word: text, start: 0.1, end: 0.2, confidence: 0.9 }],
            },
          ],
        },
      },
      // The vendor says nothing now and then.
      {
        type: 'Results',
        is_final: true,
        channel: { alternatives: [{ transcript: '', confidence: 0, words: [] }] },
      },
    ].slice(0, isFinal ? 2 : 1),
  farewell: [{ type: 'Metadata', request_id: 'r', duration: 0.3, channels: 1 }],
};

describeLiveRecognizerVendor('Deepgram', {
  vendor: deepgram,
  script: novaScript,
  failures: [
    { closeCode: 1008, closeReason: 'DATA-0000', kind: 'bad-audio' },
    { closeCode: 1008, closeReason: 'The model is unknown', kind: 'bad-request' },
    { closeCode: 1011, closeReason: 'NET-0001', kind: 'unavailable' },
    { messages: [{ type: 'Error', description: SECRET_WORDS }], kind: 'unavailable' },
  ],
});

describeLiveRecognizerVendor('Deepgram Flux', {
  vendor: deepgram,
  modelId: 'flux-general-en',
  script: {
    kindOf: (message) => {
      if (typeof message !== 'string') return 'sound';
      if (message.includes('ForceEndTurn')) return 'flush';
      return message.includes('CloseStream') ? 'end' : 'other';
    },
    greeting: [{ type: 'Connected', request_id: 'r', sequence_id: 0 }],
    transcript: (text, isFinal) => [
      {
        type: 'TurnInfo',
        event: isFinal ? 'EndOfTurn' : 'Update',
        turn_index: 0,
        transcript: text,
        words: [{ word: text, confidence: 0.9 }],
        end_of_turn_confidence: 0.2,
      },
    ],
  },
  failures: [
    { messages: [{ type: 'Error', code: 'INTERNAL', description: SECRET_WORDS }], kind: 'unavailable' },
  ],
});

describeSynthesizerVendor('Deepgram', {
  vendor: deepgram,
  voiceId: 'aura-2-thalia-en',
  modelId: 'aura-2',
  sampleRateHz: 24_000,
  answer: (pieces) => async (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/l16' });
    for await (const piece of pieces) response.write(piece);
    response.end();
  },
  failures: [
    {
      status: 400,
      body: { err_code: 'Bad Request', err_msg: 'No such model/version combination found.' },
      kind: 'bad-request',
    },
  ],
});

describe('Deepgram', () => {
  it('asks for what the caller wants, in the words of the model', () =>
    withScriptedVendor(
      { vendor: deepgram },
      { answer: answerWith(heard) },
      async ({ recognizer }, server) => {
        const wishes = {
          signal,
          keywords: ['Visavox', 'Speko'],
          diarization: true,
          smartFormat: true,
          fillerWords: true,
          profanityFilter: true,
        };
        await recognizer?.recognize(clip, { ...wishes, language: 'en-GB' });
        await recognizer?.recognize(clip, { ...wishes, language: 'de-DE', modelId: 'nova-2' });
        const [first, second] = server.requests.map(({ path }) => new URL(path, 'http://x').searchParams);
        expect(Object.fromEntries(first ?? [])).toEqual({
          model: 'nova-3',
          punctuate: 'true',
          smart_format: 'true',
          diarize: 'true',
          filler_words: 'true',
          profanity_filter: 'true',
          keyterm: 'Speko',
          language: 'en-GB',
        });
        expect(first?.getAll('keyterm')).toEqual(wishes.keywords);
        expect(second?.getAll('keywords')).toEqual(wishes.keywords);
        expect(second?.get('language')).toBe('de');
        expect(server.requests[0]?.headers).toMatchObject({
          authorization: 'Token secret-key-0123456789',
          'content-type': 'audio/wav',
        });
      },
    ));

  it('finds the language out when none is given, and sends the file as it came', () =>
    withScriptedVendor(
      { vendor: deepgram },
      { answer: answerWith(heard, { detected_language: 'es', language_confidence: 0.9 }) },
      async ({ recognizer }, server) => {
        const file = { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/mpeg' };
        expect(await recognizer?.recognize(clip, { signal, file })).toMatchObject({ language: 'es' });
        const [request] = server.requests;
        expect(request?.path).toContain('detect_language=true');
        expect([...(request?.body ?? [])]).toEqual([1, 2, 3]);
        expect(request?.headers['content-type']).toBe('audio/mpeg');
      },
    ));

  it('answers a flush after which nothing was heard', () =>
    withScriptedVendor(
      { vendor: deepgram },
      {
        socket: {
          onConnection: speakScript({
            ...novaScript,
            transcript: (_text, isFinal, cause) => novaScript.transcript('', isFinal, cause),
          }),
        },
      },
      async ({ recognizer }) => {
        const sound = (async function* () {
          yield clip;
          yield FLUSH;
        })();
        const events = [];
        for await (const event of recognizer?.recognizeStream?.(sound, {
          signal,
          sampleRateHz: 16_000,
          interimResults: true,
        }) ?? []) {
          events.push(event);
        }
        expect(events).toEqual([{ text: '', isFinal: true }]);
      },
    ));

  it('lets Flux hear a clip', () =>
    withScriptedVendor(
      { vendor: deepgram },
      {
        socket: {
          onConnection: async (connection) => {
            connection.send({ type: 'Connected' });
            for await (const message of connection.messages) {
              if (typeof message !== 'string') continue;
              connection.send({ type: 'TurnInfo', event: 'EndOfTurn', transcript: 'One.' });
              connection.send({ type: 'TurnInfo', event: 'Update', transcript: 'Two.' });
              connection.close();
            }
          },
        },
      },
      async ({ recognizer }, server) => {
        const transcript = await recognizer?.recognize(clip, { signal, modelId: 'flux-general-en' });
        expect(transcript).toEqual({ text: 'One. Two.' });
        expect(server.connections[0]?.request.path).toContain(
          '/v2/listen?encoding=linear16&sample_rate=16000&model=flux-general-en',
        );
      },
    ));

  it('does not let Flux tell speakers apart, which it cannot', () =>
    withScriptedVendor({ vendor: deepgram }, {}, async ({ recognizer }) => {
      const wishes = { signal, modelId: 'flux-general-en', diarization: true };
      const error = await errorOf(recognizer?.recognize(clip, wishes) ?? Promise.resolve());
      expect(error).toMatchObject({ kind: 'bad-request' });
    }));

  it('lists the voices of the account', () =>
    withScriptedVendor(
      { vendor: deepgram },
      {
        answer: (_request, response) =>
          sendJson(response, {
            stt: [{ name: 'nova-3', canonical_name: 'nova-3' }],
            tts: [
              {
                name: 'zeus',
                canonical_name: 'aura-2-zeus-en',
                architecture: 'aura-2',
                languages: ['en', 'en-US'],
                metadata: { accent: 'American', display_name: null, tags: ['masculine', 'deep'] },
              },
              { name: 'agathe', canonical_name: 'aura-2-agathe-fr', architecture: 'aura-2' },
              { name: 'angus', canonical_name: 'aura-angus-en', architecture: 'aura', languages: ['en'] },
            ],
          }),
      },
      async ({ synthesizer }, server) => {
        expect(await synthesizer?.fetchVoices?.({ signal })).toEqual([
          {
            id: 'aura-2-zeus-en',
            displayName: 'Zeus (Deepgram)',
            languages: ['en-US', 'en'],
            gender: 'male',
            modelIds: ['aura-2'],
          },
          {
            id: 'aura-2-agathe-fr',
            displayName: 'Agathe (Deepgram)',
            languages: ['fr'],
            modelIds: ['aura-2'],
          },
        ]);
        expect(server.requests[0]?.path).toBe('/v1/models');
      },
    ));

  it('speaks long texts in several requests, at the rate that is asked for', () => {
    const answer: VendorAnswer = async (_request, response) => {
      for await (const piece of cutOddly(toneBytes(0.1, 16_000))) response.write(piece);
      response.end();
    };
    return withScriptedVendor({ vendor: deepgram }, { answer }, async ({ synthesizer }, server) => {
      const text = 'This is a sentence of some length, and it is said again. '.repeat(80);
      const request = { text, voiceId: 'aura-2-zeus-en', language: 'en', sampleRateHz: 16_000 };
      let samples = 0;
      for await (const chunk of synthesizer?.synthesize(request, { signal }) ?? []) {
        expect(chunk.sampleRateHz).toBe(16_000);
        samples += chunk.samples.length;
      }
      expect(server.requests.length).toBeGreaterThan(2);
      expect(samples).toBe(1600 * server.requests.length);
      const texts = server.requests.map(({ body }) => JSON.parse(body.toString()).text);
      expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(2000);
      expect(texts.join(' ')).toBe(text.trim());
      expect(server.requests[0]?.path).toContain(
        'model=aura-2-zeus-en&encoding=linear16&container=none&sample_rate=16000',
      );
    });
  });
});

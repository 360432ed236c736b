/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { assemblyai } from './assemblyai.ts';
import {
  describeLiveRecognizerVendor,
  describeRecognizerVendor,
  type LiveScript,
  speakScript,
} from './testing/recognizer-vendor.ts';
import { errorOf, SECRET_WORDS, withScriptedVendor } from './testing/scripted-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };

/** Takes the job through its states, one at each question. */
function jobs(result: object): VendorAnswer {
  const asked = new Map<string, number>();
  let created = 0;
  return ({ method, path }, response) => {
    if (path === '/v2/upload') return sendJson(response, { upload_url: 'https://cdn.example/upload/1' });
    if (path === '/v2/transcript') {
      created += 1;
      return sendJson(response, { id: `job-${created}`, status: 'queued' });
    }
    const times = asked.get(path) ?? 0;
    asked.set(path, times + 1);
    const id = path.split('/').at(-1);
    if (method === 'DELETE' || times > 0) return sendJson(response, { id, ...result });
    sendJson(response, { id, status: 'processing', text: null, words: null });
  };
}

const done = {
  status: 'completed',
  text: 'Hello there.',
  confidence: 0.95,
  language_code: 'en_us',
  audio_duration: 1,
  words: [
    { text: 'Hello', start: 80, end: 400, confidence: 0.9, speaker: 'B' },
    { text: 'there.', start: 400, end: 900, confidence: 0.8, speaker: 'A' },
  ],
};

describeRecognizerVendor('AssemblyAI', {
  vendor: assemblyai,
  answer: jobs(done),
  expected: {
    text: 'Hello there.',
    language: 'en-US',
    confidence: 0.95,
    words: [
      { text: 'Hello', startMs: 80, endMs: 400, confidence: 0.9, speaker: 0 },
      { text: 'there.', startMs: 400, endMs: 900, confidence: 0.8, speaker: 1 },
    ],
  },
  silence: { answer: jobs({ ...done, text: '', words: [] }), expected: { text: '' } },
  failures: [
    { status: 401, body: { error: 'Authentication error, API token missing/invalid' }, kind: 'auth' },
    {
      status: 400,
      body: { error: 'Your current account balance is negative. Please top up.' },
      kind: 'payment',
    },
    { status: 400, body: { error: `"language_code" ${SECRET_WORDS}` }, kind: 'bad-request' },
  ],
});

/** Universal-Streaming says each finished turn twice. */
function turns(twice: boolean): LiveScript {
  let order = 0;
  return {
    kindOf: (message) => {
      if (typeof message !== 'string') return 'sound';
      if (message.includes('ForceEndpoint')) return 'flush';
      return message.includes('Terminate') ? 'end' : 'other';
    },
    greeting: [{ type: 'Begin', id: 's', expires_at: 1 }],
    transcript: (text, isFinal) => {
      const turn = {
        type: 'Turn',
        turn_order: isFinal ? order++ : order,
        end_of_turn: isFinal,
        turn_is_formatted: isFinal,
        end_of_turn_confidence: 0.5,
        transcript: isFinal ? text : '',
        words: text
          .split(' ')
          .map((word) => ({ text: word, start: 0, end: 90, confidence: 0.9, word_is_final: isFinal })),
      };
      return isFinal && twice
        ? [{ ...turn, turn_is_formatted: false, transcript: '', words: [] }, turn]
        : [turn];
    },
    farewell: [{ type: 'Termination', audio_duration_seconds: 1, session_duration_seconds: 1 }],
  };
}

describeLiveRecognizerVendor('AssemblyAI Universal-Streaming', {
  vendor: assemblyai,
  modelId: 'universal-2',
  script: turns(true),
});

describeLiveRecognizerVendor('AssemblyAI Universal-3', {
  vendor: assemblyai,
  modelId: 'universal-3-pro',
  script: turns(false),
  failures: [
    {
      messages: [{ type: 'Error', error_code: 1008, error: 'Unauthorized Connection' }],
      closeCode: 1008,
      kind: 'auth',
    },
    { messages: [{ type: 'Error', error_code: 1008, error: 'Insufficient funds' }], kind: 'payment' },
    { messages: [{ type: 'Error', error_code: 3008, error: SECRET_WORDS }], kind: 'unavailable' },
    { closeCode: 1008, closeReason: 'Too many concurrent sessions', kind: 'rate-limited' },
    { closeCode: 1008, closeReason: 'Unauthorized Connection: Missing Authorization header', kind: 'auth' },
    { closeCode: 3007, closeReason: 'Input Duration Violation', kind: 'bad-request' },
    { closeCode: 3008, closeReason: 'Session Expired', kind: 'unavailable' },
  ],
});

describe('AssemblyAI', () => {
  it.each([
    ['Transcoding failed. File does not appear to contain audio.', 'bad-audio'],
    ['Audio duration is too short.', 'bad-audio'],
    ['Your account balance is too low.', 'payment'],
    [`An unknown thing happened: ${SECRET_WORDS}`, 'unavailable'],
  ])('takes a job that failed with "%s" for %s', (error, kind) =>
    withScriptedVendor(
      { vendor: assemblyai },
      { answer: jobs({ status: 'error', error }) },
      async ({ recognizer }) => {
        const failure = await errorOf(recognizer?.recognize(clip, { signal }) ?? Promise.resolve());
        expect(failure).toMatchObject({ kind, message: 'transcription of AssemblyAI failed' });
      },
    ),
  );

  it('hears nothing where the vendor finds no speech', () =>
    withScriptedVendor(
      { vendor: assemblyai },
      {
        answer: jobs({
          status: 'error',
          error: 'language_detection cannot be performed on files with no spoken audio.',
        }),
      },
      async ({ recognizer }) => {
        expect(await recognizer?.recognize(clip, { signal })).toEqual({ text: '' });
      },
    ));

  it('asks for what the caller wants, and removes the transcript', () =>
    withScriptedVendor({ vendor: assemblyai }, { answer: jobs(done) }, async ({ recognizer }, server) => {
      await recognizer?.recognize(clip, {
        signal,
        language: 'en-GB',
        modelId: 'universal-2',
        keywords: ['Visavox'],
        diarization: true,
        speakersExpected: 2,
        fillerWords: true,
        profanityFilter: true,
        file: { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/mpeg' },
      });
      expect([...(server.requests[0]?.body ?? [])]).toEqual([1, 2, 3]);
      expect(JSON.parse(server.requests[1]?.body.toString() ?? '')).toEqual({
        audio_url: 'https://cdn.example/upload/1',
        speech_models: ['universal-2'],
        language_code: 'en_uk',
        keyterms_prompt: ['Visavox'],
        speaker_labels: true,
        speakers_expected: 2,
        disfluencies: true,
        filter_profanity: true,
      });
      expect(server.requests[0]?.headers.authorization).toBe('secret-key-0123456789');
      await expect
        .poll(() => server.requests.at(-1))
        .toMatchObject({ method: 'DELETE', path: '/v2/transcript/job-1' });
    }));

  it.each([
    ['en', undefined, 'universal-3-pro', 'en'],
    ['ko', undefined, 'universal-2', 'ko'],
    [undefined, undefined, 'universal-2', undefined],
    ['multi', 'universal-3-pro', 'universal-3-pro', undefined],
  ])('hears %s with %s by %s', (language, modelId, model, code) =>
    withScriptedVendor({ vendor: assemblyai }, { answer: jobs(done) }, async ({ recognizer }, server) => {
      await recognizer?.recognize(clip, {
        signal,
        ...(language === undefined ? {} : { language }),
        ...(modelId === undefined ? {} : { modelId }),
      });
      const asked = JSON.parse(server.requests[1]?.body.toString() ?? '');
      expect(asked.speech_models).toEqual([model]);
      expect(asked.language_code).toBe(code);
      expect(asked.language_detection).toBe(code === undefined ? true : undefined);
    }),
  );

  it('sends live sound in pieces that the vendor takes, the last one filled with silence', () => {
    const heard: Uint8Array[] = [];
    return withScriptedVendor(
      { vendor: assemblyai },
      { socket: { onConnection: speakScript(turns(true), heard) } },
      async ({ recognizer }, server) => {
        const sound = (async function* () {
          for (let count = 0; count < 7; count++)
            yield { samples: new Int16Array(160).fill(9), sampleRateHz: 16_000 };
        })();
        const options = { signal, sampleRateHz: 16_000, interimResults: true, language: 'ko' };
        for await (const _ of recognizer?.recognizeStream?.(sound, options) ?? []);
        expect(heard.map(({ length }) => length)).toEqual([1600, 1600]);
        expect(heard[1]?.slice(638, 642)).toEqual(Uint8Array.of(9, 0, 0, 0));
        const query = new URL(server.connections[0]?.request.path ?? '', 'http://x').searchParams;
        expect(query.get('speech_model')).toBe('whisper-rt');
      },
    );
  });

  it('hands on a turn that was never formatted', () =>
    withScriptedVendor(
      { vendor: assemblyai },
      {
        socket: {
          onConnection: async (connection) => {
            const turn = { type: 'Turn', end_of_turn: true, turn_is_formatted: false, words: [] };
            for await (const message of connection.messages) {
              if (typeof message !== 'string') continue;
              connection.send({ ...turn, turn_order: 0, transcript: 'one' });
              connection.send({ ...turn, turn_order: 1, transcript: 'two' });
              connection.send({ type: 'Termination' });
            }
          },
        },
      },
      async ({ recognizer }) => {
        const texts = [];
        const sound = (async function* () {
          yield clip;
        })();
        const options = {
          signal,
          sampleRateHz: 16_000,
          interimResults: false,
          language: 'en',
          modelId: 'universal-2',
        };
        for await (const { text } of recognizer?.recognizeStream?.(sound, options) ?? []) texts.push(text);
        expect(texts).toEqual(['one', 'two']);
      },
    ));
});

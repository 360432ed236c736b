/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { soniox } from './soniox.ts';
import {
  describeLiveRecognizerVendor,
  describeRecognizerVendor,
  type LiveScript,
  speakScript,
} from './testing/recognizer-vendor.ts';
import { errorOf, SECRET_WORDS, withScriptedVendor } from './testing/scripted-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };

function jobs(tokens: readonly object[], state: object = { status: 'completed' }): VendorAnswer {
  let created = 0;
  const asked = new Map<string, number>();
  return ({ method, path }, response) => {
    if (method === 'DELETE') {
      response.writeHead(204);
      response.end();
    } else if (path === '/v1/files')
      sendJson(response, { id: `file-${++created}`, filename: 'speech', size: 1 }, 201);
    else if (path === '/v1/transcriptions')
      sendJson(response, { id: `job-${created}`, status: 'queued' }, 201);
    else if (path.endsWith('/transcript')) sendJson(response, { id: 'job', text: 'ignored', tokens });
    else {
      const times = asked.get(path) ?? 0;
      asked.set(path, times + 1);
      sendJson(
        response,
        times === 0 ? { id: 'job', status: 'processing', error_message: null } : { id: 'job', ...state },
      );
    }
  };
}

const tokens = [
  { text: 'Hel', start_ms: 80, end_ms: 200, confidence: 1, speaker: '1', language: 'en' },
  { text: 'lo', start_ms: 200, end_ms: 400, confidence: 0.5, speaker: '1', language: 'en' },
  { text: ' there', start_ms: 400, end_ms: 880, confidence: 1, speaker: '2', language: 'en' },
  { text: '.', start_ms: 880, end_ms: 900, confidence: 0.5, speaker: '2', language: 'en' },
];

describeRecognizerVendor('Soniox', {
  vendor: soniox,
  answer: jobs(tokens),
  expected: {
    text: 'Hello there.',
    language: 'en',
    confidence: 0.75,
    words: [
      { text: 'Hello', startMs: 80, endMs: 400, confidence: 0.5, speaker: 0 },
      { text: 'there.', startMs: 400, endMs: 900, confidence: 0.5, speaker: 1 },
    ],
  },
  silence: { answer: jobs([]), expected: { text: '' } },
  failures: [
    {
      status: 401,
      body: { error_type: 'unauthenticated', message: 'Incorrect API key provided.' },
      kind: 'auth',
    },
    {
      status: 429,
      body: { error_type: 'organization_balance_exhausted', message: SECRET_WORDS },
      kind: 'payment',
    },
    { status: 400, body: { error_type: 'invalid_audio_file', message: SECRET_WORDS }, kind: 'bad-audio' },
    { status: 400, body: { error_type: 'invalid_request', message: SECRET_WORDS }, kind: 'bad-request' },
  ],
});

const script: LiveScript = {
  kindOf: (message) => {
    if (message.length === 0) return 'end';
    if (typeof message !== 'string') return 'sound';
    return message.includes('"finalize"') ? 'flush' : 'other';
  },
  transcript: (text, isFinal, cause) => [
    {
      tokens: [
        ...text.split(/(?= )/).map((word, at) => ({
          text: word,
          start_ms: at * 100,
          end_ms: at * 100 + 90,
          confidence: 0.9,
          is_final: isFinal,
        })),
        ...(cause === 'flush' ? [{ text: '<fin>', is_final: true }] : []),
      ],
      final_audio_proc_ms: 0,
      total_audio_proc_ms: 100,
    },
  ],
  farewell: [{ tokens: [], final_audio_proc_ms: 300, total_audio_proc_ms: 300, finished: true }],
};

describeLiveRecognizerVendor('Soniox', {
  vendor: soniox,
  // Only the end of the stream makes the last words a whole.
  script: {
    ...script,
    transcript: (text, isFinal, cause) =>
      cause === 'end'
        ? [
            {
              tokens: [
                { text, is_final: true },
                { text: '<end>', is_final: true },
              ],
            },
          ]
        : script.transcript(text, isFinal, cause),
  },
  failures: [
    { messages: [{ error_code: 401, error_message: SECRET_WORDS }], closeCode: 1000, kind: 'auth' },
    { messages: [{ error_code: 402, error_message: SECRET_WORDS }], kind: 'payment' },
    { messages: [{ error_code: 400, error_message: 'Invalid model specified.' }], kind: 'bad-request' },
    { messages: [{ error_code: 429, error_message: SECRET_WORDS }], kind: 'rate-limited' },
    { messages: [{ error_code: 408, error_message: SECRET_WORDS }], kind: 'timeout' },
    { messages: [{ tokens: [], error_code: 503, error_message: SECRET_WORDS }], kind: 'unavailable' },
  ],
});

describe('Soniox', () => {
  it('asks for what the caller wants, and removes the job and the file', () =>
    withScriptedVendor({ vendor: soniox }, { answer: jobs(tokens) }, async ({ recognizer }, server) => {
      await recognizer?.recognize(clip, {
        signal,
        language: 'ko-KR',
        modelId: 'stt-rt-v5',
        keywords: ['Visavox'],
        prompt: 'A call to a bank.',
        diarization: true,
      });
      expect(JSON.parse(server.requests[1]?.body.toString() ?? '')).toEqual({
        model: 'stt-async-v5',
        file_id: 'file-1',
        language_hints: ['ko'],
        enable_language_identification: true,
        enable_speaker_diarization: true,
        context: { text: 'A call to a bank.', terms: ['Visavox'] },
      });
      expect(server.requests[0]?.headers.authorization).toBe('Bearer secret-key-0123456789');
      await expect
        .poll(() =>
          server.requests
            .filter(({ method }) => method === 'DELETE')
            .map(({ path }) => path)
            .sort(),
        )
        .toEqual(['/v1/files/file-1', '/v1/transcriptions/job-1']);
    }));

  it('removes the file also when the job is refused', () => {
    const answer: VendorAnswer = (request, response) =>
      request.path === '/v1/transcriptions' ? sendJson(response, {}, 400) : jobs(tokens)(request, response);
    return withScriptedVendor({ vendor: soniox }, { answer }, async ({ recognizer }, server) => {
      await errorOf(recognizer?.recognize(clip, { signal }) ?? Promise.resolve());
      await expect
        .poll(() => server.requests.at(-1))
        .toMatchObject({ method: 'DELETE', path: '/v1/files/file-1' });
    });
  });

  it('removes what a caller left behind in the middle of the upload, also while it is worked on', () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let refusals = 1;
    const answer: VendorAnswer = async (request, response) => {
      if (request.path === '/v1/files') {
        controller.abort(reason);
        await delay(20);
      }
      if (request.method === 'DELETE' && refusals-- > 0) sendJson(response, {}, 409);
      else await jobs(tokens)(request, response);
    };
    return withScriptedVendor({ vendor: soniox }, { answer }, async ({ recognizer }, server) => {
      const { signal } = controller;
      expect(await errorOf(recognizer?.recognize(clip, { signal }) ?? Promise.resolve())).toBe(reason);
      await expect
        .poll(() => server.requests.map(({ method, path }) => `${method} ${path}`), { timeout: 5000 })
        .toEqual(['POST /v1/files', 'DELETE /v1/files/file-1', 'DELETE /v1/files/file-1']);
    });
  });

  it.each([
    ['Failed to decode the audio', 'bad-audio'],
    [`Something happened: ${SECRET_WORDS}`, 'unavailable'],
  ])('takes a job that failed with "%s" for %s', (error_message, kind) =>
    withScriptedVendor(
      { vendor: soniox },
      { answer: jobs([], { status: 'error', error_message }) },
      async ({ recognizer }) => {
        const failure = await errorOf(recognizer?.recognize(clip, { signal }) ?? Promise.resolve());
        expect(failure).toMatchObject({ kind, message: 'transcription of Soniox failed' });
      },
    ),
  );

  it('makes words of scripts without spaces', () =>
    withScriptedVendor(
      { vendor: soniox },
      {
        answer: jobs([
          { text: '今日', start_ms: 0, end_ms: 10 },
          { text: 'は', start_ms: 10, end_ms: 20 },
          { text: '。', start_ms: 20, end_ms: 30 },
        ]),
      },
      async ({ recognizer }) => {
        expect(await recognizer?.recognize(clip, { signal })).toEqual({
          text: '今日は。',
          words: [
            { text: '今日', startMs: 0, endMs: 10 },
            { text: 'は。', startMs: 10, endMs: 30 },
          ],
        });
      },
    ));

  it('begins a live conversation with what is wanted', () => {
    const said: string[] = [];
    return withScriptedVendor(
      { vendor: soniox },
      {
        socket: {
          onConnection: (connection) => {
            const messages = connection.messages;
            return speakScript(script)({
              ...connection,
              messages: {
                async *[Symbol.asyncIterator]() {
                  for await (const message of messages) {
                    if (typeof message === 'string') said.push(message);
                    yield message;
                  }
                },
              },
            });
          },
        },
      },
      async ({ recognizer }, server) => {
        const sound = (async function* () {
          yield clip;
        })();
        const options = { signal, sampleRateHz: 16_000, interimResults: false, language: 'en-US' };
        const texts = [];
        for await (const { text } of recognizer?.recognizeStream?.(sound, options) ?? []) texts.push(text);
        expect(texts).toEqual(['goodbye']);
        expect(JSON.parse(said[0] ?? '')).toEqual({
          model: 'stt-rt-v5',
          audio_format: 'pcm_s16le',
          sample_rate: 16_000,
          num_channels: 1,
          enable_endpoint_detection: true,
          enable_language_identification: true,
          language_hints: ['en'],
        });
        expect(server.connections[0]?.request.headers.authorization).toBe('Bearer secret-key-0123456789');
      },
    );
  });
});

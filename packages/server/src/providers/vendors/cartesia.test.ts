/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { cartesia } from './cartesia.ts';
import {
  describeLiveRecognizerVendor,
  describeRecognizerVendor,
  type LiveScript,
} from './testing/recognizer-vendor.ts';
import { cutOddly, errorOf, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(3200).fill(500), sampleRateHz: 16_000 };
const errorBody = (error_code: string, title = SECRET_WORDS) => ({
  error_code,
  title,
  message: SECRET_WORDS,
  request_id: 'r',
});

const answerWith =
  (body: object): VendorAnswer =>
  (_request, response) =>
    sendJson(response, body);
const heard = {
  type: 'transcript',
  text: ' Hello there.',
  language: 'en',
  duration: 1,
  words: [
    { word: ' Hello', start: 0.08, end: 0.4 },
    { word: ' there.', start: 0.42, end: 0.9 },
  ],
};

describeRecognizerVendor('Cartesia', {
  vendor: cartesia,
  answer: answerWith(heard),
  expected: {
    text: 'Hello there.',
    language: 'en',
    words: [
      { text: 'Hello', startMs: 80, endMs: 400 },
      { text: 'there.', startMs: 420, endMs: 900 },
    ],
  },
  silence: { answer: answerWith({ type: 'transcript', text: '' }), expected: { text: '' } },
  failures: [
    { status: 400, body: errorBody('invalid_audio_file'), kind: 'bad-audio' },
    { status: 400, body: errorBody('unsupported_language'), kind: 'bad-request' },
    { status: 429, body: errorBody('quota_exceeded'), kind: 'payment' },
    { status: 429, body: errorBody('concurrency_limited'), kind: 'rate-limited' },
  ],
});

const script: LiveScript = {
  kindOf: (message) => {
    if (typeof message !== 'string') return 'sound';
    return message === 'finalize' ? 'flush' : 'end';
  },
  transcript: (text, isFinal, cause) => {
    const settled = (part: string) => ({ type: 'transcript', request_id: 'r', text: part, is_final: true });
    if (!isFinal) return [{ type: 'transcript', request_id: 'r', text, is_final: false }];
    const done = { type: cause === 'flush' ? 'flush_done' : 'done', request_id: 'r' };
    return [settled(text), done];
  },
};

describeLiveRecognizerVendor('Cartesia', {
  vendor: cartesia,
  script,
  failures: [
    {
      messages: [{ type: 'error', status_code: 401, title: SECRET_WORDS, message: SECRET_WORDS }],
      kind: 'auth',
    },
    { messages: [{ type: 'error', status_code: 402, title: 'x', message: 'x' }], kind: 'payment' },
    {
      messages: [
        { type: 'error', status_code: 429, error_code: 'concurrency_limited', title: 'x', message: 'x' },
      ],
      kind: 'rate-limited',
    },
    { messages: [{ type: 'error', status_code: 400, title: 'x', message: 'x' }], kind: 'bad-request' },
    { messages: [{ type: 'error', status_code: 500, title: 'x', message: 'x' }], kind: 'unavailable' },
    { messages: [{ type: 'transcript', text: 7, is_final: false }], kind: 'protocol' },
    { closeCode: 1008, closeReason: SECRET_WORDS, kind: 'auth' },
  ],
});

/** Server-sent events as the vendor streams them, with one phone a piece. */
const speakEvents =
  (pieces: AsyncIterable<Buffer>): VendorAnswer =>
  async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (said: { type: string }) =>
      response.write(`event: ${said.type}\ndata: ${JSON.stringify(said)}\n\n`);
    let index = 0;
    for await (const piece of pieces) {
      send({ type: 'chunk', data: piece.toString('base64'), done: false, status_code: 206, step_time: 1 } as {
        type: string;
      });
      send({
        type: 'phoneme_timestamps',
        done: false,
        status_code: 206,
        phoneme_timestamps: { phonemes: ['oʊ'], start: [index / 10], end: [(index + 1) / 10] },
      } as { type: string });
      index++;
    }
    send({ type: 'done', done: true, status_code: 206 } as { type: string });
    response.end();
  };

describeSynthesizerVendor('Cartesia', {
  vendor: cartesia,
  voiceId: 'f786b574-daa5-4673-aa0c-cbe3e8534c02',
  sampleRateHz: 24_000,
  answer: speakEvents,
  failures: [
    { status: 404, body: errorBody('voice_not_found'), kind: 'bad-request' },
    { status: 400, body: errorBody('', 'Invalid model'), kind: 'bad-request' },
    { status: 402, body: errorBody('credits_exhausted'), kind: 'payment' },
    {
      status: 429,
      body: errorBody('concurrency_limited'),
      headers: { 'retry-after': '2' },
      kind: 'rate-limited',
    },
  ],
});

describe('Cartesia', () => {
  const speak = async (answer: VendorAnswer, request: object = {}) => {
    const items: object[] = [];
    let body: unknown;
    let headers: object = {};
    await withScriptedVendor({ vendor: cartesia }, { answer }, async ({ synthesizer }, server) => {
      for await (const chunk of synthesizer?.synthesize(
        { text: 'Hello.', voiceId: 'v', language: 'ko-KR', ...request },
        { signal },
      ) ?? []) {
        expect(chunk.timings?.unit ?? 'phone').toBe('phone');
        items.push(...(chunk.timings?.items ?? []));
      }
      body = JSON.parse(server.requests[0]?.body.toString() ?? '');
      headers = server.requests[0]?.headers ?? {};
    });
    return { items, body, headers };
  };

  it('asks for what the caller wants and keeps the times of phones', async () => {
    const answer = speakEvents(cutOddly(toneBytes(0.2, 16_000), 3201));
    const { items, body, headers } = await speak(answer, { speed: 2, sampleRateHz: 16_000 });
    expect(body).toEqual({
      model_id: 'sonic-3',
      transcript: 'Hello.',
      voice: { mode: 'id', id: 'v' },
      language: 'ko',
      output_format: { container: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 },
      add_phoneme_timestamps: true,
      generation_config: { speed: 1.5 },
    });
    expect(headers).toMatchObject({
      authorization: 'Bearer secret-key-0123456789',
      'cartesia-version': '2026-03-01',
    });
    expect(items).toEqual([
      { text: 'oʊ', startMs: 0, endMs: 100 },
      { text: 'oʊ', startMs: 100, endMs: 200 },
    ]);
  });

  it.each([
    [
      'an error',
      `data: ${JSON.stringify({ type: 'error', status_code: 429, ...errorBody('x') })}\n\n`,
      'rate-limited',
    ],
    [
      'an error of the account',
      `data: ${JSON.stringify({ type: 'error', ...errorBody('quota_exceeded') })}\n\n`,
      'payment',
    ],
    ['no end', `data: ${JSON.stringify({ type: 'chunk', data: 'AAAA' })}\n\n`, 'unavailable'],
    ['no JSON', `data: ${SECRET_WORDS}\n\n`, 'protocol'],
    ['a page', `<html>${SECRET_WORDS}</html>`, 'unavailable'],
  ])('takes an answer with %s for what it is', async (_, text, kind) => {
    const answer: VendorAnswer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(text);
    };
    expect(await errorOf(speak(answer))).toMatchObject({ kind });
  });

  it('lists the voices of the account, page after page', () => {
    const answer: VendorAnswer = ({ path }, response) =>
      sendJson(
        response,
        path.includes('starting_after=v1')
          ? { data: [{ id: 'v2', name: 'Ben', language: 'en', gender: 'masculine' }], has_more: false }
          : {
              data: [
                {
                  id: 'v1',
                  name: 'Anna',
                  language: 'de',
                  locales: [{ locale: 'de-AT', is_native: true }],
                  gender: 'feminine',
                },
              ],
              has_more: true,
            },
      );
    return withScriptedVendor({ vendor: cartesia }, { answer }, async ({ synthesizer }) => {
      const voices = await synthesizer?.fetchVoices?.({ signal });
      expect(voices?.map(({ id, gender }) => [id, gender])).toEqual([
        ['v1', 'female'],
        ['v2', 'male'],
      ]);
      expect(voices?.[0]?.languages[0]).toBe('de-AT');
    });
  });

  it('joins the parts of a stretch of speech', () =>
    withScriptedVendor(
      { vendor: cartesia },
      {
        socket: {
          onConnection: async (connection) => {
            for await (const message of connection.messages) {
              if (message !== 'close') continue;
              connection.send({ type: 'transcript', text: 'Good', is_final: true });
              connection.send({ type: 'transcript', text: ' mor', is_final: false });
              connection.send({ type: 'transcript', text: ' morning.', is_final: true });
              connection.send({ type: 'done' });
            }
          },
        },
      },
      async ({ recognizer }, server) => {
        // Ink 2 only hears live sound.
        expect(await recognizer?.recognize(clip, { signal, modelId: 'ink-2', language: 'en-US' })).toEqual({
          text: 'Good morning.',
        });
        expect(server.connections[0]?.request.path).toBe(
          '/stt/websocket?model=ink-2&encoding=pcm_s16le&sample_rate=16000&language=en',
        );
        expect(server.requests).toHaveLength(0);
      },
    ));
});

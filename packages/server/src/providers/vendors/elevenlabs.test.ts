/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { FLUSH, type TranscriptEvent } from '../provider.ts';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { elevenlabs } from './elevenlabs.ts';
import {
  describeLiveRecognizerVendor,
  describeRecognizerVendor,
  type LiveScript,
} from './testing/recognizer-vendor.ts';
import { cutOddly, errorOf, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };
const detail = (status: string) => ({ detail: { status, message: SECRET_WORDS } });

const heard = {
  language_code: 'eng',
  language_probability: 0.99,
  text: 'Hello there.',
  words: [
    { text: 'Hello', start: 0.08, end: 0.4, type: 'word', logprob: 0, speaker_id: 'speaker_3' },
    { text: ' ', start: 0.4, end: 0.42, type: 'spacing', logprob: 0, speaker_id: 'speaker_3' },
    { text: 'there.', start: 0.42, end: 0.9, type: 'word', logprob: Math.log(0.5), speaker_id: 'speaker_0' },
  ],
};
const answerWith =
  (body: object): VendorAnswer =>
  (_request, response) =>
    sendJson(response, body);

describeRecognizerVendor('ElevenLabs', {
  vendor: elevenlabs,
  answer: answerWith(heard),
  expected: {
    text: 'Hello there.',
    language: 'en',
    confidence: 0.75,
    words: [
      { text: 'Hello', startMs: 80, endMs: 400, confidence: 1, speaker: 0 },
      { text: 'there.', startMs: 420, endMs: 900, confidence: 0.5, speaker: 1 },
    ],
  },
  silence: {
    answer: answerWith({ language_code: 'eng', language_probability: 0.3, text: '', words: [] }),
    expected: { text: '' },
  },
  failures: [
    { status: 401, body: detail('invalid_api_key'), kind: 'auth' },
    { status: 401, body: detail('quota_exceeded'), kind: 'payment' },
    { status: 429, body: detail('too_many_concurrent_requests'), kind: 'rate-limited' },
    { status: 400, body: detail('invalid_audio'), kind: 'bad-audio' },
    { status: 400, body: detail('audio_too_short'), kind: 'bad-audio' },
    { status: 400, body: detail('invalid_model_id'), kind: 'bad-request' },
    { status: 422, body: { detail: [{ loc: ['body'], msg: SECRET_WORDS, type: 'x' }] }, kind: 'bad-request' },
  ],
});

const liveScript: LiveScript = {
  kindOf: (message) => {
    const { audio_base_64, commit } = JSON.parse(String(message));
    if (audio_base_64 !== '') return 'sound';
    if (!commit) return 'other';
    return String(message).endsWith(' ') ? 'end' : 'flush';
  },
  soundOf: (message) => Buffer.from(JSON.parse(String(message)).audio_base_64, 'base64'),
  greeting: [{ message_type: 'session_started', session_id: 's', config: {} }],
  transcript: (text, isFinal) => [
    { message_type: isFinal ? 'committed_transcript' : 'partial_transcript', text: ` ${text}` },
  ],
};

describeLiveRecognizerVendor('ElevenLabs', {
  vendor: elevenlabs,
  script: liveScript,
  failures: [
    { messages: [{ message_type: 'auth_error', error: SECRET_WORDS }], kind: 'auth' },
    { messages: [{ message_type: 'quota_exceeded', error: SECRET_WORDS }], kind: 'payment' },
    { messages: [{ message_type: 'rate_limited', error: SECRET_WORDS }], kind: 'rate-limited' },
    { messages: [{ message_type: 'input_error', error: SECRET_WORDS }], kind: 'bad-request' },
    { messages: [{ message_type: 'transcriber_error', error: SECRET_WORDS }], kind: 'unavailable' },
    { messages: [{ message_type: 'partial_transcript' }], kind: 'protocol' },
    { closeCode: 1008, closeReason: SECRET_WORDS, kind: 'auth' },
  ],
});

/** Lines of JSON as the vendor streams them, with times of one character a piece. */
const speakLines =
  (pieces: AsyncIterable<Buffer>): VendorAnswer =>
  async (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let index = 0;
    for await (const piece of pieces) {
      const alignment = {
        characters: ['a'],
        character_start_times_seconds: [index / 10],
        character_end_times_seconds: [(index + 1) / 10],
      };
      index++;
      const line = `${JSON.stringify({
        audio_base64: piece.toString('base64'),
        alignment: null,
        normalized_alignment: alignment,
      })}\n\n`;
      response.write(line.slice(0, 9));
      response.write(line.slice(9));
    }
    response.end();
  };

describeSynthesizerVendor('ElevenLabs', {
  vendor: elevenlabs,
  voiceId: 'EXAVITQu4vr4xnSDxMaL',
  sampleRateHz: 24_000,
  answer: speakLines,
  failures: [
    { status: 401, body: detail('quota_exceeded'), kind: 'payment' },
    { status: 404, body: detail('voice_not_found'), kind: 'bad-request' },
    { status: 403, body: detail('model_access_denied'), kind: 'bad-request' },
    { status: 429, body: detail('system_busy'), headers: { 'retry-after': '3' }, kind: 'rate-limited' },
  ],
});

describe('ElevenLabs', () => {
  const speak = async (
    request: object,
    answer: VendorAnswer = speakLines(cutOddly(toneBytes(0.2, 16_000))),
  ) => {
    let sent: { path: string; body: Record<string, unknown>; headers: object } | undefined;
    await withScriptedVendor({ vendor: elevenlabs }, { answer }, async ({ synthesizer }, server) => {
      for await (const _ of synthesizer?.synthesize(
        { text: 'Hello.', voiceId: 'a/b', language: 'en-US', ...request },
        { signal },
      ) ?? []) {
      }
      const [first] = server.requests;
      sent = {
        path: first?.path ?? '',
        headers: first?.headers ?? {},
        body: JSON.parse(first?.body.toString() ?? ''),
      };
    });
    return sent;
  };

  it('asks for what the model knows', async () => {
    expect(await speak({ sampleRateHz: 16_000, speed: 2 })).toMatchObject({
      path: '/v1/text-to-speech/a%2Fb/stream/with-timestamps?output_format=pcm_16000',
      headers: { 'xi-api-key': 'secret-key-0123456789' },
      body: {
        text: 'Hello.',
        model_id: 'eleven_flash_v2_5',
        language_code: 'en',
        voice_settings: { speed: 1.2 },
      },
    });
    const older = await speak({ sampleRateHz: 48_000, modelId: 'eleven_multilingual_v2', speed: 1.1 });
    expect(older?.path).toContain('pcm_24000');
    expect(older?.body).toEqual({
      text: 'Hello.',
      model_id: 'eleven_multilingual_v2',
      voice_settings: { speed: 1.1 },
    });
    const newest = await speak({ modelId: 'eleven_v3', speed: 1.1, language: 'nb-NO' });
    expect(newest?.body).toEqual({ text: 'Hello.', model_id: 'eleven_v3', language_code: 'no' });
  });

  it('keeps the times of characters, counted from the beginning of all requests', () => {
    const answer: VendorAnswer = (_request, response) => {
      const line = (audio: Buffer, characters: string[], start: number) =>
        `${JSON.stringify({
          audio_base64: audio.toString('base64'),
          alignment: {
            characters: ['1'],
            character_start_times_seconds: [0],
            character_end_times_seconds: [1],
          },
          normalized_alignment: {
            characters,
            character_start_times_seconds: characters.map((_, at) => start + at / 10),
            character_end_times_seconds: characters.map((_, at) => start + (at + 1) / 10),
          },
        })}\n`;
      response.end(line(toneBytes(0.2, 24_000), ['o', 'n'], 0) + line(Buffer.alloc(0), ['e'], 0.2));
    };
    return withScriptedVendor({ vendor: elevenlabs }, { answer }, async ({ synthesizer }, server) => {
      const items = [];
      let samples = 0;
      // Longer than one request of this model may be.
      const text = 'This sentence is said again and again. '.repeat(200);
      for await (const chunk of synthesizer?.synthesize(
        { text, voiceId: 'v', language: 'en', modelId: 'eleven_v3' },
        { signal },
      ) ?? []) {
        expect(chunk.timings?.unit ?? 'character').toBe('character');
        items.push(...(chunk.timings?.items ?? []));
        samples += chunk.samples.length;
      }
      expect(server.requests).toHaveLength(2);
      expect(samples).toBe(2 * 0.2 * 24_000);
      expect(items).toEqual([
        { text: 'o', startMs: 0, endMs: 100 },
        { text: 'n', startMs: 100, endMs: 200 },
        { text: 'e', startMs: 200, endMs: 300 },
        { text: 'o', startMs: 200, endMs: 300 },
        { text: 'n', startMs: 300, endMs: 400 },
        { text: 'e', startMs: 400, endMs: 500 },
      ]);
    });
  });

  it.each([
    ['text', `<html>${SECRET_WORDS}`],
    ['another shape', { audio_base64: 7 }],
    [
      'times that do not match',
      {
        audio_base64: 'AAAA',
        alignment: { characters: ['a'], character_start_times_seconds: [], character_end_times_seconds: [] },
      },
    ],
  ])('takes %s in place of sound for a breach of protocol', (_, body) => {
    const answer: VendorAnswer = (_request, response) => {
      response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
    };
    return expect(errorOf(speak({}, answer))).resolves.toMatchObject({ kind: 'protocol' });
  });

  it('lists the voices of the account, page after page', () => {
    const answer: VendorAnswer = ({ path }, response) =>
      sendJson(
        response,
        path.includes('next_page_token=t2')
          ? { voices: [{ voice_id: 'v2', name: 'Own', labels: { gender: 'neutral' } }], has_more: false }
          : {
              voices: [
                {
                  voice_id: 'v1',
                  name: 'Anna',
                  labels: { gender: 'female', language: 'de' },
                  verified_languages: [{ language: 'ko', model_id: 'eleven_v3', locale: 'ko-KR' }],
                },
              ],
              has_more: true,
              next_page_token: 't2',
            },
      );
    return withScriptedVendor({ vendor: elevenlabs }, { answer }, async ({ synthesizer }) => {
      const voices = await synthesizer?.fetchVoices?.({ signal });
      expect(voices?.map(({ id, gender }) => [id, gender])).toEqual([
        ['v1', 'female'],
        ['v2', undefined],
      ]);
      expect(voices?.[0]?.languages.slice(0, 2)).toEqual(['de', 'ko-KR']);
    });
  });

  it('sends the wishes of a recognition', () =>
    withScriptedVendor(
      { vendor: elevenlabs },
      { answer: answerWith(heard) },
      async ({ recognizer }, server) => {
        await recognizer?.recognize(clip, {
          signal,
          language: 'ko-KR',
          modelId: 'scribe_v2_realtime',
          keywords: ['Visavox', 'six words are more than five', 'br{ack}ets'],
          diarization: true,
          speakersExpected: 2,
          fillerWords: false,
          file: { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/mpeg' },
        });
        const [request] = server.requests;
        const body = request?.body.toString('latin1') ?? '';
        const fields = [...body.matchAll(/name="([^"]+)"\r\n\r\n([^\r]*)\r\n/g)].map(([, name, value]) => [
          name,
          value,
        ]);
        expect(fields).toEqual([
          ['model_id', 'scribe_v2'],
          ['timestamps_granularity', 'word'],
          ['tag_audio_events', 'false'],
          ['language_code', 'ko'],
          ['diarize', 'true'],
          ['num_speakers', '2'],
          ['no_verbatim', 'true'],
          ['keyterms', 'Visavox'],
          ['keyterms', 'br ack ets'],
        ]);
        expect(body).toContain('audio/mpeg');
        expect(body).toContain('\u0001\u0002\u0003');
      },
    ));

  it('takes a stretch that was too short to be heard for silence, and the words in its address', () =>
    withScriptedVendor(
      { vendor: elevenlabs },
      {
        socket: {
          onConnection: async (connection) => {
            for await (const message of connection.messages) {
              if (JSON.parse(String(message)).commit) {
                connection.send({ message_type: 'commit_throttled', error: SECRET_WORDS });
              }
            }
          },
        },
      },
      async ({ recognizer }, server) => {
        const sound = (async function* () {
          yield clip;
          yield FLUSH;
        })();
        const events: TranscriptEvent[] = [];
        for await (const event of recognizer?.recognizeStream?.(sound, {
          signal,
          sampleRateHz: 16_000,
          interimResults: true,
          language: 'en-US',
          keywords: ['Visavox'],
        }) ?? []) {
          events.push(event);
        }
        expect(events).toEqual([{ text: '', isFinal: true }]);
        const path = server.connections[0]?.request.path;
        expect(path).toBe(
          '/v1/speech-to-text/realtime?model_id=scribe_v2_realtime&audio_format=pcm_16000&commit_strategy=manual&language_code=en&keyterms=Visavox',
        );
      },
    ));

  it('ends a long stretch before the vendor does', () =>
    withScriptedVendor(
      { vendor: elevenlabs },
      {
        socket: {
          onConnection: async (connection) => {
            let sounds = 0;
            for await (const message of connection.messages) {
              const { audio_base_64, commit } = JSON.parse(String(message));
              if (audio_base_64 !== '') sounds += 1;
              if (commit) connection.send({ message_type: 'committed_transcript', text: `${sounds}` });
            }
          },
        },
      },
      async ({ recognizer }) => {
        const second = { samples: new Int16Array(8000), sampleRateHz: 8000 };
        const sound = (async function* () {
          for (let count = 0; count < 130; count++) yield second;
          yield FLUSH;
          yield second;
        })();
        const texts: string[] = [];
        for await (const { text, isFinal } of recognizer?.recognizeStream?.(sound, {
          signal,
          sampleRateHz: 8000,
          interimResults: true,
        }) ?? []) {
          expect(isFinal).toBe(true);
          texts.push(text);
        }
        expect(texts).toEqual(['61', '122', '130', '131']);
      },
    ));

  it('refuses what the live model cannot hear', () =>
    withScriptedVendor({ vendor: elevenlabs }, {}, async ({ recognizer }) => {
      const listen = async (wishes: { sampleRateHz: number; modelId?: string }) => {
        const sound = (async function* () {
          yield clip;
        })();
        for await (const _ of recognizer?.recognizeStream?.(sound, {
          signal,
          interimResults: true,
          ...wishes,
        }) ?? []) {
        }
      };
      expect(await errorOf(listen({ sampleRateHz: 11_025 }))).toMatchObject({ kind: 'bad-request' });
      expect(await errorOf(listen({ sampleRateHz: 16_000, modelId: 'scribe_v1' }))).toMatchObject({
        kind: 'bad-request',
      });
    }));
});

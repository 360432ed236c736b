/** Answers have the shapes of the vendor's documentation; none was recorded. */

import type { PcmClip } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import { FLUSH, type SpeechRecognizer, type SynthesisRequest, type TranscriptEvent } from '../provider.ts';
import { sendJson, startHttpVendor, type VendorAnswer } from '../testing/http-vendor.ts';
import { azure } from './azure.ts';
import {
  describeLiveRecognizerVendor,
  describeRecognizerVendor,
  type LiveScript,
  speakScript,
} from './testing/recognizer-vendor.ts';
import { errorOf, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };
const answerWith =
  (body: object): VendorAnswer =>
  (_request, response) =>
    sendJson(response, body);

const phrase = (text: string, offsetMilliseconds: number, speaker: number, confidence: number) => ({
  channel: 0,
  speaker,
  offsetMilliseconds,
  durationMilliseconds: 400,
  text,
  words: [{ text, offsetMilliseconds, durationMilliseconds: 400 }],
  locale: 'en-US',
  confidence,
});
const heard = {
  durationMilliseconds: 1000,
  combinedPhrases: [{ channel: 0, text: 'Hello there.' }],
  phrases: [phrase('Hello', 80, 7, 1), phrase('there.', 500, 2, 0.5)],
};

describeRecognizerVendor('Azure Speech', {
  vendor: azure,
  answer: answerWith(heard),
  expected: {
    text: 'Hello there.',
    language: 'en-US',
    confidence: 0.75,
    words: [
      { text: 'Hello', startMs: 80, endMs: 480, speaker: 0 },
      { text: 'there.', startMs: 500, endMs: 900, speaker: 1 },
    ],
  },
  silence: {
    answer: answerWith({ durationMilliseconds: 1000, combinedPhrases: [], phrases: [] }),
    expected: { text: '' },
  },
  failures: [
    {
      status: 400,
      body: {
        code: 'InvalidRequest',
        message: SECRET_WORDS,
        innerError: { code: 'InvalidAudioFormat', message: SECRET_WORDS },
      },
      kind: 'bad-audio',
    },
    {
      status: 400,
      body: { code: 'InvalidArgument', message: 'The locale is not supported.' },
      kind: 'bad-request',
    },
    { status: 401, body: { error: { code: '401', message: SECRET_WORDS } }, kind: 'auth' },
    { status: 403, body: { error: { code: '403', message: 'Out of call volume quota.' } }, kind: 'payment' },
    { status: 429, body: { error: { code: '429', message: 'Rate quota' } }, kind: 'rate-limited' },
  ],
});

describeRecognizerVendor('Azure Speech, short recordings', {
  vendor: azure,
  modelId: 'short',
  answer: answerWith({
    RecognitionStatus: 'Success',
    Offset: 0,
    Duration: 1,
    NBest: [{ Confidence: 0.9, Lexical: 'hello there', Display: 'Hello there.' }],
  }),
  expected: { text: 'Hello there.', language: 'en-US', confidence: 0.9 },
  silence: {
    answer: answerWith({ RecognitionStatus: 'InitialSilenceTimeout', Offset: 0, Duration: 1 }),
    expected: { text: '', noSpeech: true },
  },
});

describeSynthesizerVendor('Azure Speech', {
  vendor: azure,
  voiceId: 'en-US-JennyNeural',
  sampleRateHz: 24_000,
  answer: (pieces) => async (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/basic' });
    for await (const piece of pieces) response.write(piece);
    response.end();
  },
  failures: [
    { status: 400, body: '', kind: 'bad-request' },
    { status: 415, body: '', kind: 'bad-request' },
    { status: 502, body: '', kind: 'unavailable' },
  ],
});

/** A message with headers, as both sides send them. */
function turnMessage(path: string, body: object): string {
  return `X-RequestId:0\r\nContent-Type:application/json; charset=utf-8\r\nPath:${path}\r\n\r\n${JSON.stringify(body)}`;
}

function readSound(message: string | Uint8Array): { readonly headers: string; readonly sound: Uint8Array } {
  if (typeof message === 'string') throw new Error('expected sound');
  const bytes = Buffer.from(message);
  const end = 2 + bytes.readUInt16BE(0);
  return { headers: bytes.subarray(2, end).toString(), sound: bytes.subarray(end) };
}

const ticks = { Offset: 1_000_000, Duration: 3_000_000 };
const success = (text: string) => ({
  Id: 'p',
  RecognitionStatus: 'Success',
  ...ticks,
  NBest: [{ Confidence: 0.9, Lexical: text, Display: text }],
});

const liveScript: LiveScript = {
  kindOf: (message) => {
    if (typeof message === 'string') return 'other';
    const { headers, sound } = readSound(message);
    if (sound.length > 0) return Buffer.from(sound.subarray(0, 4)).toString() === 'RIFF' ? 'other' : 'sound';
    // In these conversations the first turn is ended by the flush.
    return /X-RequestId: \w{24}00000001\r\n/.test(headers) ? 'flush' : 'end';
  },
  soundOf: (message) => readSound(message).sound,
  greeting: [],
  transcript: (text, isFinal) =>
    isFinal
      ? [turnMessage('speech.phrase', success(text)), turnMessage('turn.end', {})]
      : [
          turnMessage('turn.start', { context: { serviceTag: 't' } }),
          turnMessage('speech.startDetected', { Offset: 0 }),
          turnMessage('speech.hypothesis', { Id: 'h', Text: text, ...ticks }),
        ],
};

describeLiveRecognizerVendor('Azure Speech', {
  vendor: azure,
  script: liveScript,
  failures: [
    { messages: [turnMessage('speech.phrase', { RecognitionStatus: 'Error' })], kind: 'unavailable' },
    {
      messages: [turnMessage('speech.phrase', { RecognitionStatus: 'TooManyRequests' })],
      kind: 'rate-limited',
    },
    { messages: [turnMessage('speech.hypothesis', { text: SECRET_WORDS })], kind: 'protocol' },
    { closeCode: 1007, closeReason: SECRET_WORDS, kind: 'bad-request' },
    { closeCode: 1008, closeReason: SECRET_WORDS, kind: 'auth' },
  ],
});

describe('Azure Speech, live', () => {
  const listen = async (
    recognizer: SpeechRecognizer | undefined,
    sounds: readonly (PcmClip | typeof FLUSH)[],
    wishes: object = {},
  ) => {
    const sound = (async function* () {
      yield* sounds;
    })();
    const events: TranscriptEvent[] = [];
    const options = { signal, sampleRateHz: 16_000, interimResults: true, language: 'en', ...wishes };
    for await (const event of recognizer?.recognizeStream?.(sound, options) ?? []) events.push(event);
    return events;
  };

  it('announces what it sends', () => {
    const received: (string | Uint8Array)[] = [];
    const talk = speakScript(liveScript);
    const onConnection: typeof talk = (connection) =>
      talk({
        ...connection,
        messages: (async function* () {
          for await (const message of connection.messages) {
            received.push(message);
            yield message;
          }
        })(),
      });
    return withScriptedVendor(
      { vendor: azure },
      { socket: { onConnection } },
      async ({ recognizer }, server) => {
        await listen(recognizer, [clip, FLUSH, clip], { keywords: ['Visavox'], language: 'ko' });
        const { request } = server.connections[0] ?? {};
        expect(request?.path).toBe(
          '/stt/speech/recognition/conversation/cognitiveservices/v1?language=ko-KR&format=detailed&profanity=raw',
        );
        expect(request?.headers['ocp-apim-subscription-key']).toBe('secret-key-0123456789');
        const paths = received.map((message) => {
          const text = typeof message === 'string' ? message : readSound(message).headers;
          return /Path: (\S+)/.exec(text)?.[1];
        });
        const turn = ['speech.context', 'audio', 'audio', 'audio'];
        expect(paths).toEqual(['speech.config', ...turn, ...turn]);
        expect(String(received[1])).toContain(
          '{"dgi":{"Groups":[{"Type":"Generic","Items":[{"Text":"Visavox"}]}]}}',
        );
      },
    );
  });

  it('answers a flush after which nothing was heard, and goes on after turns that the vendor ends', () =>
    withScriptedVendor(
      { vendor: azure },
      {
        socket: {
          onConnection: async (connection) => {
            for await (const message of connection.messages) {
              if (typeof message === 'string' || readSound(message).sound.length > 0) continue;
              connection.send(turnMessage('speech.phrase', { RecognitionStatus: 'NoMatch', ...ticks }));
              connection.send(turnMessage('turn.end', {}));
            }
          },
        },
      },
      async ({ recognizer }) => {
        const nothing = { text: '', isFinal: true };
        expect(await listen(recognizer, [clip, FLUSH, FLUSH, clip])).toEqual([nothing, nothing]);
      },
    ));

  it('refuses what it cannot', () =>
    withScriptedVendor({ vendor: azure }, {}, async ({ recognizer }) => {
      for (const wishes of [{ language: undefined }, { diarization: true }]) {
        expect(await errorOf(listen(recognizer, [clip], wishes))).toMatchObject({ kind: 'bad-request' });
      }
    }));
});

describe('Azure Speech', () => {
  const speak = async (request: Partial<SynthesisRequest>) => {
    let sent = { path: '', body: '', headers: {} as Record<string, unknown> };
    const answer: VendorAnswer = (_request, response) => {
      response.end(toneBytes(0.1, 16_000));
    };
    await withScriptedVendor({ vendor: azure }, { answer }, async ({ synthesizer }, server) => {
      for await (const _ of synthesizer?.synthesize(
        { text: 'Hello.', voiceId: 'en-US-JennyNeural', language: 'en', ...request },
        { signal },
      ) ?? []) {
      }
      const [first] = server.requests;
      sent = { path: first?.path ?? '', body: first?.body.toString() ?? '', headers: first?.headers ?? {} };
    });
    return sent;
  };

  it('writes SSML in which the text is nothing but text', async () => {
    const { path, body, headers } = await speak({
      text: 'Tom & "Jerry" 1 < 2\u0000\uD800\u{1F3B5} it\'s',
      speed: 1.25,
      sampleRateHz: 16_000,
    });
    expect(path).toBe('/tts/cognitiveservices/v1');
    expect(headers).toMatchObject({
      'content-type': 'application/ssml+xml',
      'x-microsoft-outputformat': 'raw-16khz-16bit-mono-pcm',
      'ocp-apim-subscription-key': 'secret-key-0123456789',
    });
    expect(body).toMatch(
      /^<speak version="1\.0" xmlns="http:\/\/www\.w3\.org\/2001\/10\/synthesis" xml:lang="en-US"><voice name="en-US-JennyNeural"><prosody rate="1\.25">Tom &amp; &quot;Jerry&quot; 1 &lt; 2 .*it&apos;s<\/prosody><\/voice><\/speak>$/u,
    );
    expect(body).not.toContain('\u0000');
  });

  it('tells voices of many languages which one to speak', async () => {
    const { body } = await speak({ voiceId: 'en-US-AvaMultilingualNeural"/>', language: 'ko' });
    expect(body).toContain('<voice name="en-US-AvaMultilingualNeural&quot;/&gt;">');
    expect(body).toContain('<lang xml:lang="ko-KR">Hello.</lang>');
  });

  it('sends the wishes of a recognition', () =>
    withScriptedVendor({ vendor: azure }, { answer: answerWith(heard) }, async ({ recognizer }, server) => {
      await recognizer?.recognize(clip, {
        signal,
        language: 'ko',
        keywords: ['Visavox'],
        diarization: true,
        speakersExpected: 3,
        profanityFilter: true,
      });
      await recognizer?.recognize(clip, { signal });
      const [first, second] = server.requests.map(({ path, body }) => {
        const definition = /name="definition"\r\n\r\n([^\r]*)\r\n/.exec(body.toString('latin1'))?.[1] ?? '';
        return { path, definition: JSON.parse(definition) };
      });
      expect(first).toEqual({
        path: '/speechtotext/transcriptions:transcribe?api-version=2025-10-15',
        definition: {
          locales: ['ko-KR'],
          profanityFilterMode: 'Masked',
          diarization: { enabled: true, maxSpeakers: 3 },
          phraseList: { phrases: ['Visavox'] },
        },
      });
      expect(second?.definition).toEqual({ profanityFilterMode: 'None' });
    }));

  it.each([
    ['en', 'en-US'],
    ['en-GB', 'en-GB'],
    ['ko', 'ko-KR'],
    ['pt', 'pt-BR'],
    ['zh-Hant-TW', 'zh-TW'],
    ['es-419', 'es-419'],
    ['no', 'nb-NO'],
    ['ar', 'ar-SA'],
    ['tl', 'fil-PH'],
  ])('asks for %s as %s', (language, locale) =>
    withScriptedVendor(
      { vendor: azure },
      { answer: answerWith({ RecognitionStatus: 'NoMatch' }) },
      async ({ recognizer }, server) => {
        await recognizer?.recognize(clip, { signal, language, modelId: 'short' });
        const { pathname, searchParams } = new URL(server.requests[0]?.path ?? '', 'http://x');
        expect(pathname).toBe('/stt/speech/recognition/conversation/cognitiveservices/v1');
        expect(Object.fromEntries(searchParams)).toEqual({
          language: locale,
          format: 'detailed',
          profanity: 'raw',
        });
      },
    ),
  );

  it('gives short recordings only what they can', () =>
    withScriptedVendor({ vendor: azure }, {}, async ({ recognizer }) => {
      const recognize = (wishes: object, sound = clip) =>
        errorOf(recognizer?.recognize(sound, { signal, modelId: 'short', ...wishes }) ?? Promise.resolve());
      expect(await recognize({})).toMatchObject({ kind: 'bad-request' });
      expect(await recognize({ language: 'en', keywords: ['a'] })).toMatchObject({ kind: 'bad-request' });
      const long = { samples: new Int16Array(61 * 8000), sampleRateHz: 8000 };
      expect(await recognize({ language: 'en' }, long)).toMatchObject({ kind: 'bad-request' });
    }));

  it('finds its hosts by region, from the setting or in the key', async () => {
    const server = await startHttpVendor(answerWith([]));
    const asked: { url: string; key: string | null }[] = [];
    const seen: typeof fetch = async (input, init) => {
      asked.push({ url: String(input), key: new Headers(init?.headers).get('ocp-apim-subscription-key') });
      return await fetch(server.origin, { signal: init?.signal ?? null });
    };
    try {
      const list = async (options: { apiKey: string; region?: string }) => {
        const provider = azure.open({ ...options, fetch: seen });
        await provider.synthesizer?.fetchVoices?.({ signal }).finally(() => provider.close());
      };
      await list({ apiKey: 'k1', region: 'koreacentral' });
      await list({ apiKey: 'westeurope/k2', region: 'koreacentral' });
      expect(asked).toEqual([
        { url: 'https://koreacentral.tts.speech.microsoft.com/cognitiveservices/voices/list', key: 'k1' },
        { url: 'https://westeurope.tts.speech.microsoft.com/cognitiveservices/voices/list', key: 'k2' },
      ]);
      expect(await errorOf(list({ apiKey: 'k3' }))).toMatchObject({ kind: 'auth' });
      expect(await errorOf(list({ apiKey: 'k3', region: 'evil.example/' }))).toMatchObject({ kind: 'auth' });
      expect(asked).toHaveLength(2);
    } finally {
      await server.close();
    }
  });

  it('lists the voices of the region', () => {
    const answer = answerWith([
      {
        Name: 'x',
        ShortName: 'en-US-AvaMultilingualNeural',
        DisplayName: 'Ava Multilingual',
        Gender: 'Female',
        Locale: 'en-US',
        SecondaryLocaleList: ['ko-KR', 'en-US'],
      },
      { ShortName: 'en-US-BlueNeural', Gender: 'Neutral', Locale: 'en-US' },
    ]);
    return withScriptedVendor({ vendor: azure }, { answer }, async ({ synthesizer }) => {
      expect(await synthesizer?.fetchVoices?.({ signal })).toEqual([
        {
          id: 'en-US-AvaMultilingualNeural',
          displayName: 'Ava Multilingual (Azure)',
          languages: ['en-US', 'ko-KR'],
          gender: 'female',
        },
        { id: 'en-US-BlueNeural', displayName: 'en-US-BlueNeural (Azure)', languages: ['en-US'] },
      ]);
    });
  });
});

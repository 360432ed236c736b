/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { FLUSH, type RecognitionOptions, type TranscriptEvent } from '../provider.ts';
import { sendJson, type VendorAnswer, type VendorConnection } from '../testing/http-vendor.ts';
import { openai } from './openai.ts';
import { describeLiveRecognizerVendor, describeRecognizerVendor } from './testing/recognizer-vendor.ts';
import { cutOddly, errorOf, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };
const say =
  (body: object): VendorAnswer =>
  (_request, response) =>
    sendJson(response, body);

const failures = [
  {
    status: 429,
    body: { error: { message: SECRET_WORDS, type: 'insufficient_quota', code: 'insufficient_quota' } },
    kind: 'payment',
  },
  {
    status: 400,
    body: {
      error: {
        message: 'Audio file might be corrupted or unsupported',
        type: 'invalid_request_error',
        param: 'file',
        code: 'invalid_value',
      },
    },
    kind: 'bad-audio',
  },
  {
    status: 404,
    body: { error: { message: SECRET_WORDS, type: 'invalid_request_error', code: 'model_not_found' } },
    kind: 'bad-request',
  },
] as const;

describeRecognizerVendor('OpenAI', {
  vendor: openai,
  answer: say({ text: ' Hello there. ', logprobs: [{ token: 'Hello', logprob: 0, bytes: [] }] }),
  expected: { text: 'Hello there.', language: 'en', confidence: 1 },
  silence: { answer: say({ text: '' }), expected: { text: '', language: 'en' } },
  failures,
});

describeRecognizerVendor('OpenAI Whisper', {
  vendor: openai,
  modelId: 'whisper-1',
  answer: say({
    task: 'transcribe',
    language: 'english',
    duration: 1,
    text: 'Hello there.',
    words: [
      { word: 'Hello', start: 0.08, end: 0.4 },
      { word: 'there', start: 0.4, end: 0.9 },
    ],
    segments: [{ id: 0, start: 0, end: 1, text: 'Hello there.', avg_logprob: 0, no_speech_prob: 0.01 }],
  }),
  expected: {
    text: 'Hello there.',
    language: 'en',
    confidence: 1,
    words: [
      { text: 'Hello', startMs: 80, endMs: 400 },
      { text: 'there', startMs: 400, endMs: 900 },
    ],
  },
  failures,
});

describeSynthesizerVendor('OpenAI', {
  vendor: openai,
  voiceId: 'alloy',
  modelId: 'gpt-4o-mini-tts',
  sampleRateHz: 24_000,
  answer: (pieces) => async (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    for await (const piece of pieces) response.write(piece);
    response.end();
  },
});

const draft = (id: string, delta: string) => ({
  type: 'conversation.item.input_audio_transcription.delta',
  item_id: id,
  content_index: 0,
  delta,
});
const committed = (id: string) => ({ type: 'input_audio_buffer.committed', item_id: id });
const completed = (id: string, transcript: string) => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: id,
  content_index: 0,
  transcript,
});
const nothingToCommit = {
  type: 'error',
  error: { type: 'invalid_request_error', code: 'input_audio_buffer_commit_empty', message: SECRET_WORDS },
};

const typeOf = (message: string | Uint8Array): { type?: string; event_id?: string; audio?: string } =>
  typeof message === 'string' ? JSON.parse(message) : {};

const kindOf = (message: string | Uint8Array) => {
  const { type, event_id: id } = typeOf(message);
  if (type === 'input_audio_buffer.append') return 'sound';
  if (type !== 'input_audio_buffer.commit') return 'other';
  return id === 'flush' ? 'flush' : 'end';
};

describeLiveRecognizerVendor('OpenAI', {
  vendor: openai,
  modelId: 'gpt-live-transcribe',
  sampleRateHz: 24_000,
  script: {
    kindOf,
    soundOf: (message) => Buffer.from(typeOf(message).audio ?? '', 'base64'),
    greeting: [{ type: 'session.created', session: { type: 'transcription' } }],
    transcript: (text, isFinal) => {
      const id = text.startsWith('hello') ? 'first' : 'second';
      return isFinal
        ? [committed(id), { type: 'conversation.item.added' }, completed(id, text)]
        : [draft(id, text)];
    },
  },
  failures: [
    {
      messages: [
        {
          type: 'error',
          error: { type: 'invalid_request_error', code: 'invalid_value', message: SECRET_WORDS },
        },
      ],
      kind: 'bad-request',
    },
    {
      messages: [{ type: 'error', error: { type: 'x', code: 'insufficient_quota', message: SECRET_WORDS } }],
      kind: 'payment',
    },
    {
      messages: [{ type: 'error', error: { type: 'x', code: 'rate_limit_exceeded', message: SECRET_WORDS } }],
      kind: 'rate-limited',
    },
    {
      messages: [{ type: 'error', error: { type: 'server_error', message: SECRET_WORDS } }],
      kind: 'unavailable',
    },
    {
      messages: [
        {
          type: 'conversation.item.input_audio_transcription.failed',
          item_id: 'item-0',
          error: { type: 'transcription_error', code: 'audio_unintelligible', message: SECRET_WORDS },
        },
      ],
      kind: 'unavailable',
    },
  ],
});

/** One answer of the vendor for each message of the client that says or commits something. */
async function converse(
  answers: readonly (readonly object[])[],
  sound: readonly ('clip' | 'flush')[],
  options: Partial<RecognitionOptions> = {},
): Promise<{ readonly events: readonly TranscriptEvent[]; readonly session: object; readonly path: string }> {
  let session = {};
  let path = '';
  const events: TranscriptEvent[] = [];
  const onConnection = async (connection: VendorConnection) => {
    path = connection.request.path;
    const left = [...answers];
    for await (const message of connection.messages) {
      if (kindOf(message) === 'other') session = typeOf(message);
      else for (const answer of left.shift() ?? []) connection.send(answer);
    }
  };
  await withScriptedVendor({ vendor: openai }, { socket: { onConnection } }, async ({ recognizer }) => {
    const clips = (async function* () {
      for (const item of sound) yield item === 'clip' ? clip : FLUSH;
    })();
    for await (const event of recognizer?.recognizeStream?.(clips, {
      signal,
      sampleRateHz: 16_000,
      interimResults: true,
      ...options,
    }) ?? []) {
      events.push(event);
    }
  });
  return { events, session, path };
}

describe('OpenAI, live', () => {
  it('asks for a transcription at the one rate that sessions take', async () => {
    const { session, path } = await converse([[], [nothingToCommit]], ['clip'], { language: 'ko-KR' });
    expect(path).toBe('/realtime?intent=transcription');
    expect(session).toEqual({
      type: 'session.update',
      session: {
        type: 'transcription',
        audio: {
          input: {
            format: { type: 'audio/pcm', rate: 24_000 },
            transcription: { model: 'gpt-live-transcribe', languages: ['ko'] },
            turn_detection: null,
          },
        },
      },
    });
  });

  it('leaves the turns to the vendor with models that can tell them, and gives hints', async () => {
    const { session } = await converse([[], [nothingToCommit]], ['clip'], {
      modelId: 'gpt-4o-mini-transcribe',
      language: 'de',
      keywords: ['Visavox', 'Speko'],
    });
    expect(session).toMatchObject({
      session: {
        audio: {
          input: {
            transcription: { model: 'gpt-4o-mini-transcribe', language: 'de', prompt: 'Visavox, Speko' },
            turn_detection: { type: 'server_vad' },
          },
        },
      },
    });
  });

  it('adds up drafts, and tells turns in their order, whichever is done first', async () => {
    const { events } = await converse(
      [
        [draft('a', 'Hel'), draft('a', 'lo')],
        [committed('a')],
        [draft('b', 'you')],
        [committed('b'), completed('b', 'How are you?'), completed('a', 'Hello.')],
      ],
      ['clip', 'flush', 'clip'],
    );
    expect(events).toEqual([
      { text: 'Hel', isFinal: false },
      { text: 'Hello', isFinal: false },
      { text: 'Hello.', isFinal: true },
      { text: 'How are you?', isFinal: true },
    ]);
  });

  it('answers a flush after which nothing was heard', async () => {
    const { events } = await converse([[nothingToCommit], [nothingToCommit]], ['flush']);
    expect(events).toEqual([{ text: '', isFinal: true }]);
  });

  it('tells turns that the vendor ended, and is not confused by them', async () => {
    const { events } = await converse(
      [
        [
          { type: 'input_audio_buffer.speech_started', item_id: 'a' },
          { type: 'input_audio_buffer.speech_stopped', item_id: 'a' },
          committed('a'),
        ],
        // The flush finds the turn ended already.
        [nothingToCommit, completed('a', '')],
        [committed('b'), completed('b', 'Bye.')],
      ],
      ['clip', 'flush'],
      { modelId: 'gpt-4o-transcribe' },
    );
    expect(events).toEqual([
      { text: '', isFinal: true },
      { text: 'Bye.', isFinal: true },
    ]);
  });

  it('lets a live model hear a clip', () =>
    withScriptedVendor(
      { vendor: openai },
      {
        socket: {
          onConnection: async (connection) => {
            for await (const message of connection.messages) {
              if (kindOf(message) !== 'end') continue;
              for (const answer of [committed('a'), completed('a', 'One two.')]) connection.send(answer);
            }
          },
        },
      },
      async ({ recognizer }) => {
        const options = { signal, modelId: 'gpt-live-transcribe', language: 'en' };
        expect(await recognizer?.recognize(clip, options)).toEqual({ text: 'One two.', language: 'en' });
      },
    ));
});

describe('OpenAI', () => {
  const fieldsOf = (body: Buffer | undefined) =>
    [
      ...(body?.toString('latin1') ?? '').matchAll(
        /name="([^"]+)"(?:; filename="([^"]+)")?[^\r]*\r\n(?:content-type: ([^\r]+)\r\n)?\r\n([^\r]*)/gi,
      ),
    ].map(([, name, file, type, value]) => (file === undefined ? [name, value] : [name, file, type]));

  it('passes recordings on in their container, with hints as the model takes them', () =>
    withScriptedVendor({ vendor: openai }, { answer: say({ text: 'x' }) }, async ({ recognizer }, server) => {
      const wishes = { signal, language: 'ko-KR', keywords: ['Visavox', 'Speko'], prompt: 'A call.' };
      const file = { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/webm;codecs=opus' };
      await recognizer?.recognize(clip, { ...wishes, file });
      await recognizer?.recognize(clip, { ...wishes, modelId: 'whisper-1' });
      await recognizer?.recognize(clip, { ...wishes, modelId: 'gpt-transcribe' });
      const [first, second, third] = server.requests.map(({ body }) => fieldsOf(body));
      expect(first).toEqual([
        ['file', 'speech.webm', 'audio/webm;codecs=opus'],
        ['model', 'gpt-4o-mini-transcribe'],
        ['response_format', 'json'],
        ['include[]', 'logprobs'],
        ['language', 'ko'],
        ['prompt', 'Visavox, Speko. A call.'],
      ]);
      expect(second).toEqual([
        ['file', 'speech.wav', 'audio/wav'],
        ['model', 'whisper-1'],
        ['response_format', 'verbose_json'],
        ['timestamp_granularities[]', 'word'],
        ['timestamp_granularities[]', 'segment'],
        ['language', 'ko'],
        ['prompt', 'Visavox, Speko. A call.'],
      ]);
      expect(third?.slice(2)).toEqual([
        ['response_format', 'json'],
        ['languages[]', 'ko'],
        ['keywords[]', 'Visavox'],
        ['keywords[]', 'Speko'],
        ['prompt', 'A call.'],
      ]);
    }));

  it('sends a container that the vendor does not take as WAV', () =>
    withScriptedVendor({ vendor: openai }, { answer: say({ text: 'x' }) }, async ({ recognizer }, server) => {
      const file = { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/amr' };
      await recognizer?.recognize(clip, { signal, file });
      expect(fieldsOf(server.requests[0]?.body)[0]).toEqual(['file', 'speech.wav', 'audio/wav']);
    }));

  it('tells the language that was heard', () =>
    withScriptedVendor(
      { vendor: openai },
      { answer: say({ text: 'x', language: 'korean' }) },
      async ({ recognizer }) => {
        expect(await recognizer?.recognize(clip, { signal, modelId: 'whisper-1' })).toEqual({
          text: 'x',
          language: 'ko',
        });
      },
    ));

  it('speaks in the style and at the pace that are asked for, where the model can', () => {
    const answer: VendorAnswer = async (_request, response) => {
      for await (const piece of cutOddly(toneBytes(0.1, 24_000))) response.write(piece);
      response.end();
    };
    return withScriptedVendor({ vendor: openai }, { answer }, async ({ synthesizer }, server) => {
      const request = {
        text: '**Hi**',
        voiceId: 'marin',
        language: 'en',
        speed: 1.5,
        instructions: 'Whisper.',
      };
      for (const modelId of [undefined, 'tts-1']) {
        const speech = synthesizer?.synthesize(
          { ...request, ...(modelId === undefined ? {} : { modelId }) },
          { signal },
        );
        for await (const chunk of speech ?? []) expect(chunk.sampleRateHz).toBe(24_000);
      }
      expect(server.requests.map(({ body }) => JSON.parse(body.toString()))).toEqual([
        {
          model: 'gpt-4o-mini-tts',
          voice: 'marin',
          input: 'Hi',
          response_format: 'pcm',
          speed: 1.5,
          instructions: 'Whisper.',
        },
        { model: 'tts-1', voice: 'marin', input: 'Hi', response_format: 'pcm', speed: 1.5 },
      ]);
    });
  });

  it('keeps nothing at the vendor when it has to use the newer interface', () =>
    withScriptedVendor({ vendor: openai }, { answer: () => {}, timeoutMs: 50 }, async (provider, server) => {
      const model = provider.languageModels?.get('gpt-5-pro');
      const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
      await errorOf(Promise.resolve(model?.doStream({ prompt })));
      expect(server.requests[0]?.path).toBe('/responses');
      expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject({ store: false });
    }));
});

/**
 * What every vendor's recogniser must do, against a server that answers in the vendor's format.
 *
 *   describeRecognizerVendor('Deepgram', { vendor: deepgram, answer, expected: { text: 'Hello there.' }, failures });
 *   describeLiveRecognizerVendor('Deepgram', { vendor: deepgram, script, failures: [...] });
 *
 * `answer` is the vendor on a good day: it says `expected` about any recording. `script` is how its socket speaks.
 */
import type { PcmClip } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import {
  FLUSH,
  type ProviderErrorKind,
  type RecognitionOptions,
  type SpeechRecognizer,
  type Transcript,
  type TranscriptEvent,
} from '../../provider.ts';
import type { SocketScript, VendorAnswer, VendorConnection } from '../../testing/http-vendor.ts';
import { describeRecognizer } from '../../testing/recognizer-conformance.ts';
import {
  errorOf,
  expectKeyHidden,
  expectQuiet,
  type FailureCase,
  failWith,
  openScripted,
  SECRET_WORDS,
  USUAL_FAILURES,
  type VendorCase,
  withScriptedVendor,
} from './scripted-vendor.ts';

export interface RecognizerVendorCase extends VendorCase {
  readonly modelId?: string;
  /** Default `en`. */
  readonly language?: string;
  readonly answer: VendorAnswer;
  readonly expected: Transcript;
  /** Answers about a recording without speech. */
  readonly silence?: { readonly answer: VendorAnswer; readonly expected: Transcript };
  /** Errors that the vendor names in its own words. */
  readonly failures?: readonly FailureCase[];
}

const clip: PcmClip = {
  samples: Int16Array.from({ length: 16_000 }, (_, at) => Math.round(8000 * Math.sin(at / 10))),
  sampleRateHz: 16_000,
};
const never = new AbortController().signal;

export function describeRecognizerVendor(name: string, options: RecognizerVendorCase): void {
  const { answer, expected, language = 'en', modelId } = options;
  const wishes = { language, ...(modelId === undefined ? {} : { modelId }) };
  const recognize = (recognizer: SpeechRecognizer | undefined, signal = never): Promise<Transcript> => {
    if (recognizer === undefined) throw new Error('expected a recognizer');
    return recognizer.recognize(clip, { ...wishes, signal });
  };

  describeRecognizer(name, {
    create: async () => {
      const provider = await openScripted(options, { answer });
      const { recognizer } = provider;
      if (recognizer === undefined) throw new Error('expected a recognizer');
      const withModel: SpeechRecognizer = {
        ...recognizer,
        recognize: (sound: PcmClip, given: RecognitionOptions) =>
          recognizer.recognize(sound, { ...wishes, ...given }),
      };
      return { ...provider, recognizer: withModel };
    },
    language,
    speech: async () => clip,
    expected: new RegExp(`^${escapeRegExp(expected.text)}$`),
  });

  describe(`${name} as a vendor of recognition`, () => {
    it('gives everything that the answer says, with the key out of sight', () =>
      withScriptedVendor(options, { answer }, async ({ recognizer }, server) => {
        expect(await recognize(recognizer)).toEqual(expected);
        expectKeyHidden(server);
      }));

    it('lists its models with their languages', () =>
      withScriptedVendor(options, { answer }, async ({ recognizer }) => {
        const models = recognizer?.models ?? [];
        expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
        for (const { languages } of models) expect(languages.length).toBeGreaterThan(0);
        for (const { languages } of models) {
          for (const tag of languages) {
            expect(recognizer?.languages.includes('*') || recognizer?.languages.includes(tag)).toBe(true);
          }
        }
      }));

    const { silence } = options;
    it.runIf(silence !== undefined)('tells when nothing was said', () =>
      withScriptedVendor(options, { answer: silence?.answer ?? answer }, async ({ recognizer }) => {
        expect(await recognize(recognizer)).toEqual(silence?.expected);
      }),
    );

    it.each([...USUAL_FAILURES, ...(options.failures ?? [])])('takes $status for $kind: $body', (failure) =>
      withScriptedVendor(options, { answer: failWith(failure) }, async ({ recognizer }) => {
        const error = await errorOf(recognize(recognizer));
        expect(error).toMatchObject({ kind: failure.kind, status: failure.status });
        if (failure.headers?.['retry-after'] !== undefined) {
          expect(error).toMatchObject({ retryAfterMs: 1000 * Number(failure.headers['retry-after']) });
        }
        expectQuiet(error);
      }),
    );

    it.each([
      ['a page of HTML', `<html>${SECRET_WORDS}</html>`],
      ['JSON of another shape', { surprise: SECRET_WORDS }],
      ['JSON that is no object', [1, 2, 3]],
    ])('takes %s for a breach of protocol', (_, body) =>
      withScriptedVendor(options, { answer: failWith({ status: 200, body }) }, async ({ recognizer }) => {
        const error = await errorOf(recognize(recognizer));
        expect(error).toMatchObject({ kind: 'protocol' });
        expectQuiet(error);
      }),
    );

    it('gives up a vendor that never answers', () =>
      withScriptedVendor(options, { answer: () => {}, timeoutMs: 50 }, async ({ recognizer }) => {
        expect(await errorOf(recognize(recognizer))).toMatchObject({ kind: 'timeout' });
      }));

    it('takes an answer that breaks off for unavailable', () => {
      const cut: VendorAnswer = async (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        await new Promise<void>((resolve) => response.write('{"text"', () => resolve()));
        response.destroy();
      };
      return withScriptedVendor(options, { answer: cut }, async ({ recognizer }) => {
        expect(await errorOf(recognize(recognizer))).toMatchObject({ kind: 'unavailable' });
      });
    });

    it('rejects with the reason when aborted in the middle of the answer', () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const hang: VendorAnswer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"text"', () => setImmediate(() => controller.abort(reason)));
      };
      return withScriptedVendor(options, { answer: hang }, async ({ recognizer }) => {
        expect(await errorOf(recognize(recognizer, controller.signal))).toBe(reason);
      });
    });
  });
}

/**
 * How a vendor's socket speaks. It hears `hello` in the first sound, `hello there` at the flush, `good` in the sound
 * after it, and `goodbye` at the end.
 */
export interface LiveScript {
  /** Default: binary messages are sound, all others nothing. */
  readonly kindOf: (message: string | Uint8Array) => 'sound' | 'flush' | 'end' | 'other';
  /** The PCM16 in a message of sound. Default: the message itself. */
  readonly soundOf?: (message: string | Uint8Array) => Uint8Array;
  readonly greeting?: readonly object[];
  readonly transcript: (
    text: string,
    isFinal: boolean,
    cause: 'sound' | 'flush' | 'end',
  ) => readonly (object | string)[];
  readonly farewell?: readonly object[];
  /** Default 1000. */
  readonly closeCode?: number;
}

export interface LiveVendorCase extends VendorCase {
  readonly modelId?: string;
  readonly language?: string;
  readonly script: LiveScript;
  /** Of the sound, for vendors that take only one rate. Default 16 000. */
  readonly sampleRateHz?: number;
  /** Ways in which the vendor ends a conversation after the first sound. */
  readonly failures?: readonly LiveFailure[];
}

export interface LiveFailure {
  readonly messages?: readonly (object | string)[];
  readonly closeCode?: number;
  readonly closeReason?: string;
  readonly kind: ProviderErrorKind;
}

const RATE_HZ = 16_000;

/** The whole conversation as the vendor leads it. */
export function speakScript(script: LiveScript, heard: Uint8Array[] = []): SocketScript['onConnection'] {
  return async (connection) => {
    for (const message of script.greeting ?? []) connection.send(message);
    let sounds = 0;
    const say = (...args: Parameters<LiveScript['transcript']>) => {
      for (const message of script.transcript(...args)) connection.send(message);
    };
    for await (const message of connection.messages) {
      const kind = script.kindOf(message);
      if (kind === 'sound') {
        heard.push(soundOf(script, message));
        if (sounds === 0) say('hello', false, 'sound');
        if (sounds === -1) say('good', false, 'sound');
        sounds++;
      }
      if (kind === 'flush') {
        say('hello there', true, 'flush');
        sounds = -1;
      }
      if (kind === 'end') {
        say('goodbye', true, 'end');
        for (const last of script.farewell ?? []) connection.send(last);
        connection.close(script.closeCode ?? 1000);
      }
    }
  };
}

function soundOf(script: LiveScript, message: string | Uint8Array): Uint8Array {
  if (script.soundOf) return script.soundOf(message);
  if (typeof message === 'string') throw new Error('expected sound as bytes');
  return message;
}

export function describeLiveRecognizerVendor(name: string, options: LiveVendorCase): void {
  const { script, modelId, language = 'en', sampleRateHz = RATE_HZ } = options;
  const shortClip: PcmClip = { samples: clip.samples.slice(0, sampleRateHz / 10), sampleRateHz };
  const createMicrophone = () => createMicrophoneWith(shortClip);

  function listen(
    recognizer: SpeechRecognizer | undefined,
    sound: AsyncIterable<PcmClip | typeof FLUSH>,
    { signal = never, interimResults = true } = {},
  ): AsyncIterable<TranscriptEvent> {
    if (recognizer?.recognizeStream === undefined) throw new Error('expected a recognizer of streams');
    return recognizer.recognizeStream(sound, {
      signal,
      interimResults,
      sampleRateHz,
      language,
      ...(modelId === undefined ? {} : { modelId }),
    });
  }

  const wholeConversation = () => speakOf([shortClip, shortClip, FLUSH, shortClip]);
  const good: SocketScript = { onConnection: speakScript(script) };
  /** Greets, and does this after the first sound. */
  const afterSound = (act: (connection: VendorConnection) => void): SocketScript => ({
    onConnection: async (connection) => {
      for (const message of script.greeting ?? []) connection.send(message);
      for await (const message of connection.messages) if (script.kindOf(message) === 'sound') break;
      act(connection);
    },
  });

  describe(`${name} as a vendor of live recognition`, () => {
    it('says what was heard, in order, and ends by itself', () => {
      const heard: Uint8Array[] = [];
      return withScriptedVendor(
        options,
        { socket: { onConnection: speakScript(script, heard) } },
        async ({ recognizer }, server) => {
          const events = await collect(listen(recognizer, wholeConversation()));
          expect(events.map(({ text, isFinal }) => [text, isFinal])).toEqual([
            ['hello', false],
            ['hello there', true],
            ['good', false],
            ['goodbye', true],
          ]);
          const sent = Buffer.from(shortClip.samples.buffer);
          expect(Buffer.concat(heard).equals(Buffer.concat([sent, sent, sent]))).toBe(true);
          expectKeyHidden(server);
        },
      );
    });

    it('says only what is final when nothing else is wanted', () =>
      withScriptedVendor(options, { socket: good }, async ({ recognizer }) => {
        const events = await collect(listen(recognizer, wholeConversation(), { interimResults: false }));
        expect(events.map(({ text }) => text)).toEqual(['hello there', 'goodbye']);
      }));

    it('serves several conversations at once', () =>
      withScriptedVendor(options, { socket: good }, async ({ recognizer }) => {
        const both = await Promise.all([1, 2].map(() => collect(listen(recognizer, wholeConversation()))));
        for (const events of both) expect(events.at(-1)).toMatchObject({ text: 'goodbye', isFinal: true });
      }));

    it('hangs up when its reader leaves', () =>
      withScriptedVendor(options, { socket: good }, async ({ recognizer }, server) => {
        const microphone = createMicrophone();
        for await (const event of listen(recognizer, microphone.sound)) {
          expect(event.text).toBe('hello');
          break;
        }
        await server.connections[0]?.closed;
        await microphone.left;
      }));

    it('rejects with the reason when aborted midway, and hangs up', () =>
      withScriptedVendor(options, { socket: good }, async ({ recognizer }, server) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const microphone = createMicrophone();
        const failed = errorOf(
          collect(listen(recognizer, microphone.sound, { signal: controller.signal }), () =>
            controller.abort(reason),
          ),
        );
        expect(await failed).toBe(reason);
        await server.connections[0]?.closed;
        await microphone.left;
      }));

    it('rejects with the reason when aborted before it starts', () =>
      withScriptedVendor(options, { socket: good }, async ({ recognizer }, server) => {
        const reason = new Error('never mind');
        const events = listen(recognizer, wholeConversation(), { signal: AbortSignal.abort(reason) });
        expect(await errorOf(collect(events))).toBe(reason);
        expect(server.connections).toHaveLength(0);
      }));

    it('ends with the error of its sound', () =>
      withScriptedVendor(options, { socket: good }, async ({ recognizer }) => {
        const reason = new Error('the microphone broke');
        const events = listen(recognizer, speakOf([shortClip], reason));
        expect(await errorOf(collect(events))).toBe(reason);
      }));

    it.each([
      ['breaks off', (connection: VendorConnection) => connection.terminate()],
      ['ends before the sound does', (connection: VendorConnection) => connection.close(1000)],
      ['fails', (connection: VendorConnection) => connection.close(1011, SECRET_WORDS)],
    ])('takes a vendor that %s for unavailable', (_, act) =>
      withScriptedVendor(options, { socket: afterSound(act) }, async ({ recognizer }) => {
        const error = await errorOf(collect(listen(recognizer, createMicrophone().sound)));
        expect(error).toMatchObject({ kind: 'unavailable' });
        expectQuiet(error);
      }),
    );

    it('gives up a vendor that says nothing after the end', () =>
      withScriptedVendor(
        options,
        { socket: afterSound(() => {}), timeoutMs: 100 },
        async ({ recognizer }) => {
          const error = await errorOf(collect(listen(recognizer, wholeConversation())));
          expect(error).toMatchObject({ kind: 'timeout' });
        },
      ));

    it.each([
      ['text', `<html>${SECRET_WORDS}`],
      ['a JSON number', '7'],
    ])('takes %s for a breach of protocol', (_, garbage) =>
      withScriptedVendor(
        options,
        { socket: afterSound((connection) => connection.send(garbage)) },
        async ({ recognizer }) => {
          const error = await errorOf(collect(listen(recognizer, createMicrophone().sound)));
          expect(error).toMatchObject({ kind: 'protocol' });
          expectQuiet(error);
        },
      ),
    );

    it.each([
      [401, 'auth'],
      [402, 'payment'],
      [429, 'rate-limited'],
      [503, 'unavailable'],
    ] as const)('takes %i in place of a connection for %s', (status, kind) =>
      withScriptedVendor(
        options,
        { socket: { ...good, refuse: () => ({ status, headers: { 'retry-after': '7' } }) } },
        async ({ recognizer }) => {
          const error = await errorOf(collect(listen(recognizer, wholeConversation())));
          expect(error).toMatchObject({ kind, status, retryAfterMs: 7000 });
          expectQuiet(error);
        },
      ),
    );

    it.each(options.failures ?? [])('takes $messages, $closeCode $closeReason for $kind', (failure) =>
      withScriptedVendor(
        options,
        {
          socket: afterSound((connection) => {
            for (const message of failure.messages ?? []) connection.send(message);
            if (failure.closeCode !== undefined) connection.close(failure.closeCode, failure.closeReason);
          }),
        },
        async ({ recognizer }) => {
          const error = await errorOf(collect(listen(recognizer, createMicrophone().sound)));
          expect(error).toMatchObject({ kind: failure.kind });
          expectQuiet(error);
        },
      ),
    );

    it('fails conversations under way when it is closed, and later ones', () =>
      withScriptedVendor(options, { socket: good }, async (provider, server) => {
        const { recognizer } = provider;
        const running = errorOf(
          collect(listen(recognizer, createMicrophone().sound), () => void provider.close()),
        );
        expect(await running).toMatchObject({ kind: 'unavailable' });
        await server.connections[0]?.closed;
        const later = errorOf(collect(listen(recognizer, wholeConversation())));
        expect(await later).toMatchObject({ kind: 'unavailable' });
      }));
  });
}

async function* speakOf(
  clips: readonly (PcmClip | typeof FLUSH)[],
  error?: Error,
): AsyncGenerator<PcmClip | typeof FLUSH> {
  yield* clips;
  if (error) throw error;
}

/** One clip, then silence until the reader leaves. */
function createMicrophoneWith(shortClip: PcmClip): {
  readonly sound: AsyncIterable<PcmClip>;
  readonly left: Promise<void>;
} {
  const left = Promise.withResolvers<void>();
  let given = 0;
  const iterator: AsyncIterator<PcmClip> = {
    next: async () => {
      if (given++ < 5) return { done: false, value: shortClip };
      await left.promise;
      return { done: true, value: undefined };
    },
    return: async () => {
      left.resolve();
      return { done: true, value: undefined };
    },
  };
  return { sound: { [Symbol.asyncIterator]: () => iterator }, left: left.promise };
}

async function collect(
  events: AsyncIterable<TranscriptEvent>,
  onFirst?: () => void,
): Promise<TranscriptEvent[]> {
  const collected: TranscriptEvent[] = [];
  for await (const event of events) {
    collected.push(event);
    if (collected.length === 1) onFirst?.();
  }
  return collected;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

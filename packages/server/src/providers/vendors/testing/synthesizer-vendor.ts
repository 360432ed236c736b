/**
 * What every vendor's synthesizer must do, against a server that answers in the vendor's format.
 *
 *   describeSynthesizerVendor('Deepgram', {
 *     vendor: deepgram, voiceId: 'aura-2-thalia-en', sampleRateHz: 24_000,
 *     answer: (pieces) => async (_request, response) => { for await (const piece of pieces) response.write(piece); response.end(); },
 *   });
 *
 * `answer` or `socket` wraps the given pieces of PCM16 as the vendor does; when the pieces throw, the connection breaks.
 */
import { describe, expect, it } from 'vitest';
import type { SpeechChunk, SpeechSynthesizer, SynthesisRequest } from '../../provider.ts';
import type { SocketScript, VendorAnswer } from '../../testing/http-vendor.ts';
import { describeSynthesizer } from '../../testing/synthesizer-conformance.ts';
import {
  cutOddly,
  errorOf,
  expectKeyHidden,
  expectQuiet,
  type FailureCase,
  failWith,
  openScripted,
  type ScriptedServer,
  SECRET_WORDS,
  toneBytes,
  USUAL_FAILURES,
  type VendorCase,
  withScriptedVendor,
} from './scripted-vendor.ts';

export interface SynthesizerVendorCase extends VendorCase {
  readonly voiceId: string;
  readonly modelId?: string;
  /** Default `en`. */
  readonly language?: string;
  /** Of the sound that the vendor sends when the request asks for no rate. */
  readonly sampleRateHz: number;
  readonly answer?: (pieces: AsyncIterable<Buffer>) => VendorAnswer;
  readonly socket?: (pieces: AsyncIterable<Buffer>) => SocketScript['onConnection'];
  /** False for a vendor whose answer comes as a whole: one that breaks off gives nothing. Default true. */
  readonly streams?: boolean;
  /** Errors that the vendor names in its own words, over HTTP. */
  readonly failures?: readonly FailureCase[];
}

const never = new AbortController().signal;
const TEXT = `Hello there. These are the ${SECRET_WORDS}. How are you?`;
const SECONDS = 1;

export function describeSynthesizerVendor(name: string, options: SynthesizerVendorCase): void {
  const { voiceId, modelId, language = 'en', sampleRateHz, streams = true } = options;
  const sound = toneBytes(SECONDS, sampleRateHz);

  const scriptOf = (makePieces: () => AsyncIterable<Buffer>): ScriptedServer => ({
    answer: (request, response) => options.answer?.(makePieces())(request, response),
    ...(options.socket === undefined
      ? {}
      : { socket: { onConnection: (connection) => options.socket?.(makePieces())(connection) } }),
  });
  const good = scriptOf(() => cutOddly(sound));

  function speak(
    synthesizer: SpeechSynthesizer | undefined,
    signal = never,
    more: Partial<SynthesisRequest> = {},
  ): AsyncIterable<SpeechChunk> {
    if (synthesizer === undefined) throw new Error('expected a synthesizer');
    const request = { text: TEXT, voiceId, language, ...(modelId === undefined ? {} : { modelId }), ...more };
    return synthesizer.synthesize(request, { signal });
  }

  describeSynthesizer(name, {
    create: () => openScripted(options, good),
    voiceId,
    language,
    text: TEXT,
    hasVisemes: false,
  });

  describe(`${name} as a vendor of speech`, () => {
    it('hands on every sample, wherever the network cuts', () =>
      withScriptedVendor(options, good, async ({ synthesizer }, server) => {
        const chunks = await collect(speak(synthesizer));
        const bytes = Buffer.concat(chunks.map(({ samples }) => Buffer.from(samples.buffer)));
        expect(bytes.equals(sound)).toBe(true);
        expect(chunks[0]?.sampleRateHz).toBe(sampleRateHz);
        expectKeyHidden(server);
      }));

    it('is not confused by single bytes', () =>
      withScriptedVendor(
        options,
        scriptOf(() => cutOddly(sound.subarray(0, 101), 1)),
        async ({ synthesizer }) => {
          const chunks = await collect(speak(synthesizer));
          expect(chunks.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(50);
        },
      ));

    it('lists voices with languages, each once, and models they belong to', () =>
      withScriptedVendor(options, good, async ({ synthesizer }) => {
        const voices = synthesizer?.voices ?? [];
        expect(voices.some(({ id }) => id === voiceId)).toBe(true);
        expect(new Set(voices.map(({ id }) => id)).size).toBe(voices.length);
        const models = new Set(synthesizer?.models?.map(({ id }) => id));
        for (const { languages, modelIds } of voices) {
          expect(languages.length).toBeGreaterThan(0);
          for (const id of modelIds ?? []) expect(models).toContain(id);
        }
      }));

    it('takes an answer without sound for empty', () =>
      withScriptedVendor(
        options,
        scriptOf(() => cutOddly(Buffer.alloc(0))),
        async ({ synthesizer }) => {
          expect(await errorOf(collect(speak(synthesizer)))).toMatchObject({ kind: 'empty' });
        },
      ));

    it('takes an answer that breaks off for unavailable, after what came', () =>
      withScriptedVendor(
        options,
        scriptOf(() => cutMidway(sound)),
        async ({ synthesizer }) => {
          const chunks: SpeechChunk[] = [];
          const error = await errorOf(collect(speak(synthesizer), chunks));
          expect(error).toMatchObject({ kind: 'unavailable' });
          expect(chunks.length > 0).toBe(streams);
          expectQuiet(error);
        },
      ));

    it('gives up a vendor that never answers', () => {
      const mute: ScriptedServer = {
        answer: () => {},
        ...(options.socket === undefined ? {} : { socket: { onConnection: () => {} } }),
        timeoutMs: 100,
      };
      return withScriptedVendor(options, mute, async ({ synthesizer }) => {
        expect(await errorOf(collect(speak(synthesizer)))).toMatchObject({ kind: 'timeout' });
      });
    });

    it('fails speech under way when it is closed', () =>
      withScriptedVendor(
        options,
        scriptOf(() => hangAfter(sound)),
        async (provider) => {
          const timer = setTimeout(() => void provider.close(), 50);
          const error = await errorOf(collect(speak(provider.synthesizer)));
          clearTimeout(timer);
          expect(error).toMatchObject({ kind: 'unavailable' });
        },
      ));

    it.each([...USUAL_FAILURES, ...(options.failures ?? [])])('takes $status for $kind: $body', (failure) => {
      const script: ScriptedServer = {
        answer: failWith(failure),
        ...(options.socket === undefined
          ? {}
          : { socket: { onConnection: () => {}, refuse: () => refusalOf(failure) } }),
      };
      return withScriptedVendor(options, script, async ({ synthesizer }) => {
        const error = await errorOf(collect(speak(synthesizer)));
        expect(error).toMatchObject({ kind: failure.kind, status: failure.status });
        if (failure.headers?.['retry-after'] !== undefined) {
          expect(error).toMatchObject({ retryAfterMs: 1000 * Number(failure.headers['retry-after']) });
        }
        expectQuiet(error);
      });
    });
  });
}

function refusalOf({ status, headers }: FailureCase): {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
} {
  return { status, ...(headers === undefined ? {} : { headers }) };
}

async function* cutMidway(sound: Buffer): AsyncGenerator<Buffer> {
  yield* cutOddly(sound.subarray(0, sound.length / 2));
  throw new Error('the cable was pulled');
}

async function* hangAfter(sound: Buffer): AsyncGenerator<Buffer> {
  yield* cutOddly(sound);
  await new Promise(() => {});
}

async function collect(chunks: AsyncIterable<SpeechChunk>, into: SpeechChunk[] = []): Promise<SpeechChunk[]> {
  for await (const chunk of chunks) into.push(chunk);
  return into;
}

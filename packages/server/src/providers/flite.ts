/**
 * Built-in English speech: the Flite synthesizer in a worker thread. Robotic but clear, needs nothing but the npm
 * package, and gives exact mouth shapes.
 */
import { type PhoneSpan, visemesFromArpabet } from '@visavox/audio';
import { normalizeEnglish } from '../text/english.ts';
import {
  type Provider,
  ProviderError,
  type SpeechChunk,
  type SynthesisRequest,
  type Voice,
} from './provider.ts';
import { cutForSpeech } from './speech-pieces.ts';
import { streamPieces } from './speech-stream.ts';
import { createWorkerClient, type WorkerClient } from './worker-client.ts';

export interface FliteRequest {
  readonly voiceId: string;
  readonly text: string;
  readonly tailMs: number;
}

export interface FliteReply {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
  readonly phones: readonly PhoneSpan[];
}

const VOICES: readonly Voice[] = [
  { id: 'slt', displayName: 'SLT (built in)', languages: ['en-US'], gender: 'female' },
  { id: 'rms', displayName: 'RMS (built in)', languages: ['en-US'], gender: 'male' },
  { id: 'awb', displayName: 'AWB (built in)', languages: ['en-GB', 'en'], gender: 'male' },
];

/** A piece of 300 characters takes under a second; the first call also starts the engine, maybe on a very busy machine. */
const PIECE_TIMEOUT_MS = 60_000;

/** Creates the provider; resolves when the engine has spoken once, so that the first real call is fast. */
export async function createFliteProvider(
  options: { readonly signal?: AbortSignal } = {},
): Promise<Provider> {
  const worker = createWorkerClient<FliteRequest, FliteReply>({
    url: new URL('./flite-worker.ts', import.meta.url),
    name: 'the Flite engine',
    timeoutMs: PIECE_TIMEOUT_MS,
  });
  const signal = options.signal ?? new AbortController().signal;
  try {
    // The second run finds the hot parts of the program optimised.
    for (const { id } of VOICES)
      await worker.call({ voiceId: id, text: 'Hello, how are you?', tailMs: 0 }, { signal });
    await worker.call({ voiceId: 'slt', text: 'It is good to see you here today.', tailMs: 0 }, { signal });
  } catch (error) {
    await worker.close();
    throw error;
  }
  return {
    id: 'flite',
    displayName: 'Flite (built in)',
    kind: 'built-in',
    synthesizer: {
      voices: VOICES,
      synthesize: (request, { signal }) => synthesize(worker, request, signal),
    },
    close: () => worker.close(),
  };
}

async function* synthesize(
  worker: WorkerClient<FliteRequest, FliteReply>,
  request: SynthesisRequest,
  signal: AbortSignal,
): AsyncGenerator<SpeechChunk> {
  const { voiceId } = request;
  if (!VOICES.some(({ id }) => id === voiceId)) {
    throw new ProviderError(
      'bad-request',
      `expected one of the voices ${VOICES.map(({ id }) => id).join(', ')}`,
    );
  }
  const pieces = cutForSpeech(normalizeEnglish(request.text), 'en');
  yield* streamPieces({
    pieces,
    signal,
    sampleRateHz: 16_000,
    speak: async ({ text, tailMs }, pieceSignal) => {
      const reply = await worker.call({ voiceId, text, tailMs }, { signal: pieceSignal });
      const durationMs = (reply.samples.length / reply.sampleRateHz) * 1000;
      const { samples, sampleRateHz } = reply;
      return { samples, sampleRateHz, visemes: visemesFromArpabet(reply.phones, { durationMs }) };
    },
  });
}

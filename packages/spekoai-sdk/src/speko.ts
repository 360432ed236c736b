/** The client: one object for everything that the gateway does. */

import {
  type Credits,
  createCredits,
  createUsage,
  createVoices,
  type Usage,
  type Voices,
} from './resources/accounts.ts';
import { type Agents, createAgents } from './resources/agents.ts';
import {
  type Callbacks,
  type Calls,
  createCallbacks,
  createCalls,
  createVoice,
  type Voice,
} from './resources/calls.ts';
import { complete, completeStream } from './resources/complete.ts';
import { createKnowledgeBases, type KnowledgeBases } from './resources/knowledge-bases.ts';
import { createPhoneNumbers, type PhoneNumbers } from './resources/phone-numbers.ts';
import { createRealtime, type Realtime } from './resources/realtime.ts';
import { createSessions, type Sessions } from './resources/sessions.ts';
import { synthesize, synthesizeStream } from './resources/synthesize.ts';
import { transcribe, transcribeStream } from './resources/transcribe.ts';
import { createWebhooks, type Webhooks } from './resources/webhooks.ts';
import { createTransport, type Transport } from './transport.ts';
import type { CompleteParams, CompleteResult, CompleteStreamEvent } from './types/chat.ts';
import type { SpekoClientOptions } from './types/client.ts';
import type {
  SynthesizeOptions,
  SynthesizeResult,
  SynthesizeStreamResult,
  TranscribeOptions,
  TranscribeResult,
  TranscribeStreamEvent,
} from './types/speech.ts';

const DEFAULT_BASE_URL = 'https://api.speko.dev';
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * A client of one gateway, with one API key: keep it on your server.
 *
 * Calls end with {@link SpekoApiError} or one of its subclasses when the gateway refuses, with an error named `AbortError`
 * when they took longer than `timeout` or the caller's signal fired, and with what `fetch` throws when the gateway cannot
 * be reached. Every call takes a signal as its last argument, or `signal` among its last options.
 *
 * @example
 * ```ts source="./readme.examples.ts#complete"
 * import { Speko } from '@spekoai/sdk';
 *
 * const speko = new Speko({
 *   apiKey: process.env['SPEKO_API_KEY'] ?? '',
 *   baseUrl: 'https://visavox.example.com',
 * });
 *
 * const { text, provider, model } = await speko.complete({
 *   messages: [{ role: 'user', content: 'Where is the Eiffel Tower?' }],
 *   intent: { language: 'en', optimizeFor: 'latency' },
 * });
 * console.log(text, `(${provider} ${model})`);
 * ```
 */
export class Speko {
  readonly usage: Usage;
  readonly credits: Credits;
  readonly realtime: Realtime;
  readonly voice: Voice;
  readonly voices: Voices;
  readonly phoneNumbers: PhoneNumbers;
  readonly agents: Agents;
  readonly knowledgeBases: KnowledgeBases;
  readonly calls: Calls;
  readonly callbacks: Callbacks;
  readonly sessions: Sessions;
  readonly webhooks: Webhooks;
  readonly #transport: Transport;

  /** @throws {Error} when there is no API key. */
  constructor(options: SpekoClientOptions) {
    if (!options?.apiKey) {
      throw new Error('Speko: apiKey is required. Pass it as new Speko({ apiKey }).');
    }
    const { apiKey, baseUrl, baseURL, timeout = DEFAULT_TIMEOUT_MS } = options;
    const transport = createTransport({
      apiKey,
      baseUrl: (baseUrl ?? baseURL ?? DEFAULT_BASE_URL).replace(/\/$/, ''),
      timeoutMs: timeout,
    });
    this.#transport = transport;
    this.usage = createUsage(transport);
    this.credits = createCredits(transport);
    this.realtime = createRealtime(transport);
    this.voice = createVoice(transport);
    this.voices = createVoices(transport);
    this.phoneNumbers = createPhoneNumbers(transport);
    this.agents = createAgents(transport);
    this.knowledgeBases = createKnowledgeBases(transport);
    this.calls = createCalls(transport);
    this.callbacks = createCallbacks(transport);
    this.sessions = createSessions(transport);
    this.webhooks = createWebhooks(transport);
  }

  /**
   * Writes down what is said in a recording.
   *
   * @param audio a whole file, or samples with their rate in `options.contentType`; at most 25 MiB.
   * @throws {SpekoApiError} with status 200 and the gateway's code when recognition fails on the way, and with code
   * `STREAM_ENDED` when the answer breaks off.
   */
  transcribe(
    audio: Uint8Array,
    options: TranscribeOptions,
    abortSignal?: AbortSignal,
  ): Promise<TranscribeResult> {
    return transcribe(this.#transport, audio, options, abortSignal);
  }

  /**
   * Writes down what is said in a recording, with interim texts. The request starts at the first `next()`; a failure on
   * the way is an event of type `error`.
   */
  transcribeStream(
    audio: Uint8Array,
    options: TranscribeOptions,
    abortSignal?: AbortSignal,
  ): AsyncIterableIterator<TranscribeStreamEvent> {
    return transcribeStream(this.#transport, audio, options, abortSignal);
  }

  /**
   * Speaks a text.
   *
   * @param text 1 to 50 000 characters.
   */
  synthesize(text: string, options: SynthesizeOptions, abortSignal?: AbortSignal): Promise<SynthesizeResult> {
    return synthesize(this.#transport, text, options, abortSignal);
  }

  /** Speaks a text, and resolves as soon as the audio begins to arrive. */
  synthesizeStream(
    text: string,
    options: SynthesizeOptions,
    abortSignal?: AbortSignal,
  ): Promise<SynthesizeStreamResult> {
    return synthesizeStream(this.#transport, text, options, abortSignal);
  }

  /**
   * Continues a conversation.
   *
   * @throws {SpekoApiError} with status 200 and the gateway's code when the model fails on the way, and with code
   * `STREAM_ENDED` when the answer breaks off.
   */
  complete(params: CompleteParams, abortSignal?: AbortSignal): Promise<CompleteResult> {
    return complete(this.#transport, params, abortSignal);
  }

  /**
   * Continues a conversation, piece by piece. The request starts at the first `next()`; a failure on the way is an event
   * of type `error`.
   */
  completeStream(
    params: CompleteParams,
    abortSignal?: AbortSignal,
  ): AsyncIterableIterator<CompleteStreamEvent> {
    return completeStream(this.#transport, params, abortSignal);
  }
}

/** The calls that are measured, through the OpenAI-compatible face of the server, with times taken at this end. */
import { type Client, CommandError, explainGateway } from '../client.ts';

export type Stage = 'stt' | 'llm' | 'tts';

/** A row of `GET /v1/models`. */
export interface ListedModel {
  /** `vendor:model` */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly api: Stage;
  /** `built-in` and `endpoint` cost nothing; absent from servers that do not tell. */
  readonly kind?: string;
  /** STT for a minute, TTS and LLM for a million characters or tokens. */
  readonly costPerMinUsd: number | null;
  readonly quality: number | null;
  readonly languages: readonly string[];
}

export interface Sound {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
}

export interface SpokenAnswer {
  readonly sound: Sound;
  /** Until the first byte of sound. */
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly soundMs: number;
}

export interface HeardAnswer {
  readonly text: string;
  readonly totalMs: number;
}

export interface ChatAnswer {
  readonly text: string;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
  /** Until the first text or tool call. */
  readonly firstTokenMs: number;
  readonly totalMs: number;
  /** In both directions; 0 when the vendor does not tell. */
  readonly tokens: number;
  readonly outputTokens: number;
}

export interface ChatRequest {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly tools?: readonly object[];
}

export interface GatewayCalls {
  listModels(): Promise<readonly ListedModel[]>;
  /** The calls reject with a {@link CallError} when they fail, and with the signal's reason when it is aborted. */
  speak(model: string, text: string, language: string, signal: AbortSignal): Promise<SpokenAnswer>;
  hear(model: string, sound: Sound, language: string, signal: AbortSignal): Promise<HeardAnswer>;
  chat(model: string, request: ChatRequest, signal: AbortSignal): Promise<ChatAnswer>;
}

/** A call that failed, as the server explains it. */
export class CallError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CallError';
  }
}

/** Longer than the server tries. */
const CALL_TIMEOUT_MS = 60_000;
/** Key, budget and rate limit: nothing that a model is at fault for. */
const CALLER_FAULTS = new Set([401, 402, 403, 429]);
const MS = 1000;

export function createGatewayCalls({
  client,
  now,
}: {
  readonly client: Pick<Client, 'callGateway' | 'openGateway'>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}): GatewayCalls {
  /** @throws {CommandError} for what would fail with every model */
  async function request<T>(
    path: string,
    options: { readonly body: object | FormData; readonly headers: Readonly<Record<string, string>> },
    signal: AbortSignal,
    read: (response: Response, startedAtMs: number) => Promise<T>,
  ): Promise<T> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    const startedAtMs = now();
    try {
      const response = await client.openGateway('POST', path, { ...options, signal: limit });
      if (response.ok) return await read(response, startedAtMs);
      const reason = explainGateway(response.status, await response.text());
      throw CALLER_FAULTS.has(response.status) ? new CommandError(reason) : new CallError(reason);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CallError || error instanceof CommandError) throw error;
      throw new CallError(
        limit.aborted
          ? `no complete answer within ${CALL_TIMEOUT_MS / MS} s`
          : 'the answer broke off before its end',
        { cause: error },
      );
    }
  }

  return {
    async listModels() {
      // The documented shape of the answer.
      const { data } = (await client.callGateway('GET', 'models')) as {
        readonly data: readonly ListedModel[];
      };
      return data;
    },

    speak: (model, text, language, signal) =>
      request(
        'audio/speech',
        {
          body: { model, input: text, voice: 'auto', response_format: 'pcm' },
          headers: { 'X-Speko-Language': language },
        },
        signal,
        async (response, startedAtMs) => {
          const mediaType = response.headers.get('content-type') ?? '';
          const rate = Number(/;\s*rate=(\d+)/.exec(mediaType)?.[1] ?? 24_000);
          const pieces: Uint8Array[] = [];
          let firstByteMs: number | undefined;
          for await (const piece of response.body ?? []) {
            if (piece.length === 0) continue;
            firstByteMs ??= now() - startedAtMs;
            pieces.push(piece);
          }
          const totalMs = now() - startedAtMs;
          if (firstByteMs === undefined) throw new CallError('no sound came');
          const bytes = concat(pieces);
          return {
            sound: { bytes, mediaType },
            firstByteMs,
            totalMs,
            soundMs: (bytes.length / 2 / rate) * MS,
          };
        },
      ),

    hear(model, sound, language, signal) {
      const body = new FormData();
      body.set('file', new Blob([sound.bytes], { type: sound.mediaType }), 'recording');
      body.set('model', model);
      body.set('language', language);
      return request('audio/transcriptions', { body, headers: {} }, signal, async (response, startedAtMs) => {
        const answer: unknown = await response.json();
        const totalMs = now() - startedAtMs;
        const text =
          typeof answer === 'object' && answer !== null && 'text' in answer ? answer.text : undefined;
        if (typeof text !== 'string') throw new CallError('the answer holds no text');
        return { text, totalMs };
      });
    },

    chat: (model, { prompt, maxTokens, tools }, signal) =>
      request(
        'chat/completions',
        {
          body: {
            model,
            messages: [{ role: 'user', content: prompt }],
            max_completion_tokens: maxTokens,
            stream: true,
            stream_options: { include_usage: true },
            ...(tools === undefined ? {} : { tools }),
          },
          headers: {},
        },
        signal,
        async (response, startedAtMs) => {
          let text = '';
          const toolCalls: ChatAnswer['toolCalls'][number][] = [];
          let usage: Chunk['usage'];
          let firstTokenMs: number | undefined;
          let isComplete = false;
          for await (const data of serverSentData(response)) {
            if (data === '[DONE]') {
              isComplete = true;
              break;
            }
            const chunk = JSON.parse(data) as Chunk; // the documented shape
            if (chunk.error !== undefined) throw new CallError(chunk.error.message);
            usage = chunk.usage ?? usage;
            const { content = '', tool_calls: calls = [] } = chunk.choices?.[0]?.delta ?? {};
            if (content !== null && content !== '') text += content;
            toolCalls.push(...calls.map((call) => call.function));
            if (text !== '' || toolCalls.length > 0) firstTokenMs ??= now() - startedAtMs;
          }
          if (!isComplete) throw new CallError('the answer broke off before its end');
          if (firstTokenMs === undefined) throw new CallError('the answer is empty');
          return {
            ...{ text, toolCalls, firstTokenMs, totalMs: now() - startedAtMs },
            ...{ tokens: usage?.total_tokens ?? 0, outputTokens: usage?.completion_tokens ?? 0 },
          };
        },
      ),
  };
}

/** What is read of a chunk of a streamed answer. */
interface Chunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string | null;
      readonly tool_calls?: readonly { readonly function: ChatAnswer['toolCalls'][number] }[];
    };
  }[];
  readonly usage?: { readonly completion_tokens: number; readonly total_tokens: number } | null;
  readonly error?: { readonly message: string };
}

/** The data of each event; they have one line each. */
async function* serverSentData(response: Response): AsyncGenerator<string> {
  let waiting = '';
  for await (const piece of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(
    new TextDecoderStream(),
  )) {
    const lines = (waiting + piece).split(/\r?\n/);
    waiting = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** `/v1/transcribe`, `/v1/synthesize` and `/v1/complete`: requests into routed calls, results into events and bytes. */
import { randomUUID } from 'node:crypto';
import { decodePcm16, encodePcm16, isWav, type PcmClip, resampleClip } from '@visavox/audio';
import {
  type CompleteEvent,
  completeRequest,
  type PipelineConstraintsBody,
  pipelineConstraints,
  type RoutingIntentBody,
  routingIntent,
  SpekoError,
  sttOptions,
  synthesizeRequest,
  type TranscribeEvent,
} from '@visavox/contract/speko';
import type { z } from 'zod';
import { AudioDecodeError } from '../../audio-files/index.ts';
import { linkAbort } from '../../providers/linked-abort.ts';
import type { SpeechChunk } from '../../providers/provider.ts';
import type { CallContext, Gateway, Route, TranscriptionCall } from '../../routing/gateway.ts';
import type { Log } from '../../telemetry/log.ts';
import { toSpokenForm } from '../../text/index.ts';
import type { AgentTools } from '../../tools/agent-tools.ts';
import { complete, metaOf, type ServerTools } from '../../turns/complete.ts';
import type { Call } from '../bind.ts';
import { readBytes, readJson } from '../body.ts';
import { JsonAnswer } from '../json-answer.ts';
import { PartAnswer, type Parts, partsOf } from '../part-answer.ts';
import { MAX_AUDIO_BYTES, MAX_AUDIO_SECONDS } from '../route-values.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { spekoErrorBody, toSpekoError } from './errors.ts';
import { respondWithEvents } from './event-stream.ts';

export interface CallsContext {
  readonly gateway: Gateway;
  readonly serverTools: Pick<AgentTools, 'run'>;
  readonly decodeAudio: (
    bytes: Uint8Array,
    options: { readonly signal: AbortSignal; readonly maxSeconds: number },
  ) => Promise<PcmClip>;
  readonly log: Log;
}

const MAX_JSON_BYTES = 1024 * 1024;
const MAX_COMPLETE_BYTES = 4 * 1024 * 1024;
const MAX_CLIP_RATE_HZ = 48_000;
const DEFAULT_SPEECH_RATE_HZ = 24_000;

export function createCallHandlers(options: CallsContext) {
  const { gateway, log } = options;
  const failureOf = (error: unknown) => ['error', spekoErrorBody(toSpekoError(error, log))] as const;

  /** Without a conversation the request stands for one. */
  const toolsFor = ({ organizationId, sessionId = `request_${randomUUID()}` }: CallContext): ServerTools => ({
    run: (tool, toolCall, { signal }) =>
      options.serverTools.run(tool, toolCall, { organizationId, sessionId, signal }),
  });

  return {
    async transcribe(call: Call): Promise<JsonAnswer | PartAnswer> {
      const { request } = call;
      const intent = requireHeader(request, 'x-speko-intent', routingIntent);
      const constraints = readHeader(request, 'x-speko-constraints', pipelineConstraints);
      const { language, ...wishes } = readHeader(request, 'x-speko-stt-options', sttOptions) ?? {};
      const bytes = await readBytes(request, MAX_AUDIO_BYTES);
      const { signal, stop } = stoppable(request);
      const recording = await readRecording(bytes, request.headers.get('content-type') ?? '', (sound) =>
        options.decodeAudio(sound, { signal, maxSeconds: MAX_AUDIO_SECONDS }),
      );
      const routed = await gateway.transcribe(
        withoutUndefined<TranscriptionCall>({ ...wishes, ...recording, language }),
        contextOf(call, intent, constraints, signal),
      );
      const { text, confidence = null } = routed.transcript;
      const meta = metaOf(routed);
      const done = { text, ...meta, confidence };
      if (wantsJson(request)) return new JsonAnswer(done, routeHeaders(routed));
      async function* events(): AsyncGenerator<TranscribeEvent> {
        yield ['meta', meta];
        // The contract's number: without one from the vendor the text is taken as it is.
        if (text !== '') yield ['transcript', { text, isFinal: true, confidence: confidence ?? 1 }];
        yield ['done', done];
      }
      return respondWithEvents(events(), {
        headersOf: () => routeHeaders(routed),
        onError: failureOf,
        onCancel: stop,
      });
    },

    async synthesize(call: Call): Promise<PartAnswer> {
      const { value } = await readJson(call.request, synthesizeRequest, MAX_JSON_BYTES);
      const { intent, sampleRate = DEFAULT_SPEECH_RATE_HZ } = value;
      const text = value.spokenForm === true ? toSpokenForm(value.text, intent.language) : value.text;
      if (text.trim() === '') {
        throw new SpekoError('VALIDATION_ERROR', undefined, {
          issues: [{ path: 'text', message: 'There is nothing to say in this text.' }],
        });
      }
      const { signal, stop } = stoppable(call.request);
      const routed = await gateway.synthesize(
        withoutUndefined({
          text,
          voiceId: value.voice ?? undefined,
          modelId: value.model,
          speed: value.speed,
          instructions: value.instructions,
          sampleRateHz: sampleRate,
        }),
        contextOf(call, intent, value.constraints, signal),
      );
      const contentType = `audio/pcm;rate=${sampleRate}`;
      return new PartAnswer(
        pcmParts(routed.items, stop, log),
        {
          'Content-Type': contentType,
          'X-Speko-Audio-Format': contentType,
          'Cache-Control': 'no-store, no-transform',
          'X-Accel-Buffering': 'no',
          ...routeHeaders(routed),
        },
        'alone',
      );
    },

    async complete(call: Call): Promise<PartAnswer> {
      const { value } = await readJson(call.request, completeRequest, MAX_COMPLETE_BYTES);
      const { signal, stop } = stoppable(call.request);
      const context = contextOf(call, value.intent, value.constraints, signal);
      const events = complete(gateway, value, context, toolsFor(context));
      return respondWithEvents<CompleteEvent>(events, {
        headersOf: ([name, data]) =>
          name === 'meta' ? headersOf(data.provider, data.model, data.failoverCount, data.scoresRunId) : {},
        // There is output by then.
        first: 'with the second',
        onError: failureOf,
        onCancel: stop,
      });
    },
  };
}

/** What the routed calls need to know of a request. The binding has checked the key. */
export function contextOf(
  call: Call,
  intent: RoutingIntentBody,
  constraints: PipelineConstraintsBody | undefined,
  signal: AbortSignal,
): CallContext {
  const { caller } = call;
  if (caller === undefined) throw new SpekoError('UNAUTHORIZED');
  const sessionId = call.request.headers.get('x-session-id')?.trim();
  return {
    organizationId: caller.organization.id,
    apiKeyId: caller.keyId,
    sessionId: sessionId === undefined || sessionId === '' ? undefined : sessionId.slice(0, 200),
    intent,
    allowed: withoutUndefined(constraints?.allowedProviders ?? {}),
    signal,
  };
}

export function routeHeaders(route: Route): Record<string, string> {
  return headersOf(route.providerId, route.modelId, route.failoverCount, route.scoresRunId);
}

function headersOf(provider: string, model: string, failoverCount: number, scoresRunId: string | null) {
  return {
    'X-Speko-Provider': headerText(provider),
    'X-Speko-Model': headerText(model),
    'X-Speko-Failover-Count': String(failoverCount),
    'X-Speko-Scores-Run-Id': headerText(scoresRunId ?? ''),
  };
}

/** Model names are free text; headers take Latin letters only. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** Ends with the request, or when its answer is given up. */
export function stoppable(request: Request): { readonly signal: AbortSignal; readonly stop: () => void } {
  const { signal, abort } = linkAbort(request.signal);
  return { signal, stop: () => abort() };
}

function requireHeader<Schema extends z.ZodType>(
  request: Request,
  name: string,
  schema: Schema,
): z.output<Schema> {
  const value = readHeader(request, name, schema);
  if (value === undefined)
    throw new SpekoError('INVALID_AUDIO', `The header ${name} is missing; it holds JSON.`);
  return value;
}

/** JSON in a header. Undefined when the header is absent. */
function readHeader<Schema extends z.ZodType>(
  request: Request,
  name: string,
  schema: Schema,
): z.output<Schema> | undefined {
  const text = request.headers.get(name);
  if (text === null) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new SpekoError('INVALID_AUDIO', `The header ${name} must hold JSON.`);
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  throw new SpekoError(
    'INVALID_AUDIO',
    `The header ${name} is not valid: ${issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`,
    { issues },
  );
}

/** @throws {SpekoError} `INVALID_AUDIO` for what is no recording. */
export async function readRecording(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
  decode: (bytes: Uint8Array) => Promise<PcmClip>,
): Promise<Pick<TranscriptionCall, 'clip' | 'file'>> {
  if (bytes.length === 0) throw new SpekoError('INVALID_AUDIO', 'Audio body is empty.');
  const raw = /^audio\/(?:pcm|l16)\b/i.test(contentType);
  if (raw && !isWav(bytes)) {
    const rate = /;\s*rate=(\d{4,6})\b/i.exec(contentType)?.[1];
    const sampleRateHz = Number(rate);
    if (rate === undefined || sampleRateHz < 8000 || sampleRateHz > 192_000) {
      throw new SpekoError(
        'INVALID_AUDIO',
        'Headerless PCM needs its rate: Content-Type: audio/pcm;rate=16000 (8000 to 192000).',
      );
    }
    if (bytes.length < 2) throw new SpekoError('INVALID_AUDIO', 'Audio body is empty.');
    const clip = { samples: decodePcm16(bytes), sampleRateHz };
    return { clip: resampleClip(clip, Math.min(MAX_CLIP_RATE_HZ, sampleRateHz)) };
  }
  try {
    const clip = await decode(bytes);
    if (clip.samples.length === 0) throw new SpekoError('INVALID_AUDIO', 'The recording holds no sound.');
    return { clip };
  } catch (error) {
    if (error instanceof AudioDecodeError)
      throw new SpekoError('INVALID_AUDIO', `${error.message}.`, { cause: error });
    throw error;
  }
}

function wantsJson(request: Request): boolean {
  const accept = request.headers.get('accept') ?? '';
  return accept.includes('application/json') && !accept.includes('text/event-stream');
}

/**
 * Little-endian PCM16 after the bytes of a header, if any. A failure in the middle breaks the body off: nothing else can
 * be said by then.
 */
export function pcmParts(
  chunks: AsyncIterable<SpeechChunk>,
  onCancel: () => void,
  log: Log,
  head?: Uint8Array,
): Parts {
  const sound = partsOf(chunks, {
    encode: ({ samples }) => (samples.length === 0 ? undefined : encodePcm16(samples)),
    onFailure(error) {
      log.warn({ err: error }, 'speech broke off after it had begun');
      throw error;
    },
    onCancel,
  });
  let waiting = head;
  return {
    ...sound,
    async next() {
      const first = waiting;
      waiting = undefined;
      return first ?? sound.next();
    },
  };
}

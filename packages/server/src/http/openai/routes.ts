/** The OpenAI-compatible face of the voice gateway (section 12): any OpenAI client works by changing its URL. */
import { encodeWav, type PcmClip } from '@visavox/audio';
import { type RoutingIntentBody, routingIntent } from '@visavox/contract/speko';
import { z } from 'zod';
import { type Voice, voicesOf } from '../../providers/provider.ts';
import type { CallContext, Gateway, Route } from '../../routing/gateway.ts';
import { coversLanguage } from '../../routing/intent.ts';
import { priceOf, type Router, type ServedModality } from '../../routing/router.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../bind.ts';
import { readForm, readJson, validate } from '../body.ts';
import { streamEvents } from '../event-lines.ts';
import { JsonAnswer } from '../json-answer.ts';
import { PartAnswer } from '../part-answer.ts';
import {
  describeChoice,
  entriesOf,
  MAX_AUDIO_BYTES,
  MAX_AUDIO_SECONDS,
  objectiveOf,
  readMaxPrice,
} from '../route-values.ts';
import { type CallsContext, contextOf, pcmParts, readRecording, stoppable } from '../speko/calls.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { chatRequest, createChunkWriter, identityOf, toCallOptions, toChatCompletion } from './chat.ts';
import { OpenAiError, openAiErrorBody, toOpenAiError } from './errors.ts';

export interface OpenAiContext {
  readonly gateway: Gateway;
  readonly router: Router;
  readonly decodeAudio: CallsContext['decodeAudio'];
  readonly log: Log;
  readonly now: () => Date;
}

const MAX_JSON_BYTES = 4 * 1024 * 1024;
/** Room for the other fields of the form. */
const MAX_FORM_BYTES = MAX_AUDIO_BYTES + 64 * 1024;
const SPEECH_RATE_HZ = 24_000;

const speechRequest = z.strictObject({
  model: z.string().min(1).max(300),
  input: z.string().min(1).max(50_000),
  voice: z
    .union([z.string().max(300), z.object({ id: z.string().max(300) }).transform(({ id }) => id)])
    .nullish(),
  instructions: z.string().max(8000).nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  response_format: z.enum(['pcm', 'wav']).nullish(),
  stream_format: z.literal('audio').nullish(),
});

const transcriptionFields = z.strictObject({
  file: z.instanceof(Blob),
  model: z.string().min(1).max(300),
  language: z.string().max(64).optional(),
  prompt: z.string().max(8000).optional(),
  response_format: z.enum(['json', 'text', 'verbose_json']).optional(),
  temperature: z.string().optional(),
  stream: z.literal('false').optional(),
});

const OBJECTIVE_NAMES = ['latency', 'cost', 'quality', 'accuracy', 'balanced'];

/** Intents that were checked: most calls have the same few. */
const intents = new Map<string, RoutingIntentBody>();
const MAX_INTENTS = 1000;

function intentOf(language: string, region: string, optimizeFor: string): RoutingIntentBody | undefined {
  const name = `${language} ${region} ${optimizeFor}`;
  const known = intents.get(name);
  if (known !== undefined) return known;
  const { data } = routingIntent.safeParse({ language, region, optimizeFor });
  if (data === undefined) return undefined;
  if (intents.size >= MAX_INTENTS) intents.clear();
  intents.set(name, data);
  return data;
}

export function createOpenAiHandlers(options: OpenAiContext) {
  const { gateway, log } = options;

  /** The routing headers of a request, and the model it names. */
  const contextFor = (
    call: Call,
    modality: ServedModality,
    model: string,
    language: string | undefined,
    signal: AbortSignal,
  ): CallContext => {
    const header = (name: string): string | undefined => call.request.headers.get(name)?.trim() || undefined;
    const objective = header('x-speko-objective') ?? 'balanced';
    if (!OBJECTIVE_NAMES.includes(objective)) {
      throw new OpenAiError(
        400,
        'wrong_api_format',
        `X-Speko-Objective must be one of ${OBJECTIVE_NAMES.join(', ')}.`,
      );
    }
    const intent = intentOf(
      header('x-speko-language') ?? language ?? 'en',
      header('x-speko-region') ?? 'global',
      objectiveOf(objective),
    );
    if (intent === undefined) {
      throw new OpenAiError(400, 'unsupported_language', 'Expected a language tag such as en or es-MX.');
    }
    const maxPrice = readMaxPrice(header('x-speko-max-price'));
    if (maxPrice === null) {
      throw new OpenAiError(400, 'wrong_api_format', 'X-Speko-Max-Price must be a number of US dollars.');
    }
    const base = contextOf(call, intent, undefined, signal);
    const pin = model === 'auto' ? undefined : gateway.resolve(modality, model, base.organizationId);
    if (model !== 'auto' && pin === undefined) {
      throw new OpenAiError(
        404,
        'model_not_found',
        `The model ${model.slice(0, 100)} does not exist here; GET /v1/models lists those that do.`,
        { param: 'model' },
      );
    }
    return {
      ...base,
      pin,
      allowed: { [modality]: entriesOf(header('x-speko-allow')) },
      denied: entriesOf(header('x-speko-deny')),
      maxPrice,
    };
  };

  return {
    async createChatCompletion(call: Call): Promise<JsonAnswer | PartAnswer> {
      const { value } = await readJson(call.request, chatRequest, MAX_JSON_BYTES);
      const startedAtMs = performance.now();
      if (value.stream !== true) {
        const context = contextFor(call, 'llm', value.model, undefined, call.request.signal);
        const routed = await gateway.generate(toCallOptions(value), context);
        return new JsonAnswer(
          toChatCompletion(identityOf(nameOf(routed), options.now()), routed.result),
          routeHeaders(routed, context, startedAtMs),
        );
      }
      const { signal, stop } = stoppable(call.request);
      const context = contextFor(call, 'llm', value.model, undefined, signal);
      const routed = await gateway.complete(toCallOptions(value), context);
      const identity = identityOf(nameOf(routed), options.now());
      return streamEvents(routed.items, {
        ...createChunkWriter(identity, value.stream_options?.include_usage === true),
        encodeFailure: (error) => `data: ${JSON.stringify(openAiErrorBody(toOpenAiError(error, log)))}\n\n`,
        onCancel: stop,
        headers: { 'Content-Type': 'text/event-stream', ...routeHeaders(routed, context, startedAtMs) },
      });
    },

    async createSpeech(call: Call): Promise<PartAnswer> {
      const { value } = await readJson(call.request, speechRequest, MAX_JSON_BYTES);
      const startedAtMs = performance.now();
      const { signal, stop } = stoppable(call.request);
      const context = contextFor(call, 'tts', value.model, undefined, signal);
      const routed = await gateway.synthesize(
        withoutUndefined({
          text: value.input,
          voiceId: value.voice === 'auto' ? undefined : (value.voice ?? undefined),
          modelId: undefined,
          speed: value.speed ?? undefined,
          instructions: value.instructions ?? undefined,
          sampleRateHz: SPEECH_RATE_HZ,
        }),
        context,
      );
      const wav = value.response_format === 'wav';
      const sound = pcmParts(routed.items, stop, log, wav ? streamingWavHeader() : undefined);
      return new PartAnswer(
        sound,
        {
          'Content-Type': wav ? 'audio/wav' : `audio/pcm;rate=${SPEECH_RATE_HZ}`,
          'Cache-Control': 'no-store, no-transform',
          ...routeHeaders(routed, context, startedAtMs),
        },
        wav ? 'with what follows' : 'alone',
      );
    },

    async createTranscription(call: Call): Promise<JsonAnswer | Response> {
      const form = await readForm(call.request, MAX_FORM_BYTES);
      const fields = validate(transcriptionFields, Object.fromEntries(form));
      const startedAtMs = performance.now();
      const { signal } = call.request;
      const context = contextFor(call, 'stt', fields.model, fields.language, signal);
      const recording = await readRecording(
        new Uint8Array(await fields.file.arrayBuffer()),
        fields.file.type,
        (bytes): Promise<PcmClip> => options.decodeAudio(bytes, { signal, maxSeconds: MAX_AUDIO_SECONDS }),
      );
      const routed = await gateway.transcribe(
        {
          ...recording,
          ...(fields.prompt === undefined ? {} : { prompt: fields.prompt }),
          ...(fields.language === undefined ? { language: 'auto' } : {}),
        },
        context,
      );
      const headers = routeHeaders(routed, context, startedAtMs);
      const { text, language, words = [] } = routed.transcript;
      if (fields.response_format === 'text') {
        return new Response(`${text}\n`, {
          headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
        });
      }
      if (fields.response_format !== 'verbose_json') return new JsonAnswer({ text }, headers);
      const { samples, sampleRateHz } = recording.clip;
      const duration = samples.length / sampleRateHz;
      return new JsonAnswer(
        {
          task: 'transcribe',
          language: language ?? context.intent.language,
          duration,
          text,
          segments: [],
          words: words.map((word) => ({
            word: word.text,
            start: word.startMs / 1000,
            end: word.endMs / 1000,
          })),
        },
        headers,
      );
    },

    async listModels(call: Call): Promise<object> {
      return { object: 'list', data: describeModels(call, options) };
    },

    async getModel(call: Call): Promise<object> {
      const wanted = call.parameters['model'] ?? '';
      const found = describeModels(call, options).find(
        ({ id, aliases }) => id === wanted || aliases.includes(wanted),
      );
      if (found !== undefined) return found;
      throw new OpenAiError(404, 'model_not_found', `The model ${wanted.slice(0, 100)} does not exist here.`);
    },
  };
}

function describeModels(call: Call, { router, gateway, now }: OpenAiContext) {
  const { signal } = call.request;
  const created = Math.floor(now().getTime() / 1000);
  return (['llm', 'stt', 'tts'] as const).flatMap((api) => {
    const context = contextOf(
      call,
      { language: 'en', region: 'global', optimizeFor: 'balanced' },
      undefined,
      signal,
    );
    const ranking = gateway.rank(api, context);
    return router.list(api, gateway.keysOf(context.organizationId)).map(({ keyed, modelId, languages }) => {
      const { provider } = keyed;
      const candidate = ranking.candidates.find(
        (one) => one.providerId === provider.id && one.modelId === modelId,
      );
      const row = candidate?.evidence?.row;
      const voices = api === 'tts' ? (provider.synthesizer?.voices ?? []) : undefined;
      return {
        id: `${provider.id}:${modelId}`,
        aliases: [`${provider.id}/${modelId}`, modelId],
        object: 'model' as const,
        created,
        owned_by: provider.id,
        provider: provider.id,
        model: modelId,
        api,
        routable: candidate !== undefined,
        costPerMinUsd: priceOf(api, row),
        quality: row?.quality ?? null,
        qualityUnit: row === undefined ? null : { llm: 'index', stt: 'wer_pct', tts: 'cer_pct' }[api],
        latencyMs: row?.latencyMs ?? null,
        languages: voices === undefined ? languages : spokenLanguages(languages, modelId, voices),
        kind: provider.kind ?? 'vendor',
        ...(voices === undefined
          ? {}
          : {
              voices: voicesOf(voices, modelId).map(({ id, displayName, gender }) => ({
                id,
                name: displayName,
                gender: gender ?? null,
                styles: [],
              })),
              voicesVerified: provider.synthesizer?.fetchVoices === undefined,
            }),
      };
    });
  });
}

/** Of what a model could speak, what its voices do; an account's own voices are not known here. */
function spokenLanguages(
  languages: readonly string[],
  modelId: string,
  voices: readonly Voice[],
): readonly string[] {
  if (voices.length === 0) return languages;
  const spoken = new Set(voicesOf(voices, modelId).flatMap((voice) => voice.languages));
  return spoken.has('*') ? languages : [...spoken].filter((tag) => coversLanguage(languages, tag));
}

function nameOf({ providerId, modelId }: Route): string {
  return `${providerId}/${modelId}`;
}

function routeHeaders(route: Route, { intent }: CallContext, startedAtMs: number): Record<string, string> {
  return {
    'x-route': nameOf(route).replace(/[^\x20-\x7e]/g, '?'),
    'x-route-reason': describeChoice(route.candidate, intent),
    'x-speko-failover-count': String(route.failoverCount),
    'x-speko-first-byte-ms': String(Math.round(performance.now() - startedAtMs)),
  };
}

/** A header for sound whose length is not known yet: its sizes are the largest there are. */
function streamingWavHeader(): Uint8Array {
  const header = encodeWav({ samples: new Int16Array(0), sampleRateHz: SPEECH_RATE_HZ });
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  view.setUint32(4, 0xffffffff, true);
  view.setUint32(40, 0xffffffff, true);
  return header;
}

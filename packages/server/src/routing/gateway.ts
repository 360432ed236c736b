/**
 * The three calls of the voice gateway, each routed to the best provider, with failover, and metered: a conversation to
 * an answer, a text to speech, a recording to text.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { createResampler, type PcmClip, type Resampler } from '@visavox/audio';
import { joinShortChunks } from '../providers/join-chunks.ts';
import { generateWithLanguageModel, streamLanguageModel } from '../providers/language-model-calls.ts';
import {
  type AudioFile,
  type LanguageModelCatalogue,
  ProviderError,
  RECOGNITION_FEATURES,
  type RecognitionFeature,
  type RecognitionOptions,
  type SpeechChunk,
  type SynthesisRequest,
  type Transcript,
  type Voice,
  voicesOf,
} from '../providers/provider.ts';
import { isSilent } from '../providers/silence.ts';
import type { Breakers } from './breakers.ts';
import {
  AllProvidersFailedError,
  type Attempt,
  type Committed,
  type FailoverLimits,
  type Meaning,
  runWithFailover,
} from './failover.ts';
import { type AllowedProviders, coversLanguage, type RoutingIntent } from './intent.ts';
import type { Meter } from './meter.ts';
import type { Candidate, KeyedProvider, Ranking, Router, ServedModality } from './router.ts';

/** Who calls, and what for. */
export interface CallContext {
  readonly organizationId: string;
  /** The key that the call came with; absent for calls of the server's own. */
  readonly apiKeyId?: string | undefined;
  /** What the usage is attributed to. */
  readonly sessionId?: string | undefined;
  readonly intent: RoutingIntent;
  readonly allowed?: AllowedProviders | undefined;
  readonly denied?: readonly string[] | undefined;
  /** In the unit of the modality; see `priceOf`. */
  readonly maxPrice?: number | undefined;
  /** Exactly this vendor, or this model of it, without ranking and failover. */
  readonly pin?: { readonly providerId: string; readonly modelId?: string | undefined } | undefined;
  /** This one first, then the others by rank: a choice that must not end a conversation when it fails. */
  readonly prefer?: { readonly providerId: string; readonly modelId?: string | undefined } | undefined;
  /** See `RankRequest.everything`. */
  readonly everything?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** Who answered, after how many failures. */
export interface Route {
  readonly providerId: string;
  readonly modelId: string;
  readonly failoverCount: number;
  readonly attempts: readonly Attempt[];
  readonly scoresRunId: string | null;
  readonly candidate: Candidate;
}

export interface RoutedStream<Item> extends Route {
  /** Iterate once; leaving early gives the call up. */
  readonly items: AsyncIterable<Item>;
}

export interface SynthesisCall {
  readonly text: string;
  /** A vendor's voice id; forwarded only to vendors that have it, and to the first candidate when nobody is known to. */
  readonly voiceId?: string | undefined;
  /** Overrides the model of the first candidate only. */
  readonly modelId?: string | undefined;
  readonly speed?: number | undefined;
  readonly instructions?: string | undefined;
  /** Of a voice that is chosen here. Default: that of the wanted voice, or of the first candidate's. */
  readonly gender?: 'female' | 'male' | undefined;
  /** Default: whatever the engine gives. */
  readonly sampleRateHz?: number | undefined;
}

export interface TranscriptionCall
  extends Omit<RecognitionOptions, 'signal' | 'modelId' | 'file' | 'language'> {
  readonly clip: PcmClip;
  readonly file?: AudioFile | undefined;
  /** Given to the vendor in place of the intent's language; `auto` lets it find out. */
  readonly language?: string | undefined;
}

/** No provider can serve the intent. The message and `ranking.dropped` say why. */
export class NoCandidateError extends Error {
  readonly ranking: Ranking;
  readonly modality: ServedModality;

  constructor(modality: ServedModality, ranking: Ranking) {
    super(describeNoCandidate(modality, ranking));
    this.name = 'NoCandidateError';
    this.modality = modality;
    this.ranking = ranking;
  }
}

export interface Gateway {
  /** Keys that an organization brought. */
  keysOf(organizationId: string): readonly KeyedProvider[];
  /** See {@link Router.resolve}. */
  resolve(modality: ServedModality, name: string, organizationId: string): CallContext['pin'];
  rank(modality: ServedModality, context: CallContext, features?: readonly RecognitionFeature[]): Ranking;
  /** @throws {NoCandidateError} or {@link AllProvidersFailedError}; the signal's reason when it is aborted. */
  complete(
    options: Omit<LanguageModelV4CallOptions, 'abortSignal'>,
    context: CallContext,
  ): Promise<RoutedStream<LanguageModelV4StreamPart>>;
  /** The whole answer at once; a failure at any point before its end moves on to the next candidate. */
  generate(
    options: Omit<LanguageModelV4CallOptions, 'abortSignal'>,
    context: CallContext,
  ): Promise<Route & { readonly result: LanguageModelV4GenerateResult }>;
  /** Speech at the asked rate, without gaps in the count of its samples. */
  synthesize(call: SynthesisCall, context: CallContext): Promise<RoutedStream<SpeechChunk>>;
  /** @throws {ProviderError} `bad-audio` when the recording is at fault. */
  transcribe(
    call: TranscriptionCall,
    context: CallContext,
  ): Promise<Route & { readonly transcript: Transcript }>;
}

export interface GatewayOptions {
  readonly router: Router;
  readonly breakers: Breakers;
  readonly meter: Meter;
  /** Keys that an organization brought. */
  readonly keysOf: (organizationId: string) => readonly KeyedProvider[];
  readonly now: () => number;
  readonly limits?: Partial<FailoverLimits> | undefined;
  /** Whether calls that optimize for latency start the next candidate when the first is slow. */
  readonly hedging: boolean;
  /** Throws to keep a call from being started here. */
  readonly checkCandidates?: ((candidates: readonly Candidate[]) => void) | undefined;
  readonly onFailure?: ((attempt: Attempt, context: CallContext) => void) | undefined;
}

/** Digital silence at the beginning of speech that is taken for a failure. */
const MAX_LEADING_SILENCE_SECONDS = 3;
const HEDGE_MS = { min: 250, max: 3000, factor: 1.5 };

export function createGateway(options: GatewayOptions): Gateway {
  const { router, breakers, meter, now } = options;

  const rank: Gateway['rank'] = (modality, context, features) => {
    const request = {
      modality,
      intent: context.intent,
      allowed: context.allowed?.[modality],
      denied: context.denied,
      maxPrice: context.maxPrice,
      everything: context.everything,
      own: options.keysOf(context.organizationId),
      features,
    };
    const wanted = context.pin ?? context.prefer;
    if (wanted === undefined) return router.rank(request);
    const pinned = router.pin({ ...request, providerId: wanted.providerId, modelId: wanted.modelId });
    const first = pinned === undefined ? [] : [pinned];
    if (context.pin !== undefined) {
      return { candidates: first, dropped: [], scoresRunId: router.scores.runId };
    }
    const ranking = router.rank(request);
    const others = ranking.candidates.filter(
      ({ providerId, modelId }) => providerId !== pinned?.providerId || modelId !== pinned.modelId,
    );
    // One that failed lately is not waited for again while others can answer.
    const rests = pinned !== undefined && breakers.openUntil(pinned.breakerId) !== undefined;
    return { ...ranking, candidates: rests ? [...others, ...first] : [...first, ...others] };
  };

  const run = async <Item>(
    modality: ServedModality,
    context: CallContext,
    ranking: Ranking,
    start: (candidate: Candidate, signal: AbortSignal) => AsyncIterable<Item>,
    meaningOf: (item: Item) => Meaning,
  ): Promise<Committed<Candidate, Item> & Route> => {
    const { candidates } = ranking;
    if (candidates.length === 0) throw new NoCandidateError(modality, ranking);
    options.checkCandidates?.(candidates);
    const committed = await runWithFailover({
      candidates,
      start,
      meaningOf,
      signal: context.signal,
      breakers,
      now,
      limits: options.limits,
      hedgeAfterMs:
        options.hedging && context.intent.optimizeFor === 'latency' ? hedgeDelay(candidates[0]) : undefined,
      onFailure: (attempt) => options.onFailure?.(attempt, context),
    });
    return { ...committed, ...routeOf(committed, ranking) };
  };

  const record = (
    modality: ServedModality,
    context: CallContext,
    candidate: Candidate,
    quantity: Quantity,
  ): void =>
    meter.record({
      organizationId: context.organizationId,
      apiKeyId: context.apiKeyId,
      sessionId: context.sessionId,
      modality,
      providerId: candidate.providerId,
      modelId: candidate.modelId,
      keySource: candidate.keySource,
      row: candidate.evidence?.row,
      ...quantity,
    });

  return {
    rank,
    keysOf: options.keysOf,
    resolve: (modality, name, organizationId) =>
      router.resolve(modality, name, options.keysOf(organizationId)),

    async complete(callOptions, context) {
      const ranking = rank('llm', context);
      const committed = await run(
        'llm',
        context,
        ranking,
        (candidate, signal) =>
          streamLanguageModel(modelOf(candidate), callOptions, { what: whatOf(candidate), signal }),
        meaningOfPart,
      );
      return {
        ...committed,
        items: watch(committed.items, (part) => {
          if (part.type === 'finish') record('llm', context, committed.candidate, tokensOf(part.usage));
        }),
      };
    },

    async generate(callOptions, context) {
      const ranking = rank('llm', context);
      const committed = await run(
        'llm',
        context,
        ranking,
        (candidate, signal) =>
          whole(() =>
            generateWithLanguageModel(modelOf(candidate), callOptions, { what: whatOf(candidate), signal }),
          ),
        () => 'whole',
      );
      const result = await firstOf(committed.items);
      record('llm', context, committed.candidate, tokensOf(result.usage));
      return { ...committed, result };
    },

    async synthesize(call, context) {
      const ranking = rank('tts', context);
      const voiceOf = createVoiceChooser(call, context.intent, ranking.candidates);
      const committed = await run(
        'tts',
        context,
        ranking,
        (candidate, signal) => {
          const isFirst = candidate === ranking.candidates[0];
          return speak(
            candidate,
            {
              text: call.text,
              language: context.intent.language,
              voiceId: voiceOf(candidate),
              modelId: isFirst ? (call.modelId ?? candidate.modelId) : candidate.modelId,
              ...(call.sampleRateHz === undefined ? {} : { sampleRateHz: call.sampleRateHz }),
              ...(call.speed === undefined ? {} : { speed: call.speed }),
              ...(call.instructions === undefined ? {} : { instructions: call.instructions }),
            },
            signal,
          );
        },
        (chunk) => (isAllZero(chunk.samples) ? 'alive' : 'output'),
      );
      // Charged when it begins: the vendor has the text by then.
      record('tts', context, committed.candidate, { characters: [...call.text].length });
      return committed;
    },

    async transcribe(call, context) {
      const { clip, file, language, ...wishes } = call;
      const ranking = rank('stt', context, featuresOf(wishes));
      const [first] = ranking.candidates;
      // Nobody needs to be asked what digital silence says.
      if (first !== undefined && isSilent(clip)) {
        return {
          ...routeOf({ candidate: first, attempts: [], failoverCount: 0 }, ranking),
          transcript: { text: '', noSpeech: true },
        };
      }
      const spoken = language === 'auto' ? undefined : (language ?? context.intent.language);
      const heardNothing: Candidate[] = [];
      try {
        const committed = await run(
          'stt',
          context,
          ranking,
          (candidate, signal) =>
            whole(() =>
              recognize(
                candidate,
                clip,
                {
                  ...wishes,
                  signal,
                  ...(file === undefined ? {} : { file }),
                  ...(spoken === undefined ? {} : { language: spoken }),
                },
                () => heardNothing.push(candidate),
              ),
            ),
          () => 'whole',
        );
        const transcript = await firstOf(committed.items);
        record('stt', context, committed.candidate, { seconds: clip.samples.length / clip.sampleRateHz });
        return { ...committed, transcript };
      } catch (error) {
        // Recognisers that agree on nothing are right.
        const last = heardNothing.at(-1);
        if (last === undefined || !(error instanceof AllProvidersFailedError)) throw error;
        if (!error.isEmpty) throw error;
        record('stt', context, last, { seconds: clip.samples.length / clip.sampleRateHz });
        const attempts = error.attempts.slice(0, -1);
        return {
          ...routeOf({ candidate: last, attempts, failoverCount: attempts.length }, ranking),
          transcript: { text: '' },
        };
      }
    },
  };
}

interface Quantity {
  readonly seconds?: number;
  readonly characters?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

function routeOf(
  committed: {
    readonly candidate: Candidate;
    readonly attempts: readonly Attempt[];
    readonly failoverCount: number;
  },
  ranking: Ranking,
): Route {
  const { candidate, attempts, failoverCount } = committed;
  return {
    providerId: candidate.providerId,
    modelId: candidate.modelId,
    failoverCount,
    attempts,
    scoresRunId: ranking.scoresRunId,
    candidate,
  };
}

/** A little later than the measured time of the first candidate. */
function hedgeDelay(candidate: Candidate | undefined): number {
  const row = candidate?.evidence?.row;
  const usual =
    row?.latencyP95Ms ??
    (row?.latencyMs === null || row === undefined ? undefined : row.latencyMs * HEDGE_MS.factor);
  return Math.min(HEDGE_MS.max, Math.max(HEDGE_MS.min, usual ?? 1000));
}

function whatOf({ providerId }: Candidate): string {
  return `the answer of ${providerId}`;
}

/** Models by their catalogue: making one costs more than calling it. */
const models = new WeakMap<LanguageModelCatalogue, Map<string, LanguageModelV4>>();
const MAX_MODELS = 200;

function modelOf({ provider, providerId, modelId }: Candidate): LanguageModelV4 {
  const catalogue = provider.languageModels;
  if (catalogue === undefined) throw new ProviderError('unavailable', `${providerId} has no language model`);
  const known = models.get(catalogue) ?? new Map<string, LanguageModelV4>();
  models.set(catalogue, known);
  const model = known.get(modelId) ?? catalogue.get(modelId);
  if (known.size >= MAX_MODELS) known.clear();
  known.set(modelId, model);
  return model;
}

function meaningOfPart(part: LanguageModelV4StreamPart): Meaning {
  switch (part.type) {
    case 'text-delta':
      return part.delta === '' ? 'nothing' : 'output';
    case 'tool-call':
      return 'output';
    case 'reasoning-delta':
    case 'tool-input-start':
    case 'tool-input-delta':
      return 'alive';
    default:
      return 'nothing';
  }
}

function tokensOf(usage: LanguageModelV4GenerateResult['usage']): Quantity {
  return { inputTokens: usage.inputTokens.total ?? 0, outputTokens: usage.outputTokens.total ?? 0 };
}

/** Begins with enough to tell whether the vendor speaks at all, and goes on as the sound comes. */
async function* speak(
  candidate: Candidate,
  request: SynthesisRequest,
  signal: AbortSignal,
): AsyncGenerator<SpeechChunk> {
  const { synthesizer } = candidate.provider;
  if (synthesizer === undefined)
    throw new ProviderError('unavailable', `${candidate.providerId} has no voices`);
  let silentSeconds = 0;
  let isHeard = false;
  const isAudible = ({ samples }: SpeechChunk): boolean => !isAllZero(samples);
  const sound = atRate(synthesizer.synthesize(request, { signal }), request.sampleRateHz);
  for await (const chunk of joinShortChunks(sound, isAudible)) {
    isHeard ||= isAudible(chunk);
    if (!isHeard) {
      silentSeconds += chunk.samples.length / chunk.sampleRateHz;
      if (silentSeconds > MAX_LEADING_SILENCE_SECONDS) {
        throw new ProviderError('empty', `the speech of ${candidate.providerId} is nothing but silence`);
      }
    }
    yield chunk;
  }
}

/** Sound at the asked rate, or at that of its first chunk, whatever the vendor sends. */
async function* atRate(
  chunks: AsyncIterable<SpeechChunk>,
  askedHz: number | undefined,
): AsyncGenerator<SpeechChunk> {
  let resampler: Resampler | undefined;
  for await (const chunk of chunks) {
    const sampleRateHz = askedHz ?? resampler?.toHz ?? chunk.sampleRateHz;
    if (resampler?.fromHz !== chunk.sampleRateHz) {
      resampler = createResampler({ fromHz: chunk.sampleRateHz, toHz: sampleRateHz });
    }
    yield { ...chunk, samples: resampler.process(chunk.samples), sampleRateHz };
  }
  const rest = resampler?.flush();
  if (resampler !== undefined && rest !== undefined && rest.length > 0) {
    yield { samples: rest, sampleRateHz: resampler.toHz };
  }
}

async function recognize(
  candidate: Candidate,
  clip: PcmClip,
  options: RecognitionOptions,
  onNothing: () => void,
): Promise<Transcript> {
  const { recognizer } = candidate.provider;
  if (recognizer === undefined)
    throw new ProviderError('unavailable', `${candidate.providerId} has no recogniser`);
  const transcript = await recognizer.recognize(clip, { ...options, modelId: candidate.modelId });
  if (transcript.text === '' && transcript.noSpeech !== true) {
    onNothing();
    throw new ProviderError('empty', `the recogniser of ${candidate.providerId} heard nothing`);
  }
  return transcript;
}

/** Each candidate's voice: the caller's where the vendor has it, else one of the same gender that speaks the language. */
function createVoiceChooser(
  call: SynthesisCall,
  intent: RoutingIntent,
  candidates: readonly Candidate[],
): (candidate: Candidate) => string {
  const wanted = call.voiceId === undefined || call.voiceId === '' ? undefined : call.voiceId;
  const voicesOf = (candidate: Candidate): readonly Voice[] => candidate.provider.synthesizer?.voices ?? [];
  const owners = candidates.filter((candidate) => voicesOf(candidate).some(({ id }) => id === wanted));
  const [first] = candidates;
  const owner = owners[0];
  const wantedVoice = owner === undefined ? undefined : voicesOf(owner).find(({ id }) => id === wanted);
  const usualVoice = first === undefined ? undefined : defaultVoice(first, intent, undefined);
  const gender = call.gender ?? (wantedVoice ?? usualVoice)?.gender;
  return (candidate) => {
    if (wanted !== undefined && (owners.includes(candidate) || (owners.length === 0 && candidate === first)))
      return wanted;
    const voice = defaultVoice(candidate, intent, gender);
    if (voice === undefined) {
      throw new ProviderError(
        'bad-request',
        `${candidate.providerId} has no default voice for ${intent.language}`,
      );
    }
    return voice.id;
  };
}

function defaultVoice(
  candidate: Candidate,
  intent: RoutingIntent,
  gender: Voice['gender'],
): Voice | undefined {
  const fitting = voicesOf(candidate.provider.synthesizer?.voices ?? [], candidate.modelId).filter(
    ({ languages }) => coversLanguage(languages, intent.language),
  );
  const wanted = intent.language.toLowerCase();
  // The accent of the region first, where somebody has it.
  const ordered = [
    ...fitting.filter(({ languages }) => languages.some((tag) => tag.toLowerCase() === wanted)),
    ...fitting,
  ];
  return ordered.find((voice) => gender === undefined || voice.gender === gender) ?? ordered[0];
}

function featuresOf(
  wishes: Omit<TranscriptionCall, 'clip' | 'file' | 'language'>,
): readonly RecognitionFeature[] {
  const asked: Readonly<Record<RecognitionFeature, boolean>> = {
    keywords: (wishes.keywords?.length ?? 0) > 0,
    diarization: wishes.diarization === true,
    'smart-format': wishes.smartFormat === true,
    'filler-words': wishes.fillerWords === true,
    'profanity-filter': wishes.profanityFilter === true,
    prompt: wishes.prompt !== undefined && wishes.prompt !== '',
  };
  return RECOGNITION_FEATURES.filter((feature) => asked[feature]);
}

function isAllZero(samples: Int16Array): boolean {
  return samples.every((sample) => sample === 0);
}

/** A result that comes at once, as a stream of one item. */
function whole<T>(produce: () => Promise<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: await produce() }) }),
  };
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new ProviderError('empty', 'the answer held no output');
}

/** No generator: its turns would delay every item. */
function watch<T>(items: AsyncIterable<T>, see: (item: T) => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      return {
        async next() {
          const step = await iterator.next();
          if (step.done !== true) see(step.value);
          return step;
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

function describeNoCandidate(modality: ServedModality, { dropped }: Ranking): string {
  const what = { stt: 'recogniser', llm: 'language model', tts: 'voice' }[modality];
  const reasons = dropped
    .slice(0, 5)
    .map(({ providerId, modelId, reason }) => `${providerId}:${modelId} ${reason}`);
  return `No ${what} can serve this intent${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}.`;
}

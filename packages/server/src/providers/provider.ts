/**
 * What a vendor of speech or language offers the platform. One file per vendor implements the capabilities it has;
 * a capability that a vendor lacks is an absent property, never a function that throws.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { PcmClip, VisemeSpan } from '@visavox/audio';

/** A vendor, with the capabilities it offers on this machine right now. */
export interface Provider {
  /** Stable id in kebab-case, e.g. `flite`, `openai`. */
  readonly id: string;
  /** Shown to people, e.g. `Flite (built in)`. */
  readonly displayName: string;
  /**
   * Default `vendor`. `endpoint`: a server of the operator's own, whose models nobody else has measured. `built-in`: an
   * engine of this program; it stands in when no other is there.
   */
  readonly kind?: 'vendor' | 'endpoint' | 'built-in';
  readonly synthesizer?: SpeechSynthesizer;
  readonly recognizer?: SpeechRecognizer;
  readonly languageModels?: LanguageModelCatalogue;
  readonly embedder?: Embedder;
  /** Releases processes, workers and sockets. Idempotent. */
  close(): Promise<void>;
}

/** A model for speech in one direction. A provider that lists none has exactly one, called `default`. */
export interface SpeechModel {
  /** The name that the vendor knows it by, e.g. `nova-3`. */
  readonly id: string;
  readonly displayName?: string;
  /** BCP 47 tags it understands or speaks, primary or regional; `'*'` means any. */
  readonly languages: readonly string[];
}

export interface Voice {
  /** Unique inside its provider, e.g. `slt`. */
  readonly id: string;
  readonly displayName: string;
  /** BCP 47 tags that this voice speaks, most fitting first, e.g. `['en-US']`. `'*'` means any. */
  readonly languages: readonly string[];
  readonly gender?: 'female' | 'male';
  /** Models it belongs to, when not every model of the provider can use it. */
  readonly modelIds?: readonly string[];
}

export interface SynthesisRequest {
  /** One sentence, or a few: the caller segments and normalises. Never empty. */
  readonly text: string;
  readonly voiceId: string;
  /** BCP 47 tag of the text, e.g. `ko`. */
  readonly language: string;
  /** Default: the first model that has the voice. Ignored by an engine without models. */
  readonly modelId?: string;
  /** 0.5 – 2, 1 is the voice's own pace. Ignored by engines that cannot. */
  readonly speed?: number;
  /** Speaking style in words. Ignored by engines that cannot use it. */
  readonly instructions?: string;
  /** The rate that the caller needs, for vendors that let one choose. Chunks may come at another. */
  readonly sampleRateHz?: number;
}

/** A stretch of speech with the text it says. Counts from the first sample of the request, not of the chunk. */
export interface TimedText {
  /** A character, a word, or a phone in IPA. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Times of what is said, as a vendor gives them. They may come before or after the sound they belong to. */
export interface SpeechTimings {
  readonly unit: 'character' | 'word' | 'phone';
  readonly items: readonly TimedText[];
}

/** A consecutive piece of synthesized speech. */
export interface SpeechChunk extends PcmClip {
  /**
   * Mouth shapes of this chunk, in order and without gaps, counted from its own first sample; absent when the engine gives
   * no timings.
   */
  readonly visemes?: readonly VisemeSpan[];
  readonly timings?: SpeechTimings;
}

/** The voices that a model can use. */
export function voicesOf(voices: readonly Voice[], modelId: string): readonly Voice[] {
  return voices.filter(({ modelIds }) => modelIds === undefined || modelIds.includes(modelId));
}

export interface SpeechSynthesizer {
  /** The most recommended first. */
  readonly models?: readonly SpeechModel[];
  /** Known without asking; the first one that fits a language is its default. */
  readonly voices: readonly Voice[];
  /** Voices of the account, for vendors that keep them there. */
  readonly fetchVoices?: (options: { readonly signal: AbortSignal }) => Promise<readonly Voice[]>;
  /**
   * Streams the speech of one request. Chunks of one request share one sample rate.
   * @throws {ProviderError} when the engine fails; an abort rejects with the signal's reason.
   */
  synthesize(
    request: SynthesisRequest,
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<SpeechChunk>;
}

export interface Transcript {
  /** `''` when nothing was heard. */
  readonly text: string;
  /** The engine says itself that there was no speech; without it an empty text may be a failure. */
  readonly noSpeech?: boolean;
  /** BCP 47 tag of the language heard, when the engine knows it. */
  readonly language?: string;
  /** 0 – 1, when the engine gives one. */
  readonly confidence?: number;
  /** In order, when the engine gives times. */
  readonly words?: readonly TranscriptWord[];
}

export interface TranscriptWord {
  readonly text: string;
  /** From the start of the sound. */
  readonly startMs: number;
  readonly endMs: number;
  /** 0 – 1. */
  readonly confidence?: number;
  /** Who speaks, counted from 0, when speakers are told apart. */
  readonly speaker?: number;
}

/** A recording as it was sent, for vendors that take it in its container. */
export interface AudioFile {
  readonly bytes: Uint8Array;
  /** E.g. `audio/mpeg`. */
  readonly mediaType: string;
}

/** What a caller may ask of a recognition beyond the text. An engine that lacks one is not given the request. */
export const RECOGNITION_FEATURES = [
  'keywords',
  'diarization',
  'smart-format',
  'filler-words',
  'profanity-filter',
  'prompt',
] as const;
export type RecognitionFeature = (typeof RECOGNITION_FEATURES)[number];

export interface RecognitionOptions {
  readonly signal: AbortSignal;
  /** BCP 47 tag of the speech, or a word of the vendor's own such as `multi`. Absent: to be detected. */
  readonly language?: string;
  /** Default: the first model. Ignored by an engine without models. */
  readonly modelId?: string;
  /** The same sound as the clip; may be sent in its place. */
  readonly file?: AudioFile;
  /** Words to listen for, at most 200. */
  readonly keywords?: readonly string[];
  readonly diarization?: boolean;
  readonly speakersExpected?: number;
  readonly smartFormat?: boolean;
  readonly fillerWords?: boolean;
  readonly profanityFilter?: boolean;
  readonly prompt?: string;
}

export interface StreamRecognitionOptions extends RecognitionOptions {
  /** Of every clip of the stream. */
  readonly sampleRateHz: number;
  /** Whether events come while a stretch of speech is still going on. */
  readonly interimResults: boolean;
}

/** Ends an utterance inside a stream of sound: what was heard is wanted as final now. */
export const FLUSH = Symbol('flush');

export interface TranscriptEvent {
  /** Of the current stretch of speech, cumulative until it is final; the next event begins a new one. */
  readonly text: string;
  readonly isFinal: boolean;
  readonly language?: string;
  /** 0 – 1. */
  readonly confidence?: number;
  /** Times count from the start of the stream. */
  readonly words?: readonly TranscriptWord[];
}

export interface SpeechRecognizer {
  /** The most recommended first. */
  readonly models?: readonly SpeechModel[];
  /** Absent: none. */
  readonly features?: readonly RecognitionFeature[];
  /** BCP 47 primary tags it understands; `'*'` means any. */
  readonly languages: readonly string[];
  /** True when it only knows a small fixed vocabulary. The catalogue and the UI say so. */
  readonly limitedVocabulary: boolean;
  /**
   * Transcribes one whole clip (any sample rate).
   * @throws {ProviderError} when the engine fails; an abort rejects with the signal's reason.
   */
  recognize(clip: PcmClip, options: RecognitionOptions): Promise<Transcript>;
  /**
   * Transcribes sound while it arrives, for vendors that can. Ends after the last event of the ended sound.
   * @throws {ProviderError} when the engine fails; an abort rejects with the signal's reason.
   */
  recognizeStream?(
    sound: AsyncIterable<PcmClip | typeof FLUSH>,
    options: StreamRecognitionOptions,
  ): AsyncIterable<TranscriptEvent>;
}

export interface LanguageModelInfo {
  /** The name that the vendor knows the model by, e.g. `gpt-4o`. */
  readonly id: string;
  readonly displayName: string;
}

/** Models behind the AI SDK's provider interface; `get` is cheap and connects to nothing. */
export interface LanguageModelCatalogue {
  readonly models: readonly LanguageModelInfo[];
  get(modelId: string): LanguageModelV4;
}

/** Turns texts into vectors that lie the nearer, the nearer their meanings are. */
export interface Embedder {
  /** The name that the vendor knows the model by. Vectors of different models cannot be compared. */
  readonly modelId: string;
  /**
   * One vector for each text, in their order, all of one length. Texts are some hundred words at most, never empty.
   * @throws {ProviderError} when the vendor fails; an abort rejects with the signal's reason.
   */
  embed(
    texts: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<readonly Float32Array[]>;
}

/**
 * `bad-audio`: the caller's recording is at fault, and would be with any vendor. `bad-request`: the vendor did not
 * accept the voice, model, language or text. `payment`: the vendor's account is empty. `empty`: it answered without
 * any output.
 */
export type ProviderErrorKind =
  | 'auth'
  | 'payment'
  | 'bad-request'
  | 'bad-audio'
  | 'rate-limited'
  | 'timeout'
  | 'unavailable'
  | 'protocol'
  | 'empty';

/** The one error a vendor file throws. Only routing reads `kind`. Messages never hold keys, text or vendor bodies. */
export class ProviderError extends Error {
  readonly kind: ProviderErrorKind;
  /** HTTP status of the vendor, when it answered with one. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ProviderErrorKind,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number; readonly status?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = kind;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

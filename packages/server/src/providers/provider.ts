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
  readonly synthesizer?: SpeechSynthesizer;
  readonly recognizer?: SpeechRecognizer;
  readonly languageModels?: LanguageModelCatalogue;
  readonly embedder?: Embedder;
  /** Releases processes, workers and sockets. Idempotent. */
  close(): Promise<void>;
}

export interface Voice {
  /** Unique inside its provider, e.g. `slt`. */
  readonly id: string;
  readonly displayName: string;
  /** BCP 47 tags that this voice speaks, most fitting first, e.g. `['en-US']`. */
  readonly languages: readonly string[];
  readonly gender?: 'female' | 'male';
}

export interface SynthesisRequest {
  /** One sentence, or a few: the caller segments and normalises. Never empty. */
  readonly text: string;
  readonly voiceId: string;
  /** BCP 47 tag of the text, e.g. `ko`. */
  readonly language: string;
}

/** A consecutive piece of synthesized speech. Timings count from this chunk's own first sample. */
export interface SpeechChunk extends PcmClip {
  /** Mouth shapes of this chunk, in order and without gaps; absent when the engine gives no timings. */
  readonly visemes?: readonly VisemeSpan[];
}

export interface SpeechSynthesizer {
  readonly voices: readonly Voice[];
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
  /** `''` when nothing was said. */
  readonly text: string;
  /** BCP 47 tag of the language heard, when the engine knows it. */
  readonly language?: string;
  /** 0 – 1, when the engine gives one. */
  readonly confidence?: number;
}

export interface SpeechRecognizer {
  /** BCP 47 primary tags it understands; `'*'` means any. */
  readonly languages: readonly string[];
  /** True when it only knows a small fixed vocabulary. The catalogue and the UI say so. */
  readonly limitedVocabulary: boolean;
  /**
   * Transcribes one whole clip (any sample rate).
   * @throws {ProviderError} when the engine fails; an abort rejects with the signal's reason.
   */
  recognize(
    clip: PcmClip,
    options: { readonly language?: string; readonly signal: AbortSignal },
  ): Promise<Transcript>;
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

export type ProviderErrorKind =
  | 'auth'
  | 'bad-request'
  | 'rate-limited'
  | 'timeout'
  | 'unavailable'
  | 'protocol';

/** The one error a vendor file throws. Only routing reads `kind`. Messages never hold keys, text or vendor bodies. */
export class ProviderError extends Error {
  readonly kind: ProviderErrorKind;
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ProviderErrorKind,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Recognition with downloaded models through the sherpa-onnx host, a separate program under its own licence. One
 * program per model, loaded ahead and kept warm. The server knows only how to start it; without the package these models
 * are not available.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type PcmClip, resampleClip } from '@visavox/audio';
import { primaryLanguage } from '../text/language.ts';
import type { Calls } from './calls.ts';
import { createChildClient } from './child-client.ts';
import { cutAtPauses } from './clip-pieces.ts';
import { type Provider, ProviderError, type Transcript } from './provider.ts';
import type { SherpaModel } from './sherpa-models.ts';
import { isSilent } from './silence.ts';

export interface SherpaProviderOptions {
  readonly model: SherpaModel;
  /** Module of the host. Default: the `speech-sherpa` package of this workspace, when it is there. */
  readonly hostPath?: string;
  /** Limit for one piece of a clip. */
  readonly pieceTimeoutMs?: number;
}

export interface SherpaProvider extends Provider {
  readonly recognizer: NonNullable<Provider['recognizer']>;
  /**
   * Loads the model ahead of the first clip; does nothing once the provider is closed.
   * @throws {ProviderError} `unavailable` when it cannot be loaded; the message says what to do.
   */
  preload(options: { readonly signal: AbortSignal }): Promise<void>;
}

interface HostConfig {
  readonly kind: string;
  readonly files: SherpaModel['files'];
  readonly threads: number;
}

/** Every request has the model with it: whichever is the first in a new process loads it. */
export type SherpaRequest =
  | { readonly kind: 'load'; readonly config: HostConfig }
  | {
      readonly kind: 'hear';
      readonly config: HostConfig;
      readonly samples: Int16Array;
      readonly language?: string;
    };

export interface SherpaReply {
  readonly text?: string;
  readonly language?: string;
}

const RATE_HZ = 16_000;
/** SenseVoice is made for short segments, Whisper hears 30 s. */
const MAX_PIECE_SECONDS = 28;
const LOAD_TIMEOUT_MS = 180_000;
const PIECE_TIMEOUT_MS = 90_000;
const MAX_WAITING = 32;
const REST_MS = 60_000;
/** More do not make half a minute of sound faster by much, and media processes need the other cores. */
const MAX_THREADS = 2;
/** Languages that are written without spaces. */
const UNSPACED = ['zh', 'ja', 'yue', 'th'];

/** Module of the host in this workspace; `undefined` when its package or its engine is not installed. */
export function findSherpaHost(): string | undefined {
  try {
    const host = fileURLToPath(import.meta.resolve('@visavox/speech-sherpa/host'));
    createRequire(host).resolve('sherpa-onnx-node');
    return host;
  } catch {
    return undefined;
  }
}

/** The error for a machine without the engine. Its message tells how to install it. */
export function noSherpaError(): ProviderError {
  return new ProviderError(
    'unavailable',
    'downloaded models need the optional package @visavox/speech-sherpa with sherpa-onnx-node, which has builds for Linux, macOS and Windows on common processors; install the workspace with optional dependencies',
  );
}

/**
 * Creates the provider of one model; the host starts with the first clip, or with `preload`.
 * @throws {ProviderError} `unavailable` when the host is not installed.
 */
export function createSherpaProvider(options: SherpaProviderOptions): SherpaProvider {
  const modulePath = options.hostPath ?? findSherpaHost();
  if (modulePath === undefined) throw noSherpaError();
  const recognizer = new SherpaRecognizer(options.model, {
    modulePath,
    pieceTimeoutMs: options.pieceTimeoutMs ?? PIECE_TIMEOUT_MS,
  });
  return {
    id: `sherpa-${options.model.id.replace(/^sherpa-onnx-/, '')}`,
    displayName: `${options.model.id} (local)`,
    kind: 'built-in',
    recognizer: {
      languages: options.model.languages,
      limitedVocabulary: false,
      recognize: (clip, { signal, language }) => recognizer.recognize(clip, { signal, language }),
    },
    preload: ({ signal }) => recognizer.preload(signal),
    close: () => recognizer.close(),
  };
}

class SherpaRecognizer {
  readonly #model: SherpaModel;
  readonly #host: Calls<SherpaRequest, SherpaReply>;
  readonly #config: HostConfig;
  #isLoaded = false;
  #isClosed = false;

  constructor(model: SherpaModel, options: { readonly modulePath: string; readonly pieceTimeoutMs: number }) {
    this.#model = model;
    const threads = Math.min(MAX_THREADS, availableParallelism());
    this.#config = { kind: model.kind, files: model.files, threads };
    this.#host = createChildClient({
      modulePath: options.modulePath,
      name: `the recognizer ${model.id}`,
      timeoutMs: options.pieceTimeoutMs,
      maxWaiting: MAX_WAITING,
      restMs: REST_MS,
    });
  }

  async recognize(
    clip: PcmClip,
    options: { readonly language: string | undefined; readonly signal: AbortSignal },
  ): Promise<Transcript> {
    const { signal } = options;
    signal.throwIfAborted();
    const language = options.language === undefined ? undefined : this.#nameOf(options.language);
    const heard: SherpaReply[] = [];
    for (const piece of cutAtPauses(resampleClip(clip, RATE_HZ), MAX_PIECE_SECONDS)) {
      if (isSilent(piece)) continue;
      // Every wait lets other clips in between; an abort ends a long one at the next piece.
      heard.push(await this.#hear(piece.samples, language, signal));
    }
    const spoken = heard.flatMap((reply) => (reply.text ? [{ ...reply, text: reply.text }] : []));
    const known =
      language ?? spoken.find(({ language: tag }) => tag !== undefined && this.#knows(tag))?.language;
    const [only] = this.#model.languages;
    const answered = known ?? (this.#model.languages.length === 1 && only !== '*' ? only : undefined);
    return {
      text: spoken.map(({ text }) => text).join(UNSPACED.includes(answered ?? '') ? '' : ' '),
      ...(answered === undefined ? {} : { language: answered }),
    };
  }

  async load(signal: AbortSignal): Promise<void> {
    if (this.#isLoaded) return;
    const { id, kind } = this.#model;
    const request: SherpaRequest = { kind: 'load', config: this.#config };
    try {
      await this.#host.call(request, { signal, timeoutMs: LOAD_TIMEOUT_MS, provesHealth: false });
      this.#isLoaded = true;
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind === 'rate-limited' || this.#isClosed) throw error;
      // The host answers a failure only when the engine is missing; a model that it cannot read ends it.
      if (error.kind === 'protocol') throw noSherpaError();
      throw new ProviderError(
        error.kind,
        `the model ${id} could not be loaded: ${error.message}. When its files are damaged, visavox models rm ${id} and pull it again; when it is of another kind than ${kind}, say so in its model.json`,
        { cause: error },
      );
    }
  }

  async preload(signal: AbortSignal): Promise<void> {
    try {
      await this.load(signal);
    } catch (error) {
      if (!this.#isClosed) throw error;
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#host.close();
  }

  async #hear(samples: Int16Array, language: string | undefined, signal: AbortSignal): Promise<SherpaReply> {
    await this.load(signal);
    const told = language === undefined ? {} : { language };
    try {
      return await this.#host.call({ kind: 'hear', config: this.#config, samples, ...told }, { signal });
    } catch (error) {
      // It may be the host's end: the next clip asks for the model again, which costs nothing when it is there.
      this.#isLoaded = false;
      throw error;
    }
  }

  /** The model's own name of a language. */
  #nameOf(tag: string): string {
    const isCantonese = /^(yue|zh-(\w+-)?(hk|mo))\b/i.test(tag);
    const name = isCantonese && this.#knows('yue') ? 'yue' : primaryLanguage(tag);
    if (this.#knows(name)) return name;
    throw new ProviderError(
      'bad-request',
      `the model ${this.#model.id} understands ${this.#model.languages.join(', ')}, but a clip in ${tag} came`,
    );
  }

  #knows(language: string): boolean {
    return this.#model.languages.includes(language) || this.#model.languages.includes('*');
  }
}

/** Builds every provider that works on this machine, in order of preference. */
import { DEFAULT_MODEL_NAME, KNOWN_MODELS } from '@visavox/contract/models';
import { primaryLanguage } from '../text/language.ts';
import { createEspeakProvider } from './espeak.ts';
import { createFliteProvider } from './flite.ts';
import { detectLocalModels } from './local-models.ts';
import { createOpenAiProvider } from './openai.ts';
import { createPocketsphinxProvider, findPocketsphinx } from './pocketsphinx.ts';
import { type Provider, ProviderError } from './provider.ts';
import { createSherpaProvider, findSherpaHost, noSherpaError, type SherpaProvider } from './sherpa.ts';
import { findSherpaModels } from './sherpa-models.ts';
import { createSoundswallowerProvider } from './soundswallower.ts';
import { createStandInProvider } from './stand-in/stand-in.ts';

/** What a logger must offer here; pino does. */
export interface ProviderLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface CreateProvidersOptions {
  /** Present when a vendor or a compatible server is configured. */
  readonly openai?: {
    readonly apiKey?: string | undefined;
    readonly baseUrl?: string | undefined;
  };
  /** Vendors that the operator has keys for, opened already. They come after `openai`. */
  readonly vendors?: readonly Provider[];
  /** Folder that holds the folder of downloaded models. */
  readonly dataDir: string;
  readonly log: ProviderLog;
  readonly signal: AbortSignal;
  readonly fetch?: typeof fetch;
  /** Folders to look for programs in, as in the PATH variable. The usual ones are always looked at. */
  readonly searchPath?: string;
  /** Ask the usual loopback ports for language models. Default true. */
  readonly detectLocalModels?: boolean;
  /** Whether the engines of this program are wanted too. Default true. */
  readonly builtIns?: boolean;
}

type Start = readonly [name: string, start: () => Promise<readonly Provider[]>];

/**
 * Creates all providers that are available here: configured ones first, local model servers, then the built-in ones,
 * the best of each capability first. A provider that cannot start is left out and logged.
 * Rejects only when the signal is aborted, with its reason; then nothing stays open.
 */
export async function createProviders(options: CreateProvidersOptions): Promise<readonly Provider[]> {
  const { log, signal } = options;
  signal.throwIfAborted();
  const reached: readonly Start[] = [
    ['openai', () => startOpenAi(options)],
    ['vendors', async () => options.vendors ?? []],
    ['local-models', () => startLocalModels(options)],
  ];
  const builtIn: readonly Start[] = [
    ['flite', async () => [await createFliteProvider({ signal })]],
    ['espeak', async () => [await createEspeakProvider({ signal })]],
    ['sherpa', () => startSherpa(options)],
    ['pocketsphinx', () => startPocketsphinx(options)],
    ['soundswallower', async () => [createSoundswallowerProvider()]],
    ['stand-in', async () => [createStandInProvider()]],
  ];
  const starts = options.builtIns === false ? reached : [...reached, ...builtIn];
  const results = await Promise.all(
    starts.map(async ([name, start]) => {
      try {
        return await start();
      } catch (error) {
        if (!signal.aborted) {
          const kind = error instanceof ProviderError ? error.kind : 'unexpected';
          const reason = error instanceof ProviderError ? error.message : undefined;
          log.warn({ provider: name, kind, reason }, 'A speech or language provider is not available');
        }
        return [];
      }
    }),
  );
  const providers = results.flat();
  if (signal.aborted) {
    await Promise.all(providers.map((provider) => provider.close()));
    signal.throwIfAborted();
  }
  log.info({ providers: providers.map(({ id }) => id) }, 'Speech and language providers are ready');
  return providers;
}

/** The error for a request in a language that no recogniser understands. Its message tells how to get one. */
export function noRecognizerError(language: string): ProviderError {
  const primary = primaryLanguage(language);
  const fitting = KNOWN_MODELS.find(
    ({ languages }) => languages.includes(primary) || languages.includes('*'),
  );
  const isTag = /^[a-z]{2,3}$/.test(primary);
  const model = isTag && fitting !== undefined ? fitting.name : DEFAULT_MODEL_NAME;
  return new ProviderError(
    'unavailable',
    `no speech recognizer here understands the language ${language}; download a model with "visavox models pull ${model}" ("visavox models list" shows others) and start the server again, set OPENAI_API_KEY or OPENAI_BASE_URL for a vendor, or send text instead of speech`,
  );
}

/** The error for a request in a language that no voice speaks. Its message tells how to get one. */
export function noSynthesizerError(language: string): ProviderError {
  return new ProviderError(
    'unavailable',
    `no voice here speaks the language ${language}; install the optional package @visavox/speech-espeak, or set OPENAI_API_KEY or OPENAI_BASE_URL`,
  );
}

async function startOpenAi(options: CreateProvidersOptions): Promise<readonly Provider[]> {
  if (!options.openai) return [];
  return [await createOpenAiProvider({ ...options.openai, ...sharedOptions(options) })];
}

async function startLocalModels(options: CreateProvidersOptions): Promise<readonly Provider[]> {
  if (options.detectLocalModels === false) return [];
  const servers = await detectLocalModels(sharedOptions(options));
  const configured = options.openai?.baseUrl?.replace(/\/+$/, '').replace('//localhost:', '//127.0.0.1:');
  return Promise.all(
    servers
      .filter(({ baseUrl }) => baseUrl !== configured)
      .map((server) => createOpenAiProvider({ ...server, ...sharedOptions(options) })),
  );
}

async function startSherpa(options: CreateProvidersOptions): Promise<readonly Provider[]> {
  const { log, signal } = options;
  const { models, problems } = await findSherpaModels(options.dataDir);
  for (const { kind, message } of problems) {
    log.warn({ provider: 'sherpa', kind, reason: message }, 'A speech or language provider is not available');
  }
  if (models.length === 0) {
    throw new ProviderError(
      'unavailable',
      `expected a recognition model in the data folder; visavox models pull ${DEFAULT_MODEL_NAME}`,
    );
  }
  const hostPath = findSherpaHost();
  if (hostPath === undefined) throw noSherpaError();
  const providers = models.map((model) => createSherpaProvider({ model, hostPath }));
  void preload(providers, options).catch(() => {});
  signal.throwIfAborted();
  return providers;
}

/** Loads, one after the other, each model that is the first choice for some language. */
async function preload(
  providers: readonly SherpaProvider[],
  { log, signal }: CreateProvidersOptions,
): Promise<void> {
  const served = new Set<string>();
  for (const provider of providers) {
    const { languages } = provider.recognizer;
    if (languages.every((language) => served.has(language))) continue;
    for (const language of languages) served.add(language);
    try {
      await provider.preload({ signal });
      log.info({ provider: provider.id }, 'A recognition model is loaded');
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof ProviderError ? error.message : undefined;
      log.warn({ provider: provider.id, reason }, 'A recognition model could not be loaded');
    }
  }
}

async function startPocketsphinx(options: CreateProvidersOptions): Promise<readonly Provider[]> {
  const installation = await findPocketsphinx(options.searchPath ?? '');
  if (!installation) {
    throw new ProviderError(
      'unavailable',
      'expected the program and model of PocketSphinx; on Debian: apt-get install pocketsphinx pocketsphinx-en-us',
    );
  }
  return [createPocketsphinxProvider({ installation })];
}

function sharedOptions(options: CreateProvidersOptions): { signal: AbortSignal; fetch?: typeof fetch } {
  return { signal: options.signal, ...(options.fetch ? { fetch: options.fetch } : {}) };
}

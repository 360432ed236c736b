/**
 * English dictation with the PocketSphinx program and model of the operating system (Debian: `pocketsphinx` and
 * `pocketsphinx-en-us`). One child process per clip; the next one already loads its model while it waits.
 */
import type { ChildProcess } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { encodePcm16, type PcmClip, resampleClip } from '@visavox/audio';
import { finishChild, killChild, startChild } from './child-run.ts';
import { type Provider, ProviderError, type Transcript } from './provider.ts';
import { isSilent } from './silence.ts';

export interface PocketsphinxInstallation {
  readonly program: string;
  /** Folder that holds `en-us`, `en-us.lm.bin` and `cmudict-en-us.dict`. */
  readonly modelFolder: string;
}

export interface PocketsphinxOptions {
  readonly installation: PocketsphinxInstallation;
  /** Keep one process waiting with its model loaded: saves a second per clip, costs 100 MB. Default true. */
  readonly keepsSpare?: boolean;
}

const MODEL_FOLDERS = [
  '/usr/share/pocketsphinx/model/en-us',
  '/usr/local/share/pocketsphinx/model/en-us',
  '/usr/share/pocketsphinx/en-us',
  '/opt/homebrew/share/pocketsphinx/model/en-us',
];
const PROGRAM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
const RATE_HZ = 16_000;
/** The program drops speech that is cut off hard at either end. */
const PADDING_SECONDS = 0.4;
const MAX_OUTPUT_BYTES = 256 * 1024;

/**
 * Looks for the program and its model.
 * @param searchPath folders as in the PATH variable
 */
export async function findPocketsphinx(searchPath: string): Promise<PocketsphinxInstallation | undefined> {
  const folders = [...searchPath.split(delimiter).filter((folder) => folder !== ''), ...PROGRAM_FOLDERS];
  const program = await firstReadable(
    folders.map((folder) => join(folder, 'pocketsphinx_continuous')),
    constants.X_OK,
  );
  const model = await firstReadable(
    MODEL_FOLDERS.map((folder) => join(folder, 'en-us.lm.bin')),
    constants.R_OK,
  );
  return program && model ? { program, modelFolder: join(model, '..') } : undefined;
}

/** Creates the provider for an installation found. */
export function createPocketsphinxProvider(options: PocketsphinxOptions): Provider {
  const recognizer = new PocketsphinxRecognizer(options);
  return {
    id: 'pocketsphinx',
    displayName: 'PocketSphinx (local)',
    kind: 'built-in',
    recognizer: {
      languages: ['en'],
      limitedVocabulary: false,
      recognize: (clip, { signal }) => recognizer.recognize(clip, signal),
    },
    close: () => recognizer.close(),
  };
}

class PocketsphinxRecognizer {
  readonly #options: PocketsphinxOptions;
  readonly #children = new Set<ChildProcess>();
  #spare: ChildProcess | undefined;
  #isClosed = false;

  constructor(options: PocketsphinxOptions) {
    this.#options = options;
    this.#prepareSpare();
  }

  async recognize(clip: PcmClip, signal: AbortSignal): Promise<Transcript> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new ProviderError('unavailable', 'the PocketSphinx recognizer is closed');
    if (isSilent(clip)) return { text: '', language: 'en' };
    const child = this.#takeChild();
    const seconds = clip.samples.length / clip.sampleRateHz;
    const { exitCode, output } = await finishChild(child, {
      name: 'PocketSphinx',
      input: padded(resampleClip(clip, RATE_HZ)),
      timeoutMs: 15_000 + seconds * 2000,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal,
    }).finally(() => this.#prepareSpare());
    if (this.#isClosed) throw new ProviderError('unavailable', 'the PocketSphinx recognizer is closed');
    if (exitCode !== 0)
      throw new ProviderError('unavailable', `PocketSphinx ended with code ${String(exitCode)}`);
    return { text: readTranscript(output.toString('utf8')), language: 'en' };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#spare = undefined;
    const gone = [...this.#children].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once('close', () => resolve());
          child.once('error', () => resolve());
          killChild(child);
        }),
    );
    await Promise.all(gone);
  }

  #takeChild(): ChildProcess {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare && spare.exitCode === null && spare.signalCode === null ? spare : this.#start();
  }

  #prepareSpare(): void {
    if (this.#isClosed || this.#options.keepsSpare === false) return;
    this.#spare ??= this.#start();
  }

  /** The program reads the model first and its input afterwards, so a started one can wait. */
  #start(): ChildProcess {
    const { program, modelFolder } = this.#options.installation;
    // It opens its input by name, which the sockets that Node makes for streams do not allow; a pipe does.
    const child = startChild('/bin/sh', [
      ...['-c', 'cat | "$0" "$@"', program],
      ...['-infile', '/dev/stdin', '-samprate', String(RATE_HZ)],
      ...['-hmm', join(modelFolder, 'en-us')],
      ...['-lm', join(modelFolder, 'en-us.lm.bin')],
      ...['-dict', join(modelFolder, 'cmudict-en-us.dict')],
      // Without the second pass the text is there when the sound ends, for 2 % more errors.
      ...['-fwdflat', 'no', '-logfn', '/dev/null'],
    ]);
    this.#children.add(child);
    const forget = () => {
      this.#children.delete(child);
      if (this.#spare === child) this.#spare = undefined;
    };
    child.once('close', forget);
    child.once('error', forget);
    return child;
  }
}

/** One line per stretch of speech; words in brackets are noises, and numbers mark alternative pronunciations. */
function readTranscript(output: string): string {
  return output
    .replace(/\[[^\]]*\]|<[^>]*>|\(\d+\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\bi\b/g, 'I');
}

function padded(clip: PcmClip): Uint8Array {
  const padding = Math.round(PADDING_SECONDS * clip.sampleRateHz);
  const samples = new Int16Array(clip.samples.length + 2 * padding);
  samples.set(clip.samples, padding);
  return encodePcm16(samples);
}

async function firstReadable(paths: readonly string[], mode: number): Promise<string | undefined> {
  for (const path of paths) {
    const isFound = await access(path, mode).then(
      () => true,
      () => false,
    );
    if (isFound) return path;
  }
  return undefined;
}

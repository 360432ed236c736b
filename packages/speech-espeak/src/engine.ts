/** The eSpeak NG library with the few calls the host needs. */

export interface EspeakEngine {
  readonly sampleRateHz: number;
  /** Names of voices by language, e.g. `ko`, `en-us`. */
  readonly languages: readonly string[];
  /**
   * Speaks one text; `onPiece` gets about 100 ms of sound at a time, while the rest is still being made.
   * @throws {UnknownVoiceError} when there is no such voice.
   */
  speak(
    request: { readonly voice: string; readonly text: string; readonly wordsPerMinute: number },
    onPiece: (piece: SpokenPiece) => void,
  ): void;
}

export interface SpokenPiece {
  readonly samples: Int16Array;
  /** Phones that start in this piece, IPA; `''` is a pause. */
  readonly phones: readonly { readonly phone: string; readonly startMs: number }[];
}

export class UnknownVoiceError extends Error {}

/** The part of the Emscripten module that is used. */
interface EspeakModule {
  readonly eSpeakNGWorker: new () => PromiseLike<EspeakWorker> | EspeakWorker;
}

interface EspeakWorker {
  list_voices(): { readonly languages: readonly { readonly name: string }[] }[];
  get_samplerate(): number;
  set_rate(wordsPerMinute: number): void;
  set_voice(name: string): number;
  synthesize(
    text: string,
    onPiece: (
      samples: Int16Array | undefined,
      events: readonly { readonly type: string; readonly audio_position: number; readonly id?: unknown }[],
    ) => boolean,
  ): void;
}

/** Loads the library: about 130 ms. Rejects when its package is not installed. */
export async function createEngine(): Promise<EspeakEngine> {
  const name = '@echogarden/espeak-ng-emscripten';
  const { default: createModule }: { default: (options: object) => Promise<EspeakModule> } = await import(
    name
  );
  const module = await createModule({ print: () => {}, printErr: () => {} });
  const worker = await new module.eSpeakNGWorker();
  const languages = new Set(
    worker.list_voices().flatMap((voice) => voice.languages.map(({ name: tag }) => tag)),
  );
  return {
    sampleRateHz: worker.get_samplerate(),
    languages: [...languages].sort(),
    speak({ voice, text, wordsPerMinute }, onPiece) {
      if (!languages.has(voice.split('+')[0] ?? '') || worker.set_voice(voice) !== 0)
        throw new UnknownVoiceError();
      worker.set_rate(wordsPerMinute);
      worker.synthesize(text, (samples, events) => {
        const phones = events
          .filter(({ type }) => type === 'phoneme')
          .map(({ id, audio_position: startMs }) => ({ phone: String(id ?? ''), startMs }));
        if (phones.length > 0 || (samples && samples.length > 0)) {
          onPiece({ samples: samples ?? new Int16Array(0), phones });
        }
        return false;
      });
    },
  };
}

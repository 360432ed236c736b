/** One model behind sherpa-onnx, with the language either told by the caller or detected by the model. */
import type { OfflineRecognizer } from 'sherpa-onnx-node';

export interface HearingConfig {
  readonly kind: string;
  /** Paths by role: `model`, `encoder`, `decoder`, `joiner`, `tokens`. */
  readonly files: Readonly<Record<string, string>>;
  readonly threads: number;
}

export interface Heard {
  readonly text: string;
  /** As the model names it, e.g. `ko`; absent when it does not tell. */
  readonly language?: string;
}

export interface Hearing {
  /** @param samples 16 kHz, half a minute at most */
  hear(samples: Int16Array, language?: string): Heard;
}

const RATE_HZ = 16_000;
/** The engine stacks frames; shorter sound does not fill one stack. */
const MIN_SAMPLES = RATE_HZ / 2;
/** The kinds that hear which language is spoken. */
const DETECTING = ['sense-voice', 'whisper'];

/** @throws when the engine is not installed. A model that cannot be read ends the process: the engine does so. */
export async function createHearing(config: HearingConfig): Promise<Hearing> {
  const { default: sherpa } = await import('sherpa-onnx-node');
  const open = (language: string) => new sherpa.OfflineRecognizer(toEngineConfig(config, language));
  const detecting = open('');
  let told: { readonly language: string; readonly recognizer: OfflineRecognizer } | undefined;
  return {
    hear(samples, language) {
      const sound = new Float32Array(Math.max(samples.length, MIN_SAMPLES));
      samples.forEach((sample, index) => {
        sound[index] = sample / 32_768;
      });
      const heard = run(detecting, sound);
      const isAgreed = heard.text === '' || heard.language === undefined || heard.language === language;
      if (language === undefined || isAgreed || !DETECTING.includes(config.kind)) return heard;
      // The engine takes the language with the model only. Most clips are in the language that was told, so the second
      // copy of the model is loaded when the first one hears another.
      if (told?.language !== language) told = { language, recognizer: open(language) };
      return run(told.recognizer, sound);
    },
  };
}

function run(recognizer: OfflineRecognizer, samples: Float32Array): Heard {
  const stream = recognizer.createStream();
  stream.acceptWaveform({ samples, sampleRate: RATE_HZ });
  recognizer.decode(stream);
  const { text, lang } = recognizer.getResult(stream);
  // SenseVoice writes `<|ko|>`, and `<|nospeech|>` for noise.
  const language = /^(?:<\|)?([a-z]{2,3})(?:\|>)?$/.exec(lang ?? '')?.[1];
  return { text: text.trim(), ...(language === undefined ? {} : { language }) };
}

function toEngineConfig({ kind, files, threads }: HearingConfig, language: string): object {
  const { tokens, model, ...parts } = files;
  const engine = {
    'sense-voice': { senseVoice: { model, language, useInverseTextNormalization: 1 } },
    whisper: { whisper: { ...parts, language, task: 'transcribe', tailPaddings: -1 } },
    transducer: { transducer: parts, modelType: 'transducer' },
    'nemo-transducer': { transducer: parts, modelType: 'nemo_transducer' },
    'nemo-ctc': { nemoCtc: { model } },
    'zipformer-ctc': { zipformerCtc: { model } },
  }[kind];
  return {
    featConfig: { sampleRate: RATE_HZ, featureDim: 80 },
    modelConfig: { ...engine, tokens, numThreads: threads, provider: 'cpu', debug: 0 },
    decodingMethod: 'greedy_search',
  };
}

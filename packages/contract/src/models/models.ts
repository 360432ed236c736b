/**
 * Models that a server can use once they lie in its data folder: the table of those that `visavox models pull` knows by
 * name. Sizes and hashes are those of the archives as published.
 */
import type { ModelKind } from './model-folder.ts';

export interface KnownModel {
  /** What people type, e.g. `sense-voice`. */
  readonly name: string;
  /** Name of its folder, and of its archive without the extension. */
  readonly id: string;
  readonly kind: ModelKind;
  /** BCP 47 primary tags, the best understood first; `'*'` means any. */
  readonly languages: readonly string[];
  readonly purpose: string;
  readonly license: string;
  /** Terms that are no usual open source licence, in a sentence; shown before the download. */
  readonly terms?: string;
  readonly url: string;
  /** Of the archive, when known. */
  readonly bytes?: number;
  /** Absent: not known. The first download is trusted, its hash is shown and recorded. */
  readonly sha256?: string;
}

const RELEASE = 'https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models';
const SENSE_VOICE = {
  kind: 'sense-voice',
  languages: ['zh', 'en', 'ja', 'ko', 'yue'],
  license: 'FunASR Model License 1.1 (custom)',
  terms:
    'SenseVoice comes under the FunASR Model Open Source License Agreement, a licence of its own: it asks to name source, author and model. Read it before you ship a product.',
} as const;
const WHISPER = { kind: 'whisper', languages: ['*'], license: 'MIT' } as const;

/** In order of preference: the first that understands a language is used for it. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: 'sense-voice',
    ...published('sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2025-09-09'),
    ...SENSE_VOICE,
    purpose: 'default; best for Cantonese; writes no punctuation',
    bytes: 165_783_878,
    sha256: '7305f7905bfcf77fa0b39388a313f3da35c68d971661a65475b56fb2162c8e63',
  },
  {
    name: 'sense-voice-2024',
    ...published('sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17'),
    ...SENSE_VOICE,
    purpose: 'the same languages, with punctuation',
    bytes: 163_002_883,
    sha256: '7d1efa2138a65b0b488df37f8b89e3d91a60676e416f515b952358d83dfd347e',
  },
  {
    name: 'zipformer-korean',
    ...published('sherpa-onnx-zipformer-korean-2024-06-24'),
    kind: 'transducer',
    languages: ['ko'],
    purpose: 'Korean only, the smallest; writes no punctuation',
    license: 'Apache-2.0',
  },
  {
    name: 'parakeet',
    ...published('sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8'),
    kind: 'nemo-transducer',
    languages: 'en bg cs da de el es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk'.split(' '),
    purpose: 'European languages, accurate; large',
    license: 'CC-BY-4.0',
    bytes: 487_170_055,
    sha256: '5793d0fd397c5778d2cf2126994d58e9d56b1be7c04d13c7a15bb1b4eafb16bf',
  },
  {
    name: 'whisper-tiny',
    ...published('sherpa-onnx-whisper-tiny'),
    ...WHISPER,
    purpose: '99 languages, rough',
    bytes: 116_204_861,
    sha256: 'c46116994e539aa165266d96b325252728429c12535eb9d8b6a2b10f129e66b1',
  },
  {
    name: 'whisper-base',
    ...published('sherpa-onnx-whisper-base'),
    ...WHISPER,
    purpose: '99 languages, fair',
    bytes: 207_557_382,
    sha256: '911b2083efd7c0dca2ac3b358b75222660dc09fb716d64fbfc417ba6c99ff3de',
  },
  {
    name: 'whisper-small',
    ...published('sherpa-onnx-whisper-small'),
    ...WHISPER,
    purpose: '99 languages, good, slow on a CPU',
    bytes: 639_387_718,
    sha256: '486a46afbb7ba798507190ffe02fea2dd726049af212e774537efac6afb210a6',
  },
];

/** The short name of the model that hints recommend. */
export const DEFAULT_MODEL_NAME = 'sense-voice';

/** Finds a model by its short name or its id. */
export function findKnownModel(name: string): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => model.name === name || model.id === name);
}

function published(id: string): { readonly id: string; readonly url: string } {
  return { id, url: `${RELEASE}/${id}.tar.bz2` };
}

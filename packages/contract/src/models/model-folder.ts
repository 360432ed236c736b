/** What makes a folder a model: the files of each kind, and the manifest that says what the files do not. */
import { z } from 'zod';

export const MODEL_KINDS = [
  'sense-voice',
  'whisper',
  'transducer',
  'nemo-transducer',
  'nemo-ctc',
  'zipformer-ctc',
] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export type ModelFileRole = 'model' | 'encoder' | 'decoder' | 'joiner' | 'tokens';

/** Name of the manifest inside a model's folder. */
export const MODEL_MANIFEST = 'model.json';

/** Folder of all models inside the data folder. */
export const MODELS_FOLDER = 'models';

/** `visavox models pull` writes it; a folder without one is recognised by its name and files. */
export const modelManifest = z.object({
  id: z.string().optional(),
  kind: z.enum(MODEL_KINDS).optional(),
  /** BCP 47 primary tags; `'*'` means any. */
  languages: z
    .array(z.string().regex(/^(\*|[a-z]{2,3})$/))
    .min(1)
    .optional(),
  license: z.string().optional(),
  source: z.string().optional(),
  /** Of the archive it came in. */
  sha256: z.string().optional(),
});
export type ModelManifest = z.infer<typeof modelManifest>;

export type ModelFiles = Readonly<Partial<Record<ModelFileRole, string>>>;

const TOKENS = /(^|[-.])tokens\.txt$/;
const ENCODER = /(^|[-.])encoder.*\.onnx$/;
const DECODER = /(^|[-.])decoder.*\.onnx$/;
const JOINER = /(^|[-.])joiner.*\.onnx$/;
const SINGLE = { model: /^(model|ctc).*\.onnx$/, tokens: TOKENS };
const PARTS = { encoder: ENCODER, decoder: DECODER, joiner: JOINER, tokens: TOKENS };

const FILES: Readonly<Record<ModelKind, Readonly<Partial<Record<ModelFileRole, RegExp>>>>> = {
  'sense-voice': SINGLE,
  'nemo-ctc': SINGLE,
  'zipformer-ctc': SINGLE,
  whisper: { encoder: ENCODER, decoder: DECODER, tokens: TOKENS },
  transducer: PARTS,
  'nemo-transducer': PARTS,
};

/** What a missing file is called in a sentence. */
const EXPECTED: Readonly<Record<ModelFileRole, string>> = {
  model: 'model.onnx or model.int8.onnx',
  encoder: '…encoder….onnx',
  decoder: '…decoder….onnx',
  joiner: '…joiner….onnx',
  tokens: 'tokens.txt',
};

/** Guesses the kind from the usual names of folders and files; undefined when they do not say it. */
export function guessModelKind(folderName: string, fileNames: readonly string[]): ModelKind | undefined {
  const name = folderName.toLowerCase();
  if (/sense-?voice/.test(name)) return 'sense-voice';
  if (name.includes('whisper')) return 'whisper';
  if (fileNames.some((file) => JOINER.test(file))) {
    return /nemo|parakeet/.test(name) ? 'nemo-transducer' : 'transducer';
  }
  if (name.includes('nemo')) return 'nemo-ctc';
  return name.includes('zipformer') && name.includes('ctc') ? 'zipformer-ctc' : undefined;
}

/** The languages that every model of a kind has, when they do not differ from model to model. */
export function usualLanguages(
  kind: ModelKind | undefined,
  folderName: string,
): readonly string[] | undefined {
  if (kind === 'sense-voice') return ['zh', 'en', 'ja', 'ko', 'yue'];
  if (kind === 'whisper') return /\.en\b/.test(folderName) ? ['en'] : ['*'];
  return undefined;
}

/** Picks a model's files; smaller (int8) variants come first, except for the small decoder of a transducer. */
export function pickModelFiles(
  kind: ModelKind,
  fileNames: readonly string[],
): { readonly files: ModelFiles; readonly missing: readonly string[] } {
  const files: Partial<Record<ModelFileRole, string>> = {};
  const missing: string[] = [];
  // The table has exactly the roles as keys.
  for (const [role, pattern] of Object.entries(FILES[kind]) as [ModelFileRole, RegExp][]) {
    const candidates = fileNames.filter((name) => pattern.test(name)).sort();
    const wantsSmall = !(role === 'decoder' && kind === 'transducer');
    const file = candidates.find((name) => name.includes('int8') === wantsSmall) ?? candidates[0];
    if (file === undefined) missing.push(EXPECTED[role]);
    else files[role] = file;
  }
  return { files, missing };
}

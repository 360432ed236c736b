/** Downloadable models: what there is, and what a folder of one looks like. */
export type { ModelFileRole, ModelFiles, ModelKind, ModelManifest } from './model-folder.ts';
export {
  guessModelKind,
  MODEL_KINDS,
  MODEL_MANIFEST,
  MODELS_FOLDER,
  modelManifest,
  pickModelFiles,
  usualLanguages,
} from './model-folder.ts';
export type { KnownModel } from './models.ts';
export { DEFAULT_MODEL_NAME, findKnownModel, KNOWN_MODELS } from './models.ts';

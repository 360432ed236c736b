export type { PcmClip } from './pcm.ts';
export type { Viseme, VisemeSpan } from './visemes.ts';
export { VISEMES } from './visemes.ts';

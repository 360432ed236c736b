/**
 * The 15 mouth shapes that speech is drawn with (the Oculus lip-sync set). Everything that knows how speech sounds
 * (synthesizers, aligners, analysers) says it in visemes; everything that draws a face reads only visemes.
 */

export const VISEMES = [
  'sil',
  'PP',
  'FF',
  'TH',
  'DD',
  'kk',
  'CH',
  'SS',
  'nn',
  'RR',
  'aa',
  'E',
  'ih',
  'oh',
  'ou',
] as const;

export type Viseme = (typeof VISEMES)[number];

/** One mouth shape held from `startMs` to `endMs`, both measured from the first sample of the clip it describes. */
export interface VisemeSpan {
  readonly viseme: Viseme;
  readonly startMs: number;
  readonly endMs: number;
}

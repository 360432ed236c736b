/** How callers say what they want of routing, and how they are told what it did: the same in both dialects. */
import type { Candidate } from '../routing/router.ts';

/** A recording or its text takes no more. */
export const MAX_AUDIO_BYTES = 25 * 1024 * 1024;
export const MAX_AUDIO_SECONDS = 4 * 3600;

/** A list with commas. */
export function entriesOf(list: string | null | undefined): readonly string[] {
  return (list ?? '').split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
}

/** US dollars; undefined when none are named, null when it is no number. */
export function readMaxPrice(text: string | null | undefined): number | null | undefined {
  if (text === null || text === undefined) return undefined;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** Whether the model was measured in this very language. */
export function isMeasured({ evidence }: Candidate): boolean {
  return evidence !== null && evidence.language !== 'other-language';
}

/** E.g. `balanced:score=0.839;lang=en(measured)`. */
export function describeChoice(
  candidate: Candidate,
  { optimizeFor, language }: { readonly optimizeFor: string; readonly language: string },
): string {
  const score = candidate.score === null ? 'none' : candidate.score.toFixed(3);
  return `${optimizeFor}:score=${score};lang=${language}(${isMeasured(candidate) ? 'measured' : 'not measured'})`;
}

/** `quality` is what the hosted service calls accuracy; anything unknown is left for the check of the intent. */
export function objectiveOf(name: string | null | undefined): string {
  return name === 'quality' ? 'accuracy' : (name ?? 'balanced');
}

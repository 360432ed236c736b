/**
 * Word and character error rates: how many words or characters have to be put in, taken out or replaced to get from what
 * was heard to what was said. Both texts are normalised alike before: letter case, punctuation and the way in which
 * numbers are written do not count.
 */
import { spellNumber } from './numbers.ts';

export interface Comparison {
  readonly errors: number;
  /** Words or characters of what was said. */
  readonly length: number;
}

/** Written without spaces, or, in Korean, with spaces that recognisers place as they like. */
const BY_CHARACTER = new Set(['zh', 'yue', 'ja', 'ko', 'th', 'lo', 'km', 'my']);

/** By characters in languages whose words are not told apart by spaces. */
export function compareWords(said: string, heard: string, language: string): Comparison {
  if (BY_CHARACTER.has(primaryOf(language))) return compareCharacters(said, heard, language);
  return compare(
    normalizeForComparison(said, language).split(' ').filter(Boolean),
    normalizeForComparison(heard, language).split(' ').filter(Boolean),
  );
}

/** Spaces do not count. */
export function compareCharacters(said: string, heard: string, language: string): Comparison {
  return compare(
    [...normalizeForComparison(said, language).replaceAll(' ', '')],
    [...normalizeForComparison(heard, language).replaceAll(' ', '')],
  );
}

/** Errors of all comparisons in relation to their length; may be above 1. Undefined for nothing. */
export function errorRateOf(comparisons: readonly Comparison[]): number | undefined {
  const length = comparisons.reduce((sum, one) => sum + one.length, 0);
  return length === 0 ? undefined : comparisons.reduce((sum, one) => sum + one.errors, 0) / length;
}

/** Words in small letters with single spaces between, numbers below 10 000 spelled. */
export function normalizeForComparison(text: string, language: string): string {
  const primary = primaryOf(language);
  const spellDigits = (digits: string): string => {
    const spelled = digits.length > 1 && digits.startsWith('0') ? undefined : spellNumber(+digits, primary);
    if (spelled === undefined) return digits;
    return BY_CHARACTER.has(primary) ? spelled : ` ${spelled} `;
  };
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/(?<=\d)[.,\u00a0\u202f'’ ](?=\d{3}(?!\d))/g, '')
    .replace(/\d+/g, spellDigits)
    .replaceAll('ß', 'ss')
    .replace(/(?<=\p{L})['’ʼ](?=\p{L})/gu, primary === 'en' ? '' : ' ')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

/** Levenshtein's distance, one row at a time. */
function compare(said: readonly string[], heard: readonly string[]): Comparison {
  let above = Array.from({ length: heard.length + 1 }, (_, index) => index);
  said.forEach((wanted, index) => {
    const row = [index + 1];
    heard.forEach((got, column) => {
      const replaced = (above[column] ?? 0) + (wanted === got ? 0 : 1);
      row.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
    });
    above = row;
  });
  return { errors: above[heard.length] ?? 0, length: said.length };
}

function primaryOf(language: string): string {
  return (language.split(/[-_]/)[0] ?? '').toLowerCase();
}

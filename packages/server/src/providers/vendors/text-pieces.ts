/** Cuts a text that is too long for one request of a vendor, between sentences where it can. */
import { splitSentences } from '../../text/sentences.ts';

/** Pieces of at most `maxLength` units of the given measure, in order; `[]` for a text of nothing but spaces. */
export function cutText(
  text: string,
  {
    maxLength,
    language,
    lengthOf = (piece) => piece.length,
  }: {
    readonly maxLength: number;
    readonly language: string;
    /** Default: UTF-16 units. */
    readonly lengthOf?: (piece: string) => number;
  },
): readonly string[] {
  const whole = text.trim();
  if (whole === '') return [];
  if (lengthOf(whole) <= maxLength) return [whole];
  const pieces: string[] = [];
  let current = '';
  // A character takes at most four units in any measure in use.
  for (const sentence of splitSentences(whole, { language, maxCharacters: Math.floor(maxLength / 4) })) {
    // White space between sentences is part of them.
    const joined = (current + sentence).trimStart();
    if (lengthOf(joined) <= maxLength) current = joined;
    else {
      if (current !== '') pieces.push(current.trim());
      current = sentence.trimStart();
    }
  }
  if (current.trim() !== '') pieces.push(current.trim());
  return pieces;
}

/**
 * What counts as emoji, in the script build: the same as in `emoji-pattern.ts`, told by the browser's own Unicode data
 * instead of 14 kB of ranges. The pattern is built from text, since a browser without property escapes would otherwise
 * refuse the whole script.
 */

/** Emoji code points, without the digits and signs that are emoji only in a keycap, and single letters of flags. */
const BASE = '(?![#*\\d\\p{RI}])\\p{Emoji}';
/** One emoji: with skin tone or presentation mark, or with the tags of a regional flag. */
const ONE = `${BASE}[\\p{Emoji_Modifier}\\uFE0F]?[\\u{E0020}-\\u{E007F}]*`;
const KEYCAP = '[#*\\d]\\uFE0F?\\u20E3';
const FLAG = '\\p{RI}{2}';

export function createEmojiPattern(): RegExp {
  try {
    return new RegExp(`${KEYCAP}|${FLAG}|${ONE}(?:\\u200D${ONE})*`, 'gu');
  } catch {
    // Firefox before 78: the blocks that hold nearly all emoji, and what joins them.
    return /[\u{1F000}-\u{1FAFF}\u2600-\u27BF][\uFE0F\u200D]*/gu;
  }
}

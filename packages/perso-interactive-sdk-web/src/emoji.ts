/** Emoji are shown by nobody and spoken badly: they are taken out of answers and of text to speak. */

import { createEmojiPattern } from './emoji-pattern.ts';

/** `text` without emoji; surrounding spaces stay. */
export function removeEmoji(text: string): string {
  pattern ??= createEmojiPattern();
  return text.replace(pattern, '');
}

// Built on first use: the pattern is large, and many pages never need it.
let pattern: RegExp | undefined;

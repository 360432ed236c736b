/** What counts as emoji, in the module builds: the RGI set of the package `emoji-regex`. */

import emojiRegex from 'emoji-regex';

export function createEmojiPattern(): RegExp {
  return emojiRegex();
}

import { describe, expect, it } from 'vitest';
import { removeEmoji } from './emoji.ts';
import { createEmojiPattern as createCompactPattern } from './emoji-pattern.compact.ts';
import { createEmojiPattern } from './emoji-pattern.ts';

const builds = [
  ['module build', createEmojiPattern()],
  ['script build', createCompactPattern()],
] as const;

const examples: ReadonlyArray<readonly [string, string]> = [
  ['Hi 😀.', 'Hi .'],
  ['©®™↔', ''],
  ['1️⃣ #️⃣ *️⃣', '  '],
  ['🇰🇷🇺🇸', ''],
  ['👨‍👩‍👧‍👦 family', ' family'],
  ['👍🏽👋🏿', ''],
  ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', ''],
  ['❤️‍🔥☀️', ''],
  ['🧑🏻‍❤️‍💋‍🧑🏿', ''],
  ['12 # *', '12 # *'],
  ['안녕하세요。こんにちは！你好…', '안녕하세요。こんにちは！你好…'],
  ['a★b—c“d”', 'a★b—c“d”'],
  ['', ''],
];

// keeps: sdk-9.10-emoji
describe.each(builds)('%s', (_, pattern) => {
  it.each(examples)('%j → %j', (text, expected) => {
    expect(text.replace(pattern, '')).toBe(expected);
    expect(text.replace(pattern, '')).toBe(expected);
  });
});

it('both builds agree on every character, alone and with the marks that may follow it', () => {
  const [[, full], [, compact]] = builds;
  const different: string[] = [];
  for (let code = 0; code < 0x20000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const character = String.fromCodePoint(code);
    for (const text of [character, `${character}\u20E3`, `${character}\u{1F3FD}`, `a${character}b`]) {
      if (text.replace(full, '') !== text.replace(compact, '')) different.push(text);
    }
  }
  expect(different).toEqual([]);
});

// keeps: sdk-9.10-emoji
it('removeEmoji leaves other text alone', () => {
  expect(removeEmoji('Hi 😀, 😀 bye')).toBe('Hi ,  bye');
  expect(removeEmoji('Hi')).toBe('Hi');
});

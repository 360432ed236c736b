/**
 * Speech sounds guessed from how a text is written, for voices that tell when each character or word is said. Exact
 * enough for lips: what matters is where they close, round or spread.
 */
import type { PhoneSpan } from './phones.ts';

/** A stretch of text and when it is said, in milliseconds from the first sample of its clip. */
export interface TimedSpelling {
  /** A character or a word. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Letters that stand for one sound together, the longest first, and single ones. The sounds are IPA. */
const LATIN: readonly (readonly [letters: string, phones: string])[] = [
  ['tch', 'tʃ'],
  ['sch', 'ʃ'],
  ['igh', 'aɪ'],
  ['eau', 'o'],
  ['ch', 'tʃ'],
  ['sh', 'ʃ'],
  ['th', 'θ'],
  ['ph', 'f'],
  ['wh', 'w'],
  ['qu', 'k w'],
  ['ck', 'k'],
  ['ng', 'ŋ'],
  ['gh', ''],
  ['kn', 'n'],
  ['wr', 'ɹ'],
  ['ll', 'l'],
  ['oo', 'u'],
  ['ou', 'aʊ'],
  ['ow', 'oʊ'],
  ['oa', 'oʊ'],
  ['oi', 'ɔɪ'],
  ['oy', 'ɔɪ'],
  ['au', 'ɔ'],
  ['aw', 'ɔ'],
  ['ai', 'eɪ'],
  ['ay', 'eɪ'],
  ['ei', 'eɪ'],
  ['ea', 'i'],
  ['ee', 'i'],
  ['ie', 'i'],
  ['ew', 'u'],
  ['ui', 'u'],
  ['er', 'ɝ'],
  ['ir', 'ɝ'],
  ['ur', 'ɝ'],
  ['ce', 's ɛ'],
  ['ci', 's ɪ'],
  ['a', 'æ'],
  ['b', 'b'],
  ['c', 'k'],
  ['d', 'd'],
  ['e', 'ɛ'],
  ['f', 'f'],
  ['g', 'g'],
  ['h', 'h'],
  ['i', 'ɪ'],
  ['j', 'dʒ'],
  ['k', 'k'],
  ['l', 'l'],
  ['m', 'm'],
  ['n', 'n'],
  ['o', 'ɔ'],
  ['p', 'p'],
  ['q', 'k'],
  ['r', 'ɹ'],
  ['s', 's'],
  ['t', 't'],
  ['u', 'ʌ'],
  ['v', 'v'],
  ['w', 'w'],
  ['x', 'k s'],
  ['y', 'i'],
  ['z', 'z'],
  ['ß', 's'],
  ['æ', 'æ'],
  ['ø', 'ø'],
  ['œ', 'œ'],
];
const CYRILLIC = new Map(
  Object.entries({
    а: 'a',
    б: 'b',
    в: 'v',
    г: 'g',
    ґ: 'g',
    д: 'd',
    е: 'ɛ',
    є: 'ɛ',
    ж: 'ʒ',
    з: 'z',
    и: 'i',
    і: 'i',
    к: 'k',
    л: 'l',
    м: 'm',
    н: 'n',
    о: 'o',
    п: 'p',
    р: 'r',
    с: 's',
    т: 't',
    у: 'u',
    ф: 'f',
    х: 'x',
    ц: 's',
    ч: 'tʃ',
    ш: 'ʃ',
    щ: 'ʃ',
    ъ: '',
    ы: 'ɨ',
    ь: '',
    э: 'ɛ',
    ю: 'u',
    я: 'a',
  }),
);

// Parts of a Hangul syllable, in the order of Unicode.
const HANGUL_LEADS = 'k k n t t r m p p s s  tɕ tɕ tɕ k t p h'.split(' ');
const HANGUL_VOWELS = 'a ɛ a ɛ ʌ e ʌ e o wa wɛ we o u wʌ we wi u ɯ ɯi i'.split(' ');
const HANGUL_TAILS = ' k k k n n n t l k m l l l p l m p p t t ŋ t t k t p t'.split(' ');

// Rows of kana by their consonant; the place in a row is the vowel.
const KANA: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '': 'あいうえお',
    k: 'かきくけこ',
    s: 'さしすせそ',
    t: 'たちつてと',
    n: 'なにぬねの',
    h: 'はひふへほ',
    m: 'まみむめも',
    r: 'らりるれろ',
    g: 'がぎぐげご',
    z: 'ざじずぜぞ',
    d: 'だぢづでど',
    b: 'ばびぶべぼ',
    p: 'ぱぴぷぺぽ',
  }).flatMap(([consonant, row]) =>
    [...row].map((kana, at): [string, string] => [kana, `${consonant} ${'aiɯeo'[at]}`.trim()]),
  ),
);
const MORE_KANA = new Map(
  Object.entries({
    や: 'j a',
    ゆ: 'j ɯ',
    よ: 'j o',
    わ: 'w a',
    を: 'o',
    ん: 'n',
    ゃ: 'a',
    ゅ: 'ɯ',
    ょ: 'o',
    っ: '',
  }),
);
const KATAKANA_TO_HIRAGANA = 0x60;

interface Letter {
  readonly letter: string;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The sounds of timed characters or words, in order; letters of a word are read together. What is written in signs for
 * whole words (Chinese characters, digits) has none: the sound itself has to tell.
 */
export function phonesFromSpelling(items: readonly TimedSpelling[]): PhoneSpan[] {
  const phones: PhoneSpan[] = [];
  let word: Letter[] = [];
  const endWord = () => {
    phones.push(...soundsOf(word));
    word = [];
  };
  for (const { text, startMs, endMs } of items) {
    const letters = [...text.toLowerCase().normalize('NFC')];
    const each = (endMs - startMs) / Math.max(1, letters.length);
    // A word is over where another begins as a whole.
    if (letters.length > 1) endWord();
    for (const [index, letter] of letters.entries()) {
      if (/[\p{L}\p{M}]/u.test(letter)) {
        word.push({ letter, startMs: startMs + index * each, endMs: startMs + (index + 1) * each });
      } else if (!/['’]/.test(letter)) endWord();
    }
    if (letters.length > 1) endWord();
  }
  endWord();
  return phones;
}

function soundsOf(word: readonly Letter[]): PhoneSpan[] {
  const phones: PhoneSpan[] = [];
  const plain = word.map(({ letter }) => (/[a-z]/.test(base(letter)) ? base(letter) : letter));
  for (let at = 0; at < word.length; ) {
    const [length, sounds] = readSound(plain, at);
    const from = word[at]?.startMs ?? 0;
    const until = word[at + length - 1]?.endMs ?? from;
    const each = (until - from) / Math.max(1, sounds.length);
    for (const [index, phone] of sounds.entries())
      phones.push({ phone, startMs: from + index * each, endMs: from + (index + 1) * each });
    at += length;
  }
  return phones;
}

/** The letters that stand for the next sounds, and those sounds. */
function readSound(
  word: readonly string[],
  at: number,
): readonly [length: number, sounds: readonly string[]] {
  const letter = word[at] ?? '';
  const rest = word.slice(at, at + 3).join('');
  // A last e after a consonant is not said.
  if (letter === 'e' && at === word.length - 1 && word.length > 2 && !/[aeiouy]/.test(word[at - 1] ?? ''))
    return [1, []];
  if (letter === 'y' && at === 0) return [1, ['j']];
  const latin = LATIN.find(([letters]) => rest.startsWith(letters));
  if (latin !== undefined) return [latin[0].length, latin[1].split(' ').filter((phone) => phone !== '')];
  return [1, hangul(letter) ?? split(CYRILLIC.get(base(letter)) ?? kana(letter))];
}

function split(phones: string | undefined): readonly string[] {
  return phones === undefined || phones === '' ? [] : phones.split(' ');
}

/** Without accents. */
function base(letter: string): string {
  return letter.normalize('NFD').replace(/\p{M}/gu, '');
}

function hangul(letter: string): readonly string[] | undefined {
  const index = (letter.codePointAt(0) ?? 0) - 0xac00;
  if (index < 0 || index >= 11_172) return undefined;
  const parts = [
    HANGUL_LEADS[Math.floor(index / 588)],
    HANGUL_VOWELS[Math.floor((index % 588) / 28)],
    HANGUL_TAILS[index % 28],
  ];
  return parts.flatMap((phone) => (phone === undefined || phone === '' ? [] : [phone]));
}

function kana(letter: string): string | undefined {
  const code = letter.codePointAt(0) ?? 0;
  const hiragana =
    code >= 0x30a1 && code <= 0x30f6 ? String.fromCodePoint(code - KATAKANA_TO_HIRAGANA) : letter;
  return KANA.get(hiragana) ?? MORE_KANA.get(hiragana);
}

/** Finds numbers in a sentence, in figures or in English or Korean words. */

export interface FoundNumber {
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const UNITS = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, value) => [word, value]),
);
const TENS = new Map(
  'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, (index + 2) * 10]),
);
const SCALES = new Map([
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1_000_000],
]);
const KOREAN_WORDS = new Map(
  Object.entries({
    하나: 1,
    둘: 2,
    셋: 3,
    넷: 4,
    다섯: 5,
    여섯: 6,
    일곱: 7,
    여덟: 8,
    아홉: 9,
    열: 10,
    스물: 20,
    서른: 30,
    마흔: 40,
    쉰: 50,
  }),
);
const KOREAN_DIGITS = new Map([...'영일이삼사오육칠팔구'].map((letter, value) => [letter, value]));
const KOREAN_PLACES = new Map([
  ['십', 10],
  ['백', 100],
  ['천', 1000],
]);

const NUMBER_WORD = [...UNITS.keys(), ...TENS.keys(), ...SCALES.keys()].join('|');
const ENGLISH_RUN = new RegExp(
  `\\b(?:(minus|negative)\\s+)?((?:${NUMBER_WORD})(?:(?:[\\s-]+(?:and\\s+)?)(?:${NUMBER_WORD}))*)(?:\\s+point((?:\\s+(?:${[...UNITS.keys()].slice(0, 10).join('|')}))+))?\\b`,
  'gi',
);

/** Numbers in the order they are said. */
export function findNumbers(text: string): readonly FoundNumber[] {
  const found: FoundNumber[] = [];
  for (const match of text.matchAll(/(?:(?<![\p{L}\d])-|(?<=\bminus |\bnegative ))?\d[\d,]*(?:\.\d+)?/giu)) {
    const isNegative = /(?:minus|negative) $/i.test(text.slice(0, match.index));
    const value = Number(match[0].replaceAll(',', '')) * (isNegative ? -1 : 1);
    found.push({ value, start: match.index, end: match.index + match[0].length });
  }
  for (const match of text.matchAll(ENGLISH_RUN)) {
    const whole = readEnglish(match[2] ?? '');
    const part = (match[3] ?? '').trim();
    const digits =
      part === ''
        ? ''
        : part
            .split(/\s+/)
            .map((word) => UNITS.get(word.toLowerCase()) ?? 0)
            .join('');
    const value = Number(`${whole}${digits === '' ? '' : `.${digits}`}`) * (match[1] ? -1 : 1);
    found.push({ value, start: match.index, end: match.index + match[0].length });
  }
  for (const match of text.matchAll(
    /(?<!\p{L})(하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열|스물|서른|마흔|쉰)(?=의|을|를|과|이|은|는|\s|$|[?!.,])/gu,
  )) {
    const value = KOREAN_WORDS.get(match[1] ?? '');
    if (value !== undefined) found.push({ value, start: match.index, end: match.index + match[0].length });
  }
  for (const match of text.matchAll(
    /(?<!\p{L})([영일이삼사오육칠팔구십백천]+)(?=의|을|를|과|와|은|는|도|곱)/gu,
  )) {
    const value = readKorean(match[1] ?? '');
    if (value !== undefined) found.push({ value, start: match.index, end: match.index + match[0].length });
  }
  return found.sort((a, b) => a.start - b.start);
}

function readEnglish(words: string): number {
  let total = 0;
  let group = 0;
  for (const word of words.toLowerCase().split(/[\s-]+/)) {
    const scale = SCALES.get(word);
    if (scale === 100) group = Math.max(1, group) * 100;
    else if (scale) {
      total += Math.max(1, group) * scale;
      group = 0;
    } else group += UNITS.get(word) ?? TENS.get(word) ?? 0;
  }
  return total + group;
}

function readKorean(word: string): number | undefined {
  let total = 0;
  let digit: number | undefined;
  for (const letter of word) {
    const place = KOREAN_PLACES.get(letter);
    if (place) {
      total += (digit ?? 1) * place;
      digit = undefined;
    } else {
      if (digit !== undefined) return undefined;
      digit = KOREAN_DIGITS.get(letter);
    }
  }
  return total + (digit ?? 0);
}

import { describe, expect, test } from 'vitest';
import { compareCharacters, compareWords, errorRateOf, normalizeForComparison } from './error-rate.ts';
import { spellNumber } from './numbers.ts';

describe('what does not count as an error', () => {
  test.each([
    ['en', 'Hello, World!', 'hello world'],
    ['en', 'It’s well-known.', 'its well known'],
    ['en', 'It leaves at seven thirty.', 'it leaves at 7:30'],
    ['en', 'Forty-two of 1,250', '42 of one thousand two hundred fifty'],
    ['en', 'caf\u00e9', 'cafe\u0301'],
    ['de', 'Die Straße ist um 21 Uhr leer.', 'die strasse ist um einundzwanzig uhr leer'],
    ['de', 'dreißig', '30'],
    ['fr', "L'homme a 92 ans.", 'l homme a quatre-vingt-douze ans'],
    ['es', '¿Son 31?', 'son treinta y uno'],
    ['ko', '삼십오 번입니다.', '35번 입니다'],
    ['ja', '二十三時です。', '２３時です'],
    ['zh', '一百零五', '105'],
  ])('%s: %s / %s', (language, said, heard) => {
    expect(compareWords(said, heard, language).errors).toBe(0);
    expect(compareCharacters(said, heard, language).errors).toBe(0);
  });

  test('letters with marks are other letters', () => {
    expect(compareWords('schon', 'schön', 'de')).toEqual({ errors: 1, length: 1 });
    expect(normalizeForComparison('Ünïcode 007', 'en')).toBe('ünïcode 007');
  });
});

describe('errors are put in, taken out or replaced', () => {
  test.each([
    ['the cat sat', 'the cat sat', 0, 3],
    ['the cat sat', 'the bat sat', 1, 3],
    ['the cat sat', 'cat sat', 1, 3],
    ['the cat sat', 'the big cat sat down', 2, 3],
    ['the cat sat', '', 3, 3],
    ['', 'words', 1, 0],
    ['one two three four', 'four three two one', 4, 4],
  ])('%s / %s', (said, heard, errors, length) => {
    expect(compareWords(said, heard, 'en')).toEqual({ errors, length });
  });

  test('by characters, without the spaces', () => {
    expect(compareCharacters('the cat', 'thecut', 'en')).toEqual({ errors: 1, length: 6 });
  });

  test('languages without spaces between words are compared by characters', () => {
    expect(compareWords('雨が降る', '雨は降る', 'ja-JP')).toEqual({ errors: 1, length: 4 });
    expect(compareWords('비가 온다', '비 가온다', 'ko')).toEqual({ errors: 0, length: 4 });
    expect(compareWords('a b', 'a c', 'xx')).toEqual({ errors: 1, length: 2 });
  });

  test('long texts count as much as they are long', () => {
    const rate = errorRateOf([
      { errors: 1, length: 2 },
      { errors: 0, length: 8 },
    ]);
    expect(rate).toBeCloseTo(0.1);
    expect(errorRateOf([{ errors: 6, length: 3 }])).toBe(2);
    expect(errorRateOf([])).toBeUndefined();
    expect(errorRateOf([{ errors: 1, length: 0 }])).toBeUndefined();
  });
});

describe('numbers', () => {
  test.each([
    [0, 'zero', 'null', 'zéro', 'cero', '영', '零'],
    [1, 'one', 'eins', 'un', 'uno', '일', '一'],
    [16, 'sixteen', 'sechzehn', 'seize', 'dieciséis', '십육', '十六'],
    [21, 'twenty one', 'einundzwanzig', 'vingt et un', 'veintiuno', '이십일', '二十一'],
    [71, 'seventy one', 'einundsiebzig', 'soixante et onze', 'setenta y uno', '칠십일', '七十一'],
    [80, 'eighty', 'achtzig', 'quatre-vingts', 'ochenta', '팔십', '八十'],
    [99, 'ninety nine', 'neunundneunzig', 'quatre-vingt dix-neuf', 'noventa y nueve', '구십구', '九十九'],
    [100, 'one hundred', 'einhundert', 'cent', 'cien', '백', '百'],
    [
      305,
      'three hundred five',
      'dreihundertfünf',
      'trois cent cinq',
      'trescientos cinco',
      '삼백오',
      '三百五',
    ],
    [1000, 'one thousand', 'eintausend', 'mille', 'mil', '천', '千'],
    [
      2024,
      'two thousand twenty four',
      'zweitausendvierundzwanzig',
      'deux mille vingt quatre',
      'dos mil veinticuatro',
      '이천이십사',
      '二千二十四',
    ],
  ])('%i', (value, en, de, fr, es, ko, ja) => {
    const spelled = ['en', 'de', 'fr', 'es', 'ko', 'ja'].map((language) => spellNumber(value, language));
    expect(spelled).toEqual([en, de, fr, es, ko, ja]);
  });

  test.each([
    [10, '十'],
    [15, '十五'],
    [110, '一百一十'],
    [1005, '一千零五'],
    [1050, '一千零五十'],
  ])('Chinese %i is %s', (value, expected) => {
    expect(spellNumber(value, 'zh')).toBe(expected);
  });

  test('others are left as they are', () => {
    expect([spellNumber(10_000, 'en'), spellNumber(-1, 'en'), spellNumber(5, 'sw')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

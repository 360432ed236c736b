import { expect, test } from 'vitest';
import { visemesFromIpa } from './phones.ts';
import { phonesFromSpelling } from './spelling.ts';

const word = (text: string) => phonesFromSpelling([{ text, startMs: 0, endMs: 100 * [...text].length }]);
const said = (text: string) =>
  word(text)
    .map(({ phone }) => phone)
    .join(' ');

test.each([
  ['hello', 'h ɛ l ɔ'],
  ['Shoes', 'ʃ ɔ ɛ s'],
  ['three', 'θ ɹ i'],
  ['make', 'm æ k'],
  ['queen', 'k w i n'],
  ['Straße', 's t ɹ æ s'],
  ['être', 'ɛ t ɹ'],
  ["don't", 'd ɔ n t'],
  ['안녕', 'a n n ʌ ŋ'],
  ['봄', 'p o m'],
  ['こんばんは', 'k o n b a n h a'],
  ['カメラ', 'k a m e r a'],
  ['мама', 'm a m a'],
  ['你好', ''],
  ['42', ''],
  ['', ''],
])('%s', (text, phones) => {
  expect(said(text)).toBe(phones);
});

test('letters of one word are read together, each at its own time', () => {
  const items = [...'the map'].map((text, at) => ({ text, startMs: at * 50, endMs: at * 50 + 50 }));
  expect(phonesFromSpelling(items)).toEqual([
    { phone: 'θ', startMs: 0, endMs: 100 },
    { phone: 'm', startMs: 200, endMs: 250 },
    { phone: 'æ', startMs: 250, endMs: 300 },
    { phone: 'p', startMs: 300, endMs: 350 },
  ]);
});

test('words that come one by one are not read together', () => {
  const phones = phonesFromSpelling([
    { text: 'is', startMs: 0, endMs: 100 },
    { text: 'he', startMs: 150, endMs: 250 },
  ]);
  expect(phones.map(({ phone }) => phone)).toEqual(['ɪ', 's', 'h', 'ɛ']);
});

test('lips close where the text says so', () => {
  const shapes = visemesFromIpa(word('mama')).map(({ viseme, startMs, endMs }) => [viseme, startMs, endMs]);
  expect(shapes).toEqual([
    ['PP', 0, 100],
    ['aa', 100, 200],
    ['PP', 200, 300],
    ['aa', 300, 400],
  ]);
});

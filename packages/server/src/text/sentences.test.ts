import { describe, expect, it } from 'vitest';
import { createSentenceSplitter, splitSentences } from './sentences.ts';

const TEXTS = [
  'First sentence. Second one! Is there a third? Yes.',
  'Dr. Kim met J. Smith at St. Mary, e.g. on Monday. It cost 3.50 dollars.  Two spaces.\n\nNew paragraph',
  '안녕하세요. 저는 유리입니다. 무엇을 도와드릴까요?',
  'これはペンです。それは何ですか？わかりません！',
  '1. One\n2. Two\n\n- three\n',
  '  leading and trailing  ',
  '…',
  `${'word '.repeat(300)}end. ${'글'.repeat(900)}`,
  'Emoji 👩‍👩‍👧 here. And 𝒳 there.',
];

describe('splitSentences', () => {
  it.each(TEXTS)('keeps every character of %j', (text) => {
    expect(splitSentences(text).join('')).toBe(text);
  });

  it('keeps the space at the head of the next sentence', () => {
    expect(splitSentences('First sentence. Second one.')).toEqual(['First sentence.', ' Second one.']);
  });

  it('does not end a sentence at an abbreviation, an initial, a number or a list item', () => {
    expect(splitSentences('Dr. Kim met J. Smith, e.g. Anna. Pi is 3.14 or so.')).toEqual([
      'Dr. Kim met J. Smith, e.g. Anna.',
      ' Pi is 3.14 or so.',
    ]);
    expect(splitSentences('1. Open it.')).toEqual(['1. Open it.']);
  });

  it('cuts what has no end', () => {
    const pieces = splitSentences('word '.repeat(500), { maxCharacters: 200 });
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(200);
  });
});

describe('createSentenceSplitter', () => {
  it.each(TEXTS)('keeps every character of %j that streams in', (text) => {
    for (const size of [1, 3, 7, 50]) {
      const splitter = createSentenceSplitter();
      const pieces: string[] = [];
      for (let at = 0; at < text.length; at += size) pieces.push(...splitter.push(text.slice(at, at + size)));
      pieces.push(...splitter.flush());
      expect(pieces.join('')).toBe(text);
      expect(pieces.every((piece) => piece !== '')).toBe(true);
    }
  });

  it('gives a sentence as soon as the next one begins', () => {
    const splitter = createSentenceSplitter();
    expect(splitter.push('Hello there.')).toEqual([]);
    expect(splitter.push(' How')).toEqual(['Hello there.']);
    expect(splitter.push(' are you? ')).toEqual([' How are you?']);
    expect(splitter.push('Fine')).toEqual([]);
    expect(splitter.flush()).toEqual([' Fine']);
    expect(splitter.flush()).toEqual([]);
  });

  it('waits for the rest of a number or a name', () => {
    const splitter = createSentenceSplitter();
    expect([...splitter.push('It is 3.'), ...splitter.push('5 or Dr. '), ...splitter.push('Kim.')]).toEqual(
      [],
    );
  });

  it('holds a bounded amount of text that never ends', () => {
    const splitter = createSentenceSplitter({ maxCharacters: 100 });
    let given = 0;
    for (let i = 0; i < 1000; i++) given += splitter.push('no end ').join('').length;
    expect(7000 - given).toBeLessThanOrEqual(100);
  });
});

import { describe, expect, it } from 'vitest';
import {
  detectLanguage,
  englishNumber,
  englishOrdinal,
  nativeKoreanNumber,
  normalizeEnglish,
  normalizeForSpeech,
  normalizeKorean,
  primaryLanguage,
  sinoKoreanNumber,
  spellAsHeard,
  stripEmoji,
  stripMarkup,
} from './index.ts';

describe('English', () => {
  it.each([
    [0, 'zero'],
    [21, 'twenty one'],
    [1205, 'one thousand two hundred five'],
    [1_000_000, 'one million'],
    [-7, 'minus seven'],
  ])('says %i', (value, words) => expect(englishNumber(value)).toBe(words));

  it.each([
    [1, 'first'],
    [12, 'twelfth'],
    [20, 'twentieth'],
    [101, 'one hundred first'],
  ])('counts to %i', (value, words) => expect(englishOrdinal(value)).toBe(words));

  it.each([
    ['It costs $5.50.', 'It costs five dollars and fifty cents.'],
    ['About $3.2 million', 'About three point two million dollars'],
    ['25% of 1,200 people', 'twenty five percent of one thousand two hundred people'],
    ['Open 9-18, from 9:00 to 18:30.', "Open nine to eighteen, from nine o'clock to eighteen thirty."],
    ['Dr. Kim & Mr. Lee, e.g. today', 'Doctor Kim and Mister Lee, for example, today'],
    ['See https://www.example.com/a-b?x=1.', 'See example dot com slash a b.'],
    ['Mail me@example.com', 'Mail me at example dot com'],
    ['In 1954 and 2026, the 21st', 'In nineteen fifty four and twenty twenty six, the twenty first'],
    ['Call 010-1234-5678', 'Call zero one zero, one two three four, five six seven eight'],
    ['30°C at 10.3 km/h', 'thirty degrees Celsius at ten point three kilometers per hour'],
    ['HTML and an API', 'H T M L and an A P I'],
    ['**Bold** café 😀', 'Bold cafe'],
    ['It is 3 p.m. Come in.', 'It is three P M. Come in.'],
    ['한국어', ''],
    ['', ''],
  ])('reads %j', (text, said) => {
    expect(normalizeEnglish(text)).toBe(said);
    expect(normalizeEnglish(said)).toBe(said);
  });
});

describe('Korean', () => {
  it.each([
    [0, '영'],
    [10, '십'],
    [15_000, '만오천'],
    [123_456_789, '일억이천삼백사십오만육천칠백팔십구'],
    [100_000_000, '일억'],
  ])('says %i', (value, words) => expect(sinoKoreanNumber(value)).toBe(words));

  it('counts with native numerals', () => {
    expect([1, 3, 11, 20, 21, 99].map(nativeKoreanNumber)).toEqual([
      '한',
      '세',
      '열한',
      '스무',
      '스물한',
      '아흔아홉',
    ]);
  });

  it.each([
    ['3시 20분', '세 시 이십분'],
    ['15시', '십오시'],
    ['사과 3개', '사과 세 개'],
    ['20살', '스무 살'],
    ['6월 10일', '유월 십일'],
    ['010-1234-5678', '공일공, 일이삼사, 오육칠팔'],
    ['3.5%', '삼 점 오 퍼센트'],
    ['15,000원', '만오천원'],
    ['₩5000', '오천원'],
    ['1번째', '첫번째'],
    ['**굵게** 😀', '굵게'],
  ])('reads %j', (text, said) => expect(normalizeKorean(text)).toBe(said));

  it.each([
    ['독립문', '동님문'],
    ['한국말', '한궁말'],
    ['입니다', '임니다'],
    ['신라', '실라'],
    ['설날', '설랄'],
    ['종로', '종노'],
    ['같이', '같이'],
    ['앞문 옷 만들기', '암문 옷 만들기'],
  ])('spells %s as it sounds', (word, heard) => expect(spellAsHeard(word)).toBe(heard));
});

describe('markup', () => {
  it('goes, words stay', () => {
    expect(stripMarkup('# Title\n* a **b** [c](http://d)\n`e` <b>f</b>')).toBe('Title.\na b c.\ne f ');
    expect(stripEmoji('a😀b👩‍👩‍👧c🇰🇷d1©')).toBe('abcd1©');
    expect(stripMarkup('2 * 3 * 4 and snake_case_name')).toBe('2 * 3 * 4 and snake_case_name');
    expect(normalizeForSpeech(' **Hi**  😀\nyou ', 'en')).toBe('Hi you');
  });
});

describe('detectLanguage', () => {
  it.each([
    ['안녕하세요', 'ko'],
    ['저는 iPhone 15 Pro를 샀어요', 'ko'],
    ['こんにちは世界', 'ja'],
    ['你好，世界', 'zh'],
    ['Hello, how are you?', 'en'],
    ['Paris', 'en'],
    ['¿Cómo estás?', 'es'],
    ['Guten Tag, wie ist das Wetter', 'de'],
    ['Bonjour, je suis dans la ville', 'fr'],
    ['Привет', 'ru'],
    ['123', 'en'],
    ['', 'en'],
  ])('takes %j for %s', (text, language) => expect(detectLanguage(text)).toBe(language));

  it('falls back to what is wanted', () => {
    expect(detectLanguage('123', { fallback: 'ko' })).toBe('ko');
    expect(primaryLanguage('ko-KR')).toBe('ko');
  });
});

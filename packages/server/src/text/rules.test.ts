import { describe, expect, test } from 'vitest';
import { parseTextRules, TextRulesError } from './rules.ts';

const header = 'locale,kind,pattern,replacement\n';
const apply = (rules: string, text: string, locale = 'en') =>
  parseTextRules(header + rules).apply(text, locale);

test('literal and regular-expression rules apply in order', () => {
  expect(apply('en,literal,Dr.,Doctor\nen,regex,(\\d+)\\s*km,$1 kilometers', 'Dr. Kim ran 12 km.')).toBe(
    'Doctor Kim ran 12 kilometers.',
  );
  expect(apply(',literal,a,b\n,literal,b,c', 'a')).toBe('c');
});

test('rules keep to their locale', () => {
  const rules = 'ko,literal,AI,에이아이\nen-GB,literal,color,colour\n,literal,Visavox,Veesavox';
  expect(apply(rules, 'AI Visavox', 'ko-KR')).toBe('에이아이 Veesavox');
  expect(apply(rules, 'AI color Visavox', 'en-US')).toBe('AI color Veesavox');
  expect(apply(rules, 'color', 'en-GB')).toBe('colour');
});

test('a literal is literal, in pattern and replacement', () => {
  expect(apply(',literal,$1.*,$& \\', 'a $1.* b')).toBe('a $& \\ b');
});

test('quoted cells, a byte order mark and other line ends are fine', () => {
  expect(parseTextRules(`\uFEFF${header}en,literal,"a, ""b""",c\r\n`).apply('a, "b"', 'en')).toBe('c');
});

test('a pattern that hangs other engines ends at once', () => {
  const startedMs = performance.now();
  expect(apply(',regex,(a+)+$,x', `${'a'.repeat(5000)}!`)).toBe(`${'a'.repeat(5000)}!`);
  expect(performance.now() - startedMs).toBeLessThan(3000);
});

test('a text that would explode stays bounded', () => {
  const grow = ',regex,(.),$1$1$1$1$1$1$1$1\n'.repeat(20);
  expect(apply(grow, 'abcdefgh').length).toBeLessThanOrEqual(2000);
});

describe('a rule set that cannot be used says where and why', () => {
  test.each([
    ['', /first line/],
    ['locale,pattern\nen,a', /first line must name the columns/],
    [`${header}en,magic,a,b`, /Line 2: kind/],
    [`${header}en,literal,,b`, /Line 2: the pattern is empty/],
    [`${header}en,regex,(,b`, /Line 2: the regular expression/],
    [`${header}en,regex,(?=a)b,c`, /Line 2: .*Look-around/],
    [`${header}en,regex,(a)\\1,c`, /Line 2/],
    [`${header}en,regex,a,$3`, /Line 2: the replacement names group 3/],
    [`${header}en,regex,((a{1000}){1000}){1000},b`, /Line 2/],
    [`${header}no locale at all,literal,a,b`, /Line 2: .*no locale/],
    [`${header}en,literal,"a,b`, /not valid CSV/],
    [`${header}${'en,literal,a,b\n'.repeat(5001)}`, /5000 rules/],
    [`${header}${'en,regex,a,b\n'.repeat(501)}`, /500 regex rules/],
  ])('%#', (csv, message) => {
    expect(() => parseTextRules(csv)).toThrow(message);
    expect(() => parseTextRules(csv)).toThrow(TextRulesError);
  });
});

import { describe, expect, it } from 'vitest';
import { queryWordsOf, termsOf } from './search-terms.ts';

/** True when a passage has some term of every word of the question. */
function finds(query: string, text: string): boolean {
  const terms = [...termsOf(text).keys()];
  const words = queryWordsOf(query);
  return (
    words.length > 0 &&
    words.every((word) =>
      word.terms.some((term) =>
        terms.some((known) => (term.isPrefix ? known.startsWith(term.text) : known === term.text)),
      ),
    )
  );
}

describe('terms', () => {
  it.each([
    ['서울', '서울에서 만나요'],
    ['서울은 어디에 있나요?', '서울에서 만나요'],
    ['환불 방법을 알려주세요', '환불방법은 다음과 같습니다'],
    ['집', '우리는 집으로 간다'],
    ['返品したい', '商品の返品について'],
    ['東京駅はどこですか', '東京の駅前にあります'],
    ['カード', 'クレジットカードで払えます'],
    ['ｶｰﾄﾞ', 'クレジットカードで払えます'],
    ['如何退货？', '我们的退货政策'],
    ['running', 'They run every day'],
    ['What are the REFUNDS?', 'a refund is possible'],
    ['cafe', 'Cafés in Paris'],
    ['Größe', 'grosse Grosse GRÖSSE'],
    ['สวัสดี', 'สวัสดีครับ'],
    ['버전 2.1', '버전 2.1은 새 기능이 있다'],
    ['PDF를', 'PDF 파일'],
  ])('of "%s" are in "%s"', (query, text) => {
    expect(finds(query, text)).toBe(true);
  });

  it.each([
    ['부산', '서울에서 만나요'],
    ['大阪', '東京駅'],
    ['shipping', 'a refund is possible'],
  ])('of "%s" are not in "%s"', (query, text) => {
    expect(finds(query, text)).toBe(false);
  });

  it('of a question leave out what every question has', () => {
    expect(queryWordsOf('Hello, can you tell me what this is about?')).toEqual([]);
    expect(queryWordsOf('안녕하세요, 이것은 무엇인가요?').map(({ terms }) => terms[0]?.text)).toEqual([
      '이것',
    ]);
    expect(queryWordsOf('ですか')).toEqual([]);
  });

  it('are bounded in number and length', () => {
    expect(
      queryWordsOf(Array.from({ length: 500 }, (_, index) => `word${index}`).join(' ')).length,
    ).toBeLessThanOrEqual(32);
    for (const term of termsOf(`${'x'.repeat(5000)} ${'가'.repeat(5000)}`).keys())
      expect(term.length).toBeLessThanOrEqual(40);
  });

  it('hold nothing but letters, digits and marks', () => {
    for (const term of termsOf(`a'b "c" \\d | e & !f :* (g) <-> \0 \ud800 100% 안'녕`).keys()) {
      expect(term).toMatch(/^[\p{L}\p{M}\p{N}ー々〆〇]+$/u);
    }
  });
});

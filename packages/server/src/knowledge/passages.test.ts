import { describe, expect, it } from 'vitest';
import type { Block } from './document.ts';
import { splitIntoPassages } from './passages.ts';

const heading = (level: number, text: string): Block => ({ kind: 'heading', level, text });
const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
const split = (...blocks: readonly Block[]) => [...splitIntoPassages(blocks)];

describe('passages', () => {
  it('stand below the titles of their sections', () => {
    expect(
      split(
        paragraph('Before.'),
        heading(1, 'A'),
        heading(2, 'B'),
        paragraph('One.'),
        heading(3, 'C'),
        paragraph('Two.'),
        heading(2, 'D'),
        paragraph('Three.'),
      ),
    ).toEqual([
      { heading: '', content: 'Before.' },
      { heading: 'A › B', content: 'One.' },
      { heading: 'A › B › C', content: 'Two.' },
      { heading: 'A › D', content: 'Three.' },
    ]);
  });

  it('are made of a title alone when nothing stands below it', () => {
    expect(split(heading(1, 'A'), heading(2, 'B'), heading(2, 'C'), heading(1, 'D'))).toEqual([
      { heading: 'A', content: 'B' },
      { heading: 'A', content: 'C' },
      { heading: '', content: 'D' },
    ]);
  });

  it('hold several short paragraphs', () => {
    const passages = split(
      ...Array.from({ length: 40 }, (_, index) => paragraph(`Paragraph ${index} says a little.`)),
    );
    expect(passages.length).toBeLessThan(4);
    for (const { content } of passages) expect(content.length).toBeLessThanOrEqual(900);
    expect(passages.map(({ content }) => content).join('\n')).toContain('Paragraph 39');
  });

  it('end with a sentence, and repeat a short last one where a paragraph is cut', () => {
    const text = Array.from({ length: 60 }, (_, index) => `Sentence number ${index} stands here.`).join(' ');
    const passages = split(paragraph(text));
    expect(passages.length).toBeGreaterThan(2);
    passages.forEach(({ content }, index) => {
      expect(content.length).toBeLessThanOrEqual(900);
      expect(content.endsWith('.')).toBe(true);
      const last = content.split('. ').at(-1) ?? '';
      expect(passages[index + 1]?.content.startsWith(last) ?? true).toBe(true);
    });
  });

  it('of Chinese, Japanese and Korean are half as long', () => {
    const passages = split(paragraph('환불은 구매일로부터 십사일 이내에 가능합니다. '.repeat(60).trim()));
    for (const { content } of passages) expect(content.length).toBeLessThanOrEqual(560);
  });

  it('lose nothing of a text without sentences, and never cut a character', () => {
    const text = '😀'.repeat(5000);
    const passages = split(paragraph(text));
    expect(passages.map(({ content }) => content).join('')).toBe(text);
    for (const { content } of passages) expect(content.isWellFormed()).toBe(true);
  });

  it('are the same every time', () => {
    const blocks = [heading(1, 'A'), paragraph('Some words. '.repeat(500)), paragraph('End.')];
    expect(split(...blocks)).toEqual(split(...blocks));
  });
});

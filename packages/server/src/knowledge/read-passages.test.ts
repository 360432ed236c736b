import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DocumentFile } from './document.ts';
import { type ReadingLimits, readPassages } from './read-passages.ts';
import { buildCompressedPdf, buildDocx, buildPdf, docxParagraph } from './testing/sample-files.ts';

const { signal } = new AbortController();
const text = (content: string): DocumentFile => ({
  bytes: new TextEncoder().encode(content),
  fileName: 'a.txt',
  mediaType: 'text/plain',
});
const many = text(
  Array.from({ length: 3000 }, (_, index) => `${`Paragraph ${index} says this. `.repeat(12)}`).join('\n\n'),
);

async function count(file: DocumentFile, limits: ReadingLimits = {}): Promise<number> {
  let passages = 0;
  for await (const batch of readPassages(file, { signal, limits })) passages += batch.length;
  return passages;
}

describe('reading in a worker', () => {
  it('gives passages with their terms in batches, and counts of the common terms', async () => {
    const reading = readPassages(many, { signal });
    let passages = 0;
    let step = await reading.next();
    for (; !step.done; step = await reading.next()) {
      expect(step.value.length).toBeLessThanOrEqual(32);
      for (const { terms } of step.value) expect(terms).toContain('paragraph');
      passages += step.value.length;
    }
    expect(passages).toBe(1500);
    expect(new Map(step.value).get('paragraph')).toBe(1500);
    expect(new Map(step.value).has('2999')).toBe(false);
  });

  it('refuses in the words of the reader', async () => {
    await expect(count({ bytes: buildPdf([[]]), fileName: '', mediaType: '' })).rejects.toMatchObject({
      name: 'DocumentError',
      kind: 'empty',
    });
    await expect(count(many, { maxCharacters: 1000 })).rejects.toMatchObject({ kind: 'too-large' });
  });

  it('ends with the loop that uses it', async () => {
    for await (const batch of readPassages(many, { signal })) {
      expect(batch.length).toBe(32);
      break;
    }
  });

  it('ends with its signal, before and in the middle', async () => {
    const reason = new Error('left');
    await expect(readPassages(many, { signal: AbortSignal.abort(reason) }).next()).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = readPassages(many, { signal: controller.signal });
    await reading.next();
    const next = reading.next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
  });

  it('is stopped when it takes too long', async () => {
    await expect(count(many, { timeoutMs: 1 })).rejects.toMatchObject({
      kind: 'too-large',
      message: expect.stringMatching(/took too long/),
    });
  });

  it('does not count the time in which its passages are used', async () => {
    let passages = 0;
    const few = text('A sentence. '.repeat(2000));
    for await (const batch of readPassages(few, { signal, limits: { timeoutMs: 10_000 } })) {
      passages += batch.length;
    }
    expect(passages).toBeGreaterThan(20);
  });

  it('is stopped when a page inflates without bound', async () => {
    const bomb = buildCompressedPdf(deflateSync(Buffer.alloc(300_000_000, ' ')));
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(
      count({ bytes: bomb, fileName: '', mediaType: '' }, { maxBufferMegabytes: 64 }),
    ).rejects.toMatchObject({ kind: 'too-large', message: expect.stringMatching(/too much memory/) });
  });

  it('is stopped when its objects need too much memory', async () => {
    const heavy = buildDocx(
      Array.from({ length: 60_000 }, (_, index) => docxParagraph(`x${index}`)).join(''),
    );
    await expect(
      count({ bytes: heavy, fileName: '', mediaType: '' }, { maxHeapMegabytes: 48 }),
    ).rejects.toMatchObject({ kind: 'too-large', message: expect.stringMatching(/too much memory/) });
  });

  it('survives noise behind the marks of every kind', async () => {
    for (const mark of ['%PDF-1.7\n', 'PK\u0003\u0004word/document.xml', '<html>', '# ']) {
      const bytes = new Uint8Array(Buffer.concat([Buffer.from(mark, 'latin1'), randomBytes(20_000)]));
      await count({ bytes, fileName: 'a.md', mediaType: '' }).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'DocumentError' });
      });
    }
  });
});

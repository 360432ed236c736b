import { describe, expect, it } from 'vitest';
import { type DocumentFile, MAX_FILE_BYTES } from './document.ts';
import { extractDocument } from './extract-document.ts';
import { recognizeDocument } from './recognize-document.ts';
import { buildDocx, buildPdf, docxParagraph, encodeLegacy, type SampleLine } from './testing/sample-files.ts';

function file(content: string | Uint8Array, fileName = '', mediaType = ''): DocumentFile {
  return {
    bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
    fileName,
    mediaType,
  };
}

const lines = (...texts: readonly string[]): SampleLine[] =>
  texts.map((text, index) => ({ text, yPoints: 700 - 14 * index }));

describe('a PDF', () => {
  const page = (chapter: string, ...texts: readonly string[]): SampleLine[] => [
    { text: 'Manual of the platform', yPoints: 810, sizePoints: 8 },
    { text: chapter, yPoints: 740, sizePoints: 20 },
    ...lines(...texts),
    { text: `Page ${chapter.length}`, yPoints: 30, sizePoints: 8 },
  ];

  it('becomes headings and paragraphs, without what every page repeats', async () => {
    const bytes = buildPdf(
      [
        page('Refunds', 'A refund is possible within four-', 'teen days after the purchase.'),
        page('Shipping costs', 'They are paid by the customer.', '1. In the country', '2. Abroad'),
        page('Warranty', 'Two years.'),
      ],
      { title: 'Terms' },
    );
    expect(await extractDocument(file(bytes))).toEqual({
      kind: 'pdf',
      title: 'Terms',
      blocks: [
        { kind: 'heading', level: 1, text: 'Refunds' },
        { kind: 'paragraph', text: 'A refund is possible within fourteen days after the purchase.' },
        { kind: 'heading', level: 1, text: 'Shipping costs' },
        { kind: 'paragraph', text: 'They are paid by the customer.' },
        { kind: 'item', text: '1. In the country' },
        { kind: 'item', text: '2. Abroad' },
        { kind: 'heading', level: 1, text: 'Warranty' },
        { kind: 'paragraph', text: 'Two years.' },
      ],
    });
  });

  it('is read in Korean, with a font that is not embedded', async () => {
    const { blocks } = await extractDocument(
      file(buildPdf([lines('환불은 구매일로부터 14일', '이내에 가능합니다.')])),
    );
    expect(blocks).toEqual([{ kind: 'paragraph', text: '환불은 구매일로부터 14일 이내에 가능합니다.' }]);
  });

  it.each([
    ['encrypted', buildPdf([lines('Hidden')], { encrypted: true }), /encrypted with a password/],
    ['cut in the middle', buildPdf([lines('Half')]).slice(0, 900), /damaged/],
    ['nothing but its first line', new TextEncoder().encode('%PDF-1.7\n'), /damaged/],
    ['without text', buildPdf([[]]), /no text in it.*text recognition/],
  ])('that is %s is refused with advice', async (_name, bytes, message) => {
    await expect(extractDocument(file(bytes))).rejects.toMatchObject({
      name: 'DocumentError',
      message: expect.stringMatching(message),
    });
  });
});

describe('a Word document', () => {
  it('becomes headings, paragraphs, items and rows', async () => {
    const cell = (text: string) => `<w:tc>${docxParagraph(text)}</w:tc>`;
    const bytes = buildDocx(
      docxParagraph('환불 정책', 'Heading1') +
        docxParagraph('Refunds &amp; returns') +
        `<w:tbl><w:tr>${cell('Country')}${cell('Days')}</w:tr><w:tr>${cell('Korea')}${cell('14')}</w:tr></w:tbl>`,
    );
    expect(await extractDocument(file(bytes, 'a.docx'))).toEqual({
      kind: 'docx',
      blocks: [
        { kind: 'heading', level: 1, text: '환불 정책' },
        { kind: 'paragraph', text: 'Refunds & returns' },
        { kind: 'row', text: 'Country | Days' },
        { kind: 'row', text: 'Korea | 14' },
      ],
    });
  });

  it('that unpacks to far more than its size is refused', async () => {
    const bomb = buildDocx(docxParagraph('x'), { 'word/media/image.bin': new Uint8Array(20 * 1024 * 1024) });
    expect(bomb.length).toBeLessThan(100_000);
    await expect(extractDocument(file(bomb))).rejects.toMatchObject({ kind: 'too-large' });
  });

  it('that is damaged is refused', async () => {
    const whole = buildDocx(docxParagraph('Some text that is long enough to be damaged'));
    const damaged = whole.slice();
    damaged.fill(0xff, 60, 200);
    await expect(extractDocument(file(damaged))).rejects.toMatchObject({ kind: 'unreadable' });
    const broken = buildDocx('<w:p><w:r>');
    await expect(extractDocument(file(broken))).rejects.toMatchObject({ name: 'DocumentError' });
  });
});

describe('an HTML page', () => {
  it('keeps its text and drops menus, scripts and what is hidden', async () => {
    const html = `<!doctype html><html><head><title>Help &amp; more</title><style>p { color: red }</style></head><body>
      <nav><a href="/">Home</a></nav><h1>Refunds <em>and</em> returns</h1>
      <p>Within 14&nbsp;days.<br>By mail.</p>loose text
      <ul><li><p>first</p><ul><li>inner</li></ul><li>second</ul>
      <table><tr><th>Country<th>Days<tr><td>Korea<td>14</table>
      <p hidden>secret</p><pre>a\n  b</pre><script>alert("no")</script><svg><text>no</text></svg></body></html>`;
    expect(await extractDocument(file(html))).toEqual({
      kind: 'html',
      title: 'Help & more',
      blocks: [
        { kind: 'heading', level: 1, text: 'Refunds and returns' },
        { kind: 'paragraph', text: 'Within 14 days.\nBy mail.' },
        { kind: 'paragraph', text: 'loose text' },
        { kind: 'item', text: 'first' },
        { kind: 'item', text: 'inner' },
        { kind: 'item', text: 'second' },
        { kind: 'row', text: 'Country | Days' },
        { kind: 'row', text: 'Korea | 14' },
        { kind: 'paragraph', text: 'a\nb' },
      ],
    });
  });

  it('is read in the encoding that it names', async () => {
    const bytes = encodeLegacy('<html><meta charset="euc-kr"><p>안녕하세요 여러분</p></html>', 'euc-kr');
    expect((await extractDocument(file(bytes))).blocks).toEqual([
      { kind: 'paragraph', text: '안녕하세요 여러분' },
    ]);
  });

  it('of ten thousand nested elements is read or refused, not run into the ground', async () => {
    const deep = `<html>${'<div>'.repeat(10_000)}deep`;
    expect((await extractDocument(file(deep))).blocks).toEqual([{ kind: 'paragraph', text: 'deep' }]);
  });
});

describe('a Markdown file', () => {
  it('becomes headings, paragraphs, items and rows', async () => {
    const markdown = [
      '---\ntitle: "Terms"\n---\n# Refunds & **returns**',
      'See [the form](https://example.com) and `code`; AT&amp;T.',
      '- one\n  - two\n- [x] three',
      '| Country | Days |\n|---|---|\n| Korea | 14 |',
      '> quoted',
      '```\nconst a = 1 < 2;\n```',
      '<p>html <script>no</script></p>',
    ].join('\n\n');
    expect(await extractDocument(file(markdown, 'terms.md'))).toEqual({
      kind: 'markdown',
      title: 'Terms',
      blocks: [
        { kind: 'heading', level: 1, text: 'Refunds & returns' },
        { kind: 'paragraph', text: 'See the form and code; AT&T.' },
        { kind: 'item', text: 'one' },
        { kind: 'item', text: 'two' },
        { kind: 'item', text: 'three' },
        { kind: 'row', text: 'Country | Days' },
        { kind: 'row', text: 'Korea | 14' },
        { kind: 'paragraph', text: 'quoted' },
        { kind: 'paragraph', text: 'const a = 1 < 2;' },
        { kind: 'paragraph', text: 'html' },
      ],
    });
  });
});

describe('a plain text file', () => {
  const text =
    '환불은 14일 이내에 가능합니다.\n자세한 내용은 고객센터로 문의하세요.\n\n배송은 3일이 걸립니다.';
  const blocks = [
    { kind: 'paragraph', text: '환불은 14일 이내에 가능합니다.\n자세한 내용은 고객센터로 문의하세요.' },
    { kind: 'paragraph', text: '배송은 3일이 걸립니다.' },
  ];

  it.each([
    ['UTF-8', new TextEncoder().encode(text)],
    ['UTF-8 with a mark', new TextEncoder().encode(`\ufeff${text}`)],
    ['UTF-16', new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'))],
    ['UTF-16, high byte first', new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le').swap16())],
    ['EUC-KR', encodeLegacy(text, 'euc-kr')],
  ])('is read in %s', async (_name, bytes) => {
    expect(await extractDocument(file(bytes, 'a.txt'))).toEqual({ kind: 'text', blocks });
  });

  it('is read in Shift_JIS, GB 18030 and the Western encoding', async () => {
    const japanese = '返品は商品到着後14日以内にお申し込みください。送料はお客様のご負担となります。';
    expect((await extractDocument(file(encodeLegacy(japanese, 'shift_jis')))).blocks).toEqual([
      { kind: 'paragraph', text: japanese },
    ]);
    const chinese = '我们的退货政策是在收到商品的十四天之内可以申请退货，这是大家都有的权利。';
    expect((await extractDocument(file(encodeLegacy(chinese, 'gb18030')))).blocks).toEqual([
      { kind: 'paragraph', text: chinese },
    ]);
    const western = Uint8Array.from(Buffer.from('Größe und Qualität für alle', 'latin1'));
    expect((await extractDocument(file(western))).blocks).toEqual([
      { kind: 'paragraph', text: 'Größe und Qualität für alle' },
    ]);
  });

  it('that is longer than the limit is refused', async () => {
    await expect(extractDocument(file('a'.repeat(101)), { maxCharacters: 100 })).rejects.toMatchObject({
      kind: 'too-large',
    });
  });
});

describe('a file is recognised', () => {
  it('by its bytes rather than its name', () => {
    expect(recognizeDocument(file(buildPdf([[]]), 'a.txt', 'text/plain'))).toBe('pdf');
    expect(recognizeDocument(file(buildDocx(''), 'a.zip', 'application/zip'))).toBe('docx');
    expect(recognizeDocument(file('<!DOCTYPE html><p>x', 'a.txt'))).toBe('html');
    expect(recognizeDocument(file('# x', 'a', 'text/markdown; charset=utf-8'))).toBe('markdown');
    expect(recognizeDocument(file('# x', 'A.MD', 'application/octet-stream'))).toBe('markdown');
    expect(recognizeDocument(file('anything'))).toBe('text');
  });

  it.each([
    ['an empty file', new Uint8Array(0), '', 'empty', /empty/],
    ['one over the limit', new Uint8Array(MAX_FILE_BYTES + 1).fill(97), '', 'too-large', /21 MB.*20 MB/],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2), 'a.pdf', 'unsupported', /PNG picture/],
    ['an old Word file', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0), 'a.doc', 'unsupported', /old Office file/],
    ['another zip archive', Uint8Array.of(0x50, 0x4b, 3, 4), 'a.zip', 'unsupported', /zip archive/],
    ['something called a PDF', new TextEncoder().encode('hello'), 'a.pdf', 'unreadable', /called a PDF/],
  ])('%s is refused in clear words', (_name, bytes, fileName, kind, message) => {
    expect(() => recognizeDocument(file(bytes, fileName))).toThrowError(
      expect.objectContaining({ name: 'DocumentError', kind, message: expect.stringMatching(message) }),
    );
  });

  it('binary data that no kind fits is refused when it is read', async () => {
    const bytes = Uint8Array.from({ length: 2000 }, (_, index) => (index * 37) % 256);
    await expect(extractDocument(file(bytes))).rejects.toMatchObject({ kind: 'unsupported' });
  });

  it('white space alone is an empty document', async () => {
    await expect(extractDocument(file(' \n\n\t\n'))).rejects.toMatchObject({ kind: 'empty' });
  });
});

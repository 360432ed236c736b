/** Small real files of each kind, built for tests. */
import { strToU8, zipSync } from 'fflate';

/** A line of a page: what it says, its size and its distance from the bottom. */
export interface SampleLine {
  readonly text: string;
  readonly sizePoints?: number;
  readonly yPoints: number;
}

/** A PDF of several pages. Lines with Korean in them are set in a font that names a character set instead of embedding one. */
export function buildPdf(
  pages: readonly (readonly SampleLine[])[],
  options: { readonly title?: string; readonly encrypted?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const firstPage = 7;
  const objects: string[] = [];
  objects[1] = '<< /Type /Catalog /Pages 2 0 R >>';
  objects[2] = `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, index) => `${firstPage + 2 * index} 0 R`).join(' ')}] >>`;
  objects[3] = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';
  objects[4] =
    '<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UTF16-H /DescendantFonts [5 0 R] >>';
  objects[5] =
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /DW 1000 /CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >> /FontDescriptor 6 0 R >>';
  objects[6] =
    '<< /Type /FontDescriptor /FontName /HYSMyeongJo-Medium /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>';
  pages.forEach((lines, index) => {
    const number = firstPage + 2 * index;
    objects[number] =
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents ${number + 1} 0 R >>`;
    const content = lines.map(drawLine).join('\n');
    objects[number + 1] = `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
  });
  const trailer = [`/Size ${objects.length + 2}`, '/Root 1 0 R'];
  if (options.title !== undefined) {
    objects.push(`<< /Title (${options.title}) >>`);
    trailer.push(`/Info ${objects.length - 1} 0 R`);
  }
  if (options.encrypted) {
    objects.push(`<< /Filter /Standard /V 1 /R 2 /P -4 /O <${'41'.repeat(32)}> /U <${'42'.repeat(32)}> >>`);
    trailer.push(`/Encrypt ${objects.length - 1} 0 R`, `/ID [<${'43'.repeat(16)}> <${'43'.repeat(16)}>]`);
  }
  return writePdf(objects, trailer.join(' '));
}

function writePdf(objects: readonly (string | undefined)[], trailer: string): Uint8Array<ArrayBuffer> {
  let body = '%PDF-1.7\n';
  const offsets: number[] = [];
  objects.forEach((object, number) => {
    if (object === undefined) return;
    offsets[number] = body.length;
    body += `${number} 0 obj\n${object}\nendobj\n`;
  });
  const start = body.length;
  body += `xref\n0 ${objects.length}\n`;
  for (let number = 0; number < objects.length; number += 1) {
    const offset = offsets[number];
    body += offset === undefined ? '0000000000 65535 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`;
  }
  body += `trailer\n<< ${trailer} >>\nstartxref\n${start}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(body, 'latin1'));
}

function drawLine({ text, sizePoints = 11, yPoints }: SampleLine): string {
  const isAscii = /^[ -~]*$/.test(text);
  const utf16 = Buffer.from(text, 'utf16le').swap16().toString('hex');
  const shown = isAscii ? `(${text.replace(/[\\()]/g, '\\$&')})` : `<${utf16}>`;
  return `BT /${isAscii ? 'F1' : 'F2'} ${sizePoints} Tf 72 ${yPoints} Td ${shown} Tj ET`;
}

/** A Word document with this XML as its body. */
export function buildDocx(
  body: string,
  more: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array<ArrayBuffer> {
  const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const files = {
    '[Content_Types].xml': `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': `${XML}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
  };
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)] as const);
  return zipSync({ ...Object.fromEntries(entries), ...more });
}

/** A paragraph for `buildDocx`; `style` is e.g. `Heading1`. */
export function docxParagraph(text: string, style?: string): string {
  const properties = style === undefined ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`;
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

/** Text in an encoding of one or two bytes for each character, by reading its whole table backwards. */
export function encodeLegacy(
  text: string,
  label: 'euc-kr' | 'shift_jis' | 'gb18030',
): Uint8Array<ArrayBuffer> {
  const decoder = new TextDecoder(label);
  const table = new Map<string, readonly number[]>();
  for (let first = 0x81; first <= 0xfe; first += 1) {
    for (let second = 0x40; second <= 0xfe; second += 1) {
      const character = decoder.decode(Uint8Array.of(first, second));
      if ([...character].length === 1 && !table.has(character)) table.set(character, [first, second]);
    }
  }
  return Uint8Array.from(
    [...text].flatMap((character) => {
      const code = character.charCodeAt(0);
      const known = code < 0x80 ? [code] : table.get(character);
      if (!known) throw new Error(`${label} has no ${character}`);
      return known;
    }),
  );
}

/** A PDF with one page whose content is this compressed stream. */
export function buildCompressedPdf(compressed: Uint8Array): Uint8Array<ArrayBuffer> {
  const objects = [
    undefined,
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents 4 0 R >>',
    `<< /Length ${compressed.length} /Filter /FlateDecode >>\nstream\n${Buffer.from(compressed).toString('latin1')}\nendstream`,
  ];
  return writePdf(objects, `/Size ${objects.length} /Root 1 0 R`);
}

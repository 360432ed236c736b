/** Text of a PDF: lines from the positions of its words, then paragraphs and headings from the lines. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PDFDocumentProxy, TextItem, TextMarkedContent } from 'pdfjs-dist/types/src/display/api.js';
import { type Block, DocumentError, type TextBudget, tidyText } from './document.ts';
import { linesToBlocks, type PageLine } from './pdf-lines.ts';

const MAX_PAGES = 5000;

/** @throws {DocumentError} when the file is damaged, encrypted, or has no text. */
export async function extractPdf(
  bytes: Uint8Array,
  budget: TextBudget,
): Promise<{ readonly title?: string; readonly blocks: readonly Block[] }> {
  const assets = path.dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  // The library reads these as files; it wants a separator at the end.
  const folder = (name: string) => path.join(assets, name, path.sep);
  const task = getDocument({
    // The library takes over the memory that it is given.
    data: new Uint8Array(bytes),
    cMapUrl: folder('cmaps'),
    standardFontDataUrl: folder('standard_fonts'),
    wasmUrl: folder('wasm'),
    useSystemFonts: false,
    disableFontFace: true,
    stopAtErrors: false,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await task.promise;
    if (pdf.numPages > MAX_PAGES) {
      throw new DocumentError(
        'too-large',
        `The PDF has ${pdf.numPages} pages; at most ${MAX_PAGES} are read. Split it into several documents.`,
      );
    }
    const blocks = linesToBlocks(await readLines(pdf, budget));
    const title = await readTitle(pdf);
    return title === undefined ? { blocks } : { title, blocks };
  } catch (error) {
    throw explain(error);
  } finally {
    await task.destroy();
  }
}

async function readLines(pdf: PDFDocumentProxy, budget: TextBudget): Promise<readonly PageLine[][]> {
  const pages: PageLine[][] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const lines = toLines(items);
    for (const { text } of lines) budget.spend(text.length);
    pages.push(lines);
    page.cleanup();
  }
  return pages;
}

function toLines(items: readonly (TextItem | TextMarkedContent)[]): PageLine[] {
  const lines: PageLine[] = [];
  let text = '';
  let size = 0;
  let y = 0;
  let x = 0;
  const end = () => {
    const tidy = tidyText(text).replaceAll('\n', ' ');
    if (tidy !== '') lines.push({ text: tidy, sizePoints: size, xPoints: x, yPoints: y });
    text = '';
    size = 0;
  };
  for (const item of items) {
    if (!('str' in item)) continue;
    const [, , skew = 0, scale = 0, left = 0, bottom = 0] = item.transform as readonly number[];
    const itemSize = Math.hypot(skew, scale);
    // A raised or lowered word belongs to its line; half a line away is another one.
    if (text !== '' && item.str.trim() !== '' && Math.abs(bottom - y) > 0.6 * Math.max(size, itemSize)) end();
    if (text === '') {
      y = bottom;
      x = left;
    }
    text += item.str;
    if (item.str.trim() !== '') size = Math.max(size, itemSize);
    if (item.hasEOL) end();
  }
  end();
  return lines;
}

async function readTitle(pdf: PDFDocumentProxy): Promise<string | undefined> {
  // Everything in the dictionary comes from the file.
  const info: unknown = (await pdf.getMetadata().catch(() => undefined))?.info;
  const title = typeof info === 'object' && info !== null && 'Title' in info ? info.Title : undefined;
  if (typeof title !== 'string') return undefined;
  const tidy = tidyText(title).replaceAll('\n', ' ').slice(0, 300);
  return tidy === '' ? undefined : tidy;
}

function explain(error: unknown): unknown {
  if (error instanceof DocumentError || !(error instanceof Error)) return error;
  if (error.name === 'PasswordException') {
    return new DocumentError(
      'unreadable',
      'The PDF is encrypted with a password. Save it without one, and upload that.',
    );
  }
  return new DocumentError(
    'unreadable',
    'The PDF is damaged. Open it in a viewer, print or save it as a new PDF, and upload that.',
  );
}

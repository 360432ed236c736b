/** Reads one document into blocks. Runs in a worker thread: a bad file may take long and fail in any way. */

import { decodeText } from './decode-text.ts';
import {
  type Block,
  DocumentError,
  type DocumentFile,
  type DocumentKind,
  type ExtractedDocument,
  MAX_TEXT_CHARACTERS,
  TextBudget,
} from './document.ts';
import { decodeHtml, extractHtml } from './extract-html.ts';
import { extractMarkdown } from './extract-markdown.ts';
import { extractText } from './extract-text.ts';
import { recognizeDocument } from './recognize-document.ts';

interface Extracted {
  readonly title?: string;
  readonly blocks: readonly Block[];
}

/** @throws {DocumentError} when the document is refused; anything else means that a parser gave up. */
export async function extractDocument(
  file: DocumentFile,
  options: { readonly maxCharacters?: number } = {},
): Promise<ExtractedDocument> {
  const kind = recognizeDocument(file);
  const extracted = await extractKind(
    kind,
    file.bytes,
    new TextBudget(options.maxCharacters ?? MAX_TEXT_CHARACTERS),
  );
  if (extracted.blocks.length === 0) {
    throw new DocumentError(
      'empty',
      kind === 'pdf'
        ? 'The PDF has no text in it; it may be made of scanned pages. Run text recognition on it first, and upload the result.'
        : 'The document has no text in it. Upload one with text.',
    );
  }
  return { kind, ...extracted };
}

/** The larger parsers are loaded when a document needs them. */
async function extractKind(kind: DocumentKind, bytes: Uint8Array, budget: TextBudget): Promise<Extracted> {
  switch (kind) {
    case 'pdf':
      return (await import('./extract-pdf.ts')).extractPdf(bytes, budget);
    case 'docx':
      return (await import('./extract-docx.ts')).extractDocx(bytes, budget);
    case 'html':
      return extractHtml(decodeHtml(bytes), budget);
    case 'markdown':
      return extractMarkdown(decodeText(bytes), budget);
    case 'text':
      return { blocks: extractText(decodeText(bytes), budget) };
    default:
      return kind satisfies never;
  }
}

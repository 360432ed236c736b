/** Tells what kind of document a file is: from its bytes first, then from its media type and name. */
import { DocumentError, type DocumentFile, type DocumentKind, MAX_FILE_BYTES } from './document.ts';

const KIND_OF_MEDIA_TYPE: ReadonlyMap<string, DocumentKind> = new Map([
  ['text/markdown', 'markdown'],
  ['text/x-markdown', 'markdown'],
  ['application/x-markdown', 'markdown'],
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
]);
const KIND_OF_EXTENSION: ReadonlyMap<string, DocumentKind> = new Map([
  ['md', 'markdown'],
  ['markdown', 'markdown'],
  ['mdown', 'markdown'],
  ['html', 'html'],
  ['htm', 'html'],
  ['xhtml', 'html'],
  ['txt', 'text'],
  ['text', 'text'],
]);

/** First bytes of files that people upload by mistake, and what to tell them. */
const FOREIGN_FILES: readonly (readonly [magic: readonly number[], name: string, advice: string])[] = [
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    'an old Office file or an encrypted one',
    'Save it without a password as DOCX or PDF.',
  ],
  [[0x7b, 0x5c, 0x72, 0x74, 0x66], 'an RTF file', 'Save it as DOCX or PDF.'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG picture', 'Upload the text itself; words in pictures are not read.'],
  [[0xff, 0xd8, 0xff], 'a JPEG picture', 'Upload the text itself; words in pictures are not read.'],
  [[0x47, 0x49, 0x46, 0x38], 'a GIF picture', 'Upload the text itself; words in pictures are not read.'],
  [[0x1f, 0x8b], 'a gzip archive', 'Unpack it and upload the documents in it.'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive', 'Unpack it and upload the documents in it.'],
  [[0x52, 0x61, 0x72, 0x21], 'a RAR archive', 'Unpack it and upload the documents in it.'],
];
const SUPPORTED = 'PDF, DOCX, Markdown, HTML or plain text';

/**
 * Cheap enough for the moment of the upload: looks at the first bytes and at the directory of a zip archive.
 * @throws {DocumentError} for an empty file, one over the limit and one of a kind that is not read here.
 */
export function recognizeDocument({ bytes, fileName, mediaType }: DocumentFile): DocumentKind {
  if (bytes.length === 0) {
    throw new DocumentError('empty', `The file is empty. Upload a ${SUPPORTED} file with text in it.`);
  }
  if (bytes.length > MAX_FILE_BYTES) {
    const megabytes = Math.ceil(bytes.length / (1024 * 1024));
    throw new DocumentError(
      'too-large',
      `The file has ${megabytes} MB; at most ${MAX_FILE_BYTES / (1024 * 1024)} MB are read. Split it into several documents, or leave out its pictures.`,
    );
  }
  // The marker of a PDF may stand anywhere in the first kilobyte.
  if (latin1(bytes, 0, 1024).includes('%PDF-')) return 'pdf';
  if (startsWith(bytes, [0x50, 0x4b])) return recognizeArchive(bytes);
  for (const [magic, name, advice] of FOREIGN_FILES) {
    if (startsWith(bytes, magic)) {
      throw new DocumentError('unsupported', `The file is ${name}, not a ${SUPPORTED} file. ${advice}`);
    }
  }
  return recognizeText(bytes, fileName, mediaType);
}

function recognizeArchive(bytes: Uint8Array): DocumentKind {
  // Names of the entries stand uncompressed in the directory at the end.
  const directory = latin1(bytes, Math.max(0, bytes.length - 512 * 1024), bytes.length);
  if (directory.includes('word/document')) return 'docx';
  const name = directory.includes('xl/workbook')
    ? 'a spreadsheet'
    : directory.includes('ppt/presentation')
      ? 'a presentation'
      : 'a zip archive without a Word document in it';
  throw new DocumentError(
    'unsupported',
    `The file is ${name}, not a ${SUPPORTED} file. Save it as PDF, or upload the documents one by one.`,
  );
}

function recognizeText(bytes: Uint8Array, fileName: string, mediaType: string): DocumentKind {
  const head = latin1(bytes, 0, 1024)
    .replace(/^(\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, '')
    .replaceAll('\0', '');
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html[\s>])/i.test(head)) return 'html';
  const declared = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const extension = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
  const named = KIND_OF_MEDIA_TYPE.get(declared) ?? KIND_OF_EXTENSION.get(extension);
  if (named !== undefined) return named;
  const promised = declared === 'application/pdf' || extension === 'pdf' ? 'PDF' : undefined;
  const word = declared.includes('wordprocessingml') || extension === 'docx' ? 'DOCX' : undefined;
  const missing = promised ?? word;
  if (missing !== undefined) {
    throw new DocumentError(
      'unreadable',
      `The file is called a ${missing} file, but does not begin like one. Check that it opens on your computer, and upload it again.`,
    );
  }
  if (/^(image|audio|video|font)\//.test(declared)) {
    throw new DocumentError(
      'unsupported',
      `The file is of the type ${declared.slice(0, 60)}, not a ${SUPPORTED} file.`,
    );
  }
  return 'text';
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);
}

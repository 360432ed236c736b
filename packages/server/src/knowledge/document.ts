/** What is read out of an uploaded document, what a document may be at most, and how a refusal is told. */

/** A piece of a document in reading order. `text` is never empty, its white space is single blanks and line ends. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph' | 'item' | 'row'; readonly text: string };

export type DocumentKind = 'pdf' | 'docx' | 'markdown' | 'html' | 'text';

export interface DocumentFile {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  /** As the upload says; only believed when the bytes do not tell. */
  readonly mediaType: string;
}

export interface ExtractedDocument {
  readonly kind: DocumentKind;
  readonly title?: string;
  readonly blocks: readonly Block[];
}

export const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** Of all files inside a DOCX together. */
export const MAX_INFLATED_BYTES = 100 * 1024 * 1024;
export const MAX_ARCHIVE_ENTRIES = 5000;
export const MAX_TEXT_CHARACTERS = 5_000_000;
export const MAX_PASSAGES = 50_000;
/** Time that reading one document may take, not counting the time in which its passages are stored. */
export const READING_TIMEOUT_MS = 60_000;
/** What reading one document may hold in memory as objects, and beside them as bytes. */
export const MAX_HEAP_MEGABYTES = 768;
export const MAX_BUFFER_MEGABYTES = 256;

export type DocumentErrorKind = 'empty' | 'too-large' | 'unsupported' | 'unreadable';

/** A document that cannot be used. The message is for the person who uploaded it: what is wrong, and what to do. */
export class DocumentError extends Error {
  readonly kind: DocumentErrorKind;

  constructor(kind: DocumentErrorKind, message: string) {
    super(message);
    this.name = 'DocumentError';
    this.kind = kind;
  }
}

/** Adds up extracted text and refuses a document at the point where it becomes too long. */
export class TextBudget {
  #left: number;

  constructor(maxCharacters: number) {
    this.#left = maxCharacters;
  }

  /** @throws {DocumentError} when the text is longer than the budget. */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) {
      throw new DocumentError(
        'too-large',
        `The document has more than ${MAX_TEXT_CHARACTERS / 1_000_000} million characters of text. Split it into several documents.`,
      );
    }
  }
}

/** Text as blocks hold it: no control characters, single blanks, no blanks around line ends. */
export function tidyText(text: string): string {
  return (
    text
      .toWellFormed()
      .normalize('NFC')
      .replace(/\r\n?|\u2028|\u2029|\f|\v/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed; a database takes no NUL.
      .replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b\ufeff\ufffe\uffff]/g, '')
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .replace(/\n{2,}/g, '\n')
      .trim()
  );
}

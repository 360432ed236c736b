/** Text of a Word document. The archive is inflated once under limits before anything else opens it. */
import { pipeline } from 'node:stream/promises';
import mammoth from 'mammoth';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import {
  type Block,
  DocumentError,
  MAX_ARCHIVE_ENTRIES,
  MAX_INFLATED_BYTES,
  type TextBudget,
} from './document.ts';
import { extractHtml } from './extract-html.ts';

const UNREADABLE = new DocumentError(
  'unreadable',
  'The Word document is damaged. Open it in Word, save it again as DOCX, and upload that.',
);

/** @throws {DocumentError} when the archive is damaged or inflates beyond the limits. */
export async function extractDocx(
  bytes: Uint8Array,
  budget: TextBudget,
): Promise<{ readonly title?: string; readonly blocks: readonly Block[] }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  await checkArchive(buffer);
  const { value } = await mammoth
    .convertToHtml(
      { buffer },
      { convertImage: mammoth.images.imgElement(async () => ({ src: '' })), externalFileAccess: false },
    )
    .catch(() => {
      throw UNREADABLE;
    });
  return extractHtml(value, budget);
}

/** Inflates every entry to nowhere, counting: what the archive says of its sizes is not believed. */
async function checkArchive(buffer: Buffer): Promise<void> {
  const archive = await fromBufferPromise(buffer, { lazyEntries: true }).catch(() => {
    throw UNREADABLE;
  });
  try {
    if (archive.entryCount > MAX_ARCHIVE_ENTRIES) throw tooLarge();
    let inflatedBytes = 0;
    for await (const entry of archive.eachEntry()) {
      if (entry.isEncrypted()) {
        throw new DocumentError(
          'unreadable',
          'The Word document is encrypted. Save it without a password, and upload that.',
        );
      }
      if (entry.fileName.endsWith('/')) continue;
      inflatedBytes = await inflateEntry(archive, entry, inflatedBytes, maxInflatedBytes(buffer.length));
    }
  } catch (error) {
    throw error instanceof DocumentError ? error : UNREADABLE;
  } finally {
    archive.close();
  }
}

/** Returns the sum of bytes with this entry. */
async function inflateEntry(
  archive: ZipFile,
  entry: Entry,
  before: number,
  maxBytes: number,
): Promise<number> {
  let inflatedBytes = before;
  const stream = await archive.openReadStreamPromise(entry);
  await pipeline(stream, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      inflatedBytes += chunk.length;
      if (inflatedBytes > maxBytes) throw tooLarge();
    }
  });
  return inflatedBytes;
}

/** Documents shrink to a tenth, rarely to a fiftieth; small ones may be anything. */
function maxInflatedBytes(archiveBytes: number): number {
  const SMALL_BYTES = 10 * 1024 * 1024;
  const MAX_RATIO = 200;
  return Math.min(MAX_INFLATED_BYTES, Math.max(SMALL_BYTES, archiveBytes * MAX_RATIO));
}

function tooLarge(): DocumentError {
  return new DocumentError(
    'too-large',
    `The Word document unpacks to more than is read here (${MAX_INFLATED_BYTES / (1024 * 1024)} MB). Leave out its pictures, or split it into several documents.`,
  );
}

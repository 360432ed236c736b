/** Worker thread of `read-passages.ts`: reads the one document it is started with and hands over its passages. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { DocumentError, MAX_PASSAGES } from './document.ts';
import { extractDocument } from './extract-document.ts';
import { splitIntoPassages } from './passages.ts';
import type { ReadingJob, ReadingMessage, ReadPassage } from './read-passages.ts';
import { leastCommonCount, termsOf } from './search-terms.ts';

const PASSAGES_AT_ONCE = 32;

// Only `read-passages.ts` starts this file, with such a job.
await read(workerData as ReadingJob);

async function read({ file, maxCharacters }: ReadingJob): Promise<void> {
  try {
    const document = await extractDocument(file, { maxCharacters });
    const counts = new Map<string, number>();
    let batch: ReadPassage[] = [];
    let total = 0;
    for (const { heading, content } of splitIntoPassages(document.blocks)) {
      const terms = [...termsOf(`${heading}\n${content}`).keys()];
      for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
      batch.push({ heading, content, terms });
      total += 1;
      if (total > MAX_PASSAGES) {
        throw new DocumentError(
          'too-large',
          `The document has more than ${MAX_PASSAGES} sections. Split it into several documents.`,
        );
      }
      if (batch.length === PASSAGES_AT_ONCE) {
        await handOver({ kind: 'passages', passages: batch });
        batch = [];
      }
    }
    if (batch.length > 0) await handOver({ kind: 'passages', passages: batch });
    const least = leastCommonCount(total);
    await handOver({ kind: 'end', termCounts: [...counts].filter(([, count]) => count >= least) });
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    await handOver({ kind: 'refused', errorKind: error.kind, message: error.message });
  }
}

/** Resolves when the other side wants more, so that no more than one message is ever under way. */
async function handOver(message: ReadingMessage): Promise<void> {
  parentPort?.postMessage(message);
  if (message.kind === 'passages' && parentPort) await once(parentPort, 'message');
}

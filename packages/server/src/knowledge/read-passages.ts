/**
 * Reads a document in a worker thread of its own, so that neither a large nor a hostile file holds anything up: the
 * thread has limits of time and memory and ends with the document.
 */
import { Worker } from 'node:worker_threads';
import {
  DocumentError,
  type DocumentErrorKind,
  type DocumentFile,
  MAX_BUFFER_MEGABYTES,
  MAX_HEAP_MEGABYTES,
  MAX_TEXT_CHARACTERS,
  READING_TIMEOUT_MS,
} from './document.ts';

export interface ReadPassage {
  readonly heading: string;
  readonly content: string;
  /** Each once, as the index knows them. */
  readonly terms: readonly string[];
}

export type TermCounts = readonly (readonly [term: string, passages: number])[];

/** What the worker is started with. */
export interface ReadingJob {
  readonly file: DocumentFile;
  readonly maxCharacters: number;
}

/** What the worker sends; it waits for an answer after `passages`. */
export type ReadingMessage =
  | { readonly kind: 'passages'; readonly passages: readonly ReadPassage[] }
  /** Of the terms that many passages have, how many have them. */
  | { readonly kind: 'end'; readonly termCounts: TermCounts }
  | { readonly kind: 'refused'; readonly errorKind: DocumentErrorKind; readonly message: string };

export interface ReadingLimits {
  /** Default 60 000; counts only the time that the worker needs. */
  readonly timeoutMs?: number;
  /** For objects. Default 768. */
  readonly maxHeapMegabytes?: number;
  /** For bytes, of which the file itself is a part. Default 256. */
  readonly maxBufferMegabytes?: number;
  /** Default 5 million. */
  readonly maxCharacters?: number;
}

const MEMORY_CHECK_MS = 50;
const TOO_LONG =
  'Reading the document took too long. Split it into several documents, or upload its text as plain text.';
const TOO_HEAVY =
  'Reading the document needs too much memory. Split it into several documents, or upload its text as plain text.';
const UNREADABLE = 'The document could not be read. Open it on your computer, save it anew, and upload that.';

/**
 * Yields the passages of a document in batches, in reading order; returns the counts of its common terms. The worker
 * waits while a batch is used; leaving the loop ends it.
 * @throws {DocumentError} when the document is refused or goes beyond the limits; an abort rejects with the signal's
 * reason.
 */
export async function* readPassages(
  file: DocumentFile,
  options: { readonly signal: AbortSignal; readonly limits?: ReadingLimits },
): AsyncGenerator<readonly ReadPassage[], TermCounts> {
  const { signal, limits = {} } = options;
  signal.throwIfAborted();
  const maxBufferMegabytes = limits.maxBufferMegabytes ?? MAX_BUFFER_MEGABYTES;
  // A copy of its own, since bytes of a database driver may be a part of something larger.
  const bytes = new Uint8Array(file.bytes);
  const job: ReadingJob = {
    file: { ...file, bytes },
    maxCharacters: limits.maxCharacters ?? MAX_TEXT_CHARACTERS,
  };
  const worker = new Worker(new URL('./document-worker.ts', import.meta.url), {
    workerData: job,
    transferList: [bytes.buffer],
    resourceLimits: {
      maxOldGenerationSizeMb: limits.maxHeapMegabytes ?? MAX_HEAP_MEGABYTES,
      maxYoungGenerationSizeMb: 48,
      stackSizeMb: 4,
    },
    // Parsers write what they find in the file.
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  let leftMs = limits.timeoutMs ?? READING_TIMEOUT_MS;
  try {
    while (true) {
      const startedMs = performance.now();
      const message = await nextMessage(worker, { signal, timeoutMs: leftMs, maxBufferMegabytes });
      leftMs -= performance.now() - startedMs;
      if (message.kind === 'refused') throw new DocumentError(message.errorKind, message.message);
      if (message.kind === 'end') return message.termCounts;
      yield message.passages;
      signal.throwIfAborted();
      worker.postMessage('more');
    }
  } finally {
    await worker.terminate();
  }
}

function nextMessage(
  worker: Worker,
  limits: { readonly signal: AbortSignal; readonly timeoutMs: number; readonly maxBufferMegabytes: number },
): Promise<ReadingMessage> {
  const { signal } = limits;
  const { promise, resolve, reject } = Promise.withResolvers<ReadingMessage>();
  const onAbort = () => reject(signal.reason);
  const onError = (error: unknown) => {
    const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    reject(new DocumentError(isMemory ? 'too-large' : 'unreadable', isMemory ? TOO_HEAVY : UNREADABLE));
  };
  const onExit = () => onError(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  worker.once('message', resolve);
  worker.once('error', onError);
  worker.once('exit', onExit);
  const timer = setTimeout(
    () => reject(new DocumentError('too-large', TOO_LONG)),
    Math.max(0, limits.timeoutMs),
  );
  const watch = watchMemory(worker, limits.maxBufferMegabytes, () =>
    reject(new DocumentError('too-large', TOO_HEAVY)),
  );
  return promise.finally(() => {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    worker.off('message', resolve);
    worker.off('error', onError);
    worker.off('exit', onExit);
  });
}

/** The thread's own limit does not count the bytes of buffers, into which compressed pages are inflated. */
function watchMemory(worker: Worker, maxBufferMegabytes: number, onTooMuch: () => void): NodeJS.Timeout {
  let isAsking = false;
  return setInterval(async () => {
    if (isAsking) return;
    isAsking = true;
    try {
      const { external_memory: externalBytes } = await worker.getHeapStatistics();
      if (externalBytes > maxBufferMegabytes * 1024 * 1024) onTooMuch();
    } catch {
      // It has ended; its last message tells how.
    }
    isAsking = false;
  }, MEMORY_CHECK_MS);
}

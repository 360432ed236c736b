/** What happens to one document after its upload: it is read, its passages are stored, and later they get vectors. */
import { setImmediate } from 'node:timers/promises';
import type { Embedder } from '../providers/provider.ts';
import type { KnowledgeStore } from '../store/knowledge.ts';
import type { EmbeddingModel, VectorStore } from '../store/knowledge-vectors.ts';
import { DocumentError } from './document.ts';
import { type ReadingLimits, type ReadPassage, readPassages, type TermCounts } from './read-passages.ts';

/** What a logger must offer here; pino does. */
export interface KnowledgeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ProcessingParts {
  readonly store: KnowledgeStore;
  readonly log: KnowledgeLog;
  readonly now: () => Date;
  readonly limits?: ReadingLimits | undefined;
}

/** The embedded database works on the thread that answers requests: small steps keep it answering. */
const INSERTED_AT_ONCE = 8;
const COUNTS_INSERTED_AT_ONCE = 250;
const EMBEDDED_AT_ONCE = 32;
const VECTORS_INSERTED_AT_ONCE = 2;
const EMBEDDING_TIMEOUT_MS = 60_000;
const FAULT =
  'The server could not process the document. Start the processing again; if that does not help, ask its operator.';

/**
 * Reads a document and makes its passages searchable at once, when all are stored; until then the earlier ones are.
 * Failures are kept with the document. Rejects only on abort, with the signal's reason; then it is left unfinished.
 */
export async function processDocument(
  id: string,
  parts: ProcessingParts,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { store, log, now } = parts;
  const document = await store.claim(id, now());
  if (document === undefined) return;
  const edition = { documentId: id, edition: document.attempt };
  await removeEditions(store, id, { below: document.attempt, except: document.edition }, signal);
  try {
    const reading = readPassages(
      { bytes: document.file, fileName: document.fileName, mediaType: document.mediaType },
      { signal, ...(parts.limits ? { limits: parts.limits } : {}) },
    );
    const passageCount = await storePassages(store, edition, reading, signal);
    if (!(await store.publish(edition, { passageCount, at: now() }))) return;
    await removeEditions(store, id, { below: document.attempt, except: document.attempt }, signal);
    await store.tidy({ hasDeleted: document.edition > 0 });
    log.info({ documentId: id, passages: passageCount }, 'a document is ready');
  } catch (error) {
    signal.throwIfAborted();
    const isRefused = error instanceof DocumentError;
    const failure = isRefused ? error.message : FAULT;
    // A document that was deleted meanwhile fails in any way, and nobody is to be told.
    if (await store.fail(edition, { failure, at: now() })) {
      if (isRefused) log.info({ documentId: id, kind: error.kind }, 'a document was refused');
      else log.error({ err: error, documentId: id }, 'a document could not be processed');
    }
    await removeEditions(store, id, { below: document.attempt + 1, except: document.edition }, signal);
  }
}

/**
 * Gives vectors to the passages of a document that have none of this model. `isEnough` is asked now and then; true
 * ends it early. Returns whether all have one.
 * @throws {ProviderError} when the embedder fails; an abort rejects with the signal's reason.
 */
export async function embedDocument(
  id: string,
  parts: ProcessingParts & { readonly embedder: Embedder; readonly vectors: VectorStore },
  options: { readonly signal: AbortSignal; readonly isEnough: () => boolean },
): Promise<boolean> {
  const { store, embedder, vectors, log, now } = parts;
  const { signal } = options;
  while (true) {
    signal.throwIfAborted();
    const index = await store.findIndex(id, []);
    if (index === undefined) return true;
    const edition = { documentId: id, edition: index.edition };
    const missing = await vectors.listMissing(edition, {
      modelId: embedder.modelId,
      limit: EMBEDDED_AT_ONCE,
    });
    if (missing.length === 0) {
      if (index.embeddingModel === embedder.modelId) return true;
      await vectors.tidy();
      const isMarked = await store.markVectors(edition, { embeddingModel: embedder.modelId, at: now() });
      if (!isMarked) continue;
      log.info({ documentId: id, embeddingModel: embedder.modelId }, 'a document is found by meaning');
      return true;
    }
    const embedded = await embedder.embed(
      missing.map(({ heading, content }) => (heading === '' ? content : `${heading}\n${content}`)),
      { signal: AbortSignal.any([signal, AbortSignal.timeout(EMBEDDING_TIMEOUT_MS)]) },
    );
    const model: EmbeddingModel = { modelId: embedder.modelId, dimensions: embedded[0]?.length ?? 0 };
    await vectors.prepare(model);
    const rows = missing.flatMap(({ id: passageId }, at) => {
      const vector = embedded[at];
      return vector === undefined ? [] : [{ passageId, vector }];
    });
    for (let at = 0; at < rows.length; at += VECTORS_INSERTED_AT_ONCE) {
      await vectors.put(model, edition, rows.slice(at, at + VECTORS_INSERTED_AT_ONCE));
      await setImmediate(undefined, { signal });
    }
    if (options.isEnough()) return false;
  }
}

async function storePassages(
  store: KnowledgeStore,
  edition: { readonly documentId: string; readonly edition: number },
  reading: AsyncGenerator<readonly ReadPassage[], TermCounts>,
  signal: AbortSignal,
): Promise<number> {
  let position = 0;
  try {
    while (true) {
      const step = await reading.next();
      if (step.done) {
        await storeTermCounts(store, edition, step.value, signal);
        return position;
      }
      for (let at = 0; at < step.value.length; at += INSERTED_AT_ONCE) {
        const passages = step.value.slice(at, at + INSERTED_AT_ONCE);
        await store.insertPassages(edition, { firstPosition: position, passages });
        position += passages.length;
        await setImmediate(undefined, { signal });
      }
    }
  } finally {
    await reading.return([]);
  }
}

async function storeTermCounts(
  store: KnowledgeStore,
  edition: { readonly documentId: string; readonly edition: number },
  counts: TermCounts,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < counts.length; at += COUNTS_INSERTED_AT_ONCE) {
    await store.insertTermCounts(edition, counts.slice(at, at + COUNTS_INSERTED_AT_ONCE));
    await setImmediate(undefined, { signal });
  }
}

async function removeEditions(
  store: KnowledgeStore,
  documentId: string,
  which: { readonly below: number; readonly except: number },
  signal: AbortSignal,
): Promise<void> {
  while (await store.removeSome(documentId, which)) await setImmediate(undefined, { signal });
}

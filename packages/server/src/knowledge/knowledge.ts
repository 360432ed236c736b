/**
 * Documents in, relevant passages out. Documents are processed one after the other in the background; a search finds
 * passages by words, and by meaning as well where an embedding model and pgvector are there.
 */
import { type Embedder, ProviderError } from '../providers/provider.ts';
import type { KnowledgeStore } from '../store/knowledge.ts';
import { embedDocument, type KnowledgeLog, processDocument } from './processing.ts';
import type { ReadingLimits } from './read-passages.ts';
import {
  type FoundPassage,
  type KnowledgeSearch,
  type Meaning,
  type SearchParts,
  searchDocument,
} from './search.ts';
import { type SeveralSearch, searchSeveral } from './search-several.ts';

export interface Knowledge {
  /**
   * Has a document processed, again if it was before; what was searchable stays so until it is done. After `close`
   * it does nothing: documents in the state `waiting` are taken up at the next start.
   */
  enqueue(documentId: string): void;
  /** The passages that fit a question, best first; none when nothing does or the document is not processed. */
  search(
    search: KnowledgeSearch,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly FoundPassage[]>;
  /** The passages of several documents that fit a question, best first. */
  searchAll(
    search: SeveralSearch,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly FoundPassage[]>;
  /** Resolves when nothing is being processed and nothing waits for it, apart from what is tried again later. */
  settled(): Promise<void>;
  /** Stops processing; what is unfinished is taken up at the next start. Idempotent. */
  close(): Promise<void>;
}

export interface KnowledgeOptions {
  readonly store: KnowledgeStore;
  /** Absent: documents are found by words only. */
  readonly embedder?: Embedder | undefined;
  readonly log: KnowledgeLog;
  readonly now: () => Date;
  readonly limits?: ReadingLimits;
  /** How long a search waits for the vector of its question. Default 1500. */
  readonly queryTimeoutMs?: number;
  /** Until a failed embedding is tried again; doubles with each failure in a row, up to 16 times. Default 30 000. */
  readonly retryMs?: number;
}

const DEFAULT_QUERY_TIMEOUT_MS = 1500;
const DEFAULT_RETRY_MS = 30_000;
const MAX_RETRY_DOUBLINGS = 4;

/** Takes up what an earlier run left unfinished, and resolves when documents can be searched. */
export async function createKnowledge(options: KnowledgeOptions): Promise<Knowledge> {
  const { store, embedder, log } = options;
  const vectors = embedder && (await store.openVectors());
  if (embedder && !vectors) {
    log.info({}, 'the database has no pgvector 0.8 or newer: documents are found by words only');
  }
  const knowledge = new BackgroundKnowledge(options, vectors && embedder ? { vectors, embedder } : undefined);
  const unfinished = await store.listUnfinished();
  const withoutVectors = vectors && embedder ? await store.listWithoutVectors(embedder.modelId) : [];
  for (const id of unfinished) knowledge.enqueue(id);
  for (const id of withoutVectors) knowledge.enqueueVectors(id);
  return knowledge;
}

class BackgroundKnowledge implements Knowledge {
  readonly #options: KnowledgeOptions;
  readonly #meaning: Meaning | undefined;
  readonly #toProcess = new Set<string>();
  readonly #toEmbed = new Set<string>();
  readonly #closing = new AbortController();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #running: { readonly id: string; readonly controller: AbortController } | undefined;
  #work: Promise<void> | undefined;
  /** Embeddings in a row that failed. */
  #failures = 0;

  constructor(options: KnowledgeOptions, meaning: Meaning | undefined) {
    this.#options = options;
    this.#meaning = meaning;
  }

  enqueue(documentId: string): void {
    if (this.#closing.signal.aborted) return;
    this.#toEmbed.delete(documentId);
    clearTimeout(this.#retries.get(documentId));
    this.#retries.delete(documentId);
    this.#toProcess.add(documentId);
    // Whatever is made of it now is out of date.
    if (this.#running?.id === documentId) this.#running.controller.abort();
    this.#start();
  }

  enqueueVectors(documentId: string): void {
    if (this.#closing.signal.aborted || !this.#meaning || this.#toProcess.has(documentId)) return;
    this.#toEmbed.add(documentId);
    this.#start();
  }

  async search(
    search: KnowledgeSearch,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly FoundPassage[]> {
    return searchDocument(this.#searchParts(), search, this.#untilClosed(options.signal));
  }

  async searchAll(
    search: SeveralSearch,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly FoundPassage[]> {
    return searchSeveral(this.#searchParts(), search, this.#untilClosed(options.signal));
  }

  #searchParts(): SearchParts {
    const { store, log, queryTimeoutMs = DEFAULT_QUERY_TIMEOUT_MS } = this.#options;
    if (this.#closing.signal.aborted) throw new Error('the knowledge is closed');
    return { store, log, queryTimeoutMs, meaning: this.#meaning };
  }

  #untilClosed(signal: AbortSignal): { readonly signal: AbortSignal } {
    return { signal: AbortSignal.any([signal, this.#closing.signal]) };
  }

  async settled(): Promise<void> {
    while (this.#work) await this.#work;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the knowledge is closed'));
    this.#toProcess.clear();
    this.#toEmbed.clear();
    for (const timer of this.#retries.values()) clearTimeout(timer);
    this.#retries.clear();
    await this.settled();
  }

  #start(): void {
    this.#work ??= this.#workThrough().finally(() => {
      this.#work = undefined;
      // Something may have come just when nothing was left.
      if (this.#toProcess.size + this.#toEmbed.size > 0) this.#start();
    });
  }

  /** Documents that are not searchable yet come before those that are only not found by meaning yet. */
  async #workThrough(): Promise<void> {
    while (true) {
      const [toProcess] = this.#toProcess;
      const [toEmbed] = this.#toEmbed;
      const id = toProcess ?? toEmbed;
      if (id === undefined) return;
      this.#toProcess.delete(id);
      this.#toEmbed.delete(id);
      const controller = new AbortController();
      this.#running = { id, controller };
      const signal = AbortSignal.any([controller.signal, this.#closing.signal]);
      try {
        if (toProcess !== undefined) await this.#process(id, signal);
        else await this.#embed(id, signal);
      } catch (error) {
        if (!signal.aborted) {
          this.#options.log.error({ err: error, documentId: id }, 'a document could not be processed');
        }
      } finally {
        this.#running = undefined;
      }
    }
  }

  async #process(id: string, signal: AbortSignal): Promise<void> {
    await processDocument(id, this.#options, { signal });
    this.enqueueVectors(id);
  }

  async #embed(id: string, signal: AbortSignal): Promise<void> {
    if (!this.#meaning) return;
    try {
      const isDone = await embedDocument(
        id,
        { ...this.#options, ...this.#meaning },
        { signal, isEnough: () => this.#toProcess.size > 0 },
      );
      this.#failures = 0;
      if (!isDone) this.enqueueVectors(id);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProviderError)) throw error;
      this.#retryLater(id, error);
    }
  }

  #retryLater(id: string, error: ProviderError): void {
    const isHopeless = error.kind === 'auth' || error.kind === 'bad-request';
    const { log, retryMs = DEFAULT_RETRY_MS } = this.#options;
    const waitMs = Math.max(
      error.retryAfterMs ?? 0,
      retryMs * 2 ** Math.min(this.#failures, MAX_RETRY_DOUBLINGS),
    );
    this.#failures += 1;
    log.warn(
      { documentId: id, kind: error.kind, reason: error.message, ...(isHopeless ? {} : { waitMs }) },
      'a document is found by words only for now: the embedding model failed',
    );
    if (isHopeless) return;
    clearTimeout(this.#retries.get(id));
    const timer = setTimeout(() => {
      this.#retries.delete(id);
      this.enqueueVectors(id);
    }, waitMs);
    timer.unref();
    this.#retries.set(id, timer);
  }
}

/** One search in one document: by words, and by meaning where its passages have vectors; both rankings become one. */
import { type Embedder, ProviderError } from '../providers/provider.ts';
import type { DocumentIndex, KnowledgeStore, StoredPassage } from '../store/knowledge.ts';
import type { VectorStore } from '../store/knowledge-vectors.ts';
import { fuseRankings } from './fusion.ts';
import { searchWords } from './lexical.ts';
import type { KnowledgeLog } from './processing.ts';
import { type QueryWord, queryWordsOf } from './search-terms.ts';

export interface FoundPassage {
  readonly passageId: number;
  readonly documentId: string;
  /** Counts from 0 in reading order. */
  readonly position: number;
  /** Titles of the sections it stands in, outermost first, joined by ` › `; may be empty. */
  readonly heading: string;
  readonly content: string;
  /** 0 – 1, higher is better; comparable inside one search only. */
  readonly score: number;
}

export interface KnowledgeSearch {
  readonly documentId: string;
  /** Whatever people type. */
  readonly query: string;
  /** Passages wanted at most. Default 5. */
  readonly limit?: number;
  /** Breadth of the vector search, 1 – 1000: more finds more surely and takes longer. Absent: the index's own. */
  readonly efSearch?: number | null;
}

export interface Meaning {
  readonly vectors: VectorStore;
  readonly embedder: Embedder;
}

export interface SearchParts {
  readonly store: KnowledgeStore;
  readonly meaning: Meaning | undefined;
  readonly log: KnowledgeLog;
  /** How long a search waits for the vector of its question; then words have to do. */
  readonly queryTimeoutMs: number;
}

const DEFAULT_LIMIT = 5;
const MAX_EF_SEARCH = 1000;
/** Of each ranking, when there are two. */
const MIN_CANDIDATES = 20;
/** Vectors are made of texts about as long as a passage. */
const MAX_EMBEDDED_CHARACTERS = 2000;

/** The passages that fit the question, best first. Without a vector of the question it is searched by words alone. */
export async function searchDocument(
  parts: SearchParts,
  search: KnowledgeSearch,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly FoundPassage[]> {
  signal.throwIfAborted();
  const limit = Math.max(1, Math.trunc(search.limit ?? DEFAULT_LIMIT));
  const words = queryWordsOf(search.query);
  const index = await parts.store.findIndex(search.documentId, termsOf(words));
  signal.throwIfAborted();
  if (index === undefined) return [];
  const edition = { documentId: search.documentId, edition: index.edition };
  const canUseMeaning =
    parts.meaning !== undefined && index.embeddingModel === parts.meaning.embedder.modelId;
  const candidates = canUseMeaning ? Math.max(limit, MIN_CANDIDATES) : limit;
  const [scored, nearest] = await Promise.all([
    searchWords(parts.store, { ...edition, ...index, words, limit: candidates }),
    canUseMeaning ? findNearest(parts, index, search, { limit: candidates, signal }) : [],
  ]);
  signal.throwIfAborted();
  if (nearest.length === 0) return scored.slice(0, limit).map(({ passage, score }) => show(passage, score));
  const fused = fuseRankings([scored.map(({ passage }) => passage.id), nearest]).slice(0, limit);
  const known = new Map(scored.map(({ passage }) => [passage.id, passage]));
  const missing = await parts.store.fetchPassages(fused.flatMap(({ id }) => (known.has(id) ? [] : [id])));
  for (const passage of missing) known.set(passage.id, passage);
  return fused.flatMap(({ id, score }) => {
    const passage = known.get(id);
    // Gone when the document was replaced just now.
    return passage === undefined ? [] : [show(passage, score)];
  });
}

async function findNearest(
  { meaning, log, queryTimeoutMs }: SearchParts,
  index: DocumentIndex,
  search: KnowledgeSearch,
  options: { readonly limit: number; readonly signal: AbortSignal },
): Promise<readonly number[]> {
  const text = search.query.trim().slice(0, MAX_EMBEDDED_CHARACTERS).toWellFormed();
  if (meaning === undefined || text === '') return [];
  const { embedder, vectors } = meaning;
  try {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(queryTimeoutMs)]);
    const [vector] = await embedder.embed([text], { signal });
    if (vector === undefined) return [];
    return await vectors.findNearest(
      { modelId: embedder.modelId, dimensions: vector.length },
      { documentId: search.documentId, edition: index.edition },
      {
        vector,
        limit: options.limit,
        efSearch:
          search.efSearch == null
            ? undefined
            : Math.min(MAX_EF_SEARCH, Math.max(1, Math.trunc(search.efSearch))),
      },
    );
  } catch (error) {
    options.signal.throwIfAborted();
    const kind = error instanceof ProviderError ? error.kind : 'unexpected';
    log.warn({ documentId: search.documentId, kind, err: error }, 'a question was searched by words only');
    return [];
  }
}

function termsOf(words: readonly QueryWord[]): readonly string[] {
  return [...new Set(words.flatMap(({ terms }) => terms.map(({ text }) => text)))];
}

function show({ id, ...passage }: StoredPassage, score: number): FoundPassage {
  return { passageId: id, ...passage, score };
}

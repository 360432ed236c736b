/** One search in several documents: the best passages of each, brought into one order. */
import { fuseRankings } from './fusion.ts';
import { rankPassages } from './lexical.ts';
import { type FoundPassage, type Meaning, type SearchParts, searchDocument } from './search.ts';
import { queryWordsOf } from './search-terms.ts';

export interface SeveralSearch {
  readonly documentIds: readonly string[];
  /** Whatever people type. */
  readonly query: string;
  /** Passages wanted at most. */
  readonly limit: number;
}

/** The embedded database answers one question after another. */
const AT_ONCE = 8;

export async function searchSeveral(
  parts: SearchParts,
  { documentIds, query, limit }: SeveralSearch,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly FoundPassage[]> {
  const shared = { ...parts, meaning: parts.meaning && rememberVectors(parts.meaning) };
  const found: FoundPassage[] = [];
  for (let at = 0; at < documentIds.length; at += AT_ONCE) {
    const searches = documentIds
      .slice(at, at + AT_ONCE)
      .map((documentId) => searchDocument(shared, { documentId, query, limit }, { signal }));
    found.push(...(await Promise.all(searches)).flat());
  }
  if (new Set(found.map(({ documentId }) => documentId)).size < 2) return found.slice(0, limit);
  const words = queryWordsOf(query);
  const counts = await countTerms(parts, documentIds, words);
  signal.throwIfAborted();
  const byWords = rankPassages(
    found.map(({ passageId, heading, content }) => ({ id: passageId, heading, content })),
    { words, ...counts },
  );
  // By meaning a document's own order is all there is: the firsts come first.
  const byOwnOrder = [...found].sort((a, b) => b.score - a.score).map(({ passageId }) => passageId);
  const passages = new Map(found.map((passage) => [passage.passageId, passage]));
  return fuseRankings([byWords, byOwnOrder])
    .slice(0, limit)
    .flatMap(({ id, score }) => {
      const passage = passages.get(id);
      return passage === undefined ? [] : [{ ...passage, score }];
    });
}

async function countTerms(
  { store }: SearchParts,
  documentIds: readonly string[],
  words: ReturnType<typeof queryWordsOf>,
): Promise<{ readonly passageCount: number; readonly counts: ReadonlyMap<string, number> }> {
  const terms = [...new Set(words.flatMap((word) => word.terms.map(({ text }) => text)))];
  const counts = new Map<string, number>();
  let passageCount = 0;
  for (const documentId of documentIds) {
    const index = await store.findIndex(documentId, terms);
    passageCount += index?.passageCount ?? 0;
    for (const [term, count] of index?.counts ?? []) counts.set(term, (counts.get(term) ?? 0) + count);
  }
  return { passageCount, counts };
}

/** The question is embedded once, not once for each document. */
function rememberVectors(meaning: Meaning): Meaning {
  const { embedder } = meaning;
  const known = new Map<string, ReturnType<typeof embedder.embed>>();
  return {
    ...meaning,
    embedder: {
      modelId: embedder.modelId,
      embed(texts, options) {
        const key = texts.join('\n');
        const vectors = known.get(key) ?? embedder.embed(texts, options);
        known.set(key, vectors);
        return vectors;
      },
    },
  };
}

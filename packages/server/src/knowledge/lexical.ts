/**
 * Search by words. The database finds the passages that have the rarer words of a question; how well each of them fits
 * is then weighed here: rare words count more, and a word counts as far as the passage has it.
 */
import type { KnowledgeStore, StoredPassage, TermQuery } from '../store/knowledge.ts';
import { leastCommonCount, type QueryWord, termsOf } from './search-terms.ts';

export interface ScoredPassage {
  readonly passage: StoredPassage;
  /** 0 – 1: the part of the question's weight that the passage has. */
  readonly score: number;
}

export interface LexicalOptions {
  readonly documentId: string;
  readonly edition: number;
  readonly passageCount: number;
  /** Passages that a term has, for common terms. */
  readonly counts: ReadonlyMap<string, number>;
  readonly words: readonly QueryWord[];
  readonly limit: number;
}

/** Passages with less of the question than this say nothing to it. */
const MIN_SCORE = 0.16;
/** Nor do those with much less of it than the best one. */
const MIN_SHARE_OF_BEST = 0.3;
const UNKNOWN_WEIGHT = 0.5;
/** Matches that the database looks up for one question: its cost grows with them. */
const MAX_MATCHES = 2000;
/** Passages that are weighed with all their words. */
const MAX_WEIGHED = 16;
/** How fast repetitions of a word stop to count: 0 means at once. */
const REPETITION = 0.5;
/** A word in the title of its section counts as if it were said so often more. */
const HEADING_REPETITIONS = 2;

/** The best passages for the words of a question, best first. */
export async function searchWords(
  store: Pick<KnowledgeStore, 'findMatches' | 'fetchPassages'>,
  options: LexicalOptions,
): Promise<readonly ScoredPassage[]> {
  const { words, passageCount, counts } = options;
  const chosen = chooseTerms(words, counts, passageCount);
  const matches = await store.findMatches(options, chosen, { limit: MAX_MATCHES });
  const weights = new TermWeights(passageCount, counts);
  chosen.forEach((term, index) => {
    if (term.isPrefix || !counts.has(term.text)) weights.set(term, matches[index]?.length ?? 0);
  });
  const weighed = words.map((word) => weigh(word, weights));
  const totalWeight = weighed.reduce((sum, { weight }) => sum + weight, 0);
  if (totalWeight === 0) return [];
  const candidates = rankByMatches(weighed, chosen, matches);
  const passages = await store.fetchPassages(candidates.slice(0, Math.max(MAX_WEIGHED, options.limit)));
  const scored = passages
    .map((passage) => ({ passage, score: scorePassage(passage, weighed) / totalWeight }))
    .sort((a, b) => b.score - a.score || a.passage.position - b.passage.position);
  const least = Math.max(MIN_SCORE, (scored[0]?.score ?? 0) * MIN_SHARE_OF_BEST);
  return scored.filter(({ score }) => score >= least).slice(0, options.limit);
}

/**
 * Passages of several documents by one measure: how rare a word is counts over all of them, where `counts` does not
 * know it as far as these passages tell.
 */
export function rankPassages(
  passages: readonly Pick<StoredPassage, 'id' | 'heading' | 'content'>[],
  options: Pick<LexicalOptions, 'passageCount' | 'counts' | 'words'>,
): readonly number[] {
  const weights = new TermWeights(options.passageCount, options.counts);
  const indexed = passages.map(({ heading, content }) => termsOf(`${heading}\n${content}`));
  for (const term of options.words.flatMap(({ terms }) => terms)) {
    if (!term.isPrefix && options.counts.has(term.text)) continue;
    const having = indexed.filter((terms) =>
      term.isPrefix ? countPrefix(terms, term.text) > 0 : terms.has(term.text),
    );
    weights.set(term, having.length);
  }
  const weighed = options.words.map((word) => weigh(word, weights));
  return passages
    .map((passage) => ({ id: passage.id, score: scorePassage(passage, weighed) }))
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .flatMap(({ id, score }) => (score > 0 ? [id] : []));
}

interface WeighedTerm {
  readonly term: TermQuery;
  readonly weight: number;
}

interface WeighedWord {
  /** How much it matters that a passage has this word. */
  readonly weight: number;
  /** Weights of its terms; their sum is 1. */
  readonly terms: readonly WeighedTerm[];
}

class TermWeights {
  readonly #passageCount: number;
  readonly #counts: Map<string, number>;

  constructor(passageCount: number, counts: ReadonlyMap<string, number>) {
    this.#passageCount = passageCount;
    this.#counts = new Map(counts);
  }

  set(term: TermQuery, count: number): void {
    this.#counts.set(keyOf(term), count);
  }

  /** Passages with the term; of a term that was not looked up, what a rather common one would have. */
  count(term: TermQuery): number {
    return this.#counts.get(keyOf(term)) ?? leastCommonCount(this.#passageCount);
  }

  /** The rarer, the higher; never 0. */
  weight(term: TermQuery): number {
    const count = Math.min(this.count(term), this.#passageCount);
    return Math.log(1 + (this.#passageCount - count + 0.5) / (count + 0.5));
  }
}

/** The rarest terms of the question that can be looked up at bearable cost, and at least one. */
function chooseTerms(
  words: readonly QueryWord[],
  counts: ReadonlyMap<string, number>,
  passageCount: number,
): readonly TermQuery[] {
  const terms = new Map<string, TermQuery>();
  for (const word of words) for (const term of word.terms) terms.set(keyOf(term), term);
  const rare = leastCommonCount(passageCount);
  const expected = (term: TermQuery) => counts.get(term.text) ?? (term.isPrefix ? 4 * rare : rare / 4);
  const chosen: TermQuery[] = [];
  let sum = 0;
  for (const term of [...terms.values()].sort((a, b) => expected(a) - expected(b))) {
    sum += expected(term);
    if (sum > MAX_MATCHES && chosen.length > 0) break;
    chosen.push(term);
  }
  return chosen;
}

/**
 * What no passage has tells less than its rarity: pairs come about where a question joins words otherwise, and words
 * where it is put in other words than the document. It weighs half.
 */
function weigh(word: QueryWord, weights: TermWeights): WeighedWord {
  const terms = word.terms.map((term) => ({
    term,
    weight: weights.weight(term) * (weights.count(term) === 0 ? UNKNOWN_WEIGHT : 1),
  }));
  const sum = terms.reduce((total, { weight }) => total + weight, 0);
  return {
    weight: Math.max(...terms.map(({ weight }) => weight)),
    terms: terms.map(({ term, weight }) => ({ term, weight: weight / sum })),
  };
}

function rankByMatches(
  words: readonly WeighedWord[],
  chosen: readonly TermQuery[],
  matches: readonly (readonly number[])[],
): readonly number[] {
  const worth = new Map<string, number>();
  for (const { weight, terms } of words) {
    for (const { term, weight: part } of terms) {
      worth.set(keyOf(term), (worth.get(keyOf(term)) ?? 0) + weight * part);
    }
  }
  const scores = new Map<number, number>();
  chosen.forEach((term, index) => {
    const value = worth.get(keyOf(term)) ?? 0;
    for (const id of matches[index] ?? []) scores.set(id, (scores.get(id) ?? 0) + value);
  });
  return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([id]) => id);
}

function scorePassage(
  passage: Pick<StoredPassage, 'heading' | 'content'>,
  words: readonly WeighedWord[],
): number {
  const content = termsOf(passage.content);
  const heading = termsOf(passage.heading);
  const occurrences = ({ text, isPrefix }: TermQuery): number => {
    const inContent = content.get(text) ?? (isPrefix ? countPrefix(content, text) : 0);
    const isInHeading = heading.has(text) || (isPrefix && countPrefix(heading, text) > 0);
    return inContent + (isInHeading ? HEADING_REPETITIONS : 0);
  };
  let score = 0;
  for (const { weight, terms } of words) {
    let part = 0;
    for (const { term, weight: termWeight } of terms) {
      const count = occurrences(term);
      if (count > 0) part += (termWeight * count * (1 + REPETITION)) / (count + REPETITION);
    }
    score += weight * part;
  }
  return score / (1 + REPETITION);
}

function countPrefix(terms: ReadonlyMap<string, number>, prefix: string): number {
  let count = 0;
  for (const [term, times] of terms) if (term.startsWith(prefix)) count += times;
  return count;
}

function keyOf({ text, isPrefix }: TermQuery): string {
  return isPrefix ? `${text}*` : text;
}

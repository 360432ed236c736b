/** Answers from the text of the system prompt: quotes the sentence that fits the question best. */
import MiniSearch from 'minisearch';
import { splitSentences } from '../../text/sentences.ts';
import { toTerms } from './terms.ts';

export interface FactIndex {
  /** The best passages for a question, best first, at most `limit`; `[]` below the threshold. */
  find(question: string, limit: number): readonly string[];
}

interface Passage {
  readonly id: number;
  readonly text: string;
  /** Title it stands under. */
  readonly heading: string;
}

/** Sentences that tell the assistant how to behave; they are never quoted. */
const INSTRUCTION =
  /^(you (are|must|should|will|can|may|have to|need to|speak|answer|act|always|never)\b(?!.*\b(born|old|live|like|love)\b)|your (name|role|task|job|goal)\b|always|never|do not|don't|please|answer|respond|reply|speak|be |keep|use |act|avoid|if |when (the|a) (user|visitor|customer)|greet|introduce|remember|ask|only|stay|refuse|pretend|여기|당신은|당신의 이름은|너는|넌|항상|절대)|(하세요|하십시오|마세요|마십시오|해라|답하라|말하라|답해|말해)[.!]?$/iu;

/** What question words ask for, as words that facts use. Counted less than the words of the question itself. */
const QUESTION_HINTS: readonly (readonly [RegExp, string])[] = [
  [/\bwhen\b|what time|언제|몇 ?시/i, 'hours open date day 시간 운영'],
  [/\bwhere\b|어디/i, 'located address floor street 위치 주소'],
  [/how much|얼마/i, 'price cost free dollars won 가격 요금 무료 원'],
  [/how (do|can) i (get|go|reach)|어떻게 가/i, 'subway bus station line 지하철 버스'],
];

/** Share of the question's words that a passage must hold. */
const MIN_COVERAGE = 0.5;
/** Pairs of characters straddle words and endings, so fewer of them match. */
const MIN_COVERAGE_CJK = 0.34;

export function createFactIndex(instructions: string): FactIndex {
  const passages = readPassages(instructions);
  const index = new MiniSearch<Passage>({
    fields: ['text', 'heading'],
    tokenize: toTerms,
    processTerm: (term) => term,
    searchOptions: { boost: { text: 2 } },
  });
  index.addAll(passages);
  return {
    find(question, limit) {
      const asked = [...new Set(toTerms(question))];
      const hinted = QUESTION_HINTS.filter(([pattern]) => pattern.test(question)).flatMap(([, words]) =>
        toTerms(words),
      );
      if (asked.length === 0 || passages.length === 0) return [];
      const scored = index
        .search(question, { combineWith: 'OR' })
        .map(({ id }) => passages[Number(id)])
        .filter((passage) => passage !== undefined)
        .map((passage) => ({ passage, score: scorePassage(passage, asked, hinted) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score);
      const best = scored[0]?.score ?? 0;
      return scored
        .filter(({ score }) => score >= best * 0.85)
        .slice(0, limit)
        .sort((a, b) => a.passage.id - b.passage.id)
        .map(({ passage }) => toFirstPerson(passage.text));
    },
  };
}

/** Share of the asked terms that the passage holds; 0 when below the threshold. */
function scorePassage(passage: Passage, asked: readonly string[], hinted: readonly string[]): number {
  const held = new Set([...toTerms(passage.text), ...toTerms(passage.heading)]);
  const share = (terms: readonly string[]) =>
    terms.length === 0 ? 0 : terms.filter((term) => held.has(term)).length / terms.length;
  const coverage = share(asked);
  const isCjk = asked.filter((term) => /[^\x20-\x7e]/.test(term)).length > asked.length / 2;
  const hint = share(hinted);
  const needed = isCjk ? MIN_COVERAGE_CJK : MIN_COVERAGE;
  if (coverage < needed && !(coverage >= needed * 0.66 && hint > 0)) return 0;
  return coverage + 0.3 * hint + 0.1 / Math.max(4, held.size);
}

function readPassages(instructions: string): readonly Passage[] {
  const passages: Passage[] = [];
  let heading = '';
  for (const line of instructions.split('\n')) {
    const title = /^\s*#{1,6}\s+(.*)$|^\s*([^.!?。]{2,60}):\s*$/.exec(line);
    if (title) {
      heading = (title[1] ?? title[2] ?? '').trim();
      continue;
    }
    const text = line.replace(/^\s*(?:[-*•]|\d{1,2}[.)])\s+/, '');
    for (const sentence of splitSentences(text).flatMap((part) => part.split(/;\s+/))) {
      const trimmed = sentence.trim();
      if (trimmed.length < 3 || INSTRUCTION.test(trimmed)) continue;
      passages.push({ id: passages.length, text: trimmed, heading });
    }
  }
  return passages;
}

function toFirstPerson(sentence: string): string {
  const said = sentence
    .replace(/\byou are\b/gi, 'I am')
    .replace(/\byou were\b/gi, 'I was')
    .replace(/^you\b/i, 'I')
    .replace(/^your\b/i, 'My');
  const started = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.!?。！？…]$/u.test(started) ? started : `${started}.`;
}

/**
 * Words as the index knows them. Words between blanks are stems; Hangul words come with all pairs of neighbouring
 * syllables, because particles are written onto words; Chinese and Japanese runs are pairs of characters, because
 * nothing is written between words. A question is cut the same way and knows a little more of the language.
 */
import { stemmer } from 'stemmer';

/** A word of a question: it is met as far as its terms are. */
export interface QueryWord {
  readonly terms: readonly QueryTerm[];
}

export interface QueryTerm {
  readonly text: string;
  /** Any term that begins like this one will do. */
  readonly isPrefix: boolean;
}

const MAX_TERM_CHARACTERS = 40;
/** The longest questions are whole messages; their rest says little more. */
const MAX_QUERY_CHARACTERS = 1000;
const MAX_QUERY_WORDS = 32;

const CHUNKS = /[\p{L}\p{M}\p{N}々〆〇ー]+/gu;

/** Code points of the scripts that are cut in another way than words between blanks: first, last, kind. */
const SCRIPTS: readonly (readonly [first: number, last: number, kind: RunKind])[] = [
  [0xac00, 0xd7ff, 'hangul'],
  [0x1100, 0x11ff, 'hangul'],
  [0x3130, 0x318f, 'hangul'],
  [0xa960, 0xa97f, 'hangul'],
  [0x4e00, 0x9fff, 'han'],
  [0x3400, 0x4dbf, 'han'],
  [0xf900, 0xfaff, 'han'],
  [0x3005, 0x3007, 'han'],
  [0x20000, 0x3ffff, 'han'],
  [0x30a0, 0x30ff, 'katakana'],
  [0x31f0, 0x31ff, 'katakana'],
  [0x3041, 0x309f, 'hiragana'],
  // Thai and Lao, Myanmar, Khmer.
  [0x0e00, 0x0eff, 'unspaced'],
  [0x1000, 0x109f, 'unspaced'],
  [0x1780, 0x17ff, 'unspaced'],
];

type RunKind = 'hangul' | 'han' | 'katakana' | 'hiragana' | 'unspaced' | 'word';

/** Words that questions are made of, whatever they ask about. */
const ENGLISH_FILLERS = new Set(
  `a about am an and any are as at be been but by can could did do does for from get give had has have hello hey hi how i if
  in into is it its just know like long many may me much my need of on or our please shall should show so some take tell than thank thanks that
  the their them then there these they this those to us want was we were what when where which while who whom whose why
  will with would you your`.split(/\s+/),
);
const KOREAN_FILLERS = new Set(
  `무엇 무엇을 무엇이 무엇인가요 뭐 뭐가 뭘 뭔가요 뭐예요 뭐야 어떻게 어떤 어디 어디서 어디에 어디에서 언제 누가 누구 누구를 왜 얼마 얼마나 몇 알려줘 알려줘요
  알려주세요 알려 줘 주세요 가르쳐줘 가르쳐주세요 말해줘 설명해줘 설명해주세요 대해 대해서 대한 관해 관한 있나요 있어요 있습니까 있는 있어 되나요 돼요
  됩니까 하나요 해요 합니까 하는 인가요 입니까 이에요 예요 수 것 제가 저는 나는 내가 좀 그 이 저 및 또는 그리고 안녕하세요 안녕 궁금해요 궁금합니다`.split(
    /\s+/,
  ),
);
const HAN_FILLERS = new Set(
  '何 誰 私 件 如何 什么 什麼 怎么 怎麼 哪里 哪裡 哪 谁 誰 为什么 為什麼 请问 請問 我 你 您 的 是 了 吗 嗎 呢 有 在'.split(
    ' ',
  ),
);

/** Endings that Korean writes onto the word that is asked for, the longest first. */
const KOREAN_ENDINGS =
  `으로부터는 에서부터 이라면서 입니까 인가요 하나요 할까요 합니까 습니까 되나요 됩니까 하려면 하세요 해주세요 했나요 에게서 에서는 에서도 으로는
  으로도 으로서 으로써 까지는 부터는 이라는 이란 라는 에는 에도 에서 에게 한테 으로 로는 까지 부터 처럼 보다 마다 조차 밖에 이나 이며 이고 하고 하는 하면 하기 해요 해서 했던
  되는 된다 들은 들이 들을 들의 은 는 이 가 을 를 에 의 로 와 과 도 만 나 랑`.split(/\s+/);

const wordSegmenters = new Map<string, Intl.Segmenter>();

/** Terms that so many passages of a document have are counted beforehand; rarer ones when they are looked for. */
export function leastCommonCount(passageCount: number): number {
  return Math.max(8, passageCount / 200);
}

/** Every term of a text once, with how often it occurs. */
export function termsOf(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const { kind, run } of runsOf(text)) {
    switch (kind) {
      case 'hangul':
        add(clip(run));
        if (run.length > 2) for (const pair of pairsOf(run)) add(pair);
        break;
      case 'han':
      case 'katakana':
      case 'hiragana':
        for (const pair of pairsOf(run)) add(pair);
        // The last one begins no pair; alone it is found by its beginning like all others.
        if (kind === 'han' || run.length === 1) add([...run].at(-1) ?? run);
        break;
      case 'unspaced':
        for (const word of segment(run, 'th')) add(clip(word));
        break;
      case 'word':
        add(stem(run));
        break;
      default:
        kind satisfies never;
    }
  }
  return counts;
}

/** The words that a question is about. Empty for a question of nothing but fillers. */
export function queryWordsOf(query: string): readonly QueryWord[] {
  const words = new Map<string, QueryWord>();
  for (const { kind, run, isAttached } of runsOf(query.slice(0, MAX_QUERY_CHARACTERS))) {
    // A particle written onto a word of other letters, as in `PDF를`.
    if (isAttached && KOREAN_ENDINGS.includes(run)) continue;
    for (const [key, word] of queryWordsOfRun(kind, run)) {
      if (!words.has(key)) words.set(key, word);
      if (words.size >= MAX_QUERY_WORDS) return [...words.values()];
    }
  }
  return [...words.values()];
}

function queryWordsOfRun(kind: RunKind, run: string): readonly (readonly [key: string, word: QueryWord])[] {
  switch (kind) {
    case 'hangul': {
      if (KOREAN_FILLERS.has(run)) return [];
      const base = withoutEnding(run);
      if (KOREAN_FILLERS.has(base)) return [];
      return [[base, wordOf(base)]];
    }
    case 'han':
      return joinSingles(segment(run, 'ja').map((word) => (HAN_FILLERS.has(word) ? '' : word))).map(
        (word) => [word, wordOf(word)],
      );
    case 'katakana':
      return [[run, wordOf(run)]];
    case 'hiragana':
      // Mostly endings and particles; a longer run may be a word written out.
      return segment(run, 'ja')
        .filter((word) => word.length >= 3)
        .map((word) => [word, wordOf(word)]);
    case 'unspaced':
      return segment(run, 'th').map((word) => [word, { terms: [{ text: clip(word), isPrefix: false }] }]);
    case 'word': {
      if (ENGLISH_FILLERS.has(run)) return [];
      const text = stem(run);
      return [[text, { terms: [{ text, isPrefix: false }] }]];
    }
    default:
      return kind satisfies never;
  }
}

/** As a whole for up to two characters, as pairs above; a single character stands for whatever begins with it. */
function wordOf(text: string): QueryWord {
  const characters = [...text];
  if (characters.length === 1) return { terms: [{ text, isPrefix: true }] };
  return { terms: [...new Set(pairsOf(text))].slice(0, 16).map((pair) => ({ text: pair, isPrefix: false })) };
}

interface Run {
  readonly kind: RunKind;
  readonly run: string;
  /** Nothing stands between it and the run before. */
  readonly isAttached: boolean;
}

function* runsOf(text: string): Generator<Run> {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('ß', 'ss');
  for (const [run] of plain.matchAll(CHUNKS)) {
    // Nearly all runs are of one kind, and telling that is much cheaper than taking them apart.
    if (/^[a-z0-9]+$/.test(run)) yield { kind: 'word', run, isAttached: false };
    else if (/^[가-힣]+$/.test(run)) yield { kind: 'hangul', run, isAttached: false };
    else yield* splitRun(run);
  }
}

function* splitRun(text: string): Generator<Run> {
  let kind: RunKind | undefined;
  let start = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const next = kindOf(code);
    if (next !== kind) {
      if (kind !== undefined) yield { kind, run: text.slice(start, at), isAttached: start > 0 };
      kind = next;
      start = at;
    }
    at += code > 0xffff ? 2 : 1;
  }
  if (kind !== undefined) yield { kind, run: text.slice(start), isAttached: start > 0 };
}

function kindOf(code: number): RunKind {
  if (code < 0x0e00) return 'word';
  for (const [first, last, kind] of SCRIPTS) if (code >= first && code <= last) return kind;
  return 'word';
}

/** Accents are left out as people leave them out; English words end at their stem. */
function stem(word: string): string {
  const bare = /^[\p{Script=Latin}\p{M}\p{N}]+$/u.test(word)
    ? word.normalize('NFD').replace(/\p{Mn}/gu, '')
    : word;
  return clip(/^[a-z]+$/.test(bare) && bare.length <= MAX_TERM_CHARACTERS ? stemmer(bare) : bare);
}

function withoutEnding(word: string): string {
  for (const ending of KOREAN_ENDINGS) {
    // One syllable alone finds too much; then the whole word is looked for.
    if (word.length >= ending.length + 2 && word.endsWith(ending)) return word.slice(0, -ending.length);
  }
  return word;
}

function pairsOf(run: string): string[] {
  const characters = [...run];
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}

function segment(run: string, language: string): string[] {
  let segmenter = wordSegmenters.get(language);
  if (!segmenter) {
    segmenter = new Intl.Segmenter(language, { granularity: 'word' });
    wordSegmenters.set(language, segmenter);
  }
  return [...segmenter.segment(run)].map((part) => part.segment);
}

/** A word that the segmenter does not know comes in single characters; `''` stands between words. */
function joinSingles(words: readonly string[]): string[] {
  const joined: string[] = [];
  let canJoin = false;
  for (const word of words) {
    const isSingle = [...word].length === 1;
    if (isSingle && canJoin) joined.push((joined.pop() ?? '') + word);
    else if (word !== '') joined.push(word);
    canJoin = isSingle;
  }
  return joined;
}

function clip(term: string): string {
  return term.length <= MAX_TERM_CHARACTERS ? term : [...term].slice(0, MAX_TERM_CHARACTERS).join('');
}

/** Cuts a document into passages: small enough to give several to a model, large enough to be understood alone. */
import { splitSentences } from '../text/sentences.ts';
import type { Block } from './document.ts';

export interface Passage {
  /** Titles of the sections it stands in, outermost first, joined by ` › `. */
  readonly heading: string;
  readonly content: string;
}

/** Sizes count a character of Chinese, Japanese and Korean as two: it says about as much as two Latin letters. */
const MAX_SIZE = 900;
/** A passage of this size is not made longer by a block that would bring it over the wanted size. */
const MIN_SIZE = 400;
const WANTED_SIZE = 700;
/** What is repeated from before a cut inside a paragraph. */
const MAX_OVERLAP_SIZE = 160;
const MAX_HEADING_CHARACTERS = 240;
/** Longer texts are cut at a blank before sentences are looked for. */
const SLICE_CHARACTERS = 20_000;
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/gu;

/** The same blocks always give the same passages, in reading order. */
export function* splitIntoPassages(blocks: readonly Block[]): Generator<Passage> {
  const path: { readonly level: number; readonly text: string; isUsed: boolean }[] = [];
  let parts: string[] = [];
  let size = 0;
  function* take(): Generator<Passage> {
    if (parts.length === 0) return;
    yield below(parts.join('\n'));
    parts = [];
    size = 0;
  }
  const below = (content: string): Passage => {
    for (const title of path) title.isUsed = true;
    return { heading: joinPath(path), content };
  };
  // A title with nothing below it is all there is to find of its section.
  function* leave(level: number): Generator<Passage> {
    while ((path.at(-1)?.level ?? 0) >= level) {
      const left = path.pop();
      if (left && !left.isUsed) yield below(left.text);
    }
  }
  for (const block of blocks) {
    if (block.kind === 'heading') {
      yield* take();
      yield* leave(block.level);
      path.push({ level: block.level, text: block.text, isUsed: false });
      continue;
    }
    const blockSize = sizeOf(block.text);
    if (blockSize > MAX_SIZE) {
      yield* take();
      const pieces = cutParagraph(block.text);
      for (const piece of pieces) {
        yield* take();
        parts.push(piece);
        size = sizeOf(piece);
      }
      continue;
    }
    if (size > 0 && size + blockSize > (size >= MIN_SIZE ? WANTED_SIZE : MAX_SIZE)) yield* take();
    parts.push(block.text);
    size += blockSize + 1;
  }
  yield* take();
  yield* leave(1);
}

/** Pieces of whole sentences; each begins with the end of the one before, when that is short. */
function cutParagraph(text: string): readonly string[] {
  const pieces: string[] = [];
  let sentences: string[] = [];
  let size = 0;
  for (const sentence of sentencesOf(text)) {
    const sentenceSize = sizeOf(sentence);
    if (size > 0 && size + sentenceSize > MAX_SIZE) {
      pieces.push(sentences.join('').trim());
      const last = sentences.at(-1) ?? '';
      const overlapSize = sizeOf(last);
      const repeats = overlapSize <= MAX_OVERLAP_SIZE && overlapSize + sentenceSize <= MAX_SIZE;
      sentences = repeats ? [last] : [];
      size = repeats ? overlapSize : 0;
    }
    sentences.push(sentence);
    size += sentenceSize;
  }
  pieces.push(sentences.join('').trim());
  return pieces.filter((piece) => piece !== '');
}

function* sentencesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + SLICE_CHARACTERS);
    if (end < text.length) {
      const blank = text.lastIndexOf(' ', end);
      if (blank > at) end = blank;
      else if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end += 1;
    }
    yield* splitSentences(text.slice(at, end));
    at = end;
  }
}

function joinPath(path: readonly { readonly text: string }[]): string {
  const joined = path.map(({ text }) => text).join(' › ');
  // The innermost title says most.
  return joined.length <= MAX_HEADING_CHARACTERS
    ? joined
    : `…${joined.slice(1 - MAX_HEADING_CHARACTERS).toWellFormed()}`;
}

function sizeOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

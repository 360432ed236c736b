/**
 * Cuts text into sentences, whole or while it streams in. Nothing is lost: the pieces joined are the input, so white
 * space between two sentences stays at the head of the second.
 */

export interface SentenceSplitter {
  /** Takes the next piece of text and returns the sentences that are now certain to be complete. */
  push(delta: string): readonly string[];
  /** Ends the text and returns the rest. */
  flush(): readonly string[];
}

export interface SentenceOptions {
  /** BCP 47 tag, for rules that depend on the language. Default `en`. */
  readonly language?: string;
  /** A sentence longer than this is cut at a comma or a space. Default 400 characters. */
  readonly maxCharacters?: number;
}

/** Words whose full stop never ends a sentence. */
const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st mt sr gen sen rep capt lt col sgt rev hon vs approx no fig vol e.g i.e cf ca dept est univ'.split(
    ' ',
  ),
);

const segmenters = new Map<string, Intl.Segmenter>();

/** Splits a complete text into sentences. */
export function splitSentences(text: string, options: SentenceOptions = {}): readonly string[] {
  const splitter = createSentenceSplitter(options);
  return [...splitter.push(text), ...splitter.flush()];
}

/**
 * Creates a splitter for one streamed text.
 * @example
 * const splitter = createSentenceSplitter({ language: 'en' });
 * splitter.push('Dr. Kim is in. She'); // ['Dr. Kim is in.']
 * splitter.flush(); // [' She']
 */
export function createSentenceSplitter(options: SentenceOptions = {}): SentenceSplitter {
  const segmenter = segmenterFor(options.language ?? 'en');
  const maxCharacters = options.maxCharacters ?? 400;
  let buffer = '';

  function takeComplete(isEnd: boolean): string[] {
    const complete: string[] = [];
    if (isEnd || /[.!?…。！？\n।॥؟]/u.test(buffer)) {
      const sentences = findSentences(segmenter, buffer);
      const rest = isEnd ? '' : (sentences.pop() ?? '');
      for (const sentence of sentences) complete.push(...cutLong(sentence, maxCharacters));
      buffer = rest;
      // `Really? ` is complete at the space; after a full stop the next letter decides.
      if (!isEnd && /[!?。！？][\p{Pe}\p{Pf}"']{0,3}\s{1,20}$/u.test(rest.slice(-24))) {
        const end = rest.trimEnd().length;
        complete.push(rest.slice(0, end));
        buffer = rest.slice(end);
      }
    }
    if (buffer.length > maxCharacters) {
      const pieces = cutLong(buffer, maxCharacters);
      buffer = pieces.pop() ?? '';
      complete.push(...pieces);
    }
    return complete;
  }

  return {
    push(delta) {
      buffer += delta;
      return takeComplete(false);
    },
    flush() {
      const rest = takeComplete(true);
      buffer = '';
      return rest;
    },
  };
}

function segmenterFor(language: string): Intl.Segmenter {
  let segmenter = segmenters.get(language);
  if (!segmenter) {
    segmenter = createSegmenter(language);
    segmenters.set(language, segmenter);
  }
  return segmenter;
}

function createSegmenter(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity: 'sentence' });
  } catch {
    // A tag that is not well-formed; the rules of English are the general ones.
    return new Intl.Segmenter('en', { granularity: 'sentence' });
  }
}

function findSentences(segmenter: Intl.Segmenter, text: string): string[] {
  const sentences: string[] = [];
  let current = '';
  for (const { segment } of segmenter.segment(text)) {
    current += segment;
    if (current.trim() !== '' && !endsInAbbreviation(current)) {
      sentences.push(current);
      current = '';
    }
  }
  if (current !== '') sentences.push(current);
  return moveSpaces(sentences);
}

/** White space at the end of a sentence goes to the head of the next one; at the end of the text it stays. */
function moveSpaces(sentences: readonly string[]): string[] {
  const moved: string[] = [];
  let carried = '';
  sentences.forEach((sentence, index) => {
    const isLast = index === sentences.length - 1;
    const end = isLast ? sentence.length : sentence.trimEnd().length;
    if (sentence.trim() === '' && moved.length > 0) moved.push((moved.pop() ?? '') + carried + sentence);
    else moved.push(carried + sentence.slice(0, end));
    carried = sentence.slice(end);
  });
  return moved;
}

function endsInAbbreviation(sentence: string): boolean {
  // Enough for any abbreviation, and cheap for a text without spaces.
  const text = sentence.slice(-40);
  if (text.endsWith('\n')) return false;
  const word = /(\S+)\.\s*$/u.exec(text)?.[1]?.replace(/^["'(«“‘]+/u, '');
  if (word === undefined) return false;
  if (/^\d{1,3}$/.test(word)) return /(^|\n)\s*\d{1,3}\.\s*$/.test(text);
  if (/^\p{Lu}$/u.test(word)) return word !== 'I';
  return ABBREVIATIONS.has(word.toLowerCase());
}

function cutLong(sentence: string, maxCharacters: number): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > maxCharacters) {
    const head = rest.slice(0, maxCharacters);
    const comma = Math.max(
      ...[', ', '; ', ': ', ' – '].map((mark) => head.lastIndexOf(mark) + mark.length - 1),
    );
    const space = head.lastIndexOf(' ');
    const wanted = comma > maxCharacters / 3 ? comma : space > 0 ? space : maxCharacters;
    // Never between the two halves of a surrogate pair.
    const cut = /[\uD800-\uDBFF]/.test(rest.charAt(wanted - 1)) ? wanted + 1 : wanted;
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

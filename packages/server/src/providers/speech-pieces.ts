/** Cuts the text of one request into pieces that an engine speaks one by one, so that the first sounds come early. */
import { splitSentences } from '../text/sentences.ts';

export interface SpeechPiece {
  readonly text: string;
  /** Silence wanted after the piece. */
  readonly tailMs: number;
}

const TAIL_MS = { sentence: 220, clause: 120 };
/** A clause shorter than this sounds cut off when spoken alone. */
const MIN_CLAUSE_CHARACTERS = 12;
/** A sentence up to this length is spoken in one go. */
const MIN_SPLIT_CHARACTERS = 48;

/** Sentences, and long sentences also at commas. Never empty pieces; `[]` when there is nothing but signs. */
export function cutForSpeech(text: string, language: string): readonly SpeechPiece[] {
  const pieces: SpeechPiece[] = [];
  for (const sentence of splitSentences(text, { language, maxCharacters: 300 })) {
    if (!/[\p{L}\p{N}]/u.test(sentence)) continue;
    const clauses = splitClauses(sentence.trim());
    clauses.forEach((clause, index) => {
      pieces.push({ text: clause, tailMs: index === clauses.length - 1 ? TAIL_MS.sentence : TAIL_MS.clause });
    });
  }
  return pieces;
}

function splitClauses(sentence: string): readonly string[] {
  if (sentence.length < MIN_SPLIT_CHARACTERS) return [sentence];
  const clauses: string[] = [];
  let rest = sentence;
  for (const match of sentence.matchAll(/[,;:、，；](?=\s|[^\x20-\x7e])\s*/gu)) {
    const end = match.index + match[0].length - (sentence.length - rest.length);
    if (end >= MIN_CLAUSE_CHARACTERS && rest.length - end >= MIN_CLAUSE_CHARACTERS) {
      clauses.push(rest.slice(0, end).trim());
      rest = rest.slice(end);
    }
  }
  clauses.push(rest.trim());
  return clauses;
}

/** The part of speech normalisation that suits every engine. */
import { stripMarkup } from './markup.ts';

/**
 * Text without what is written but not said (Markdown, emoji), on one line. Figures and abbreviations stay as they are:
 * vendors read them well, and the built-in engines spell them out by themselves.
 */
export function normalizeForSpeech(text: string, _language: string): string {
  return stripMarkup(text).replace(/\s+/g, ' ').trim();
}

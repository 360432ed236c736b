/** The part of speech normalisation that suits every engine. */
import { normalizeEnglish } from './english.ts';
import { normalizeKorean } from './korean.ts';
import { primaryLanguage } from './language.ts';
import { stripMarkup } from './markup.ts';

/**
 * Text without what is written but not said (Markdown, emoji), on one line. Figures and abbreviations stay as they are:
 * vendors read them well, and the built-in engines spell them out by themselves.
 */
export function normalizeForSpeech(text: string, _language: string): string {
  return stripMarkup(text).replace(/\s+/g, ' ').trim();
}

/** Everything as it is said: figures, money, addresses and signs in words, in the languages that have rules for it. */
export function toSpokenForm(text: string, language: string): string {
  switch (primaryLanguage(language)) {
    case 'en':
      return normalizeEnglish(text);
    case 'ko':
      return normalizeKorean(text);
    default:
      return normalizeForSpeech(text, language);
  }
}

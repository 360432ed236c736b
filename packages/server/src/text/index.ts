export { englishNumber, englishOrdinal, normalizeEnglish } from './english.ts';
export { nativeKoreanNumber, normalizeKorean, sinoKoreanNumber, spellAsHeard } from './korean.ts';
export { detectLanguage, primaryLanguage } from './language.ts';
export { stripEmoji, stripMarkup } from './markup.ts';
export { parseTextRules, type TextRules, TextRulesError } from './rules.ts';
export {
  createSentenceSplitter,
  splitSentences,
} from './sentences.ts';
export { normalizeForSpeech, toSpokenForm } from './speech.ts';

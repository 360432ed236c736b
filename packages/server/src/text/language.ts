/** Guesses the language of a text from its script, and for Latin script from its most frequent short words. */

export interface DetectLanguageOptions {
  /** Answer when nothing speaks for a language. Default `en`. */
  readonly fallback?: string;
}

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ko', /\p{Script=Hangul}/gu],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['latin', /\p{Script=Latin}/gu],
];

const FREQUENT_WORDS: Readonly<Record<string, string>> = {
  en: 'the is are and you what how to of in do does my me please where when have it this that can i',
  es: 'el la los las es son y que qué de en un una por para con está cómo dónde hola gracias usted quiero mi',
  fr: 'le la les est sont et que de des en un une pour avec où comment bonjour merci vous je suis mon dans',
  de: 'der die das ist sind und nicht ein eine zu mit wie wo ich sie wir bitte danke mein für auf guten',
  it: 'il lo gli è sono e che di in un una per con dove come ciao grazie buongiorno io mio della',
  pt: 'o os as é são e que de em um uma para com onde como olá obrigado você não meu do da',
};

const WORDS_BY_LANGUAGE = Object.entries(FREQUENT_WORDS).map(
  ([language, words]) => [language, new Set(words.split(' '))] as const,
);

/** Letters that only one of the known languages uses. */
const TELLING_LETTERS: readonly (readonly [string, RegExp])[] = [
  ['es', /[ñ¿¡]/i],
  ['de', /ß/],
  ['pt', /[ãõ]/i],
];

/** BCP 47 primary tag of the text, e.g. `ko`. Mixed scripts go to the one with the most letters. */
export function detectLanguage(text: string, options: DetectLanguageOptions = {}): string {
  const fallback = options.fallback ?? 'en';
  const counts = new Map(SCRIPTS.map(([name, pattern]) => [name, text.match(pattern)?.length ?? 0]));
  // Kana decides between Japanese and Chinese, however many Han characters there are.
  const kana = counts.get('ja') ?? 0;
  if (kana > 0) {
    counts.set('ja', kana + (counts.get('zh') ?? 0));
    counts.set('zh', 0);
  }
  // A syllable of Hangul, kana or Han says as much as two or three Latin letters.
  for (const dense of ['ko', 'ja', 'zh']) counts.set(dense, (counts.get(dense) ?? 0) * 2.5);
  const [best = 'latin', count = 0] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (count === 0) return fallback;
  return best === 'latin' ? detectLatinLanguage(text, fallback) : best;
}

/** The part of a BCP 47 tag before the first hyphen, in lower case: `ko-KR` → `ko`. */
export function primaryLanguage(tag: string): string {
  return (tag.split(/[-_]/)[0] ?? '').toLowerCase();
}

function detectLatinLanguage(text: string, fallback: string): string {
  for (const [language, pattern] of TELLING_LETTERS) if (pattern.test(text)) return language;
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  let best = fallback;
  let bestHits = 0;
  for (const [language, frequent] of WORDS_BY_LANGUAGE) {
    const hits = words.filter((word) => frequent.has(word)).length;
    if (hits > bestHits || (hits === bestHits && hits > 0 && language === fallback)) {
      best = language;
      bestHits = hits;
    }
  }
  // One short word in common says little; `la` alone is in four languages.
  return bestHits >= 2 || (words.length <= 2 && bestHits === words.length) ? best : fallback;
}

const TAG = /^([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?$/i;

/** A BCP 47 tag in canonical case, e.g. `zh-Hant-TW`; undefined for what does not look like one. */
export function canonicalLanguage(tag: string): string | undefined {
  const match = TAG.exec(tag);
  if (match === null) return undefined;
  const [, language = '', script, region] = match;
  return [
    language.toLowerCase(),
    ...(script === undefined ? [] : [script.charAt(0).toUpperCase() + script.slice(1).toLowerCase()]),
    ...(region === undefined ? [] : [region.toUpperCase()]),
  ].join('-');
}

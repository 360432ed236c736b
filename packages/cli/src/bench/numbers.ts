/** Spells whole numbers from 0 to 9999, so that "42" and "forty-two" compare as the same words. */

type Speller = (value: number) => string;

const ENGLISH = words(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
);
const ENGLISH_TENS = words('- - twenty thirty forty fifty sixty seventy eighty ninety');
const SPANISH = words(
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve',
);
const SPANISH_TENS = words('- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa');
const SPANISH_HUNDREDS = words(
  '- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos',
);
const GERMAN = words(
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
);
const GERMAN_TENS = words('- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig');
const FRENCH = words(
  'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf',
);
const FRENCH_TENS = words('- - vingt trente quarante cinquante soixante');
const KOREAN_DIGITS = [...'영일이삼사오육칠팔구'];
const HAN_DIGITS = [...'零一二三四五六七八九'];

const SPELLERS: Readonly<Record<string, Speller>> = {
  en: spellEnglish,
  es: spellSpanish,
  de: spellGerman,
  fr: spellFrench,
  ko: (value) => spellByPlaces(value, KOREAN_DIGITS, ['', '십', '백', '천'], false),
  ja: (value) => spellByPlaces(value, HAN_DIGITS, ['', '十', '百', '千'], false),
  zh: (value) => spellByPlaces(value, HAN_DIGITS, ['', '十', '百', '千'], true),
};

/** Undefined for languages and numbers that are not known here. */
export function spellNumber(value: number, language: string): string | undefined {
  return Number.isInteger(value) && value >= 0 && value <= 9999 ? SPELLERS[language]?.(value) : undefined;
}

function spellEnglish(value: number): string {
  if (value < 20) return ENGLISH[value] ?? '';
  if (value < 100) return joined(ENGLISH_TENS[Math.floor(value / 10)], rest(value % 10, spellEnglish));
  if (value < 1000) {
    return joined(ENGLISH[Math.floor(value / 100)], 'hundred', rest(value % 100, spellEnglish));
  }
  return joined(ENGLISH[Math.floor(value / 1000)], 'thousand', rest(value % 1000, spellEnglish));
}

function spellSpanish(value: number): string {
  if (value < 30) return SPANISH[value] ?? '';
  if (value < 100) {
    const unit = value % 10;
    return joined(SPANISH_TENS[Math.floor(value / 10)], unit === 0 ? '' : `y ${spellSpanish(unit)}`);
  }
  if (value === 100) return 'cien';
  if (value < 1000) return joined(SPANISH_HUNDREDS[Math.floor(value / 100)], rest(value % 100, spellSpanish));
  const thousands = Math.floor(value / 1000);
  return joined(thousands === 1 ? 'mil' : `${spellSpanish(thousands)} mil`, rest(value % 1000, spellSpanish));
}

/** German numbers are one word. */
function spellGerman(value: number): string {
  if (value < 20) return GERMAN[value] ?? '';
  const one = (digit: number): string => (digit === 1 ? 'ein' : (GERMAN[digit] ?? ''));
  if (value < 100) {
    const unit = value % 10;
    return `${unit === 0 ? '' : `${one(unit)}und`}${GERMAN_TENS[Math.floor(value / 10)]}`;
  }
  if (value < 1000) return `${one(Math.floor(value / 100))}hundert${rest(value % 100, spellGerman)}`;
  return `${one(Math.floor(value / 1000))}tausend${rest(value % 1000, spellGerman)}`;
}

function spellFrench(value: number): string {
  if (value < 20) return FRENCH[value] ?? '';
  if (value < 70) {
    const unit = value % 10;
    return joined(FRENCH_TENS[Math.floor(value / 10)], unit === 1 ? 'et un' : rest(unit, spellFrench));
  }
  if (value < 80) return joined('soixante', value === 71 ? 'et onze' : spellFrench(value - 60));
  if (value < 100) return value === 80 ? 'quatre-vingts' : joined('quatre-vingt', spellFrench(value - 80));
  if (value < 1000) {
    const hundreds = Math.floor(value / 100);
    const left = value % 100;
    return joined(
      hundreds === 1 ? '' : FRENCH[hundreds],
      hundreds > 1 && left === 0 ? 'cents' : 'cent',
      rest(left, spellFrench),
    );
  }
  const thousands = Math.floor(value / 1000);
  return joined(thousands === 1 ? '' : FRENCH[thousands], 'mille', rest(value % 1000, spellFrench));
}

/** @param withOnes whether a one before a place is spoken, as in 一百 */
function spellByPlaces(
  value: number,
  digits: readonly string[],
  places: readonly string[],
  withOnes: boolean,
): string {
  if (value === 0) return digits[0] ?? '';
  const written = [...String(value)].map(Number);
  const spelled = written
    .map((digit, index) => {
      const place = written.length - 1 - index;
      if (digit === 0) return withOnes && place > 0 && (written[index + 1] ?? 0) !== 0 ? digits[0] : '';
      const isSilent = digit === 1 && place > 0 && (!withOnes || (place === 1 && index === 0));
      return `${isSilent ? '' : digits[digit]}${places[place]}`;
    })
    .join('');
  return spelled;
}

function rest(value: number, spell: Speller): string {
  return value === 0 ? '' : spell(value);
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

function words(list: string): readonly string[] {
  return list.split(' ');
}

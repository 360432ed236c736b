/**
 * Writes Korean out the way it is said: figures in native or Sino-Korean numerals after what they count, telephone
 * numbers digit by digit, and consonants that assimilate spelled as they sound (독립문 → 동님문).
 */
import { stripMarkup } from './markup.ts';

const SINO_DIGITS = [...'영일이삼사오육칠팔구'];
const SPOKEN_DIGITS = [...'공일이삼사오육칠팔구'];
const NATIVE_ONES = ['', '한', '두', '세', '네', '다섯', '여섯', '일곱', '여덟', '아홉'];
const NATIVE_TENS = ['', '열', '스물', '서른', '마흔', '쉰', '예순', '일흔', '여든', '아흔'];
const GROUPS = ['', '만', '억', '조', '경'];
/** Counted with native numerals up to 99. Longer words first, so that 시간 is not taken for 시. */
const NATIVE_COUNTERS =
  '사람|시간|마리|번째|가지|송이|그루|켤레|군데|자루|조각|개월|개|명|분의|살|시|권|잔|병|대|장|곳|달|벌|채|척|쌍|줄|통|판|끼|배';
const UNITS: Readonly<Record<string, string>> = {
  'km/h': '킬로미터 퍼 아워',
  km: '킬로미터',
  cm: '센티미터',
  mm: '밀리미터',
  m: '미터',
  kg: '킬로그램',
  g: '그램',
  ml: '밀리리터',
  L: '리터',
  '%': '퍼센트',
  '℃': '도',
  '°C': '도',
  GB: '기가바이트',
  MB: '메가바이트',
};

/** Sino-Korean numeral: `15000` → `만오천`. Beyond 16 digits the digits are read singly. */
export function sinoKoreanNumber(value: number): string {
  if (!Number.isSafeInteger(value)) return readDigits(String(value));
  if (value < 0) return `마이너스 ${sinoKoreanNumber(-value)}`;
  if (value === 0) return '영';
  const parts: string[] = [];
  let rest = value;
  for (let group = 0; rest > 0; group++) {
    const four = rest % 10_000;
    rest = Math.floor(rest / 10_000);
    if (four === 0) continue;
    // 만 alone, not 일만; but 일억, 일조.
    const words = four === 1 && group === 1 && rest === 0 ? '' : fourDigits(four);
    parts.unshift(words + (GROUPS[group] ?? ''));
  }
  return parts.join('');
}

/** Native Korean numeral before a counter, 1 – 99: `21` → `스물한`, `20` → `스무`. Others are Sino-Korean. */
export function nativeKoreanNumber(value: number): string {
  if (!Number.isInteger(value) || value < 1 || value > 99) return sinoKoreanNumber(value);
  if (value === 20) return '스무';
  return (NATIVE_TENS[Math.floor(value / 10)] ?? '') + (NATIVE_ONES[value % 10] ?? '');
}

/** Korean text as it is said; still in Hangul, without figures. */
export function normalizeKorean(text: string): string {
  const said = sayFigures(stripMarkup(text))
    .replace(/\s*&\s*/g, ' 그리고 ')
    .replace(/[“”"‘’'「」『』]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return spellAsHeard(said);
}

/**
 * Respells assimilated consonants inside words: nasalisation (한국말 → 한궁말), ㄹ next to ㄴ (신라 → 실라), and ㄹ
 * after other finals (독립 → 동닙).
 */
export function spellAsHeard(text: string): string {
  const syllables = [...text].map(decompose);
  for (let i = 0; i + 1 < syllables.length; i++) {
    const left = syllables[i];
    const right = syllables[i + 1];
    if (!left || !right) continue;
    const coda = CODA_SOUND[left.coda];
    if (coda === undefined) continue;
    if (right.onset === ONSET_RIEUL) {
      if (coda === 'ㄴ' || coda === 'ㄹ') left.coda = CODA_RIEUL;
      else {
        right.onset = ONSET_NIEUN;
        left.coda = NASAL_CODA[coda] ?? left.coda;
      }
    } else if (right.onset === ONSET_NIEUN && coda === 'ㄹ') {
      right.onset = ONSET_RIEUL;
      // 앓는 → 알른: the second half of a double final goes.
      left.coda = CODA_RIEUL;
    } else if (right.onset === ONSET_NIEUN || right.onset === ONSET_MIEUM) {
      left.coda = NASAL_CODA[coda] ?? left.coda;
    }
  }
  return [...text].map((letter, index) => compose(letter, syllables[index])).join('');
}

function sayFigures(text: string): string {
  return text
    .replace(/\b0\d{1,2}[-. ]\d{3,4}[-. ]\d{4}\b/g, (phone) =>
      phone
        .split(/[^\d]+/)
        .map(readDigits)
        .join(', '),
    )
    .replace(/\b1\d{3}-\d{4}\b/g, (phone) => phone.split('-').map(readDigits).join(', '))
    .replace(/(\d{1,2}):(\d{2})(?!\d)/g, (_all, hour: string, minute: string) =>
      Number(minute) === 0 ? `${hour}시` : `${hour}시 ${Number(minute)}분`,
    )
    .replace(/(\d)\s?[~∼〜–-]\s?(?=\d)/g, '$1에서 ')
    .replace(/(\d)(시|분|월|일|년|층|호|번|개|명|살)\s?[~∼〜–-]\s?(?=\d)/g, '$1$2에서 ')
    .replace(/[₩￦]\s?(\d[\d,]*)/g, '$1원')
    .replace(/\$\s?(\d[\d,]*(?:\.\d+)?)/g, '$1달러')
    .replace(/(?<!\d)6월/g, '유월')
    .replace(/(?<!\d)10월/g, '시월')
    .replace(
      new RegExp(`(?<![\\d.,])(\\d{1,2})(\\s?)(${NATIVE_COUNTERS})`, 'g'),
      (all: string, digits: string, space: string, counter: string) => {
        const value = Number(digits);
        // 13시 and later, 개월 and 배수 of ten people and more in figures follow the Sino-Korean row.
        if (counter === '개월' || (counter === '시' && value > 12) || value === 0) return all;
        if (counter === '번째' && value === 1) return `첫${space}번째`;
        return `${nativeKoreanNumber(value)}${space === '' ? ' ' : space}${counter}`;
      },
    )
    .replace(
      /(\d)\s?(km\/h|km|cm|mm|kg|ml|GB|MB|°C|℃|%|m|g|L)(?![A-Za-z])/g,
      (all, digit: string, unit: string) => {
        const name = UNITS[unit];
        return name ? `${digit} ${name}` : all;
      },
    )
    .replace(/(?<![\d\p{L}])-(?=\d)/gu, '마이너스 ')
    .replace(/\d[\d,]*\d(?:\.\d+)?|\d(?:\.\d+)?/g, readNumber);
}

function readNumber(figure: string): string {
  const [whole = '', part] = figure.replaceAll(',', '').split('.');
  const isCode = whole.length > 1 && whole.startsWith('0');
  const words = isCode || whole.length > 16 ? readDigits(whole) : sinoKoreanNumber(Number(whole));
  return part ? `${words} 점 ${[...part].map((digit) => SINO_DIGITS[Number(digit)] ?? '').join('')}` : words;
}

function readDigits(digits: string): string {
  return [...digits].map((digit) => SPOKEN_DIGITS[Number(digit)] ?? '').join('');
}

function fourDigits(value: number): string {
  const names = ['천', '백', '십', ''];
  let words = '';
  [...String(value).padStart(4, '0')].forEach((digit, index) => {
    const name = names[index] ?? '';
    if (digit === '0') return;
    words += (digit === '1' && name !== '' ? '' : (SINO_DIGITS[Number(digit)] ?? '')) + name;
  });
  return words;
}

interface Syllable {
  onset: number;
  readonly vowel: number;
  coda: number;
}

const HANGUL_BASE = 0xac00;
const HANGUL_LAST = 0xd7a3;
const VOWELS = 21;
const CODAS = 28;
const ONSET_NIEUN = 2;
const ONSET_RIEUL = 5;
const ONSET_MIEUM = 6;
const CODA_RIEUL = 8;
/** What each final is heard as before a consonant, in the order of Unicode. */
const CODA_SOUND: readonly (string | undefined)[] = [
  undefined,
  ...'ㄱㄱㄱㄴㄴㄴㄷㄹㄱㅁㄹㄹㄹㅂㄹㅁㅂㅂㄷㄷㅇㄷㄷㄱㄷㅂㄷ',
];
const NASAL_CODA: Readonly<Record<string, number>> = { ㄱ: 21, ㄷ: 4, ㅂ: 16 };

function decompose(letter: string): Syllable | undefined {
  const code = letter.codePointAt(0) ?? 0;
  if (code < HANGUL_BASE || code > HANGUL_LAST) return undefined;
  const index = code - HANGUL_BASE;
  return {
    onset: Math.floor(index / (VOWELS * CODAS)),
    vowel: Math.floor(index / CODAS) % VOWELS,
    coda: index % CODAS,
  };
}

function compose(letter: string, syllable: Syllable | undefined): string {
  if (!syllable) return letter;
  return String.fromCodePoint(
    HANGUL_BASE + (syllable.onset * VOWELS + syllable.vowel) * CODAS + syllable.coda,
  );
}

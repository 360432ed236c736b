/** Writes English out the way it is said, for engines that read figures and signs badly. */
import { stripMarkup } from './markup.ts';

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES: readonly (readonly [number, string])[] = [
  [1e12, 'trillion'],
  [1e9, 'billion'],
  [1e6, 'million'],
  [1e3, 'thousand'],
];
const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};
const CURRENCIES: Readonly<Record<string, readonly [one: string, many: string, cent: string]>> = {
  $: ['dollar', 'dollars', 'cent'],
  '€': ['euro', 'euros', 'cent'],
  '£': ['pound', 'pounds', 'penny'],
  '₩': ['won', 'won', ''],
  '¥': ['yen', 'yen', ''],
};
const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  km: ['kilometer', 'kilometers'],
  m: ['meter', 'meters'],
  cm: ['centimeter', 'centimeters'],
  mm: ['millimeter', 'millimeters'],
  kg: ['kilogram', 'kilograms'],
  mg: ['milligram', 'milligrams'],
  ml: ['milliliter', 'milliliters'],
  ms: ['millisecond', 'milliseconds'],
  min: ['minute', 'minutes'],
  mph: ['mile per hour', 'miles per hour'],
  kmh: ['kilometer per hour', 'kilometers per hour'],
  'km/h': ['kilometer per hour', 'kilometers per hour'],
  'm/s': ['meter per second', 'meters per second'],
  ft: ['foot', 'feet'],
  lb: ['pound', 'pounds'],
  lbs: ['pound', 'pounds'],
  gb: ['gigabyte', 'gigabytes'],
  mb: ['megabyte', 'megabytes'],
  kb: ['kilobyte', 'kilobytes'],
  khz: ['kilohertz', 'kilohertz'],
  hz: ['hertz', 'hertz'],
  kw: ['kilowatt', 'kilowatts'],
};
/** Said instead of the abbreviation; the full stop belongs to it. */
const ABBREVIATIONS: readonly (readonly [RegExp, string])[] = [
  [/\bMr\./g, 'Mister'],
  [/\bMrs\./g, 'Missus'],
  [/\bMs\./g, 'Miz'],
  [/\bDr\.(?=\s+\p{Lu})/gu, 'Doctor'],
  [/\bProf\./g, 'Professor'],
  [/\bSt\.(?=\s+\p{Lu})/gu, 'Saint'],
  [/\be\.g\.,?/gi, 'for example,'],
  [/\bi\.e\.,?/gi, 'that is,'],
  [/\betc\.(?=\s*$|\s+\p{Lu})/gu, 'et cetera.'],
  [/\betc\./g, 'et cetera'],
  [/\bvs\.?(?=\s)/gi, 'versus'],
  [/\bapprox\./gi, 'approximately'],
  [/\bNo\.\s*(?=\d)/g, 'number '],
  [/\ba\.m\.(?=\s*$|\s+\p{Lu})/giu, 'A M.'],
  [/\bp\.m\.(?=\s*$|\s+\p{Lu})/giu, 'P M.'],
  [/\ba\.m\./gi, 'A M'],
  [/\bp\.m\./gi, 'P M'],
  [/(?<=\d\s?)am\b/gi, ' A M'],
  [/(?<=\d\s?)pm\b/gi, ' P M'],
];
const SPELLED_OUT = new Set('AI API URL USA UK EU UN FAQ ID IT ATM CEO CPU GPU USB UI IP AR VR'.split(' '));

/** Cardinal number in words: `1205` → `one thousand two hundred five`. Beyond 15 digits the digits are read singly. */
export function englishNumber(value: number): string {
  if (!Number.isSafeInteger(value) || Math.abs(value) >= 1e15) return spellDigits(String(value));
  if (value < 0) return `minus ${englishNumber(-value)}`;
  if (value < 20) return SMALL[value] ?? '';
  if (value < 100) {
    const rest = value % 10;
    return `${TENS[Math.floor(value / 10)] ?? ''}${rest ? ` ${SMALL[rest] ?? ''}` : ''}`;
  }
  if (value < 1000) return withRest(`${SMALL[Math.floor(value / 100)] ?? ''} hundred`, value % 100);
  for (const [size, name] of SCALES) {
    if (value >= size) return withRest(`${englishNumber(Math.floor(value / size))} ${name}`, value % size);
  }
  return '';
}

/** Ordinal number in words: `21` → `twenty first`. */
export function englishOrdinal(value: number): string {
  const words = englishNumber(value).split(' ');
  const last = words.pop() ?? '';
  const ordinal = IRREGULAR_ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, ordinal].join(' ');
}

/**
 * English text as it is said: figures, money, times, addresses of web pages and abbreviations in words; Markdown and
 * emoji removed; letters that English engines cannot read dropped or stripped of accents. Applying it twice changes
 * nothing more. `''` when nothing can be said.
 */
export function normalizeEnglish(text: string): string {
  let said = stripMarkup(text)
    .replace(/[‘’‛ʼ]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/\u2026/g, '...')
    .replace(/\s*[—–](?=\s)/g, ',')
    .replace(/(?<=[\p{L}])[—–](?=\p{L})/gu, ', ');
  said = sayAddresses(said);
  for (const [pattern, words] of ABBREVIATIONS) said = said.replace(pattern, words);
  said = sayFigures(said);
  said = saySigns(said);
  return said
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[^\x20-\x7e\n]/g, ' ')
    .replace(/\b[A-Z]{2,5}\b/g, (word) => {
      if (!SPELLED_OUT.has(word) && /[AEIOUY]/.test(word)) return word;
      return [...word].join(' ');
    })
    .replace(/[\\<>{}[\]|~^*_#]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([,.!?;:])/g, '$1')
    .replace(/,(?=[,.!?;:])/g, '')
    .trim()
    .replace(/^[^A-Za-z0-9]+$/, '');
}

function sayAddresses(text: string): string {
  return text
    .replace(/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, (mail) => mail.replace('@', ' at ').replaceAll('.', ' dot '))
    .replace(/\b(?:https?:\/\/|www\.)([^\s<>"')]+)/gi, (_all, rest: string) => {
      const end = /[.,!?;:]+$/.exec(rest)?.[0] ?? '';
      const address = rest.slice(0, rest.length - end.length).replace(/^www\./i, '');
      const [host = '', ...path] = address.split(/[?#]/)[0]?.split('/') ?? [];
      const steps = path.filter((step) => step !== '').map((step) => ` slash ${step.replace(/[-_.]/g, ' ')}`);
      return `${host.replace(/:\d+$/, '').replaceAll('.', ' dot ')}${steps.join('')}${end}`;
    });
}

function sayFigures(text: string): string {
  return (
    text
      // Money before plain numbers, since the unit changes its place.
      .replace(
        /([$€£₩¥])\s?(\d[\d,]*)(?:\.(\d+))?(?:\s?(thousand|million|billion|trillion|[kKmMbB])\b)?/g,
        (_all, sign: string, whole: string, part: string | undefined, scale: string | undefined) =>
          sayMoney(sign, whole, part, scale),
      )
      .replace(/\b(\d{1,2}):(\d{2})(?::\d{2})?\b/g, (_all, hour: string, minute: string) =>
        sayTime(hour, minute),
      )
      // Telephone numbers, and figures with leading zeros, digit by digit.
      .replace(/(?:\+?\d{1,3}[-. ])?\(?\d{2,4}\)?[-. ]\d{3,4}[-. ]\d{4}\b/g, (phone) =>
        phone
          .split(/[^\d]+/)
          .filter((group) => group !== '')
          .map(spellDigits)
          .join(', '),
      )
      .replace(/\b0\d+\b(?![.,]\d)/g, spellDigits)
      .replace(/(\d)\s?[–—-]\s?(?=\d)/g, '$1 to ')
      .replace(/(-?\d[\d,]*(?:\.\d+)?)\s?°\s?([CF])\b/g, (_all, value: string, scale: string) => {
        return `${sayNumber(value)} degrees ${scale === 'C' ? 'Celsius' : 'Fahrenheit'}`;
      })
      .replace(/\b(\d+)(?:st|nd|rd|th)\b/g, (_all, digits: string) => englishOrdinal(Number(digits)))
      .replace(
        /(\d[\d,]*(?:\.\d+)?)\s?(km\/h|m\/s|kmh|khz|lbs|min|mph|km|cm|mm|kg|mg|ml|ms|ft|lb|gb|mb|kb|hz|kw|m)\b(?!')/gi,
        (all: string, value: string, unit: string) => {
          const names = UNITS[unit.toLowerCase()];
          return names ? `${sayNumber(value)} ${value === '1' ? names[0] : names[1]}` : all;
        },
      )
      .replace(/\b(1[1-9]\d{2}|20\d{2})s\b/g, (_all, year: string) => `${sayYear(year)}s`)
      .replace(/(?<![\d,.])(1[1-9]\d{2}|20\d{2})(?!\d|[,.]\d|%)/g, sayYear)
      .replace(/(?<![\w.])-(?=\d)/g, 'minus ')
      .replace(
        /\d+(?:\.\d+){2,}/g,
        (version) =>
          ` ${version
            .split('.')
            .map((part) => sayNumber(part))
            .join(' point ')} `,
      )
      .replace(/\d[\d,]*\d(?:\.\d+)?|\d(?:\.\d+)?/g, (value) => ` ${sayNumber(value)} `)
  );
}

function saySigns(text: string): string {
  return text
    .replace(/\s*%/g, ' percent')
    .replace(/\s*&\s*/g, ' and ')
    .replace(/\s*\+\s*/g, ' plus ')
    .replace(/\s*=\s*/g, ' equals ')
    .replace(/\s*×\s*/g, ' times ')
    .replace(/\s*÷\s*/g, ' divided by ')
    .replace(/°/g, ' degrees ')
    .replace(/@/g, ' at ')
    .replace(/(?<=\p{L})\/(?=\p{L})/gu, ' or ')
    .replace(/(?<=\p{L})_(?=\p{L})/gu, ' ');
}

function sayMoney(sign: string, whole: string, part: string | undefined, scale: string | undefined): string {
  const [one, many, cent] = CURRENCIES[sign] ?? ['', '', ''];
  const scales: Readonly<Record<string, string>> = { k: 'thousand', m: 'million', b: 'billion' };
  if (scale) {
    const name = scales[scale.toLowerCase()] ?? scale;
    return `${sayNumber(part ? `${whole}.${part}` : whole)} ${name} ${many}`;
  }
  const amount = Number(whole.replaceAll(',', ''));
  const main = `${englishNumber(amount)} ${amount === 1 ? one : many}`;
  if (!part || !cent || part.length > 2)
    return part && part.length > 2 ? `${sayNumber(`${whole}.${part}`)} ${many}` : main;
  const cents = Number(part.padEnd(2, '0'));
  if (cents === 0) return main;
  return `${main} and ${englishNumber(cents)} ${cents === 1 ? cent : cent === 'penny' ? 'pence' : `${cent}s`}`;
}

function sayTime(hour: string, minute: string): string {
  const hours = Number(hour);
  const minutes = Number(minute);
  if (hours > 24 || minutes > 59) return `${englishNumber(hours)} ${englishNumber(minutes)}`;
  if (minutes === 0)
    return hours <= 12 && hours > 0
      ? `${englishNumber(hours)} o'clock`
      : `${englishNumber(hours)} hundred hours`;
  return `${englishNumber(hours)} ${minutes < 10 ? 'oh ' : ''}${englishNumber(minutes)}`;
}

function sayYear(year: string): string {
  const head = Number(year.slice(0, 2));
  const tail = Number(year.slice(2));
  if (head === 20 && tail < 10) return englishNumber(Number(year));
  if (tail === 0) return `${englishNumber(head)} hundred`;
  return `${englishNumber(head)} ${tail < 10 ? 'oh ' : ''}${englishNumber(tail)}`;
}

function sayNumber(figure: string): string {
  const [whole = '', part] = figure.replaceAll(',', '').split('.');
  const negative = whole.startsWith('-');
  const digits = negative ? whole.slice(1) : whole;
  const words = digits.length > 15 ? spellDigits(digits) : englishNumber(Number(digits));
  return `${negative ? 'minus ' : ''}${words}${part ? ` point ${spellDigits(part)}` : ''}`;
}

function spellDigits(digits: string): string {
  return [...digits].map((digit) => SMALL[Number(digit)] ?? '').join(' ');
}

function withRest(words: string, rest: number): string {
  return rest === 0 ? words : `${words} ${englishNumber(rest)}`;
}

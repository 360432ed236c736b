/**
 * Words that carry meaning, in a form that compares well: English roughly stemmed, Chinese, Japanese and Korean as
 * pairs of neighbouring characters (so particles and endings do not matter), and Korean words for common tools
 * translated to the English that tools are described in.
 */

const STOP_WORDS = new Set(
  `a an and are as at be been being but by can could did do does doing for from had has have he her here hers him his
  how i if in into is it its just let like may me might my no not of off on or our out please quite really shall she
  should so some tell than that the their them then there these they this those to too up us was we were what whats
  when where which who whom whose why will with would you your yours am ill im id ive dont doesnt isnt s t re ve ll d m
  about any know want need give say hey hi hello okay ok also much many`.split(/\s+/),
);

const KOREAN_STOP_WORDS =
  /(알려\s?주세요|알려\s?줘요?|말해\s?주세요|말해\s?줘요?|어떻게|어때요?|어떤가요|돼요|되나요|됩니까|무엇|뭐예요|뭐야|뭐지|뭐|무슨|언제|어디(?:에|서|예요|야|있어요|있나요|에요)?|누구|왜|얼마(?:나|예요|인가요|야)?|인가요|입니까|있나요|있어요|있습니까|인지|나요|까요|해\s?주세요|해\s?줘요?|주세요|좀|그리고|저는|나는|당신은|당신|너는)/g;

/** Said in Korean, written in English in most tool descriptions. */
const KOREAN_TO_ENGLISH: readonly (readonly [RegExp, string])[] = [
  [/날씨|기온/, 'weather'],
  [/설정|환경설정/, 'settings'],
  [/지도|약도/, 'map'],
  [/제곱/, 'square'],
  [/열어|띄워|보여/, 'show'],
  [/닫아/, 'close'],
  [/검색|찾아/, 'search'],
  [/예약/, 'reservation'],
  [/음악|노래/, 'music'],
  [/가격|요금|얼마/, 'price'],
  [/번역/, 'translate'],
  [/이메일|메일/, 'email'],
  [/전화/, 'call'],
  [/알람/, 'alarm'],
  [/타이머/, 'timer'],
  [/주문/, 'order'],
  [/뉴스/, 'news'],
  [/일정|캘린더/, 'calendar'],
  [/계산/, 'calculate'],
  [/볼륨|소리/, 'volume'],
  [/섭씨/, 'celsius'],
  [/화씨/, 'fahrenheit'],
];

/** Each group is one meaning; the first word stands for all. All are stems. */
const SYNONYMS: ReadonlyMap<string, string> = new Map(
  [
    'weather forecast temperatur rain sunni',
    'show open display launch view',
    'setting preferenc option config',
    'map direct',
    'search find look',
    'price cost fee charg ticket admiss',
    'hour time schedul',
    'book reserv appoint',
    'restroom toilet bathroom washroom',
    'park parking',
    'locat address plac',
    'music song',
    'mail email',
    'close shut',
    'calculat comput',
  ].flatMap((group) => {
    const words = group.split(' ');
    return words.map((word): [string, string] => [word, words[0] ?? word]);
  }),
);

const CJK_RUN = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;

/** Meaningful terms of a text, in order, with repetitions. */
export function toTerms(text: string): string[] {
  const terms: string[] = [];
  const lower = splitCase(text).toLowerCase().normalize('NFC').replace(/['’]/g, '');
  for (const word of lower.match(/[\p{Script=Latin}\p{N}]+/gu) ?? []) {
    if (!STOP_WORDS.has(word)) terms.push(canonical(stem(word)));
  }
  for (const [run] of lower.replace(KOREAN_STOP_WORDS, ' ').matchAll(CJK_RUN)) {
    const letters = [...run];
    if (letters.length === 1) terms.push(run);
    for (let i = 0; i + 1 < letters.length; i++) terms.push(`${letters[i] ?? ''}${letters[i + 1] ?? ''}`);
  }
  return terms;
}

/** English terms that Korean words of the text stand for. */
export function translatedTerms(text: string): string[] {
  return KOREAN_TO_ENGLISH.filter(([pattern]) => pattern.test(text)).map(([, word]) => canonical(stem(word)));
}

/** Crude English stem: enough that `opening`, `opens` and `open` meet. */
export function stem(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  // Not the weak verb `set`.
  if (/^settings?$/.test(word)) return 'setting';
  let root = word
    .replace(/ies$/, 'y')
    .replace(/(ss|sh|ch|x)es$/, '$1')
    .replace(/([^su])s$/, '$1');
  root = root
    .replace(/(?<=[a-z]{3})(ing|ed)$/, '')
    .replace(/(?<=[a-z]{4})(ation|ition|ion|ment|ly|er|al)$/, '');
  return root.replace(/([bdfgmnprt])\1$/, '$1').replace(/(?<=[a-z]{3})e$/, '');
}

function canonical(word: string): string {
  return SYNONYMS.get(word) ?? word;
}

/** `getCurrentWeather` and `get_current_weather` both become three words. */
function splitCase(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ');
}

/** Reads the arguments of a tool out of a sentence. */
import { type FoundNumber, findNumbers } from './numbers.ts';
import { stem } from './terms.ts';

/** The parts of a JSON Schema that slot filling looks at. */
export interface SlotSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly items?: SlotSchema;
}

export interface Slot {
  readonly name: string;
  readonly schema: SlotSchema;
  readonly isRequired: boolean;
}

const ENUM_SYNONYMS: Readonly<Record<string, RegExp>> = {
  celsius: /celsius|centigrade|°\s?c\b|℃|섭씨/i,
  fahrenheit: /fahrenheit|°\s?f\b|℉|화씨/i,
  metric: /metric|celsius|kilomet|섭씨|미터법/i,
  imperial: /imperial|fahrenheit|miles|화씨/i,
  c: /\bcelsius\b|°\s?c\b|섭씨/i,
  f: /\bfahrenheit\b|°\s?f\b|화씨/i,
  on: /\bon\b|켜/i,
  off: /\boff\b|꺼/i,
  en: /\benglish\b|영어/i,
  ko: /\bkorean\b|한국어/i,
  ja: /\bjapanese\b|일본어/i,
  left: /\bleft\b|왼쪽/i,
  right: /\bright\b|오른쪽/i,
};

const LOCATION = /locat|city|place|country|region|destination|address|town|area|where/i;
const DATE = /date|day|when/i;
const PERSON = /^(name|person|contact|recipient|user_?name|customer|guest|to)$|_name$/i;
const FREE_TEXT =
  /query|search|keyword|text|message|question|topic|term|title|content|note|prompt|^q$|subject|song|artist|item|product/i;

const DAYS =
  /\b(today|tonight|tomorrow|yesterday|(?:next |this )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|week|weekend|month)|\d{4}-\d{2}-\d{2}|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}(?:st|nd|rd|th)?)\b|(오늘|내일|모레|어제|[월화수목금토일]요일|다음 ?주|이번 ?주)/i;

/** Capitalised words that open sentences and name nobody. */
const NOT_A_NAME =
  /^(What|Whats|What's|How|Hows|How's|Where|When|Who|Why|Which|Is|Are|Can|Could|Do|Does|Did|Tell|Show|Open|Get|Give|Please|The|A|An|I|It|In|On|At|For|Find|Search|Set|Turn|Play|Send|Call|Book|Check|Celsius|Fahrenheit|Will|Would|Yes|No|Ok|Okay|And|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Today|Tomorrow)$/;

/**
 * Fills what the sentence tells; slots without a sure value stay absent.
 * @param answerTo name of the slot that was asked for, when the sentence answers that question
 */
export function fillSlots(
  sentence: string,
  slots: readonly Slot[],
  answerTo?: string,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const numbers = [...findNumbers(sentence)];
  const quoted = [...sentence.matchAll(/["“「『]([^"”」』]+)["”」』]|(?<!\p{L})'([^']+)'(?!\p{L})/gu)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  // Numbers named by their slot first (`width 5`), so that the rest can go by order.
  for (const slot of slots) {
    if (isNumeric(slot.schema) && !slot.schema.enum) {
      const named = takeNamedNumber(sentence, slot.name, numbers);
      if (named !== undefined) values[slot.name] = named;
    }
  }
  for (const slot of slots) {
    if (Object.hasOwn(values, slot.name)) continue;
    const value = fillSlot(sentence, slot, slots, numbers, quoted);
    if (value !== undefined) values[slot.name] = value;
    else if (slot.name === answerTo) {
      const bare = sentence
        .replace(/^(it'?s|in|at|for|to|the)\s+/i, '')
        .replace(/[.!?。]+$/, '')
        .trim();
      if (allows(slot.schema, 'string') && !slot.schema.enum && bare !== '') values[slot.name] = bare;
    }
    if (values[slot.name] === undefined && slot.schema.default !== undefined)
      values[slot.name] = slot.schema.default;
  }
  return values;
}

function fillSlot(
  sentence: string,
  slot: Slot,
  slots: readonly Slot[],
  numbers: FoundNumber[],
  quoted: string[],
): unknown {
  const { schema } = slot;
  if (schema.enum) return findEnumValue(sentence, schema.enum);
  if (isNumeric(schema)) return takeNumber(numbers, schema);
  if (allows(schema, 'boolean')) return findBoolean(sentence);
  if (allows(schema, 'array')) return findList(sentence, schema.items ?? {}, numbers, quoted);
  if (allows(schema, 'string')) return findString(sentence, slot, slots, quoted);
  return undefined;
}

function findEnumValue(sentence: string, options: readonly unknown[]): unknown {
  const words = new Set((sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(stem));
  const lower = sentence.toLowerCase();
  return options.find((option) => {
    const text = String(option).toLowerCase();
    const spoken = text.replace(/[_-]/g, ' ');
    if (Object.hasOwn(ENUM_SYNONYMS, text) && ENUM_SYNONYMS[text]?.test(sentence)) return true;
    if (/[^\x20-\x7e]/.test(text) || spoken.includes(' ')) return lower.includes(spoken);
    return text.length > 1 && words.has(stem(text));
  });
}

function takeNamedNumber(sentence: string, name: string, numbers: FoundNumber[]): number | undefined {
  const spoken = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase();
  const index = numbers.findIndex(({ start, end }) => {
    const before = sentence
      .slice(0, start)
      .toLowerCase()
      .replace(/\s*(?:is|of|to|=|:|be|,)?\s*$/, '');
    const after = sentence.slice(end).toLowerCase().trimStart();
    return before.endsWith(spoken) || (spoken.length > 2 && after.startsWith(spoken));
  });
  return index < 0 ? undefined : numbers.splice(index, 1)[0]?.value;
}

function takeNumber(numbers: FoundNumber[], schema: SlotSchema): number | undefined {
  const wholeOnly = !allows(schema, 'number');
  const index = numbers.findIndex(({ value }) => !wholeOnly || Number.isInteger(value));
  return index < 0 ? undefined : numbers.splice(index, 1)[0]?.value;
}

function findBoolean(sentence: string): boolean | undefined {
  if (/\b(no|not|don't|off|disable|false|without|stop)\b|아니|꺼|끄|없이/i.test(sentence)) return false;
  if (/\b(yes|yeah|sure|on|enable|true|with|start)\b|네|켜|응/i.test(sentence)) return true;
  return undefined;
}

function findList(
  sentence: string,
  items: SlotSchema,
  numbers: FoundNumber[],
  quoted: string[],
): readonly unknown[] | undefined {
  if (isNumeric(items)) {
    const values = numbers.splice(0).map(({ value }) => value);
    return values.length > 0 ? values : undefined;
  }
  if (items.enum) {
    const values = items.enum.filter((option) => findEnumValue(sentence, [option]) !== undefined);
    return values.length > 0 ? values : undefined;
  }
  return quoted.length > 0 ? quoted.splice(0) : undefined;
}

function findString(
  sentence: string,
  slot: Slot,
  slots: readonly Slot[],
  quoted: string[],
): string | undefined {
  const hint = `${slot.name} ${slot.schema.description ?? ''}`;
  if (slot.schema.format === 'email' || /e-?mail/i.test(slot.name))
    return /[\w.+-]+@[\w-]+\.[\w.-]*\w/.exec(sentence)?.[0];
  if (slot.schema.format === 'uri' || /\burl\b|uri|link/i.test(slot.name))
    return /https?:\/\/\S+/.exec(sentence)?.[0];
  if (quoted.length > 0) return quoted.shift();
  if (LOCATION.test(slot.name)) return findLocation(sentence);
  if (DATE.test(slot.name)) return DAYS.exec(sentence)?.[0];
  if (PERSON.test(slot.name)) return findName(sentence);
  if (FREE_TEXT.test(slot.name)) return findFreeText(sentence);
  if (!slot.isRequired) return undefined;
  if (LOCATION.test(hint)) return findLocation(sentence);
  // The only word to be filled in: a name in the sentence is probably meant.
  const strings = slots.filter(
    ({ schema, isRequired }) => isRequired && allows(schema, 'string') && !schema.enum,
  );
  return strings.length === 1 ? (findName(sentence) ?? findFreeText(sentence)) : undefined;
}

function findLocation(sentence: string): string | undefined {
  const named =
    /\b(?:in|at|for|near|around|to|of|from)\s+(?:the\s+)?((?:\p{Lu}[\p{L}'.-]*)(?:(?:\s+|,\s*)\p{Lu}[\p{L}'.-]*)*)/u.exec(
      sentence,
    )?.[1];
  if (named && !NOT_A_NAME.test(named)) return clean(named);
  const korean =
    /([\p{Script=Hangul}]{2,8}?)(?:에서|의|에|은|는)?\s*(?:오늘|지금|현재|내일)?\s*(?:의\s*)?(?:날씨|기온|지도|시간)/u.exec(
      sentence,
    )?.[1];
  if (korean && !/^(오늘|지금|현재|내일|모레|여기|이번|다음)/.test(korean)) return korean;
  // Recognisers and hasty people write no capitals.
  const lower =
    /\b(?:in|at|near)\s+(?:the\s+)?([\p{L}'-]+(?:\s[\p{L}'-]+){0,2}?)(?=\s+(?:in|at|on|for|today|tomorrow|now|right|please|celsius|fahrenheit|and|with)\b|\s*[?.!,]|\s*$)/iu.exec(
      sentence,
    )?.[1];
  if (lower && !/^(celsius|fahrenheit|degrees|metric|imperial|english|korean|general|detail)$/i.test(lower))
    return clean(lower);
  return findName(sentence);
}

function findName(sentence: string): string | undefined {
  for (const match of sentence.matchAll(/(?<![\p{L}'])\p{Lu}[\p{L}'-]*(?:\s+\p{Lu}[\p{L}'-]+)*/gu)) {
    const words = match[0].split(/\s+/);
    while (words[0] !== undefined && NOT_A_NAME.test(words[0])) words.shift();
    if (words.length > 0) return clean(words.join(' '));
  }
  return undefined;
}

function findFreeText(sentence: string): string | undefined {
  const rest =
    /\b(?:search|look|shop|ask)\b.*?\bfor\s+(.+)$/iu.exec(sentence)?.[1] ??
    /\b(?:search(?: the web)?(?: for)?|look up|find|about|google|say(?:ing)?|saying|play|titled|called|named|translate|message|note(?: that)?|remind me to|order|buy|add|write|that)\s+(?:me\s+)?(.+)$/iu.exec(
      sentence,
    )?.[1] ??
    /(.+?)(?:을|를|에 대해서?|라고|이라고)\s*(?:검색|찾아|번역|알려|보내|틀어|주문|적어)/u.exec(
      sentence,
    )?.[1];
  return rest ? clean(rest) || undefined : undefined;
}

function clean(text: string): string {
  return text
    .replace(/[\s.,!?;:]+$/u, '')
    .replace(/'s$/, '')
    .trim();
}

function isNumeric(schema: SlotSchema): boolean {
  return allows(schema, 'number') || allows(schema, 'integer');
}

function allows(schema: SlotSchema, type: string): boolean {
  return Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;
}

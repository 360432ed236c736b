/** Says what a tool returned. */
import type { JSONValue } from '@ai-sdk/provider';
import type { ToolOutcome } from './conversation.ts';
import type { Language } from './phrases.ts';

const MAX_TEXT_CHARACTERS = 600;
const MAX_VALUES = 12;

/** One answer for all results of a turn. */
export function phraseOutcomes(outcomes: readonly ToolOutcome[], language: Language): string {
  return outcomes.map((outcome) => phraseOutcome(outcome, language)).join(' ');
}

function phraseOutcome({ toolName, failed, value }: ToolOutcome, language: Language): string {
  const topic = topicOf(toolName);
  if (failed) {
    return language === 'ko'
      ? `죄송해요, ${topic} 기능이 제대로 작동하지 않았어요.`
      : `Sorry, that did not work: the tool for ${topic} reported a failure.`;
  }
  if (typeof value === 'string' && value.trim() !== '') return endSentence(shorten(value.trim()));
  const values = flatten(value, []);
  if (values.length === 0 || values.every(({ text }) => /^(true|ok|success|done)$/i.test(text))) {
    return language === 'ko' ? '네, 처리했어요.' : 'Done.';
  }
  const [only] = values;
  if (only && values.length === 1) {
    const name = /^(result|value|answer|output|data|content|text|message)?$/i.test(only.name)
      ? ''
      : only.name;
    if (language === 'ko') return `${name === '' ? '결과' : name}: ${only.text}입니다.`;
    if (/[a-z]{3,}.*\s.*[a-z]{2,}/i.test(only.text)) return endSentence(only.text);
    return `${name === '' ? 'The result' : `The ${name}`} is ${only.text}.`;
  }
  const list = values
    .slice(0, MAX_VALUES)
    .map(({ name, text }) => (name === '' ? text : `${name} ${text}`))
    .join(', ');
  return language === 'ko' ? `확인한 결과입니다. ${list}.` : `Here is what I found for ${topic}: ${list}.`;
}

interface NamedValue {
  readonly name: string;
  readonly text: string;
}

function flatten(value: JSONValue | undefined, path: readonly string[]): NamedValue[] {
  if (value === null || value === undefined || value === '') return [];
  if (typeof value !== 'object') {
    const name = humanize(path.at(-1) ?? '');
    return [{ name, text: shorten(String(value)) }];
  }
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) {
      return value.length === 0
        ? []
        : [{ name: humanize(path.at(-1) ?? ''), text: value.map(String).join(', ') }];
    }
    return value.flatMap((item) => flatten(item, path));
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return joinUnits(entries).flatMap(([key, item]) => flatten(item, [...path, key]));
}

/** `{ temperature: 30, units: 'celsius' }` is said as 30 degrees Celsius. */
function joinUnits(
  entries: readonly (readonly [string, JSONValue | undefined])[],
): (readonly [string, JSONValue | undefined])[] {
  const unit = entries.find(([key, item]) => /^units?$/i.test(key) && typeof item === 'string');
  const amount = entries.find(
    ([key, item]) => /temp|value|amount/i.test(key) && /^-?[\d.]+$/.test(String(item)),
  );
  if (!unit || !amount) return [...entries];
  const name = String(unit[1]);
  const spoken = /^(celsius|fahrenheit)$/i.test(name)
    ? `degrees ${name.charAt(0).toUpperCase()}${name.slice(1)}`
    : name;
  return entries
    .filter((entry) => entry !== unit)
    .map((entry) => (entry === amount ? ([entry[0], `${String(entry[1])} ${spoken}`] as const) : entry));
}

function topicOf(toolName: string): string {
  const words = humanize(toolName).replace(/^(get|show|fetch|find|run|execute|call|set|do) /, '');
  return `“${words}”`;
}

function humanize(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
    .trim();
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT_CHARACTERS
    ? text
    : `${text.slice(0, MAX_TEXT_CHARACTERS).replace(/\s+\S*$/, '')} …`;
}

function endSentence(text: string): string {
  return /[.!?。！？…]$/u.test(text) ? text : `${text}.`;
}

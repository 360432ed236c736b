/**
 * Text normalisation by rule sets that users write: literal and regular-expression rules per locale, in order. Regular
 * expressions run in linear time (RE2), so that no rule and no text can make them hang.
 */
import { parse } from 'csv-parse/sync';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { primaryLanguage } from './language.ts';

export interface TextRules {
  readonly count: number;
  /**
   * Applies every rule of the locale in order. Rules without a locale always apply; a rule for `en` also applies to
   * `en-US`. A rule that would make the text grow beyond four times its length (at least 2000 characters) is passed over.
   */
  apply(text: string, locale: string): string;
}

/** The rule set cannot be used; the message names the line and what to change. */
export class TextRulesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TextRulesError';
  }
}

export const RULE_COLUMNS = ['locale', 'kind', 'pattern', 'replacement'] as const;
const MAX_RULES = 5000;
const MAX_PATTERN_CHARACTERS = 1000;
/** Each costs a walk over the text. */
const MAX_REGEX_RULES = 500;
const MAX_GROWTH = 4;
const ALWAYS_ALLOWED_CHARACTERS = 2000;
/** Instructions of a compiled expression; bounds both memory and time for each character. */
const MAX_PROGRAM_SIZE = 5000;

interface Rule {
  readonly locale: string;
  replace(text: string): string;
}

/**
 * Reads a rule set: CSV in UTF-8 with the header `locale,kind,pattern,replacement`. `kind` is `literal` or `regex`; an
 * empty locale means every language; in the replacement of a regex `$1` or `${name}` stands for a group.
 * @throws {TextRulesError}
 */
export function parseTextRules(csv: string): TextRules {
  const rules = readRecords(csv).map(({ record, line }) => toRule(record, line));
  return {
    count: rules.length,
    apply(text, locale) {
      const maxCharacters = Math.max(ALWAYS_ALLOWED_CHARACTERS, text.length * MAX_GROWTH);
      let result = text;
      for (const rule of rules) {
        if (!appliesTo(rule.locale, locale)) continue;
        const next = rule.replace(result);
        if (next.length <= maxCharacters) result = next;
      }
      return result;
    },
  };
}

function appliesTo(ruleLocale: string, locale: string): boolean {
  if (ruleLocale === '') return true;
  const wanted = ruleLocale.toLowerCase();
  return wanted === locale.toLowerCase() || wanted === primaryLanguage(locale);
}

interface Located {
  readonly record: Readonly<Record<string, string>>;
  readonly line: number;
}

function readRecords(csv: string): readonly Located[] {
  let rows: { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    // With `info` every row comes with where it was; the types know only the plain form.
    rows = parse(csv, {
      bom: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      info: true,
      relax_column_count: true,
    }) as unknown as typeof rows;
  } catch (error) {
    throw new TextRulesError(
      `The rules are not valid CSV: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
  const header = rows.shift()?.record.map((name) => name.trim().toLowerCase());
  if (header === undefined || RULE_COLUMNS.some((column) => !header.includes(column))) {
    throw new TextRulesError(
      `The first line must name the columns ${RULE_COLUMNS.join(', ')}; it names ${header?.join(', ') ?? 'nothing'}.`,
    );
  }
  if (rows.length > MAX_RULES) {
    throw new TextRulesError(`A rule set may have ${MAX_RULES} rules; this one has ${rows.length}.`);
  }
  const kindColumn = header.indexOf('kind');
  const regexRules = rows.filter(({ record }) => record[kindColumn]?.trim().toLowerCase() === 'regex').length;
  if (regexRules > MAX_REGEX_RULES) {
    throw new TextRulesError(
      `A rule set may have ${MAX_REGEX_RULES} regex rules; this one has ${regexRules}. Literal rules are cheaper.`,
    );
  }
  return rows.map(({ record, info }) => ({
    line: info.lines,
    record: Object.fromEntries(header.map((column, index) => [column, record[index] ?? ''])),
  }));
}

function toRule(record: Readonly<Record<string, string>>, line: number): Rule {
  const locale = (record['locale'] ?? '').trim();
  const kind = (record['kind'] ?? '').trim().toLowerCase();
  const pattern = record['pattern'] ?? '';
  const replacement = record['replacement'] ?? '';
  if (locale.length > 10 || !/^[A-Za-z0-9-]*$/.test(locale)) {
    throw new TextRulesError(
      `Line ${line}: "${locale.slice(0, 20)}" is no locale; write for example en, ko or en-US.`,
    );
  }
  if (pattern === '') throw new TextRulesError(`Line ${line}: the pattern is empty.`);
  if (pattern.length > MAX_PATTERN_CHARACTERS || replacement.length > MAX_PATTERN_CHARACTERS) {
    throw new TextRulesError(
      `Line ${line}: pattern and replacement may have ${MAX_PATTERN_CHARACTERS} characters each.`,
    );
  }
  if (kind === 'literal') return { locale, replace: (text) => text.replaceAll(pattern, () => replacement) };
  if (kind !== 'regex') {
    throw new TextRulesError(`Line ${line}: kind must be literal or regex; "${kind.slice(0, 20)}" came.`);
  }
  const compiled = compile(pattern, line);
  const javaReplacement = toReplacement(replacement);
  try {
    compiled.matcher('').replaceAll(javaReplacement);
    checkGroups(compiled, replacement, line);
  } catch (error) {
    if (error instanceof TextRulesError) throw error;
    throw new TextRulesError(`Line ${line}: the replacement "${replacement}" cannot be used.`);
  }
  return { locale, replace: (text) => compiled.matcher(text).replaceAll(javaReplacement) };
}

function compile(pattern: string, line: number): RE2JS {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof RE2JSSyntaxException ? error.message : 'it cannot be read';
    throw new TextRulesError(
      `Line ${line}: the regular expression cannot be used: ${reason}. Look-around and back-references are not supported.`,
    );
  }
  if (compiled.programSize() > MAX_PROGRAM_SIZE) {
    throw new TextRulesError(`Line ${line}: the regular expression is too large; use smaller repetitions.`);
  }
  return compiled;
}

function checkGroups(compiled: RE2JS, replacement: string, line: number): void {
  for (const [, number] of replacement.matchAll(/\$(\d+)/g)) {
    if (Number(number) > compiled.groupCount()) {
      throw new TextRulesError(
        `Line ${line}: the replacement names group ${number}, which the expression lacks.`,
      );
    }
  }
}

/** The engine takes backslashes as escapes; in a CSV cell they stand for themselves. */
function toReplacement(replacement: string): string {
  return replacement.replaceAll('\\', '\\\\');
}

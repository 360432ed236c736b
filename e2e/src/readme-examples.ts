/** Code blocks of a README, and what a reader puts in the place of its placeholders. */
import { stripTypeScriptTypes } from 'node:module';

export interface Example {
  readonly language: string;
  readonly code: string;
}

/** In the order of the text. */
export function readExamples(markdown: string): readonly Example[] {
  return [...markdown.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** @throws {Error} when a placeholder is not there: the test would run something else than the README shows. */
export function fillIn(code: string, values: Readonly<Record<string, string>>): string {
  let filled = code;
  for (const [placeholder, value] of Object.entries(values)) {
    if (!filled.includes(placeholder)) throw new Error(`The example does not hold ${placeholder}:\n${code}`);
    filled = filled.replaceAll(placeholder, value);
  }
  return filled;
}

export function toModule(code: string): string {
  return stripTypeScriptTypes(code);
}

/** The same for `require`: imports become calls of it, and what waits does so in a function. */
export function toCommonJs(code: string): string {
  const imports: string[] = [];
  const body = toModule(code).replaceAll(
    /^import \{([^}]+)\} from ('[^']+');$/gm,
    (_, names: string, from: string) => {
      imports.push(`const {${names}} = require(${from});`);
      return '';
    },
  );
  if (/^import /m.test(body)) throw new Error(`An import of another form:\n${body}`);
  return `${imports.join('\n')}\n(async () => {\n${body}\n})();\n`;
}

/** Prompts as Liquid templates (section 6.5): values of the call, of the agent, and of the platform under `system.`. */
import { Liquid, type LiquidErrors, UndefinedVariableError } from 'liquidjs';

export interface PromptVariables {
  readonly values: Readonly<Record<string, string>>;
  /** What the platform knows, under `system.`. */
  readonly system: Readonly<Record<string, string>>;
}

/** A template that cannot be filled in. The message is for the person who wrote it. */
export class PromptTemplateError extends Error {
  /** Names that have no value; empty when the template itself is wrong. */
  readonly missing: readonly string[];

  constructor(message: string, missing: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.name = 'PromptTemplateError';
    this.missing = missing;
  }
}

const MAX_CHARACTERS = 400_000;
const MAX_RENDER_MS = 250;
const MAX_MEMORY = 4_000_000;

/**
 * Fills a template in. A name in a condition or before a `default` may be missing.
 * @throws {PromptTemplateError} when values are missing, with all their names, or the template is wrong.
 */
export function renderPrompt(template: string, variables: PromptVariables): string {
  // A new one each time, so that no call can leave anything behind for another. It knows no files.
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    catchAllErrors: true,
    templates: {},
    parseLimit: MAX_CHARACTERS,
    renderLimit: MAX_RENDER_MS,
    memoryLimit: MAX_MEMORY,
  });
  let text: unknown;
  try {
    text = engine.renderSync(engine.parse(template), toScope(variables));
  } catch (error) {
    throw explain(error);
  }
  if (typeof text !== 'string' || text.length > MAX_CHARACTERS) {
    throw new PromptTemplateError('The text of the template becomes too long.', []);
  }
  return text;
}

/** A name with dots is a value inside a value. */
function toScope({ values, system }: PromptVariables): object {
  const scope: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(values)) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let place = scope;
    for (const part of path) {
      const inner = place[part];
      // Only objects that were made here.
      const next = typeof inner === 'object' ? (inner as Record<string, unknown>) : Object.create(null);
      place[part] = next;
      place = next;
    }
    place[last] = value;
  }
  scope['system'] = { ...system };
  return scope;
}

function explain(error: unknown): PromptTemplateError {
  const errors = isCollection(error) ? error.errors : [error];
  const missing = new Set<string>();
  for (const one of errors) {
    // A render error carries the name on the error that caused it.
    const { originalError } = one as { readonly originalError?: { readonly variableName?: string } };
    if (UndefinedVariableError.is(one) && originalError?.variableName !== undefined) {
      missing.add(originalError.variableName);
    }
  }
  if (missing.size > 0) {
    const names = [...missing];
    return new PromptTemplateError(`Missing template variables: ${names.join(', ')}`, names, {
      cause: error,
    });
  }
  const [first] = errors;
  const reason = first instanceof Error ? first.message : 'it cannot be read';
  return new PromptTemplateError(`The template is wrong: ${reason.slice(0, 300)}`, [], { cause: error });
}

function isCollection(error: unknown): error is LiquidErrors {
  return error instanceof Error && error.name === 'LiquidErrors';
}

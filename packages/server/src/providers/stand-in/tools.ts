/** Decides whether a request is meant for one of the tools, and with which arguments. */
import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { Ajv, type ValidateFunction } from 'ajv';
import { fillSlots, type Slot, type SlotSchema } from './slots.ts';
import { toTerms, translatedTerms } from './terms.ts';

export type ToolDecision =
  | { readonly kind: 'call'; readonly calls: readonly ToolIntent[] }
  | { readonly kind: 'ask'; readonly slot: Slot; readonly toolName: string }
  | { readonly kind: 'none' };

export interface ToolIntent {
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ToolRequest {
  readonly request: string;
  /** The request before, when the assistant answered it with a question for a missing argument. */
  readonly openRequest: string | undefined;
  readonly tools: LanguageModelV4CallOptions['tools'];
  readonly toolChoice: LanguageModelV4CallOptions['toolChoice'];
}

/** Words in names and descriptions of tools that say little about what the tool is for. */
const WEAK = new Set(
  toTerms(
    'get set show open run execute call make do fetch current number data information info value result return returns item list user tool function client given name new update use provide type string text',
  ),
);

/** A request is for a tool when one telling word of its name is in it, or several of its description. */
const THRESHOLD = 0.9;
const WEIGHTS = { name: 1, weakName: 0.35, description: 0.45, parameter: 0.45, weak: 0.1 };
/** Asking for a missing argument needs more certainty than calling: this share of the request is about the tool. */
const MIN_COVERAGE_TO_ASK = 0.34;

const ajv = new Ajv({ strict: false, logger: false, validateFormats: false });
const validators = new WeakMap<object, ValidateFunction | null>();

/** Decides by the words the request shares with each tool; never calls with arguments that its schema refuses. */
export function decideTool(options: ToolRequest): ToolDecision {
  const { request, openRequest, toolChoice } = options;
  if (toolChoice?.type === 'none') return { kind: 'none' };
  const tools = (options.tools ?? []).filter(
    (tool): tool is LanguageModelV4FunctionTool =>
      tool.type === 'function' && (toolChoice?.type !== 'tool' || tool.name === toolChoice.toolName),
  );
  if (tools.length === 0 || request === '') return { kind: 'none' };
  const isForced = toolChoice?.type === 'required' || toolChoice?.type === 'tool';

  const own = decideOne(request, tools, isForced);
  if (own.kind !== 'none') {
    const several = own.kind === 'call' ? decideSeveral(request, tools) : undefined;
    return several ?? own;
  }
  if (openRequest === undefined) return own;
  // The words of this turn fill what the last turn left open.
  const open = decideOne(openRequest, tools, false);
  if (open.kind !== 'ask') return own;
  const tool = tools.find(({ name }) => name === open.toolName);
  return tool ? completeCall(tool, `${openRequest} `, request, open.slot) : own;
}

function decideOne(
  request: string,
  tools: readonly LanguageModelV4FunctionTool[],
  isForced: boolean,
): ToolDecision {
  const ranked = tools
    .map((tool) => ({ tool, ...scoreTool(tool, request) }))
    .sort((a, b) => b.score - a.score);
  const best = ranked[0];
  if (!best || (best.score < THRESHOLD && !isForced)) return { kind: 'none' };
  const decision = fillTool(best.tool, fillSlots(request, slotsOf(best.tool)));
  if (decision.kind === 'ask' && best.coverage < MIN_COVERAGE_TO_ASK && !isForced) return { kind: 'none' };
  return decision;
}

/** `What is the weather in Seoul and open the settings` holds two requests, when both halves stand alone. */
function decideSeveral(
  request: string,
  tools: readonly LanguageModelV4FunctionTool[],
): ToolDecision | undefined {
  const parts = request
    .split(/\s*(?:,\s*|\band then\b|\bthen\b|\band\b|그리고)\s*/i)
    .filter((part) => part !== '');
  if (parts.length < 2 || parts.length > 4) return undefined;
  const decisions = parts.map((part) => decideOne(part, tools, false));
  const calls = decisions.flatMap((decision) => (decision.kind === 'call' ? decision.calls : []));
  const names = new Set(calls.map(({ toolName }) => toolName));
  return calls.length >= 2 && calls.length === parts.length && names.size === calls.length
    ? { kind: 'call', calls }
    : undefined;
}

function completeCall(
  tool: LanguageModelV4FunctionTool,
  open: string,
  answer: string,
  asked: Slot,
): ToolDecision {
  const slots = slotsOf(tool);
  const before = fillSlots(open, slots);
  const missing = slots.filter(({ name }) => !Object.hasOwn(before, name));
  const answered = fillSlots(answer, missing, asked.name);
  if (!Object.hasOwn(answered, asked.name)) return { kind: 'none' };
  const merged: Record<string, unknown> = { ...before, ...answered };
  const ordered = slots.flatMap(({ name }) => (Object.hasOwn(merged, name) ? [[name, merged[name]]] : []));
  return fillTool(tool, Object.fromEntries(ordered));
}

function fillTool(tool: LanguageModelV4FunctionTool, input: Record<string, unknown>): ToolDecision {
  const slots = slotsOf(tool);
  const missing = slots.find(({ name, isRequired }) => isRequired && !Object.hasOwn(input, name));
  if (missing) return { kind: 'ask', slot: missing, toolName: tool.name };
  const validate = validatorFor(tool.inputSchema);
  if (validate && !validate(input)) {
    const path = validate.errors?.[0]?.instancePath.split('/')[1];
    const refused = slots.find(({ name }) => name === path);
    return refused ? { kind: 'ask', slot: refused, toolName: tool.name } : { kind: 'none' };
  }
  return { kind: 'call', calls: [{ toolName: tool.name, input }] };
}

function scoreTool(tool: LanguageModelV4FunctionTool, request: string): { score: number; coverage: number } {
  const asked = new Set([...toTerms(request), ...translatedTerms(request)]);
  const nameTerms = new Set(toTerms(tool.name));
  const descriptionTerms = new Set(toTerms(tool.description ?? ''));
  const parameterTerms = new Set(
    slotsOf(tool).flatMap(({ name, schema }) =>
      toTerms(`${name} ${schema.description ?? ''} ${(schema.enum ?? []).map(String).join(' ')}`),
    ),
  );
  let score = 0;
  let matched = 0;
  for (const term of asked) {
    const isWeak = WEAK.has(term);
    if (nameTerms.has(term)) score += isWeak ? WEIGHTS.weakName : WEIGHTS.name;
    else if (descriptionTerms.has(term)) score += isWeak ? WEIGHTS.weak : WEIGHTS.description;
    else if (parameterTerms.has(term)) score += isWeak ? WEIGHTS.weak : WEIGHTS.parameter;
    else continue;
    matched++;
  }
  const words = [...asked].filter((term) => !/^\d+$/.test(term)).length;
  return { score, coverage: words === 0 ? 0 : matched / words };
}

function slotsOf(tool: LanguageModelV4FunctionTool): readonly Slot[] {
  const { properties = {}, required = [] } = tool.inputSchema;
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (typeof schema !== 'object' || schema === null) return [];
    // A JSON Schema has these members with these types, or the tool is refused by its validator.
    const slot = schema as SlotSchema;
    const type = slot.type ?? (slot.enum ? 'string' : undefined);
    return [
      { name, schema: type === undefined ? slot : { ...slot, type }, isRequired: required.includes(name) },
    ];
  });
}

function validatorFor(schema: object): ValidateFunction | null {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const validate = compileSchema(schema);
  validators.set(schema, validate);
  return validate;
}

/** `null` for a schema that cannot be compiled, e.g. with references to elsewhere: then only required names count. */
function compileSchema(schema: object): ValidateFunction | null {
  try {
    // A dialect that the validator does not know would be refused, although slots only use common members.
    const { $schema: _dialect, $id: _id, ...rest } = schema as Record<string, unknown>;
    return ajv.compile(rest);
  } catch {
    return null;
  }
}

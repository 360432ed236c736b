/** What a conversation of the voice gateway is set up with: the agent's settings, and before them what the call says. */
import { type CascadeSessionRequest, type RoutingIntentBody, SpekoError } from '@visavox/contract/speko';
import type { AgentRow } from '../store/store.ts';
import { PromptTemplateError, renderPrompt } from './prompt-template.ts';

/** What the media of a conversation are driven by. It is kept with the session and shown to its organization. */
export interface VoicePipeline {
  readonly agentId?: string;
  readonly intent: RoutingIntentBody;
  readonly constraints?: object;
  readonly voice?: string;
  readonly systemPrompt?: string;
  /** Null or empty: the agent listens first. Absent: it greets as its prompt suggests. */
  readonly firstMessage?: string | null;
  readonly llm?: object;
  readonly ttsOptions?: object;
  readonly sttOptions?: object;
  readonly backgroundAudio?: object;
  readonly speechNormalization?: object;
  readonly idleRePrompts?: object;
  /** How long the conversation may last once it has begun. */
  readonly maxDurationSeconds: number;
}

const DEFAULT_DURATION_SECONDS = 3600;

/**
 * @throws {SpekoError} `MISSING_TEMPLATE_VARIABLES`, or `VALIDATION_ERROR` for a prompt that is no template.
 */
export function createPipeline(
  request: CascadeSessionRequest,
  agent: AgentRow | undefined,
  system: Readonly<Record<string, string>>,
): VoicePipeline {
  const layers = {
    ...allowedBy(agent),
    ...request.constraints?.allowedProviders,
  };
  const prompts = fillInPrompts(request, agent, system);
  return definedOnly({
    agentId: agent?.id,
    intent: request.intent ?? intentOf(agent),
    constraints: Object.keys(layers).length === 0 ? undefined : { allowedProviders: layers },
    voice: request.voice ?? agent?.voice ?? undefined,
    ...prompts,
    llm: merge(agent?.llmOptions, request.llm),
    ttsOptions: merge(agent?.ttsOptions, request.ttsOptions),
    sttOptions: merge(agent?.sttOptions, request.sttOptions),
    backgroundAudio: request.backgroundAudio ?? agent?.backgroundAudio ?? undefined,
    speechNormalization: agent?.speechNormalization ?? undefined,
    idleRePrompts: agent?.idleRePrompts ?? undefined,
    maxDurationSeconds: request.maxDurationSeconds ?? Math.max(request.ttlSeconds, DEFAULT_DURATION_SECONDS),
  });
}

function allowedBy(agent: AgentRow | undefined): object {
  const allowed = agent?.stackPreferences?.['allowedProviders'];
  return typeof allowed === 'object' && allowed !== null ? allowed : {};
}

function intentOf(agent: AgentRow | undefined): RoutingIntentBody {
  if (agent === undefined) throw new Error('Without an agent the request names an intent.');
  // Checked when the agent was kept.
  const { language, region, optimizeFor } = agent.intent as {
    readonly language: string;
    readonly region?: string;
    readonly optimizeFor?: 'latency' | 'quality' | 'cost';
  };
  return {
    language,
    region: region ?? 'global',
    optimizeFor: optimizeFor === 'quality' ? 'accuracy' : (optimizeFor ?? 'balanced'),
  };
}

interface Prompts {
  readonly systemPrompt: string | undefined;
  readonly firstMessage: string | null | undefined;
}

function fillInPrompts(
  request: CascadeSessionRequest,
  agent: AgentRow | undefined,
  system: Readonly<Record<string, string>>,
): Prompts {
  const prompts: Prompts = {
    systemPrompt: request.systemPrompt ?? agent?.systemPrompt,
    firstMessage:
      request.firstMessage === undefined ? (agent?.firstMessage ?? undefined) : request.firstMessage,
  };
  const registry = agent?.promptVariables ?? [];
  if (request.variables === undefined && registry.length === 0) return prompts;
  const defaults = registry.flatMap(({ name, defaultValue }) =>
    typeof name === 'string' && typeof defaultValue === 'string' ? [[name, defaultValue]] : [],
  );
  const values: Record<string, string> = { ...Object.fromEntries(defaults), ...request.variables };
  const missing = new Set<string>();
  const fillIn = (member: keyof Prompts) => {
    const template = prompts[member];
    if (template == null) return template;
    try {
      return renderPrompt(template, { values, system });
    } catch (error) {
      if (!(error instanceof PromptTemplateError)) throw error;
      for (const name of error.missing) missing.add(name);
      if (error.missing.length > 0) return '';
      throw new SpekoError('VALIDATION_ERROR', undefined, {
        issues: [{ path: member, message: error.message }],
        cause: error,
      });
    }
  };
  const filledIn = {
    systemPrompt: fillIn('systemPrompt') ?? undefined,
    firstMessage: fillIn('firstMessage'),
  };
  if (missing.size > 0) {
    const names = [...missing].sort();
    throw new SpekoError('MISSING_TEMPLATE_VARIABLES', `Missing template variables: ${names.join(', ')}`, {
      issues: names.map((name) => ({ path: `variables.${name}`, message: 'This variable has no value.' })),
    });
  }
  return filledIn;
}

function merge(stored: object | null | undefined, sent: object | undefined): object | undefined {
  return stored == null && sent === undefined ? undefined : { ...stored, ...sent };
}

function definedOnly(
  pipeline: { readonly [Name in keyof VoicePipeline]: VoicePipeline[Name] | undefined },
): VoicePipeline {
  // What is required is there; what remains is exactly what the type allows.
  return Object.fromEntries(
    Object.entries(pipeline).filter(([, value]) => value !== undefined),
  ) as unknown as VoicePipeline;
}

/** Bodies and headers of the voice gateway's calls (sections 1 and 4). */
import { z } from 'zod';

const LANGUAGE_TAG = /^[a-z]{2,3}([-_][a-z]{4})?([-_]([a-z]{2}|\d{3}))?$/i;

/** In canonical case, e.g. `zh-Hant-TW`. */
export const languageTag = z
  .string()
  .regex(LANGUAGE_TAG, 'Expected a language tag such as en or es-MX.')
  .transform((tag) =>
    tag
      .split(/[-_]/)
      .map((part, index) => {
        if (index === 0) return part.toLowerCase();
        return part.length === 4
          ? part.charAt(0).toUpperCase() + part.slice(1).toLowerCase()
          : part.toUpperCase();
      })
      .join('-'),
  );

export const regionName = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/, 'Expected a region such as global or us-east4.');

export const routingIntent = z.strictObject({
  language: languageTag,
  region: regionName.default('global'),
  optimizeFor: z.enum(['balanced', 'accuracy', 'latency', 'cost']).default('balanced'),
});

const entries = z.array(z.string().min(1).max(200)).max(200);

export const pipelineConstraints = z.strictObject({
  allowedProviders: z
    .strictObject({
      stt: entries.optional(),
      llm: entries.optional(),
      tts: entries.optional(),
      s2s: entries.optional(),
    })
    .optional(),
});

/** Header `X-Speko-Stt-Options`. Unknown members are ignored: newer clients may send more. */
export const sttOptions = z.object({
  keywords: z.array(z.string().max(200)).max(200).optional(),
  language: z.string().min(1).max(64).optional(),
  diarization: z.boolean().optional(),
  speakersExpected: z.int().min(1).max(100).optional(),
  smartFormat: z.boolean().optional(),
  fillerWords: z.boolean().optional(),
  profanityFilter: z.boolean().optional(),
  prompt: z.string().max(8000).optional(),
});

export const synthesizeRequest = z.object({
  text: z.string().min(1).max(50_000),
  intent: routingIntent,
  voice: z.string().max(300).nullish(),
  model: z.string().min(1).max(128).optional(),
  speed: z.number().min(0.5).max(2).optional(),
  instructions: z.string().max(8000).optional(),
  spokenForm: z.boolean().optional(),
  sampleRate: z.int().min(8000).max(48_000).optional(),
  constraints: pipelineConstraints.optional(),
});

export const chatToolSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inline') }),
  z.object({
    kind: z.literal('webhook'),
    url: z.string().min(1).max(2048),
    secretRef: z.string().min(1).max(512),
    headers: z.record(z.string(), z.string()).optional(),
    authHeaders: z.array(z.object({ name: z.string().min(1), secretRef: z.string().min(1) })).optional(),
    timeoutMs: z.int().min(100).max(4000).optional(),
    responseMode: z.enum(['sync', 'async']).optional(),
    asyncAck: z.string().max(2000).optional(),
  }),
  z.object({
    kind: z.literal('builtin'),
    name: z.string().min(1).max(64),
    config: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({
    kind: z.literal('integration'),
    installationId: z.string().min(1),
    appKey: z.string().min(1),
    actionKey: z.string().min(1),
    config: z.record(z.string(), z.unknown()).optional(),
  }),
]);

export const chatTool = z.object({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'Expected a name of letters, digits, _ and -.'),
  description: z.string().max(4096).default(''),
  parameters: z.record(z.string(), z.unknown()),
  executionMode: z.enum(['inline', 'webhook', 'builtin', 'integration']).default('inline'),
  source: chatToolSource.optional(),
  preToolSpeech: z.enum(['auto', 'always', 'never']).optional(),
});

const toolCall = z.object({
  id: z.string().min(1).max(256),
  name: z.string().min(1).max(64),
  args: z.string().max(256 * 1024),
});

export const chatMessage = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: z.string() }),
  z.object({ role: z.literal('user'), content: z.string() }),
  z.object({ role: z.literal('assistant'), content: z.string(), toolCalls: z.array(toolCall).optional() }),
  z.object({
    role: z.literal('tool'),
    content: z.string(),
    toolCallId: z.string().min(1).max(256),
    isError: z.boolean().optional(),
  }),
]);

/** Unknown members are ignored: newer adapters send more. */
export const completeRequest = z.object({
  messages: z.array(chatMessage).min(1).max(2000),
  intent: routingIntent,
  systemPrompt: z.string().optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(1).optional(),
  reasoningEffort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
  constraints: pipelineConstraints.optional(),
  tools: z.array(chatTool).max(128).optional(),
  toolChoice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.object({ type: z.literal('function'), function: z.object({ name: z.string().min(1).max(64) }) }),
    ])
    .optional(),
  parallelToolCalls: z.boolean().optional(),
  maxToolHops: z.int().min(1).max(16).default(8),
});

export type RoutingIntentBody = z.output<typeof routingIntent>;
export type PipelineConstraintsBody = z.output<typeof pipelineConstraints>;
export type SttOptionsHeader = z.output<typeof sttOptions>;
export type SynthesizeRequest = z.output<typeof synthesizeRequest>;
export type CompleteRequest = z.output<typeof completeRequest>;
export type SpekoChatMessage = z.output<typeof chatMessage>;
export type SpekoChatTool = z.output<typeof chatTool>;
export type SpekoToolSource = z.output<typeof chatToolSource>;

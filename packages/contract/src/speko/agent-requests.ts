/** Bodies of the calls about agents, their tools and their knowledge bases (section 9). */
import { z } from 'zod';
import { languageTag, pipelineConstraints, regionName } from './requests.ts';

/** Narrower than a routing intent. */
export const agentIntent = z.strictObject({
  language: languageTag,
  optimizeFor: z.enum(['latency', 'quality', 'cost']).optional(),
  region: regionName.optional(),
});

export const backgroundAudio = z.object({
  ambient: z
    .object({
      clip: z.enum(['office-ambience', 'keyboard-typing', 'keyboard-typing2']),
      volume: z.number().min(0).max(1).optional(),
    })
    .optional(),
});

const replacements = z
  .record(z.string().min(1).max(200), z.string().max(1000))
  .refine((record) => Object.keys(record).length <= 1000, 'Expected 1000 entries at most.');

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Those that the server itself sets. */
const OWN_HEADERS =
  /^(host|connection|content-length|content-type|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.+|webhook-(id|timestamp|signature))$/i;

const headerName = z
  .string()
  .regex(HEADER_NAME, 'Expected the name of a header.')
  .refine((name) => !OWN_HEADERS.test(name), 'The server sets this header itself.');
/** Latin letters, no line ends: what a header can carry. */
const headerValue = z
  .string()
  .max(4000)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'Expected a text that a header can carry.');
const headers = z
  .record(headerName, headerValue)
  .refine((record) => Object.keys(record).length <= 32, 'Expected 32 headers at most.');
const authHeaders = z.array(z.object({ name: headerName, value: headerValue.min(1) })).max(16);
const keptAuthHeaders = z.array(z.object({ name: headerName, value: headerValue.min(1).optional() })).max(16);
const secret = z.string().min(8).max(1000);

const webhookSettings = {
  url: z.string().min(1).max(2048),
  headers: headers.optional(),
  timeoutMs: z.int().min(100).max(4000).optional(),
  responseMode: z.enum(['sync', 'async']).optional(),
  asyncAck: z.string().max(2000).optional(),
};

const lifecycleSettings = {
  ...webhookSettings,
  timeoutMs: z.int().min(100).max(60_000).optional(),
  extractionFields: z
    .array(
      z.object({
        name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, 'Expected a name of letters, digits and _.'),
        type: z.enum(['string', 'number', 'boolean', 'enum']),
        description: z.string().max(10_000),
        options: z.array(z.string().min(1).max(200)).min(1).max(50).optional(),
      }),
    )
    .max(50)
    .optional(),
};
const newLifecycleWebhook = z.object({
  ...lifecycleSettings,
  secret: secret.optional(),
  authHeaders: authHeaders.optional(),
});
const changedLifecycleWebhook = z
  .object({ ...lifecycleSettings, secret: secret.optional(), authHeaders: keptAuthHeaders.optional() })
  .nullish();
const SLOTS = ['preCall', 'postCall', 'status', 'analysis', 'recording'] as const;

const agentSettings = {
  name: z.string().trim().min(1).max(120),
  systemPrompt: z.string().min(1).max(200_000),
  intent: agentIntent,
  voice: z.string().max(300).nullish(),
  llmOptions: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      maxTokens: z.int().min(1).optional(),
      model: z.string().min(1).max(200).optional(),
    })
    .nullish(),
  stackPreferences: pipelineConstraints.nullish(),
  sttOptions: z
    .object({
      keywords: z.array(z.string().max(200)).max(200).optional(),
      language: z.string().min(1).max(64).optional(),
    })
    .nullish(),
  ttsOptions: z
    .object({
      speed: z.number().min(0.5).max(2).optional(),
      model: z.string().min(1).max(200).optional(),
    })
    .nullish(),
  backgroundAudio: backgroundAudio.nullish(),
  speechNormalization: z
    .object({
      pronunciationDictionary: replacements.optional(),
      textReplacements: replacements.optional(),
    })
    .nullish(),
  promptVariables: z
    .array(
      z.object({
        name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, 'Expected a name of letters, digits and _.'),
        defaultValue: z.string().max(10_000).optional(),
        description: z.string().max(2000).optional(),
      }),
    )
    .max(200)
    .nullish(),
  idleRePrompts: z
    .object({
      enabled: z.boolean(),
      delayMs: z.int().min(1000).max(600_000).optional(),
      maxPrompts: z.int().min(1).max(20).optional(),
      messages: z.array(z.string().min(1).max(2000)).max(20).optional(),
    })
    .nullish(),
  runMode: z.enum(['cascade', 's2s']).optional(),
  firstMessage: z.string().max(2000).nullish(),
};

export const createAgentRequest = z.object({
  ...agentSettings,
  webhooks: z.partialRecord(z.enum(SLOTS), newLifecycleWebhook).nullish(),
});

/** What is absent stays as it is; null clears. */
export const updateAgentRequest = z
  .object({
    ...agentSettings,
    webhooks: z.partialRecord(z.enum(SLOTS), changedLifecycleWebhook).nullish(),
  })
  .partial();

const sharedSources = [
  z.object({ kind: z.literal('inline') }),
  z.object({
    kind: z.literal('builtin'),
    name: z.string().min(1).max(64),
    config: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({
    kind: z.literal('integration'),
    installationId: z.string().min(1).max(200),
    appKey: z.string().min(1).max(200),
    actionKey: z.string().min(1).max(200),
    config: z.record(z.string(), z.unknown()).optional(),
  }),
] as const;

const toolSettings = {
  description: z.string().min(1).max(1024),
  parameters: z.record(z.string(), z.unknown()),
  preToolSpeech: z.enum(['auto', 'always', 'never']).optional(),
};

export const createAgentToolRequest = z.object({
  name: z
    .string()
    .max(64)
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'Expected a name of letters, digits and _ that begins with no digit.'),
  ...toolSettings,
  source: z.discriminatedUnion('kind', [
    ...sharedSources,
    z.object({
      kind: z.literal('webhook'),
      ...webhookSettings,
      secret,
      authHeaders: authHeaders.optional(),
    }),
  ]),
});

/** What is absent stays as it is, secrets too. */
export const updateAgentToolRequest = z
  .object({
    ...toolSettings,
    source: z.discriminatedUnion('kind', [
      ...sharedSources,
      z.object({
        kind: z.literal('webhook'),
        ...webhookSettings,
        secret: secret.optional(),
        authHeaders: keptAuthHeaders.optional(),
      }),
    ]),
  })
  .partial();

export const createKnowledgeBaseRequest = z.object({
  agentId: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(120),
  description: z.string().max(2000).nullish(),
});

export const createKnowledgeBaseDocumentRequest = z.object({
  filename: z.string().trim().min(1).max(512),
  contentType: z.string().min(1).max(120),
  sizeBytes: z
    .int()
    .min(1)
    .max(50 * 1024 * 1024),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

export type CreateAgentRequest = z.output<typeof createAgentRequest>;
export type UpdateAgentRequest = z.output<typeof updateAgentRequest>;
export type CreateAgentToolRequest = z.output<typeof createAgentToolRequest>;
export type UpdateAgentToolRequest = z.output<typeof updateAgentToolRequest>;

/** Bodies of the calls about sessions (section 6). */
import { z } from 'zod';
import { backgroundAudio } from './agent-requests.ts';
import { pipelineConstraints, routingIntent } from './requests.ts';

const textMap = (maxEntries: number, maxCharacters: number) =>
  z
    .record(z.string().min(1).max(200), z.string().max(maxCharacters))
    .refine((record) => Object.keys(record).length <= maxEntries, `Expected ${maxEntries} entries at most.`);

const MAX_METADATA_BYTES = 16 * 1024;
const metadata = z
  .record(z.string(), z.unknown())
  .refine(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_METADATA_BYTES,
    'Expected 16 KiB at most.',
  );

const shared = {
  agentId: z.string().min(1).max(200).optional(),
  intent: routingIntent.optional(),
  metadata: metadata.optional(),
  webhookTags: textMap(100, 1000).optional(),
};

const cascade = {
  ...shared,
  constraints: pipelineConstraints.optional(),
  voice: z.string().max(300).optional(),
  systemPrompt: z.string().max(200_000).optional(),
  /** Null or empty: the agent listens first. */
  firstMessage: z.string().max(2000).nullish(),
  llm: z
    .object({ temperature: z.number().min(0).max(2).optional(), maxTokens: z.int().min(1).optional() })
    .optional(),
  ttsOptions: z
    .object({ sampleRate: z.int().min(1).optional(), speed: z.number().min(0.5).max(2).optional() })
    .optional(),
  sttOptions: z
    .object({
      keywords: z.array(z.string().max(200)).max(200).optional(),
      language: z.string().min(1).max(64).optional(),
    })
    .optional(),
  backgroundAudio: backgroundAudio.optional(),
  variables: textMap(200, 10_000).optional(),
  ttlSeconds: z.int().min(1).max(86_400).default(900),
  identity: z.string().min(1).max(128).optional(),
  maxDurationSeconds: z.int().min(30).max(1800).optional(),
  toolSecrets: textMap(100, 4000).optional(),
};

const sampleRate = z.union([z.literal(16_000), z.literal(24_000)]);

export const s2sSessionRequest = z
  .object({
    ...shared,
    mode: z.literal('s2s'),
    s2s: z
      .object({
        provider: z.string().min(1).max(64).optional(),
        model: z.string().min(1).max(200).optional(),
        voice: z.string().max(300).optional(),
        systemPrompt: z.string().max(200_000).optional(),
        temperature: z.number().min(0).max(2).optional(),
        inputSampleRate: sampleRate.optional(),
        outputSampleRate: sampleRate.optional(),
        tools: z
          .array(
            z.object({
              name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'Expected a name of letters, digits, _ and -.'),
              description: z.string().max(4096),
              parameters: z.record(z.string(), z.unknown()),
            }),
          )
          .max(128)
          .optional(),
      })
      .refine(
        ({ provider, model }) => (provider === undefined) === (model === undefined),
        'provider and model come together.',
      )
      .optional(),
    /** Above 3600 it counts as 3600. */
    ttlSeconds: z.int().min(1).default(1800),
  })
  .refine(
    ({ s2s, agentId, intent }) =>
      s2s?.provider !== undefined || agentId !== undefined || intent !== undefined,
    { message: 'Without provider and model, agentId or intent is needed.', path: ['s2s'] },
  );

export const cascadeSessionRequest = z
  .object({ ...cascade, mode: z.literal('cascade').optional() })
  .refine(({ agentId, intent }) => agentId !== undefined || intent !== undefined, {
    message: 'Either agentId or intent is needed.',
    path: ['intent'],
  })
  .refine(({ agentId, webhookTags }) => agentId !== undefined || webhookTags === undefined, {
    message: 'webhookTags needs agentId.',
    path: ['webhookTags'],
  })
  .refine(({ variables }) => Object.keys(variables ?? {}).every((name) => !/^system(\.|$)/.test(name)), {
    message: 'Names under system. are kept for the platform.',
    path: ['variables'],
  });

export const createSessionRequest = z.union([s2sSessionRequest, cascadeSessionRequest]);

const moment = z.iso.datetime({ offset: true });

export const turnsRequest = z.object({
  turns: z
    .array(
      z.object({
        index: z.int().min(0).max(1_000_000),
        source: z.enum(['user', 'agent', 'system']),
        text: z.string().min(1).max(16_384),
        startedAt: moment,
        endedAt: moment.nullish(),
        provider: z.string().max(200).nullish(),
        model: z.string().max(200).nullish(),
      }),
    )
    .min(1)
    .max(200),
});

export type CascadeSessionRequest = z.output<typeof cascadeSessionRequest>;

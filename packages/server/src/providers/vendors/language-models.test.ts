/** Answers have the shapes of the vendors' documentation; none was recorded. */
import { anthropic } from './anthropic.ts';
import { cerebras } from './cerebras.ts';
import { deepseek } from './deepseek.ts';
import { fireworks } from './fireworks.ts';
import { groq } from './groq.ts';
import { mistral } from './mistral.ts';
import { openai } from './openai.ts';
import { describeLanguageModels } from './testing/language-model-conformance.ts';
import { chatDialect, messagesDialect, responsesDialect } from './testing/language-model-dialects.ts';
import { SECRET_WORDS } from './testing/scripted-vendor.ts';
import { together } from './together.ts';
import { xai } from './xai.ts';

const chat = chatDialect();
const EMPTY_ACCOUNT = {
  status: 429,
  body: {
    error: { message: SECRET_WORDS, type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
  },
  kind: 'payment',
} as const;

describeLanguageModels('OpenAI', {
  vendor: openai,
  modelId: 'gpt-4.1-mini',
  dialect: chat,
  path: '/chat/completions',
  failures: [EMPTY_ACCOUNT],
});

describeLanguageModels('OpenAI over Responses', {
  vendor: openai,
  modelId: 'gpt-5.6',
  dialect: responsesDialect,
  path: '/responses',
  failures: [EMPTY_ACCOUNT],
});

describeLanguageModels('Anthropic', {
  vendor: anthropic,
  modelId: 'claude-3-5-haiku',
  realId: 'claude-3-5-haiku-20241022',
  dialect: messagesDialect,
  path: '/v1/messages',
  keyHeader: 'x-api-key',
  failures: [
    {
      status: 400,
      body: {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'Your credit balance is too low to access the API.',
        },
      },
      kind: 'payment',
    },
    {
      status: 529,
      body: { type: 'error', error: { type: 'overloaded_error', message: SECRET_WORDS } },
      kind: 'unavailable',
    },
  ],
});

describeLanguageModels('xAI', {
  vendor: xai,
  modelId: 'grok-2',
  realId: 'grok-2-1212',
  dialect: responsesDialect,
  path: '/responses',
  failures: [
    {
      status: 403,
      body: { code: 'The caller may not', error: 'Your team has used all available credits.' },
      kind: 'payment',
    },
  ],
});

describeLanguageModels('Groq', {
  vendor: groq,
  modelId: 'llama-3.3-70b-versatile',
  dialect: chatDialect('x_groq'),
  path: '/chat/completions',
});

describeLanguageModels('Mistral', {
  vendor: mistral,
  modelId: 'mistral-small-latest',
  dialect: chatDialect('last-chunk'),
  path: '/chat/completions',
});

describeLanguageModels('DeepSeek', {
  vendor: deepseek,
  modelId: 'deepseek-v4-flash',
  dialect: chat,
  path: '/chat/completions',
});

describeLanguageModels('Cerebras', {
  vendor: cerebras,
  modelId: 'gpt-oss-120b',
  dialect: chat,
  path: '/chat/completions',
});

describeLanguageModels('Together AI', {
  vendor: together,
  modelId: 'openai/gpt-oss-120b',
  dialect: chat,
  path: '/chat/completions',
});

describeLanguageModels('Fireworks AI', {
  vendor: fireworks,
  modelId: 'accounts/fireworks/models/gpt-oss-120b',
  dialect: chat,
  path: '/chat/completions',
});

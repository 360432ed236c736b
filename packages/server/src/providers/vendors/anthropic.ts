/** Anthropic: Claude models over the Messages API. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createLanguageModelVendor } from './language-models.ts';

export const anthropic = createLanguageModelVendor({
  ...VENDOR_VARIABLES.anthropic,
  languageModels: {
    baseUrl: 'https://api.anthropic.com/v1',
    models: [
      ['claude-haiku-4-5', 'Claude Haiku 4.5'],
      ['claude-haiku-5-5', 'Claude Haiku 5.5'],
      ['claude-sonnet-5-5', 'Claude Sonnet 5.5'],
      ['claude-sonnet-4-5', 'Claude Sonnet 4.5'],
      ['claude-opus-5-5', 'Claude Opus 5.5'],
      ['claude-3-5-sonnet', 'Claude Sonnet 3.5'],
      ['claude-3-5-haiku', 'Claude Haiku 3.5'],
    ],
    // Older models have no name without a date.
    realIds: {
      'claude-3-5-sonnet': 'claude-3-5-sonnet-20241022',
      'claude-3-5-haiku': 'claude-3-5-haiku-20241022',
    },
    hasOwnInterface: true,
    connect: ({ baseURL, ...account }) =>
      // The vendor's own SDKs take an address without the version.
      createAnthropic({ ...account, baseURL: baseURL.endsWith('/v1') ? baseURL : `${baseURL}/v1` }),
  },
});

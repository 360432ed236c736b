/** Mistral: its own models over its chat API. */
import { createMistral } from '@ai-sdk/mistral';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createLanguageModelVendor } from './language-models.ts';

export const mistral = createLanguageModelVendor({
  ...VENDOR_VARIABLES.mistral,
  languageModels: {
    baseUrl: 'https://api.mistral.ai/v1',
    models: [
      ['mistral-small-latest', 'Mistral Small'],
      ['mistral-medium-latest', 'Mistral Medium'],
      ['mistral-large-latest', 'Mistral Large'],
      ['ministral-14b-latest', 'Ministral 14B'],
      ['ministral-8b-latest', 'Ministral 8B'],
    ],
    connect: createMistral,
  },
});

/** Mistral: its own models over its chat API. */
import { createMistral } from '@ai-sdk/mistral';
import { createLanguageModelVendor } from './language-models.ts';

export const mistral = createLanguageModelVendor({
  id: 'mistral',
  displayName: 'Mistral',
  keyVariables: ['MISTRAL_API_KEY'],
  baseUrlVariable: 'MISTRAL_BASE_URL',
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

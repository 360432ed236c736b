/** DeepSeek: its own models over its chat API. */
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createLanguageModelVendor } from './language-models.ts';

export const deepseek = createLanguageModelVendor({
  id: 'deepseek',
  displayName: 'DeepSeek',
  keyVariables: ['DEEPSEEK_API_KEY'],
  baseUrlVariable: 'DEEPSEEK_BASE_URL',
  languageModels: {
    baseUrl: 'https://api.deepseek.com',
    models: [
      ['deepseek-v4-flash', 'DeepSeek V4 Flash'],
      ['deepseek-v4-pro', 'DeepSeek V4 Pro'],
      ['deepseek-flash', 'DeepSeek Flash'],
    ],
    connect: createDeepSeek,
  },
});

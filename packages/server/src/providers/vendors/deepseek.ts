/** DeepSeek: its own models over its chat API. */
import { createDeepSeek } from '@ai-sdk/deepseek';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createLanguageModelVendor } from './language-models.ts';

export const deepseek = createLanguageModelVendor({
  ...VENDOR_VARIABLES.deepseek,
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

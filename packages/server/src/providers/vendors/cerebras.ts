/** Cerebras: open models on its own chips. */
import { createCerebras } from '@ai-sdk/cerebras';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createLanguageModelVendor } from './language-models.ts';

export const cerebras = createLanguageModelVendor({
  ...VENDOR_VARIABLES.cerebras,
  languageModels: {
    baseUrl: 'https://api.cerebras.ai/v1',
    models: [
      ['gpt-oss-120b', 'GPT-OSS 120B'],
      ['gemma-4-31b', 'Gemma 4 31B'],
    ],
    connect: createCerebras,
  },
});

/** Together AI: open models. */
import { createTogetherAI } from '@ai-sdk/togetherai';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createLanguageModelVendor } from './language-models.ts';

export const together = createLanguageModelVendor({
  ...VENDOR_VARIABLES.together,
  languageModels: {
    baseUrl: 'https://api.together.xyz/v1',
    models: [
      ['meta-llama/Llama-3.3-70B-Instruct-Turbo', 'Llama 3.3 70B Turbo'],
      ['openai/gpt-oss-120b', 'GPT-OSS 120B'],
      ['moonshotai/Kimi-K2.5', 'Kimi K2.5'],
      ['deepseek-ai/DeepSeek-V4-Flash-0731', 'DeepSeek V4 Flash'],
      ['deepseek-ai/DeepSeek-V3.1', 'DeepSeek V3.1'],
    ],
    connect: createTogetherAI,
  },
});

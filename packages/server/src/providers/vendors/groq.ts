/** Groq: open language models and Whisper on its own chips. */
import { createGroq } from '@ai-sdk/groq';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { openLanguageModels } from './language-models.ts';
import { createOpenAiRecognizer } from './openai-interface.ts';
import { createLifetime } from './transport.ts';
import type { Vendor } from './vendor.ts';

const BASE_URL = 'https://api.groq.com/openai/v1';

export const groq: Vendor = {
  ...VENDOR_VARIABLES.groq,
  open(options) {
    const displayName = 'Groq';
    const { closed, close } = createLifetime(displayName);
    return {
      id: 'groq',
      displayName,
      languageModels: openLanguageModels(
        {
          baseUrl: BASE_URL,
          models: [
            ['llama-3.3-70b-versatile', 'Llama 3.3 70B'],
            ['openai/gpt-oss-120b', 'GPT-OSS 120B'],
            ['openai/gpt-oss-20b', 'GPT-OSS 20B'],
            ['moonshotai/kimi-k2-instruct-0905', 'Kimi K2'],
            ['qwen/qwen3.6-27b', 'Qwen 3.6 27B'],
            ['llama-3.1-8b-instant', 'Llama 3.1 8B'],
          ],
          connect: createGroq,
        },
        { ...options, displayName, closed },
      ),
      recognizer: createOpenAiRecognizer(
        { ...options, displayName, baseUrl: options.baseUrl ?? BASE_URL, closed },
        {
          modelId: 'whisper-large-v3-turbo',
          models: [
            { id: 'whisper-large-v3-turbo', displayName: 'Whisper large v3 turbo', languages: ['*'] },
            { id: 'whisper-large-v3', displayName: 'Whisper large v3', languages: ['*'] },
          ],
          tellsTimes: true,
        },
      ),
      close,
    };
  },
};

/** Fireworks AI: open models. */
import { createFireworks } from '@ai-sdk/fireworks';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createLanguageModelVendor } from './language-models.ts';

export const fireworks = createLanguageModelVendor({
  ...VENDOR_VARIABLES.fireworks,
  languageModels: {
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    models: [
      ['accounts/fireworks/models/gpt-oss-120b', 'GPT-OSS 120B'],
      ['accounts/fireworks/models/gpt-oss-20b', 'GPT-OSS 20B'],
      ['accounts/fireworks/models/kimi-k3', 'Kimi K3'],
      ['accounts/fireworks/models/kimi-k2p6', 'Kimi K2.6'],
      ['accounts/fireworks/models/deepseek-v4-flash', 'DeepSeek V4 Flash'],
      ['accounts/fireworks/models/deepseek-v4-pro', 'DeepSeek V4 Pro'],
      ['accounts/fireworks/models/glm-5p1', 'GLM 5.1'],
    ],
    connect: createFireworks,
  },
});

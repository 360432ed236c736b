/** Code shown in the docstrings of `llm-processor.ts`. */

import type { ChatTool } from '../chat-tool.ts';
import { LlmProcessor } from './llm-processor.ts';

export function processor(sessionId: string, weatherTool: ChatTool): LlmProcessor {
  // #region processor
  const processor = new LlmProcessor({
    apiServer: 'https://visavox.example.com',
    sessionId,
    clientTools: [weatherTool],
    callbacks: {
      onChatStateChange: (add, remove) => console.log('begins:', add, 'ends:', remove),
      onError: (error) => console.error(error),
      onChatLog: () => {},
      onTTSTF: () => {},
    },
  });
  // #endregion
  return processor;
}

export async function processLlm(processor: LlmProcessor): Promise<void> {
  // #region process-llm
  for await (const chunk of processor.processLLM({ message: 'Hello!' })) {
    if (chunk.type === 'message' && chunk.finish) console.log('Answer:', chunk.message);
    if (chunk.type === 'error') console.error(chunk.error);
  }
  // #endregion
}

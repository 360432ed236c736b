/** Code shown in the docstrings of `createSessionId`. */

import { createSessionId } from '../server.ts';

export async function fromParams(apiKey: string): Promise<string[]> {
  // #region from-params
  const sessionId = await createSessionId({
    apiServer: 'https://visavox.example.com',
    apiKey,
    params: {
      using_stf_webrtc: true,
      model_style: '<model style name>',
      prompt: '<prompt_id>',
      llm_type: '<LLM name>',
      tts_type: '<TTS name>',
      stt_type: '<STT name>',
    },
  });

  const fromTemplate = await createSessionId({
    apiServer: 'https://visavox.example.com',
    apiKey,
    sessionTemplateId: '<sessiontemplate_id>',
  });
  // #endregion
  return [sessionId, fromTemplate];
}

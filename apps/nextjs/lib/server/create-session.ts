/** Creates sessions with the first of everything that the API server offers. */

import { createSessionId, getAllSettings } from 'perso-interactive-sdk-web/server';
import { apiKey, apiServer } from './settings.ts';

/** What the page needs to connect. Holds no key. */
export interface NewSession {
  readonly persoInteractiveApiServerUrl: string;
  readonly sessionId: string;
  /** What the AI human says first; may be empty. */
  readonly introMessage: string;
}

/** Read once; again at the next session when that failed. */
let settings: ReturnType<typeof getAllSettings> | undefined;

export async function newSession(): Promise<NewSession> {
  const access = { apiServer: apiServer(), apiKey: apiKey() };
  settings ??= getAllSettings(access).catch((error: unknown) => {
    settings = undefined;
    throw error;
  });
  const { llms, ttsTypes, sttTypes, modelStyles, prompts } = await settings;
  const [prompt] = prompts;
  const sessionId = await createSessionId({
    ...access,
    params: {
      using_stf_webrtc: true,
      llm_type: llms[0].name,
      tts_type: ttsTypes[0].name,
      stt_type: sttTypes[0].name,
      model_style: modelStyles[0].name,
      prompt: prompt.prompt_id,
    },
  });
  return {
    persoInteractiveApiServerUrl: access.apiServer,
    sessionId,
    introMessage: prompt.intro_message ?? '',
  };
}

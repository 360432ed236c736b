/** Creates sessions with the first of everything that the API server offers. */

import {
  type CreateSessionIdParams,
  createSessionId,
  PersoUtilServer,
} from 'perso-interactive-sdk-web/server';
import { PERSO_INTERACTIVE_API_KEY, PERSO_INTERACTIVE_API_SERVER } from '$app/env/private';

const apiServer = PERSO_INTERACTIVE_API_SERVER;
const apiKey = PERSO_INTERACTIVE_API_KEY;

/** What the page needs to connect. Holds no key. */
export interface NewSession {
  readonly persoInteractiveApiServerUrl: string;
  readonly sessionId: string;
  /** What the AI human says first; may be empty. */
  readonly introMessage: string;
}

interface Choice {
  readonly params: CreateSessionIdParams;
  readonly introMessage: string;
}

/** The catalogues are read once: at the start, or at the next session after that failed. */
let choice: Promise<Choice> | undefined;

export async function newSession(): Promise<NewSession> {
  if (apiKey === '') {
    throw new Error('There is no API key: copy .env.example to .env, put the key in, and start again.');
  }
  choice ??= chooseFirst();
  let chosen: Choice;
  try {
    chosen = await choice;
  } catch (error) {
    choice = undefined;
    throw error;
  }
  const sessionId = await createSessionId({ apiServer, apiKey, params: chosen.params });
  return { persoInteractiveApiServerUrl: apiServer, sessionId, introMessage: chosen.introMessage };
}

async function chooseFirst(): Promise<Choice> {
  const [llms, ttsTypes, sttTypes, modelStyles, backgroundImages, prompts, documents] = await Promise.all([
    PersoUtilServer.getLLMs(apiServer, apiKey),
    PersoUtilServer.getTTSs(apiServer, apiKey),
    PersoUtilServer.getSTTs(apiServer, apiKey),
    PersoUtilServer.getModelStyles(apiServer, apiKey),
    PersoUtilServer.getBackgroundImages(apiServer, apiKey),
    PersoUtilServer.getPrompts(apiServer, apiKey),
    PersoUtilServer.getDocuments(apiServer, apiKey),
  ]);
  const [prompt] = prompts;
  return {
    params: {
      using_stf_webrtc: true,
      llm_type: llms[0].name,
      tts_type: ttsTypes[0].name,
      stt_type: sttTypes[0].name,
      model_style: modelStyles[0].name,
      prompt: prompt.prompt_id,
      // Servers may have none of these two.
      background_image: backgroundImages[0]?.backgroundimage_id,
      document: documents[0]?.document_id,
      padding_top: 0.15,
    },
    introMessage: prompt.intro_message ?? '',
  };
}

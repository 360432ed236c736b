/** Code shown in the docstrings of `catalogue.ts`. */

import { getAllSettings, getLLMs, getSessionInfo, getTextNormalization, makeTTS } from './catalogue.ts';

export async function lists(apiKey: string): Promise<void> {
  // #region lists
  const llms = await getLLMs({ apiServer: 'https://visavox.example.com', apiKey });
  console.log(llms[0].name);
  // #endregion
}

export async function textNormalization(apiKey: string): Promise<void> {
  // #region text-normalization
  const download = await getTextNormalization({
    apiServer: 'https://visavox.example.com',
    apiKey,
    configId: '<textnormalizationconfig_id>',
  });
  const rules = await (await fetch(download.file_url)).text();
  // #endregion
  console.log(rules);
}

export async function allSettings(apiKey: string): Promise<void> {
  // #region all-settings
  const settings = await getAllSettings({ apiServer: 'https://visavox.example.com', apiKey });
  console.log(settings.prompts.map((prompt: { name: string }) => prompt.name));
  // #endregion
}

export async function sessionInfo(sessionId: string): Promise<void> {
  // #region session-info
  const info = await getSessionInfo({ apiServer: 'https://visavox.example.com', sessionId });
  if (info.status === 'TERMINATED') console.log(info.termination_reason);
  // #endregion
}

export async function tts(sessionId: string): Promise<void> {
  // #region make-tts
  const { audio } = await makeTTS({
    apiServer: 'https://visavox.example.com',
    sessionId,
    text: 'Hello, world!',
    locale: 'en',
    output_format: 'wav',
  });
  // #endregion
  console.log(audio.length);
}

/** Code shown in the docstrings of the server entry. */

import { getIntroMessage, getSessionTemplate, PersoUtilServer } from '../server.ts';

export async function sessionTemplate(apiKey: string): Promise<void> {
  // #region session-template
  const template = await getSessionTemplate({
    apiServer: 'https://visavox.example.com',
    apiKey,
    sessionTemplateId: '<sessiontemplate_id>',
  });
  console.log(template.model_style.name);
  // #endregion
}

export async function introMessage(apiKey: string): Promise<void> {
  // #region intro-message
  const intro = await getIntroMessage({
    apiServer: 'https://visavox.example.com',
    apiKey,
    promptId: '<prompt_id>',
  });
  // #endregion
  console.log(intro);
}

export async function persoUtilServer(apiKey: string): Promise<void> {
  // #region perso-util-server
  const prompts = await PersoUtilServer.getPrompts('https://visavox.example.com', apiKey);
  // #endregion
  console.log(prompts);
}

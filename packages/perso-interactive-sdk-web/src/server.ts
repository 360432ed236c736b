/** Entry for servers: needs no browser. */

import { type CreateSessionId, makeCreateSessionId } from './api/create-session-id.ts';

export type { SignalOptions } from './abort.ts';
export {
  getAllSettings,
  getBackgroundImages,
  getDocuments,
  getLLMs,
  getMcpServers,
  getModelStyles,
  getPrompts,
  getSessionInfo,
  getSessionTemplates,
  getSTTs,
  getTextNormalization,
  getTextNormalizations,
  getTTSs,
  makeTTS,
} from './api/catalogue.ts';
export { PersoUtilServer } from './api/perso-util-server.ts';
export { getIntroMessage, getSessionTemplate } from './api/server-only.ts';
export { DEFAULT_API_SERVER } from './constants.ts';
export { ApiError, DoesNotExistError, NotInOrganizationError, SessionCreationError } from './errors.ts';
export type {
  ApiKeyOptions,
  CreateSessionIdParams,
  CreateSessionIdParamsOptions,
  CreateSessionIdTemplateOptions,
  GetIntroMessageOptions,
  GetSessionInfoOptions,
  GetSessionTemplateOptions,
  GetTextNormalizationOptions,
  MakeTTSOptions,
  SessionTemplate,
  STTResponse,
  TextNormalizationDownload,
} from './types.ts';

/**
 * Creates a session and returns its id, from explicit options or from a stored template. Pass the id to the page.
 *
 * @throws {DoesNotExistError} when something named does not exist.
 * @throws {NotInOrganizationError} when the organization may not use something named.
 * @throws {SessionCreationError} when the server refuses for another reason.
 * @throws {Error} when the template's model style is not meant for `webrtc`.
 *
 * @example
 * ```ts source="./api/create-session-id.examples.ts#from-params"
 * const sessionId = await createSessionId({
 *   apiServer: 'https://visavox.example.com',
 *   apiKey,
 *   params: {
 *     using_stf_webrtc: true,
 *     model_style: '<model style name>',
 *     prompt: '<prompt_id>',
 *     llm_type: '<LLM name>',
 *     tts_type: '<TTS name>',
 *     stt_type: '<STT name>',
 *   },
 * });
 *
 * const fromTemplate = await createSessionId({
 *   apiServer: 'https://visavox.example.com',
 *   apiKey,
 *   sessionTemplateId: '<sessiontemplate_id>',
 * });
 * ```
 */
export const createSessionId: CreateSessionId = makeCreateSessionId({ noMcpServers: 'omit' });

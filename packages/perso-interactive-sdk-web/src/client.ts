/** Entry for browsers. */

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
export { getWavSampleRate } from './audio/wav.ts';
export { createWavRecorder, WavRecorder, type WavRecorderOptions } from './audio/wav-recorder.ts';
export { ChatTool } from './chat-tool.ts';
export { DEFAULT_API_SERVER, TTS_TARGET_SAMPLE_RATE } from './constants.ts';
export {
  ApiError,
  DoesNotExistError,
  LLMError,
  LLMStreamingResponseError,
  NotInOrganizationError,
  SessionCreationError,
  STTError,
  TTSDecodeError,
  TTSError,
} from './errors.ts';
export {
  type LLMStreamChunk,
  type LLMToolCall,
  LlmProcessor,
  type LlmProcessorCallbacks,
  type LlmProcessorConfig,
  type ProcessLLMOptions,
} from './llm/llm-processor.ts';
export type { Milestone, MilestoneName } from './milestones.ts';
export type { ConnectionState, SessionCloseCause } from './rtc/connection.ts';
export type { Chat } from './session/chat-log.ts';
export { ChatState } from './session/chat-state.ts';
export { type CreateSessionObjectOptions, createSession } from './session/create-session.ts';
export { type ProcessTTSOptions, Session } from './session/session.ts';
export type { SessionClose } from './session/session-close.ts';
export type { TurnTimings } from './session/turn-timings.ts';
export type {
  AIHumanModelFile,
  ApiKeyOptions,
  BackgroundImage,
  CreateSessionIdParams,
  CreateSessionIdParamsOptions,
  CreateSessionIdTemplateOptions,
  Document,
  GetSessionInfoOptions,
  GetSessionTemplateOptions,
  GetTextNormalizationOptions,
  LLMType,
  MakeTTSOptions,
  MCPServer,
  ModelStyle,
  ModelStyleConfig,
  Prompt,
  SessionCapability,
  SessionTemplate,
  STTResponse,
  STTType,
  TextNormalizationConfig,
  TextNormalizationDownload,
  TTSType,
} from './types.ts';

/**
 * Creates a session and returns its id, from explicit options or from a stored template.
 *
 * Needs the API key, which everyone who opens the page can then read: in the browser this is for local testing only,
 * and each call prints a warning. Call the same function of the server entry, and pass the id to the page.
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
export const createSessionId: CreateSessionId = makeCreateSessionId({
  noMcpServers: 'empty-list',
  onCall() {
    if (typeof window === 'undefined') return;
    console.warn(
      '[perso-interactive-sdk-web] WARNING: createSessionId is being called from the browser. ' +
        'This exposes your API key: use perso-interactive-sdk-web/server.',
    );
  },
});

/** The script `core/1.0.1/perso-interactive-sdk.js`. */

export { ChatTool } from '../chat-tool.ts';
export { ApiError, LLMError, LLMStreamingResponseError } from '../errors.ts';
export type { Chat } from '../session/chat-log.ts';
export { ChatSession as Session } from '../session/chat-session.ts';
export {
  ChatState,
  createSession,
  createSessionId,
  getAllSettings,
  getBackgroundImages,
  getDocuments,
  getLLMs,
  getMcpServers,
  getModelStyles,
  getPrompts,
  getSessionInfo,
  getSTTs,
  getTTSs,
} from './classic.ts';

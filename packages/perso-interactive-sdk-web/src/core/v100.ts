/** The script `core/1.0.0/perso-interactive-sdk.js`. Its classes of errors and of sessions are known as types only. */

export { ChatTool } from '../chat-tool.ts';
export type { ApiError, LLMError, LLMStreamingResponseError } from '../errors.ts';
export type { Chat } from '../session/chat-log.ts';
export type { ChatSession as Session } from '../session/chat-session.ts';
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

export type { ErrorCode, ErrorItem } from './errors.ts';
export { ERROR_TABLE, PlatformError } from './errors.ts';
export type { OpenApiDocument, OpenApiOperation } from './openapi.ts';
export { createOpenApiDocument } from './openapi.ts';
export type {
  BackgroundImage,
  Capability,
  CapabilityName,
  CreatedSession,
  Document,
  ErrorBody,
  IceServer,
  LlmType,
  ModelStyle,
  Prompt,
  SessionEvent,
  SessionEventName,
  SessionInfo,
  SessionStatus,
  SttType,
  TerminationReason,
  TtsType,
} from './perso/entities.ts';
export {
  CAPABILITY_NAMES,
  SESSION_EVENT_NAMES,
  SESSION_STATUSES,
  TERMINATION_REASONS,
} from './perso/entities.ts';
export type { LlmEvent } from './perso/llm-events.ts';
export { encodeLlmEvent } from './perso/llm-events.ts';
export type { ClientPacket, ServerPacket } from './perso/packets.ts';
export { FILE_CHANNEL_LABEL, MESSAGE_CHANNEL_LABEL, parseClientPacket } from './perso/packets.ts';
export type {
  CreateSessionRequest,
  LlmMessage,
  LlmToolCall,
  ToolSchema,
  TtsOutputFormat,
} from './perso/requests.ts';
export {
  createEventRequest,
  createSessionRequest,
  exchangeRequest,
  llmRequest,
  MAX_LLM_MESSAGES_BYTES,
  MAX_LLM_TOOLS_BYTES,
  ttsRequest,
} from './perso/requests.ts';
export type { RouteDescription } from './perso/routes.ts';
export { persoRoutes } from './perso/routes.ts';

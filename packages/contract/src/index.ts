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
  McpServer,
  ModelStyle,
  Prompt,
  SessionEvent,
  SessionEventName,
  SessionInfo,
  SessionStatus,
  SessionTemplate,
  SttType,
  SttTypeV2,
  TerminationReason,
  TextNormalizationConfig,
  TextNormalizationDownload,
  TtsType,
} from './perso/entities.ts';
export {
  CAPABILITY_NAMES,
  SESSION_EVENT_NAMES,
  SESSION_STATUSES,
  TERMINATION_REASONS,
} from './perso/entities.ts';
export type { LlmEvent } from './perso/llm-events.ts';
export { encodeLlmEvent, encodeV1Line } from './perso/llm-events.ts';
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
  LOCALE_OFF,
  llmRequest,
  llmV1Request,
  MAX_LLM_MESSAGES_BYTES,
  MAX_LLM_TOOLS_BYTES,
  ttsRequest,
} from './perso/requests.ts';
export { persoRoutes } from './perso/routes.ts';
export type { RouteDescription } from './route.ts';

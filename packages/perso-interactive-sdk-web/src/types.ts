/** Objects of the API server as they travel, and the options of the top-level functions. */

import type { SignalOptions } from './abort.ts';

/** A prompt: what the AI human is told to be. */
export interface Prompt {
  prompt_id: string;
  name: string;
  description?: string;
  system_prompt: string;
  /** Whether a session with this prompt needs a `document`. */
  require_document?: boolean;
  /** What the AI human says first, if the page lets it. */
  intro_message?: string;
}

/** A document the AI human can look things up in. */
export interface Document {
  document_id: string;
  title: string;
  /** URL of the file. */
  file: string;
  description?: string;
  /** Number of passages looked up for each question. */
  search_count?: number;
  /** Breadth of the vector search. */
  ef_search?: number | null;
  /** Whether the index is ready. */
  processed: boolean;
  /** Whether the second-generation index is ready. */
  processed_v2: boolean;
  /** ISO 8601, UTC, with milliseconds. */
  created_at: string;
  /** ISO 8601, UTC, with milliseconds. */
  updated_at: string;
}

/** A picture shown behind the AI human. */
export interface BackgroundImage {
  backgroundimage_id: string;
  title: string;
  /** URL of the picture. */
  image: string;
  created_at: string;
}

/** A language model to choose by `name`. */
export interface LLMType {
  name: string;
  service?: string;
}

/** A synthetic voice to choose by `name`. */
export interface TTSType {
  name: string;
  streamable?: boolean;
  service: string;
  model?: string | null;
  voice?: string | null;
  voice_settings?: object | null;
  style?: string | null;
  voice_extra_data?: object | null;
}

/** A speech recognizer to choose by `name`. */
export interface STTType {
  name: string;
  service: string;
  options?: object | null;
}

/** One file of an AI human. */
export interface AIHumanModelFile {
  name: string;
  file?: string | null;
}

/** One tuning value of a model style. */
export interface ModelStyleConfig {
  modelstyleconfig_id: string;
  key: string;
  value: string;
}

/** An AI human in one outfit and pose, to choose by `name`. */
export interface ModelStyle {
  name: string;
  model: string;
  model_file?: string | null;
  model_files: AIHumanModelFile[];
  style: string;
  /** URL of a preview picture. */
  file?: string | null;
  /** Where the style can be shown; sessions of this SDK need `webrtc`. */
  platform_type?: string;
  configs: ModelStyleConfig[];
}

/** A remote tool server the platform calls by itself. */
export interface MCPServer {
  mcpserver_id: string;
  name: string;
  description?: string;
  url: string;
  transport_protocol?: string;
  server_timeout_sec?: number;
  extra_data?: object | null;
}

/** A rule set that rewrites text before it is spoken or after it is recognized. */
export interface TextNormalizationConfig {
  textnormalizationconfig_id: string;
  name: string;
  created_at: string;
}

/** Where to download the rules of a {@link TextNormalizationConfig}. */
export interface TextNormalizationDownload {
  config_id: string;
  config_name: string;
  /** URL of a CSV file, valid for a limited time; its `ETag` serves for caching. */
  file_url: string;
}

/** One ability of a session. */
export interface SessionCapability {
  /** `LLM`, `TTS`, `STT`, `STF_ONPREMISE` or `STF_WEBRTC`. */
  name: string;
  description?: string | null;
}

/** A stored set of session options. */
export interface SessionTemplate {
  sessiontemplate_id: string;
  name: string;
  description: string | null;
  prompt: Prompt;
  capability: SessionCapability[];
  document: Document | null;
  llm_type: LLMType;
  tts_type: TTSType;
  stt_type: STTType;
  text_normalization_config?: TextNormalizationConfig | null;
  text_normalization_locale?: string | null;
  stt_text_normalization_config?: TextNormalizationConfig | null;
  stt_text_normalization_locale?: string | null;
  model_style: ModelStyle;
  background_image: BackgroundImage | null;
  agent: string | null;
  padding_left: number | null;
  padding_top: number | null;
  padding_height: number | null;
  extra_data: object | null;
  mcp_servers?: MCPServer[];
  created_at: string;
  last_used_at: string | null;
}

/** A transcription. */
export interface STTResponse {
  /** The recognized words; empty when nothing was said. */
  text: string;
}

/** What a catalogue getter needs. */
export interface ApiKeyOptions extends SignalOptions {
  /** API key. Keep it on your server. */
  apiKey: string;
  /** Base URL of the API server. Default: {@link DEFAULT_API_SERVER}. */
  apiServer?: string | undefined;
}

/** What `getTextNormalization` needs. */
export interface GetTextNormalizationOptions extends ApiKeyOptions {
  /** `textnormalizationconfig_id` of the rule set. */
  configId: string;
}

/** What `getSessionTemplate` needs. */
export interface GetSessionTemplateOptions extends ApiKeyOptions {
  /** `sessiontemplate_id` of the template. */
  sessionTemplateId: string;
}

/** What `getIntroMessage` needs. */
export interface GetIntroMessageOptions extends ApiKeyOptions {
  /** `prompt_id` of the prompt. */
  promptId: string;
}

/** What to synthesize, and in which session. */
export interface MakeTTSParams {
  sessionId: string;
  /** Words to speak, sent unchanged. Must not be empty. */
  text: string;
  /** Language, for example `ko` or `en`. Default: chosen by the server. */
  locale?: string | undefined;
  /** Audio format, for example `wav` or `mp3`. Default: chosen by the server. */
  output_format?: string | undefined;
}

/** What `makeTTS` needs. */
export interface MakeTTSOptions extends MakeTTSParams, SignalOptions {
  /** Base URL of the API server. Default: {@link DEFAULT_API_SERVER}. */
  apiServer?: string | undefined;
}

/** What `getSessionInfo` needs. */
export interface GetSessionInfoOptions extends SignalOptions {
  sessionId: string;
  /** Base URL of the API server. Default: {@link DEFAULT_API_SERVER}. */
  apiServer?: string | undefined;
}

/** Options of a new session; names and ids come from the catalogue getters. */
export interface CreateSessionIdParams {
  /** Whether the session shows a speaking AI human over WebRTC. */
  using_stf_webrtc: boolean;
  /** `name` of a model style. */
  model_style: string;
  /** `prompt_id` of a prompt. */
  prompt: string;
  /** `document_id` of a document; needed when the prompt has `require_document`. */
  document?: string | undefined;
  /** `backgroundimage_id` of a background image. */
  background_image?: string | undefined;
  /** `mcpserver_id`s of remote tool servers. */
  mcp_servers?: Array<string> | undefined;
  /** Horizontal shift of the AI human relative to the canvas, −1.0 to 1.0. Default: 0.0. */
  padding_left?: number | undefined;
  /** Vertical shift of the AI human relative to the canvas, 0.0 to 1.0. Default: 0.0. */
  padding_top?: number | undefined;
  /** Height scale of the AI human, 0.0 to 5.0; its width never exceeds the background. Default: 1.0. */
  padding_height?: number | undefined;
  /** `name` of a language model; without it the session cannot chat. */
  llm_type?: string | undefined;
  /** `name` of a voice; without it the session cannot synthesize. */
  tts_type?: string | undefined;
  /** `name` of a recognizer; without it the session cannot transcribe. */
  stt_type?: string | undefined;
  /** `textnormalizationconfig_id` applied to what is spoken. */
  text_normalization_config?: string | undefined;
  /** Language of that normalization, at most 10 characters; `null` switches it off. */
  text_normalization_locale?: string | null | undefined;
  /** `textnormalizationconfig_id` applied to transcriptions. */
  stt_text_normalization_config?: string | undefined;
  /** Language of that normalization, at most 10 characters; `null` switches it off. */
  stt_text_normalization_locale?: string | null | undefined;
}

/** What `createSessionId` needs to create a session from explicit options. */
export interface CreateSessionIdParamsOptions extends ApiKeyOptions {
  params: CreateSessionIdParams;
}

/** What `createSessionId` needs to create a session from a template. Wins over `params` when both are given. */
export interface CreateSessionIdTemplateOptions extends ApiKeyOptions {
  /** `sessiontemplate_id` of a template whose model style is meant for `webrtc`. */
  sessionTemplateId: string;
}

/**
 * JSON of the API server, documented as `any`: callers read fields that differ between servers, and annotate what
 * they read themselves.
 */
// biome-ignore lint/suspicious/noExplicitAny: the documented return type, see above.
export type ApiJson = any;

// biome-ignore-all lint/suspicious/noExplicitAny: the documents print it.
/** Every declaration that the published SDK documents print, of version 1.5 and the latest: ours must fit it. */

import type * as Client from '../client.ts';
import type * as Server from '../server.ts';

type Fits<TDocumented, TOurs extends TDocumented> = TOurs;

interface Params {
  using_stf_webrtc: boolean;
  model_style: string;
  prompt: string;
  document?: string;
  background_image?: string;
  mcp_servers?: Array<string>;
  padding_left?: number;
  padding_top?: number;
  padding_height?: number;
  llm_type?: string;
  tts_type?: string;
  stt_type?: string;
  text_normalization_config?: string;
  text_normalization_locale?: string | null;
  stt_text_normalization_config?: string;
  stt_text_normalization_locale?: string | null;
}

interface Template {
  sessiontemplate_id: string;
  name: string;
  description: string | null;
  prompt: {
    prompt_id: string;
    name: string;
    description?: string;
    system_prompt: string;
    require_document?: boolean;
    intro_message?: string;
  };
  capability: Array<{ name: string; description?: string | null }>;
  document: {
    document_id: string;
    title: string;
    file: string;
    description?: string;
    search_count?: number;
    ef_search?: number | null;
    processed: boolean;
    processed_v2: boolean;
    created_at: string;
    updated_at: string;
  } | null;
  llm_type: { name: string; service?: string };
  tts_type: {
    name: string;
    streamable?: boolean;
    service: string;
    model?: string | null;
    voice?: string | null;
    voice_settings?: object | null;
    style?: string | null;
    voice_extra_data?: object | null;
  };
  stt_type: { name: string; service: string; options?: object | null };
  text_normalization_config?: { textnormalizationconfig_id: string; name: string; created_at: string } | null;
  text_normalization_locale?: string | null;
  stt_text_normalization_config?: {
    textnormalizationconfig_id: string;
    name: string;
    created_at: string;
  } | null;
  stt_text_normalization_locale?: string | null;
  model_style: {
    name: string;
    model: string;
    model_file?: string | null;
    model_files: Array<{ name: string; file?: string | null }>;
    style: string;
    file?: string | null;
    platform_type?: string;
    configs: Array<{ modelstyleconfig_id: string; key: string; value: string }>;
  };
  background_image: { backgroundimage_id: string; title: string; image: string; created_at: string } | null;
  agent: string | null;
  padding_left: number | null;
  padding_top: number | null;
  padding_height: number | null;
  extra_data: object | null;
  mcp_servers?: Array<{
    mcpserver_id: string;
    name: string;
    description?: string;
    url: string;
    transport_protocol?: string;
    server_timeout_sec?: number;
    extra_data?: object | null;
  }>;
  created_at: string;
  last_used_at: string | null;
}

interface TextNormalizationDownload {
  config_id: string;
  config_name: string;
  file_url: string;
}

interface List {
  (apiServer: string, apiKey: string): Promise<any>;
  (options: { apiKey: string }): Promise<any>;
}

interface TemplateList {
  (apiServer: string, apiKey: string): Promise<Template[]>;
  (options: { apiKey: string }): Promise<Template[]>;
}

/** Functions of both entries. */
interface Functions {
  getLLMs: List;
  getTTSs: List;
  getSTTs: List;
  getModelStyles: List;
  getPrompts: List;
  getDocuments: List;
  getBackgroundImages: List;
  getMcpServers: List;
  getTextNormalizations: List;
  getAllSettings: List;
  getSessionTemplates: TemplateList;
  getTextNormalization: {
    (apiServer: string, apiKey: string, configId: string): Promise<TextNormalizationDownload>;
    (options: { apiKey: string; configId: string }): Promise<TextNormalizationDownload>;
  };
  createSessionId: {
    (apiServer: string, apiKey: string, sessionTemplateId: string): Promise<string>;
    (apiServer: string, apiKey: string, params: Params): Promise<string>;
    (options: { apiKey: string; params: Params }): Promise<string>;
    (options: { apiKey: string; sessionTemplateId: string }): Promise<string>;
  };
  makeTTS: {
    (
      apiServer: string,
      params: { sessionId: string; text: string; locale?: string; output_format?: string },
    ): Promise<{ audio: string }>;
    (options: {
      sessionId: string;
      text: string;
      locale?: string;
      output_format?: string;
    }): Promise<{ audio: string }>;
  };
  getSessionInfo: {
    (apiServer: string, sessionId: string): Promise<any>;
    (options: { sessionId: string }): Promise<any>;
  };
}

interface ServerFunctions extends Functions {
  getIntroMessage: {
    (apiServer: string, apiKey: string, promptId: string): Promise<string>;
    (options: { apiKey: string; promptId: string }): Promise<string>;
  };
  getSessionTemplate: {
    (apiServer: string, apiKey: string, sessionTemplateId: string): Promise<Template>;
    (options: { apiKey: string; sessionTemplateId: string }): Promise<Template>;
  };
  PersoUtilServer: {
    downloadTextNormalization(
      apiServer: string,
      apiKey: string,
      configId: string,
    ): Promise<TextNormalizationDownload>;
  };
}

interface ChatTool {
  name: string;
  description: string;
  parameters: object;
  call: (arg: any) => object | Promise<object>;
  executeOnly: boolean;
}

interface Chat {
  isUser: boolean;
  text: string;
  timestamp: Date;
}

type ChatState = 'RECORDING' | 'LLM' | 'ANALYZING' | 'SPEAKING' | 'TTS';

interface ProcessLLMOptions {
  message: string;
  tools?: Array<ChatTool>;
  signal?: AbortSignal;
}

type LLMStreamChunk =
  | { type: 'message'; chunks: string[]; message: string; finish: boolean }
  | { type: 'tool_call'; tool_calls: Array<object> }
  | { type: 'tool_result'; tool_call_id: string; result: object }
  | { type: 'error'; error: Error };

interface Session {
  processChat(message: string): Promise<void>;
  processLLM(options: ProcessLLMOptions): AsyncGenerator<LLMStreamChunk>;
  getMessageHistory(): ReadonlyArray<object>;
  transcribeAudio(audio: Blob | File, language?: string): Promise<string>;
  transcribeAudioDetailed(audio: Blob | File, language?: string): Promise<{ text: string }>;
  processCustomChat(message: string): void;
  processTTSTF(message: string): void;
  processTTS(
    message: string,
    options?: { resample?: boolean; locale?: string; output_format?: string },
  ): Promise<Blob | undefined>;
  processSTF(file: Blob, format?: string, message?: string): Promise<string>;
  clearBuffer(): Promise<void>;
  startProcessSTT(timeout?: number): Promise<void>;
  stopProcessSTT(language?: string): Promise<string>;
  isSTTRecording(): boolean;
  lastRecordedAudioFile: File | null;
  startVoiceChat(): void;
  stopVoiceChat(): void;
  getLocalStream(): MediaStream | null;
  getRemoteStream(): MediaStream | undefined;
  getSessionId(): string;
  setSrc(element: HTMLVideoElement): void;
  changeSize(width: number, height: number): void;
  onClose(callback: (manualClosed: boolean) => void): () => void;
  subscribeChatLog(callback: (chatLog: Array<Chat>) => void): () => void;
  subscribeChatStates(callback: (chatStates: Set<ChatState>) => void): () => void;
  setSttResultCallback(callback: (text: string) => void): () => void;
  setErrorHandler(callback: (error: Error) => void): () => void;
  logSessionEvent(detail?: string | Record<string, unknown>): Promise<void>;
  stopSession(): void;
}

interface ApiError extends Error {
  errorCode: number;
  code: string;
  detail: string;
  attr?: string | undefined;
}

interface Errors {
  ApiError: new (errorCode: number, code: string, detail: string, attr?: string) => ApiError;
  SessionCreationError: new (source: Client.ApiError) => ApiError;
  DoesNotExistError: new (source: Client.ApiError) => ApiError;
  NotInOrganizationError: new (source: Client.ApiError) => ApiError;
}

interface LlmProcessorConfig {
  apiServer: string;
  sessionId: string;
  clientTools: Array<ChatTool>;
  callbacks: {
    onChatStateChange: (add: ChatState | null, remove: ChatState | null) => void;
    onError: (error: Error) => void;
    onChatLog: (message: string, isUser: boolean) => void;
    onTTSTF: (message: string) => void;
  };
}

interface LlmProcessor {
  processLLM(options: ProcessLLMOptions): AsyncGenerator<LLMStreamChunk>;
  getHistory(): ReadonlyArray<object>;
  addToHistory(entry: object): void;
}

interface WavRecorder {
  start(): Promise<void>;
  stop(): Promise<File>;
  isRecording(): boolean;
}

interface WavRecorderOptions {
  channels?: number;
  targetSampleRate?: number;
}

interface ClientFunctions extends Functions, Errors {
  createSession: {
    (
      apiServer: string,
      sessionId: string,
      width: number,
      height: number,
      clientTools: Array<ChatTool>,
    ): Promise<Session>;
    (options: {
      sessionId: string;
      width: number;
      height: number;
      clientTools: Array<ChatTool>;
    }): Promise<Session>;
  };
  ChatState: Readonly<Record<ChatState, ChatState>>;
  ChatTool: new (
    name: string,
    description: string,
    parameters: object,
    call: (arg: any) => object | Promise<object>,
    executeOnly?: boolean,
  ) => ChatTool;
  LlmProcessor: new (config: LlmProcessorConfig) => LlmProcessor;
  WavRecorder: new (options?: WavRecorderOptions) => WavRecorder;
  createWavRecorder: (options?: WavRecorderOptions) => WavRecorder;
  getWavSampleRate: (wavData: ArrayBuffer) => number;
  TTS_TARGET_SAMPLE_RATE: number;
}

export type Checked = [
  Fits<ClientFunctions, typeof Client>,
  Fits<ServerFunctions & Errors, typeof Server>,
  Fits<Client.ApiError | Client.LLMStreamingResponseError, Client.LLMError['underlyingError']>,
  Fits<string, Client.LLMStreamingResponseError['description']>,
  Fits<Client.ApiError, Client.STTError['underlyingError']>,
  Fits<Client.ApiError | Client.TTSDecodeError, Client.TTSError['underlyingError']>,
  Fits<string, Client.TTSDecodeError['description']>,
  Fits<Client.ApiError, Client.SessionCreationError>,
  Fits<Client.SessionCreationError, Client.DoesNotExistError | Client.NotInOrganizationError>,
  Fits<Template, Client.SessionTemplate>,
  Fits<{ text: string }, Client.STTResponse>,
  // What pages hand in as documented, we take.
  Fits<Client.ProcessLLMOptions, ProcessLLMOptions>,
  Fits<Client.LlmProcessorConfig, LlmProcessorConfig>,
  Fits<Client.CreateSessionIdParams, Params>,
];

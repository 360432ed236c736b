/** Speech-to-speech sessions over one socket. */

/** Vendors of speech-to-speech models. */
export type RealtimeProvider = 'openai' | 'google' | 'xai' | 'inworld' | 'alibaba' | 'speko-lab';

/** A tool that the model may call during a session; the answer goes back with `sendToolResult`. */
export interface RealtimeToolSpec {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
}

/** Parameters of `realtime.connect`. */
export interface RealtimeConnectParams {
  provider: RealtimeProvider;
  model: string;
  /** Takes the settings of this agent where the call says nothing. */
  agentId?: string | undefined;
  voice?: string | undefined;
  systemPrompt?: string | undefined;
  temperature?: number | undefined;
  /** Of the audio that `sendAudio` takes, in Hz. */
  inputSampleRate?: 16000 | 24000 | undefined;
  /** Of the audio that frames carry, in Hz. */
  outputSampleRate?: 16000 | 24000 | undefined;
  tools?: RealtimeToolSpec[] | undefined;
  webhookTags?: Record<string, string> | undefined;
  metadata?: Record<string, unknown> | undefined;
  /** How long the session may last. Default: 1800. */
  ttlSeconds?: number | undefined;
}

/** What happens in a session. */
export type RealtimeFrame =
  | { type: 'ready'; inputSampleRate: number; outputSampleRate: number }
  /** 16-bit little-endian mono. */
  | { type: 'audio'; pcm: Uint8Array; sampleRate: number }
  /** Until `final`, `text` is all that was said in this turn so far. */
  | { type: 'transcript'; role: 'user' | 'assistant'; text: string; final: boolean }
  /** `arguments` is JSON text. */
  | { type: 'tool_call'; callId: string; name: string; arguments: string }
  | { type: 'usage'; inputAudioTokens: number; outputAudioTokens: number }
  /** Drop audio that has not been played. */
  | { type: 'interruption'; at: 'user' | 'assistant' }
  | { type: 'server_tool_call'; id: string; name: string; status: 'started' | 'completed' | 'failed' }
  | { type: 'error'; code: string; message: string }
  | { type: 'close'; code: number; reason: string };

/** Called with every frame of a session. */
export type RealtimeEventHandler = (frame: RealtimeFrame) => void;

/** A running session. */
export interface RealtimeSessionHandle {
  readonly sessionId: string;
  /** ISO 8601: when the session ends at the latest. */
  readonly expiresAt: string;
  /** In Hz, as agreed when the session was created. */
  readonly inputSampleRate: number;
  /** In Hz, as agreed when the session was created. */
  readonly outputSampleRate: number;
  /** Sends 16-bit little-endian mono audio. Does nothing unless the socket is open. */
  sendAudio(pcm: Uint8Array): void;
  /** Ends the user's turn, for sessions that do not listen for its end by themselves. */
  commit(): void;
  /** Stops what the model says. */
  interrupt(): void;
  /** Answers a `tool_call`. */
  sendToolResult(callId: string, output: string): void;
  /** Adds a handler and returns the function that removes it. What a handler throws is ignored. */
  on(handler: RealtimeEventHandler): () => void;
  /** Ends the session. A second call does nothing. Default: code 1000, reason `client_closed`. */
  close(code?: number, reason?: string): void;
}

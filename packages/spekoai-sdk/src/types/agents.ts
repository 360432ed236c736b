/** Agents: stored settings of a voice conversation. */

/** Clips that can play behind an agent's voice. */
export type AgentAmbientClip = 'office-ambience' | 'keyboard-typing' | 'keyboard-typing2';

/** What plays behind an agent's voice. */
export interface AgentBackgroundAudio {
  ambient?: { clip: AgentAmbientClip; volume?: number | undefined } | undefined;
}

/** What an agent's conversations are about: the router ranks its candidates by it. */
export interface AgentIntent {
  /** BCP 47 tag, for example `en` or `es-MX`. */
  language: string;
  optimizeFor?: 'latency' | 'quality' | 'cost' | undefined;
  region?: string | undefined;
}

/** How an agent's language model answers. */
export interface AgentLlmOptions {
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  model?: string | undefined;
}

/** The candidates that an agent may use, for each layer: `vendor` or `vendor:model`. */
export interface AgentStackPreferences {
  allowedProviders?:
    | {
        stt?: string[] | undefined;
        llm?: string[] | undefined;
        tts?: string[] | undefined;
        s2s?: string[] | undefined;
      }
    | undefined;
}

/** How an agent listens. */
export interface AgentSttOptions {
  /** Words to expect: at most 200. */
  keywords?: string[] | undefined;
  /** Language told to the vendor in place of the intent's. */
  language?: string | undefined;
}

/** How an agent's text is written out before it is spoken. */
export interface AgentSpeechNormalization {
  pronunciationDictionary?: Record<string, string> | undefined;
  textReplacements?: Record<string, string> | undefined;
}

/** A variable that an agent's prompt uses. */
export interface AgentPromptVariable {
  name: string;
  defaultValue?: string | undefined;
  description?: string | undefined;
}

/** What to look for in a finished conversation. */
export interface AgentExtractionField {
  /** An identifier of up to 64 characters. */
  name: string;
  type: 'string' | 'number' | 'boolean' | 'enum';
  /** Tells the model what to look for: up to 10 000 characters. */
  description: string;
  /** For `enum`: the 1 to 50 values. */
  options?: string[] | undefined;
}

/** A header for a webhook, with its value. */
export interface AgentWebhookAuthHeaderInput {
  name: string;
  value: string;
}

/** A header for a webhook, as stored: the value stays on the server. */
export interface AgentWebhookAuthHeader {
  name: string;
  secretRef: string;
}

interface LifecycleWebhookSettings {
  url: string;
  headers?: Record<string, string> | undefined;
  timeoutMs?: number | undefined;
  responseMode?: 'sync' | 'async' | undefined;
  asyncAck?: string | undefined;
  extractionFields?: AgentExtractionField[] | undefined;
}

/** A webhook of an agent, to be stored. */
export interface AgentLifecycleWebhookCreate extends LifecycleWebhookSettings {
  secret?: string | undefined;
  authHeaders?: AgentWebhookAuthHeaderInput[] | undefined;
}

/** A webhook of an agent, to replace one: secrets that are left out stay. */
export interface AgentLifecycleWebhookUpdate extends LifecycleWebhookSettings {
  secret?: string | undefined;
  authHeaders?: (Pick<AgentWebhookAuthHeaderInput, 'name'> & { value?: string | undefined })[] | undefined;
}

/** A webhook of an agent, as stored. */
export interface AgentLifecycleWebhookSerialized extends LifecycleWebhookSettings {
  secretRef: string;
  authHeaders?: AgentWebhookAuthHeader[] | undefined;
}

interface LifecycleSlots<T> {
  preCall?: T | undefined;
  postCall?: T | undefined;
  status?: T | undefined;
  analysis?: T | undefined;
  recording?: T | undefined;
}

/** The webhooks of an agent, to be stored. */
export interface AgentWebhooksCreate extends LifecycleSlots<AgentLifecycleWebhookCreate> {}

/** The webhooks of an agent, to be changed; `null` removes one. */
export interface AgentWebhooksUpdate extends LifecycleSlots<AgentLifecycleWebhookUpdate | null> {}

/** The webhooks of an agent, as stored. */
export interface AgentWebhooksSerialized extends LifecycleSlots<AgentLifecycleWebhookSerialized> {}

/** An agent, as stored. */
export interface AgentRow {
  id: string;
  organizationId: string;
  name: string;
  systemPrompt: string;
  voice: string | null;
  intent: AgentIntent;
  llmOptions: AgentLlmOptions | null;
  stackPreferences: AgentStackPreferences | null;
  sttOptions: AgentSttOptions | null;
  backgroundAudio: AgentBackgroundAudio | null;
  speechNormalization: AgentSpeechNormalization | null;
  /** @deprecated Use `webhooks` of the workspace. */
  webhooks: AgentWebhooksSerialized | null;
  promptVariables?: AgentPromptVariable[];
  ttsOptions?: { speed?: number; model?: string } | null;
  /** Whether sessions run three models in a row, or one from speech to speech. */
  runMode?: 'cascade' | 's2s';
  /** What the agent says first. */
  firstMessage?: string | null;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. */
  updatedAt: string;
}

interface AgentSettings {
  voice?: string | null | undefined;
  llmOptions?: AgentLlmOptions | null | undefined;
  stackPreferences?: AgentStackPreferences | null | undefined;
  sttOptions?: AgentSttOptions | null | undefined;
  backgroundAudio?: AgentBackgroundAudio | null | undefined;
  speechNormalization?: AgentSpeechNormalization | null | undefined;
  promptVariables?: AgentPromptVariable[] | undefined;
  ttsOptions?: { speed?: number | undefined; model?: string | undefined } | null | undefined;
  runMode?: 'cascade' | 's2s' | undefined;
  firstMessage?: string | null | undefined;
}

/** Parameters of `agents.create`. */
export interface AgentCreateParams extends AgentSettings {
  /** Up to 120 characters. */
  name: string;
  systemPrompt: string;
  intent: AgentIntent;
  /** @deprecated Use `webhooks` of the workspace. */
  webhooks?: AgentWebhooksCreate | undefined;
}

/** Parameters of `agents.update`: what is left out stays, `null` clears. */
export interface AgentUpdateParams extends AgentSettings {
  name?: string | undefined;
  systemPrompt?: string | undefined;
  intent?: AgentIntent | undefined;
  /** @deprecated Use `webhooks` of the workspace. */
  webhooks?: AgentWebhooksUpdate | null | undefined;
}

/** Parameters of `agents.listCalls`. */
export interface AgentCallListParams {
  /** From 1 to 100. Default: 50. */
  limit?: number | undefined;
  /** `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** ISO 8601: only calls from then on. */
  since?: string | undefined;
}

/** A conversation of an agent, in a list. */
export interface AgentCallListEntry {
  id: string;
  call_id: string;
  resource_uri: string;
  agent_id: string;
  status: string;
  kind: string;
  room_name: string | null;
  language: string;
  created_at: string;
  ended_at: string | null;
  duration_seconds: number | null;
  recording_status: string | null;
}

/** A page of conversations of an agent. */
export interface AgentCallListPage {
  calls: AgentCallListEntry[];
  /** The same list. */
  entries: AgentCallListEntry[];
  /** `null` on the last page. */
  next_cursor: string | null;
}

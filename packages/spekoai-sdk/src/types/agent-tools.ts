/** Tools that are stored with an agent. */

import type { AgentWebhookAuthHeader, AgentWebhookAuthHeaderInput } from './agents.ts';
import type { PreToolSpeech } from './chat.ts';

/** The caller runs the tool. */
export interface AgentToolSourceInline {
  kind: 'inline';
}

/** The server has the tool. */
export interface AgentToolSourceBuiltin {
  kind: 'builtin';
  /** For example `search_knowledge_base` or `end_call`. */
  name: string;
  config?: Record<string, unknown> | undefined;
}

/** An app that is connected to the organization has the tool. */
export interface AgentToolSourceIntegration {
  kind: 'integration';
  installationId: string;
  appKey: string;
  actionKey: string;
  config?: Record<string, unknown> | undefined;
}

interface WebhookSourceSettings {
  kind: 'webhook';
  /** With `https`. */
  url: string;
  headers?: Record<string, string> | undefined;
  /** From 100 to 4000. */
  timeoutMs?: number | undefined;
  /** With `async` the model reads `asyncAck` at once. */
  responseMode?: 'sync' | 'async' | undefined;
  asyncAck?: string | undefined;
}

/** The server calls this address; to be stored. */
export interface AgentToolSourceWebhookCreate extends WebhookSourceSettings {
  /** Signs the calls; at least 8 characters. Never returned. */
  secret: string;
  authHeaders?: AgentWebhookAuthHeaderInput[] | undefined;
}

/** The server calls this address; secrets and header values that are left out stay. */
export interface AgentToolSourceWebhookUpdate extends WebhookSourceSettings {
  secret?: string | undefined;
  authHeaders?: { name: string; value?: string | undefined }[] | undefined;
}

/** The server calls this address; as stored. */
export interface AgentToolSourceWebhookSerialized extends WebhookSourceSettings {
  secretRef: string;
  authHeaders?: AgentWebhookAuthHeader[] | undefined;
}

type SharedSource = AgentToolSourceInline | AgentToolSourceBuiltin | AgentToolSourceIntegration;

/** Where a new tool is. */
export type AgentToolSourceCreate = SharedSource | AgentToolSourceWebhookCreate;

/** Where a changed tool is. */
export type AgentToolSourceUpdate = SharedSource | AgentToolSourceWebhookUpdate;

/** Where a stored tool is. */
export type AgentToolSourceSerialized = SharedSource | AgentToolSourceWebhookSerialized;

/** A tool of an agent, as stored. */
export interface AgentToolRow {
  id: string;
  agentId: string;
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
  source: AgentToolSourceSerialized;
  preToolSpeech?: PreToolSpeech;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. */
  updatedAt: string;
}

/** Parameters of `agents.tools.create`. */
export interface AgentToolCreateParams {
  /** An identifier of up to 64 characters, once for each agent; cannot be changed. */
  name: string;
  /** Tells the model what the tool is for: up to 1024 characters. */
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
  source: AgentToolSourceCreate;
  /** Default: `auto`. */
  preToolSpeech?: PreToolSpeech | undefined;
}

/** Parameters of `agents.tools.update`: what is left out stays. */
export interface AgentToolUpdateParams {
  description?: string | undefined;
  parameters?: Record<string, unknown> | undefined;
  source?: AgentToolSourceUpdate | undefined;
  preToolSpeech?: PreToolSpeech | undefined;
}

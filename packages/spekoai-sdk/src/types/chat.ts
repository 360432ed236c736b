/** Conversations with language models, and the tools they call. */

import type { PipelineConstraints, RoutingIntent, RoutingResult } from './routing.ts';

/** A call that a model makes. */
export interface ChatToolCall {
  id: string;
  name: string;
  /** The arguments as JSON text. */
  args: string;
}

/** One message of a conversation. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** May be empty on an assistant's message that calls tools. */
  content: string;
  /** The calls of an assistant's message. */
  toolCalls?: ChatToolCall[] | undefined;
  /** On a message with role `tool`: the call that it answers. */
  toolCallId?: string | undefined;
  /** On a message with role `tool`: whether the call failed. */
  isError?: boolean | undefined;
}

/** Who runs a tool: `inline` is the caller, the others the server. */
export type ChatToolExecutionMode = 'inline' | 'webhook' | 'builtin' | 'integration';

/** Whether the agent says something before a tool runs. */
export type PreToolSpeech = 'auto' | 'always' | 'never';

/** Where the server finds a tool. */
export type ChatToolSource =
  | { kind: 'inline' }
  | {
      kind: 'webhook';
      url: string;
      /** Names the signing secret that the server keeps. */
      secretRef: string;
      headers?: Record<string, string> | undefined;
      authHeaders?: { name: string; secretRef: string }[] | undefined;
      timeoutMs?: number | undefined;
      /** With `async` the model reads `asyncAck` at once. */
      responseMode?: 'sync' | 'async' | undefined;
      asyncAck?: string | undefined;
    }
  | { kind: 'builtin'; name: string; config?: Record<string, unknown> | undefined }
  | {
      kind: 'integration';
      installationId: string;
      appKey: string;
      actionKey: string;
      config?: Record<string, unknown> | undefined;
    };

/** A tool that the model may call. */
export interface ChatTool {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
  /** Default: `inline`. */
  executionMode?: ChatToolExecutionMode | undefined;
  source?: ChatToolSource | undefined;
  preToolSpeech?: PreToolSpeech | undefined;
}

/** Whether the model calls tools: as it likes, never, at least one, or this one. */
export type ChatToolChoice = 'auto' | 'none' | 'required' | { type: 'function'; function: { name: string } };

/** How long a model thinks before it answers; models that cannot tell ignore it. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';

/** Parameters of `complete` and `completeStream`. */
export interface CompleteParams {
  /** At least one. */
  messages: ChatMessage[];
  intent: RoutingIntent;
  /** Counts the usage for this session. Blank counts as none. */
  sessionId?: string | undefined;
  systemPrompt?: string | undefined;
  /** From 0 to 2. */
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  reasoningEffort?: ReasoningEffort | undefined;
  constraints?: PipelineConstraints | undefined;
  tools?: ChatTool[] | undefined;
  toolChoice?: ChatToolChoice | undefined;
  parallelToolCalls?: boolean | undefined;
  /** How often the model may call tools that the server runs: 1 to 16. Default: 8. */
  maxToolHops?: number | undefined;
}

/** What the model answered. */
export interface CompleteResult extends RoutingResult {
  text: string;
  usage: { promptTokens: number; completionTokens: number };
  /** Calls for the caller to run. Absent when there are none. */
  toolCalls?: ChatToolCall[];
}

/** An event of `completeStream`. `done` or `error` is the last. */
export type CompleteStreamEvent =
  | ({
      type: 'meta';
      /** Failures over all calls of the model so far. */
      totalFailoverCount: number;
      /** Which call of the model, from 0: there is one more after each round of tools that the server runs. */
      hop: number;
    } & RoutingResult)
  | { type: 'delta'; text: string }
  | ({ type: 'tool_call' } & ChatToolCall)
  | { type: 'server_tool_call'; id: string; name: string; status: 'started' | 'completed' | 'failed' }
  | ({ type: 'done' } & CompleteResult)
  | { type: 'error'; error: string; code: string };

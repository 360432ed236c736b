/** Events of the streamed answers (section 3.3): the name of the event and its data. */

export interface RouteMeta {
  readonly provider: string;
  readonly model: string;
  readonly failoverCount: number;
  readonly scoresRunId: string | null;
}

export interface ReturnedToolCall {
  readonly id: string;
  readonly name: string;
  /** Complete JSON. */
  readonly args: string;
}

export type StreamError = readonly ['error', { readonly error: string; readonly code: string }];

export type TranscribeEvent =
  | readonly ['meta', RouteMeta]
  | readonly ['transcript', { readonly text: string; readonly isFinal: boolean; readonly confidence: number }]
  | readonly ['done', RouteMeta & { readonly text: string; readonly confidence: number | null }]
  | StreamError;

export type CompleteEvent =
  | readonly ['meta', RouteMeta & { readonly totalFailoverCount: number; readonly hop: number }]
  | readonly ['delta', { readonly text: string }]
  | readonly ['tool_call', ReturnedToolCall]
  | readonly [
      'server_tool_call',
      { readonly id: string; readonly name: string; readonly status: 'started' | 'completed' | 'failed' },
    ]
  | readonly [
      'done',
      RouteMeta & {
        readonly text: string;
        readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
        readonly toolCalls?: readonly ReturnedToolCall[];
      },
    ]
  | StreamError;

/** Speech-to-speech sessions: an HTTP call creates one, a socket carries it. */

import type { Transport } from '../transport.ts';
import type {
  RealtimeConnectParams,
  RealtimeEventHandler,
  RealtimeFrame,
  RealtimeSessionHandle,
} from '../types/realtime.ts';

export interface Realtime {
  /**
   * Creates a session and starts to connect to it. Add a handler before anything else is awaited: frames that come
   * earlier are lost to it. The signal ends the creation; later, use `close`.
   *
   * @throws {Error} when there is no global `WebSocket`: Node has one from version 22 on.
   */
  connect(params: RealtimeConnectParams, signal?: AbortSignal): Promise<RealtimeSessionHandle>;
}

interface SessionResponse {
  readonly sessionId: string;
  readonly wsUrl: string;
  readonly wsToken: string;
  readonly inputSampleRate: number;
  readonly outputSampleRate: number;
  readonly expiresAt: string;
}

export function createRealtime(transport: Transport): Realtime {
  return {
    async connect({ agentId, webhookTags, metadata, ttlSeconds, ...params }, signal) {
      if (typeof WebSocket === 'undefined') {
        throw new Error(
          'Speko: realtime needs a global WebSocket. Use Node 22 or later, or set globalThis.WebSocket.',
        );
      }
      const { provider, model, voice, systemPrompt, temperature } = params;
      const { inputSampleRate, outputSampleRate, tools } = params;
      // Members that are `undefined` are left out.
      const body = {
        mode: 's2s',
        agentId,
        s2s: {
          provider,
          model,
          voice,
          systemPrompt,
          temperature,
          inputSampleRate,
          outputSampleRate,
          tools,
        },
        webhookTags,
        metadata,
        ttlSeconds,
      };
      const session = await transport.fetchJson<SessionResponse>('POST', '/v1/sessions', { body, signal });
      return openSession(session);
    },
  };
}

function openSession({ wsUrl, wsToken, ...session }: SessionResponse): RealtimeSessionHandle {
  const { sessionId, expiresAt, inputSampleRate, outputSampleRate } = session;
  const socket = new WebSocket(wsUrl, wsToken);
  const handlers = new Set<RealtimeEventHandler>();
  let closed = false;
  socket.binaryType = 'arraybuffer';

  function emit(frame: RealtimeFrame): void {
    for (const handler of [...handlers]) {
      try {
        const result: unknown = handler(frame);
        if (result instanceof Promise) result.catch(() => undefined);
      } catch {
        // A broken handler is its owner's affair and must not stop the others.
      }
    }
  }

  function send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!closed && socket.readyState === WebSocket.OPEN) socket.send(data);
  }

  socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
    const frame =
      typeof data === 'string'
        ? parseFrame(data)
        : data instanceof ArrayBuffer
          ? ({ type: 'audio', pcm: new Uint8Array(data), sampleRate: outputSampleRate } as const)
          : undefined;
    if (frame !== undefined) emit(frame);
  });
  socket.addEventListener('error', (event) => {
    // A socket that is closed before it has opened reports that as an error.
    if (closed) return;
    const message = 'message' in event && typeof event.message === 'string' ? event.message : '';
    emit({ type: 'error', code: 'WS_ERROR', message: message || 'The socket failed.' });
  });
  socket.addEventListener('close', ({ code, reason }) => emit({ type: 'close', code, reason }));

  return {
    sessionId,
    expiresAt,
    inputSampleRate,
    outputSampleRate,
    sendAudio: (pcm) => send(new Uint8Array(pcm)),
    commit: () => send(JSON.stringify({ t: 'control', action: 'commit' })),
    interrupt: () => send(JSON.stringify({ t: 'interrupt' })),
    sendToolResult: (callId, output) => send(JSON.stringify({ t: 'tool_result', callId, output })),
    on(handler) {
      handlers.add(handler);
      return () => {
        handlers.delete(handler);
      };
    },
    close(code = 1000, reason = 'client_closed') {
      if (closed) return;
      closed = true;
      socket.close(code, reason);
    },
  };
}

/** @returns `undefined` for text that is no frame, or one of a kind that this version does not know. */
function parseFrame(json: string): RealtimeFrame | undefined {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof message !== 'object' || message === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(message));
  const text = (name: string, missing = ''): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : missing;
  };
  const number = (name: string): number => {
    const value = fields.get(name);
    return typeof value === 'number' ? value : 0;
  };

  switch (text('t')) {
    case 'ready':
      return {
        type: 'ready',
        inputSampleRate: number('inputSampleRate'),
        outputSampleRate: number('outputSampleRate'),
      };
    case 'transcript':
      return {
        type: 'transcript',
        role: text('role') === 'assistant' ? 'assistant' : 'user',
        text: text('text'),
        final: fields.get('final') === true,
      };
    case 'tool_call':
      return {
        type: 'tool_call',
        callId: text('callId'),
        name: text('name'),
        arguments: text('arguments'),
      };
    case 'server_tool_call':
      return {
        type: 'server_tool_call',
        id: text('id'),
        name: text('name'),
        // One of the three by the contract, and passed on when it is not.
        status: text('status') as 'started' | 'completed' | 'failed',
      };
    case 'usage':
      return {
        type: 'usage',
        inputAudioTokens: number('inputAudioTokens'),
        outputAudioTokens: number('outputAudioTokens'),
      };
    case 'interruption':
      return { type: 'interruption', at: text('at') === 'assistant' ? 'assistant' : 'user' };
    case 'error':
      return { type: 'error', code: text('code', 'UNKNOWN'), message: text('message') };
    default:
      return undefined;
  }
}

/** The session handle against a real socket. */

import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket as Peer, WebSocketServer } from 'ws';
import { type RealtimeFrame, type RealtimeSessionHandle, Speko } from '../index.ts';
import { json, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';

let server: ScriptedServer;
let sockets: WebSocketServer;
let speko: Speko;

interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

beforeEach(async () => {
  server = await startScriptedServer();
  speko = new Speko({ apiKey: 'k', baseUrl: server.url });
  sockets = new WebSocketServer({ noServer: true });
  server.onUpgrade((request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (peer) => sockets.emit('connection', peer, request));
  });
  server.answer(
    json(
      {
        mode: 's2s',
        sessionId: 'sess',
        wsUrl: `${server.url.replace('http', 'ws')}/v1/realtime/sess/ws`,
        wsToken: 'tok-1.a_b',
        inputSampleRate: 16000,
        outputSampleRate: 24000,
        expiresAt: '2026-01-01T00:00:00Z',
      },
      201,
    ),
  );
});
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const peer of sockets.clients) peer.terminate();
  await server.close();
});

async function connect() {
  const connection = once(sockets, 'connection');
  const handle = await speko.realtime.connect({ provider: 'openai', model: 'gpt' });
  const frames: RealtimeFrame[] = [];
  handle.on((frame) => frames.push(frame));
  const [peer, request] = (await connection) as [Peer, { headers: Record<string, string>; url: string }];
  const messages: Message[] = [];
  // `nodebuffer` is the default of the library.
  peer.on('message', (data, isBinary) => messages.push({ bytes: data as Buffer, isBinary }));
  return { handle, peer, request, frames, messages };
}

/** Has the socket open, seen from the client. */
async function connectOpen() {
  const session = await connect();
  session.peer.send(JSON.stringify({ t: 'ready', inputSampleRate: 16000, outputSampleRate: 24000 }));
  await vi.waitFor(() => expect(session.frames).toHaveLength(1));
  return session;
}

const closeOf = async (peer: Peer): Promise<[number, string]> => {
  const [code, reason] = (await once(peer, 'close')) as [number, Buffer];
  return [code, reason.toString()];
};

describe('realtime.connect', () => {
  it('creates a session with only what was given', async () => {
    const { request, handle } = await connect();
    expect(server.requests[0]).toMatchObject({ method: 'POST', target: '/v1/sessions' });
    expect(JSON.parse(String(server.requests[0]?.body))).toStrictEqual({
      mode: 's2s',
      s2s: { provider: 'openai', model: 'gpt' },
    });
    expect(request.headers['sec-websocket-protocol']).toBe('tok-1.a_b');
    expect(request.url).toBe('/v1/realtime/sess/ws');
    expect(handle).toMatchObject({
      sessionId: 'sess',
      expiresAt: '2026-01-01T00:00:00Z',
      inputSampleRate: 16000,
      outputSampleRate: 24000,
    });
  });

  it('creates a session with everything that was given', async () => {
    const s2s = {
      ...{ provider: 'google' as const, model: 'm', voice: 'v', systemPrompt: 'p', temperature: 0 },
      ...{ inputSampleRate: 24000 as const, outputSampleRate: 16000 as const },
      tools: [{ name: 't', description: 'd', parameters: {} }],
    };
    const rest = { agentId: 'a', webhookTags: { a: 'b' }, metadata: { n: 1 }, ttlSeconds: 60 };
    const handle = await speko.realtime.connect({ ...s2s, ...rest });
    expect(JSON.parse(String(server.requests[0]?.body))).toStrictEqual({ mode: 's2s', s2s, ...rest });
    handle.close();
  });

  it('does not wait for the socket', async () => {
    sockets.removeAllListeners();
    const handle = await speko.realtime.connect({ provider: 'xai', model: 'm' });
    // Nothing can be sent yet, and nothing fails.
    handle.sendAudio(Uint8Array.of(1, 2));
    handle.commit();
    handle.close();
  });

  it('passes refusals on', async () => {
    server.answer(json({ error: 'no', code: 'SESSION_CREATE_FAILED' }, 500));
    await expect(speko.realtime.connect({ provider: 'xai', model: 'm' })).rejects.toMatchObject({
      code: 'SESSION_CREATE_FAILED',
    });
  });

  it('creates no session without a WebSocket', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const connecting = speko.realtime.connect({ provider: 'xai', model: 'm' });
    await expect(connecting).rejects.toThrow(/WebSocket/);
    expect(server.requests).toHaveLength(0);
  });

  it('ends with its signal while the session is created', async () => {
    const controller = new AbortController();
    server.answer(() => controller.abort());
    const connecting = speko.realtime.connect({ provider: 'xai', model: 'm' }, controller.signal);
    await expect(connecting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('frames', () => {
  it.each<[object, RealtimeFrame]>([
    [
      { t: 'ready', inputSampleRate: 24000, outputSampleRate: 16000 },
      { type: 'ready', inputSampleRate: 24000, outputSampleRate: 16000 },
    ],
    [{ t: 'ready' }, { type: 'ready', inputSampleRate: 0, outputSampleRate: 0 }],
    [
      { t: 'transcript', role: 'assistant', text: 'hé', final: true },
      { type: 'transcript', role: 'assistant', text: 'hé', final: true },
    ],
    [
      { t: 'transcript', role: 'user' },
      { type: 'transcript', role: 'user', text: '', final: false },
    ],
    [
      { t: 'tool_call', callId: 'c', name: 'n', arguments: '{}' },
      { type: 'tool_call', callId: 'c', name: 'n', arguments: '{}' },
    ],
    [{ t: 'tool_call' }, { type: 'tool_call', callId: '', name: '', arguments: '' }],
    [
      { t: 'usage', inputAudioTokens: 3, outputAudioTokens: 4 },
      { type: 'usage', inputAudioTokens: 3, outputAudioTokens: 4 },
    ],
    [{ t: 'usage' }, { type: 'usage', inputAudioTokens: 0, outputAudioTokens: 0 }],
    [
      { t: 'interruption', at: 'assistant' },
      { type: 'interruption', at: 'assistant' },
    ],
    [
      { t: 'interruption', at: 'else' },
      { type: 'interruption', at: 'user' },
    ],
    [
      { t: 'server_tool_call', id: 'i', name: 'n', status: 'failed' },
      { type: 'server_tool_call', id: 'i', name: 'n', status: 'failed' },
    ],
    [
      { t: 'error', code: 'E', message: 'm' },
      { type: 'error', code: 'E', message: 'm' },
    ],
    [{ t: 'error' }, { type: 'error', code: 'UNKNOWN', message: '' }],
  ])('%j', async (message, frame) => {
    const { peer, frames } = await connect();
    peer.send(JSON.stringify(message));
    await vi.waitFor(() => expect(frames).toStrictEqual([frame]));
  });

  it('carry audio with the rate that was agreed on', async () => {
    const { peer, frames, handle } = await connect();
    peer.send(JSON.stringify({ t: 'ready', inputSampleRate: 8000, outputSampleRate: 8000 }));
    peer.send(Uint8Array.of(1, 0, 2, 0));
    await vi.waitFor(() => expect(frames).toHaveLength(2));
    expect(frames[1]).toStrictEqual({ type: 'audio', pcm: Uint8Array.of(1, 0, 2, 0), sampleRate: 24000 });
    expect(handle.outputSampleRate).toBe(24000);
  });

  it('are not made of what is not known', async () => {
    const { peer, frames } = await connect();
    for (const text of ['', 'no json', 'null', '[]', '"x"', '{"t":"news"}', '{"t":1}', '{"t":"end"}', '{}']) {
      peer.send(text);
    }
    peer.send(JSON.stringify({ t: 'interruption' }));
    await vi.waitFor(() => expect(frames).toStrictEqual([{ type: 'interruption', at: 'user' }]));
  });

  it('tell how the socket was closed', async () => {
    const { peer, frames } = await connectOpen();
    peer.close(1011, 'vendor');
    await vi.waitFor(() => expect(frames.at(-1)).toEqual({ type: 'close', code: 1011, reason: 'vendor' }));
  });

  it('tell that the socket failed', async () => {
    const gone = await startScriptedServer();
    await gone.close();
    const session = { sessionId: 's', wsUrl: gone.url.replace('http', 'ws'), wsToken: 't', expiresAt: '' };
    server.answer(json({ ...session, inputSampleRate: 16000, outputSampleRate: 16000 }));
    const handle = await speko.realtime.connect({ provider: 'xai', model: 'm' });
    const frames: RealtimeFrame[] = [];
    handle.on((frame) => frames.push(frame));
    await vi.waitFor(() => expect(frames).toHaveLength(2));
    expect(frames[0]).toMatchObject({ type: 'error', code: 'WS_ERROR', message: expect.stringMatching(/./) });
    expect(frames[1]).toMatchObject({ type: 'close', code: 1006 });
  });
});

describe('a handle', () => {
  it('sends the documented messages', async () => {
    const { handle, messages } = await connectOpen();
    handle.commit();
    handle.interrupt();
    handle.sendToolResult('c', '{"ok":true}');
    await vi.waitFor(() => expect(messages).toHaveLength(3));
    expect(messages.map(({ bytes, isBinary }) => [isBinary, JSON.parse(bytes.toString())])).toEqual([
      [false, { t: 'control', action: 'commit' }],
      [false, { t: 'interrupt' }],
      [false, { t: 'tool_result', callId: 'c', output: '{"ok":true}' }],
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['a view of a larger buffer', Uint8Array.of(9, 9, 1, 2, 3, 4, 9).subarray(2, 6)],
    ['a pooled Buffer', Buffer.from([1, 2, 3, 4])],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(4)).fill(5)],
  ])('sends only the bytes of %s, as they are now', async (_, pcm) => {
    const { handle, messages } = await connectOpen();
    const expected = [...pcm];
    handle.sendAudio(pcm);
    pcm.fill(0);
    await vi.waitFor(() => expect(messages).toHaveLength(1));
    expect(messages[0]?.isBinary).toBe(true);
    expect([...(messages[0]?.bytes ?? [])]).toEqual(expected);
  });

  it('calls every handler, whatever the others do', async () => {
    const { handle, peer } = await connectOpen();
    const calls: string[] = [];
    const remove = handle.on(() => void calls.push('removed'));
    handle.on(() => {
      throw new Error('handler');
    });
    handle.on((async () => {
      throw new Error('async handler');
    }) as () => void);
    const removeLast = handle.on(() => {
      calls.push('last');
      removeLast();
    });
    handle.on(({ type }) => {
      if (type === 'usage') handle.on((frame) => void calls.push(frame.type));
    });
    remove();
    remove();
    peer.send(JSON.stringify({ t: 'interruption' }));
    peer.send(JSON.stringify({ t: 'interruption' }));
    await vi.waitFor(() => expect(calls).toEqual(['last']));
    // A handler that is added by a handler sees the next frame first.
    peer.send(JSON.stringify({ t: 'usage' }));
    peer.send(JSON.stringify({ t: 'ready' }));
    await vi.waitFor(() => expect(calls).toEqual(['last', 'ready']));
  });

  it('closes once, and drops what is sent later', async () => {
    const { handle, peer, messages } = await connectOpen();
    const closing = closeOf(peer);
    handle.close();
    handle.close(4000, 'again');
    // Not a code that a socket would take.
    handle.close(42);
    handle.commit();
    handle.sendAudio(Uint8Array.of(1, 2));
    expect(await closing).toEqual([1000, 'client_closed']);
    expect(messages).toEqual([]);
  });

  it('closes with a code and a reason', async () => {
    const { handle, peer, frames } = await connectOpen();
    const closing = closeOf(peer);
    handle.close(4001, 'bye');
    expect(await closing).toEqual([4001, 'bye']);
    await vi.waitFor(() => expect(frames.at(-1)).toEqual({ type: 'close', code: 4001, reason: 'bye' }));
  });

  it('closes after the server has', async () => {
    const { handle, peer, frames } = await connectOpen();
    peer.close(1000);
    await vi.waitFor(() => expect(frames.at(-1)).toMatchObject({ type: 'close' }));
    handle.sendAudio(Uint8Array.of(1, 2));
    handle.close();
  });

  it('that is closed before the socket is open reports the close and no error', async () => {
    const handle: RealtimeSessionHandle = await speko.realtime.connect({ provider: 'xai', model: 'm' });
    const frames: RealtimeFrame[] = [];
    handle.on((frame) => frames.push(frame));
    handle.close();
    await vi.waitFor(() => expect(frames).toEqual([expect.objectContaining({ type: 'close' })]));
  });
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ChatTool } from '../chat-tool.ts';
import {
  createFakeFetch,
  type FakeFetch,
  finishLine,
  messageLine,
  openStream,
  settle,
  streamResponse,
  toolLine,
} from '../testing/fake-fetch.ts';
import { FakePeer } from '../testing/fake-peer.ts';
import { createSession } from './classic.ts';

const apiServer = 'https://a.example';
const llmPath = '/llm/v2/';
let fake: FakeFetch;
let peer: FakePeer;
let seen: string[];
let released: number;

beforeEach(() => {
  fake = createFakeFetch();
  fake.on('/ice-servers/', () => Response.json({ ice_servers: [] }));
  fake.on('/exchange/', () =>
    Response.json({ server_sdp: { type: 'answer', sdp: 'x' }, recovery: { window_sec: 30 } }),
  );
  seen = [];
  released = 0;
  vi.stubGlobal('fetch', fake.fetch);
  vi.stubGlobal('RTCRtpReceiver', {});
  vi.stubGlobal(
    'RTCPeerConnection',
    class extends FakePeer {
      constructor(configuration: RTCConfiguration) {
        super(configuration);
        peer = this;
      }
    },
  );
  const microphone: Partial<MediaDevices> = {
    // As much of a stream as the session looks at.
    getUserMedia: async () =>
      ({
        getAudioTracks: () => [{}],
        getTracks: () => [{ stop: () => released++ }],
      }) as unknown as MediaStream,
  };
  vi.stubGlobal('navigator', { mediaDevices: microphone });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function connect(tools?: ChatTool[]): ReturnType<typeof createSession> {
  const session = await createSession(apiServer, 's1', 1080, 1920, true, tools);
  session.subscribeChatStates((states) => seen.push([...states].sort().join('+')));
  session.subscribeChatLog(([newest]) => seen.push(`${newest?.isUser ? 'user' : 'ai'}: ${newest?.text}`));
  session.onClose((manual) => seen.push(`closed ${manual}`));
  return session;
}

it('takes the microphone, connects without session info, and never recovers', async () => {
  const session = await connect();
  expect(fake.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET ${apiServer}/api/v1/session/s1/ice-servers/`,
    `POST ${apiServer}/api/v1/session/s1/exchange/`,
  ]);
  expect(fake.calls[1]?.body).toEqual({ client_sdp: { type: 'offer', sdp: 'offer-sdp' } });
  expect(peer.tracks).toHaveLength(1);
  expect(session.getLocalStream()).not.toBeNull();
  peer.iceState('disconnected');
  expect(seen).toEqual(['closed false']);
  expect([peer.closed, released]).toEqual([true, 1]);
});

it('releases the microphone when it cannot connect', async () => {
  fake.on('/exchange/', () => Promise.reject(new TypeError('offline')));
  await expect(connect()).rejects.toThrow('offline');
  expect([peer.closed, released]).toEqual([true, 1]);
});

// keeps: sdk-10.1-session
it('keeps emoji in log and history', async () => {
  const session = await connect();
  fake.on(llmPath, () => streamResponse([messageLine('Hi 😀'), finishLine]));
  session.processChat('1');
  await settle();
  session.processChat('2');
  await settle();
  expect(seen).toContain('ai: Hi 😀');
  expect(fake.callsTo(llmPath)[1]?.body).toMatchObject({
    messages: [{ content: '1' }, { role: 'assistant', content: 'Hi 😀' }, { content: '2' }],
    tools: [],
  });
  expect(peer.message.commands().at(-1)).toEqual({ type: 'ttstf', data: { message: 'Hi' } });
  session.stopSession();
});

it('clearBuffer waits for the end of the turn before it tells the server', async () => {
  const session = await connect();
  fake.on(llmPath, () => openStream().response);
  session.processChat('x');
  await settle();
  const clear = session.clearBuffer();
  expect(peer.message.commands()).toHaveLength(1);
  await clear;
  expect(peer.message.commands().at(-1)).toEqual({ type: 'clear-buffer', data: {} });
  expect(seen).toEqual(['user: x', 'LLM', '', '']);
  session.stopSession();
});

// keeps: sdk-10.1-session
it('shows speech that nobody waits for', async () => {
  const session = await connect();
  peer.message.command('stf', { message: 'x', duration: 1_000 });
  expect(seen).toEqual(['SPEAKING']);
  session.stopSession();
});

it('runs tools, and hears what was said', async () => {
  const session = await connect([new ChatTool('t', '', {}, () => ({ result: 1 }))]);
  const reads = [[toolLine(['t', {}]), finishLine], [finishLine]];
  fake.on(llmPath, () => streamResponse(reads.shift() ?? []));
  session.startVoiceChat();
  session.stopVoiceChat();
  peer.message.command('stt', { text: 'hello' });
  await settle();
  expect(seen).toContain('user: hello');
  expect(fake.callsTo(llmPath)).toHaveLength(2);
  session.stopSession();
  expect(seen.at(-1)).toBe('closed true');
});

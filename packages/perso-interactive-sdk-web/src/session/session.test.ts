import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatTool } from '../chat-tool.ts';
import { ApiError, LLMError, STTError, TTSDecodeError, TTSError } from '../errors.ts';
import type { LocalAudio } from '../rtc/local-audio.ts';
import {
  apiErrorResponse,
  createFakeFetch,
  type FakeFetch,
  finishLine,
  line,
  messageLine,
  openStream,
  settle,
  streamResponse,
  toolLine,
} from '../testing/fake-fetch.ts';
import { asPeerConnection, FakePeer } from '../testing/fake-peer.ts';
import { connectSession, toConnectOptions } from './create-session.ts';
import type { Session } from './session.ts';
import type { SessionClose } from './session-close.ts';
import type { Recorder } from './stt-recording.ts';
import type { TurnTimings } from './turn-timings.ts';

const apiServer = 'https://a.example';
const llmPath = '/api/v1/session/s1/llm/v2/';
const ttsPath = '/api/v1/session/s1/tts/';
const sttPath = '/api/v1/session/s1/stt/';
const eventPath = '/api/v1/session/s1/event/create/';

let fake: FakeFetch;
let peer: FakePeer;
/** All peers, oldest first. */
let peers: FakePeer[];
let session: Session;
/** Chat states joined with "+", log entries as "user: …" or "ai: …", and closing, in order. */
let seen: string[];
let errors: Error[];
let recorders: FakeRecorder[];

class FakeRecorder implements Recorder {
  recording = false;
  startFailure: Error | undefined;
  stopFailure: Error | undefined;
  startGate: Promise<void> | undefined;

  async start(): Promise<void> {
    await this.startGate;
    if (this.startFailure !== undefined) throw this.startFailure;
    this.recording = true;
  }

  async stop(): Promise<File> {
    this.recording = false;
    if (this.stopFailure !== undefined) throw this.stopFailure;
    return new File(['wav'], 'recording.wav', { type: 'audio/wav' });
  }

  isRecording(): boolean {
    return this.recording;
  }
}

let nextRecorder: FakeRecorder;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  fake = createFakeFetch();
  seen = [];
  errors = [];
  recorders = [];
  peers = [];
  nextRecorder = new FakeRecorder();
  fake.on('/session/s1/', () => Response.json({ capability: [{ name: 'STF_WEBRTC' }, { name: 'LLM' }] }));
  fake.on('/ice-servers/', () => Response.json({ ice_servers: [] }));
  fake.on('/exchange/', () => Response.json({ server_sdp: { type: 'answer', sdp: 'x' } }));
  fake.on(eventPath, ({ body }) => Response.json(body, { status: 201 }));
});

afterEach(() => {
  session?.stopSession();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function connect(options: Partial<Parameters<typeof connectSession>[0]> = {}): Promise<Session> {
  session = await connectSession(
    { apiServer, sessionId: 's1', width: 1080, height: 1920, clientTools: [], ...options },
    {
      fetch: fake.fetch,
      createPeerConnection: (configuration) => {
        peer = new FakePeer(configuration);
        peers.push(peer);
        return asPeerConnection(peer);
      },
      createRecorder: () => {
        const recorder = nextRecorder;
        nextRecorder = new FakeRecorder();
        recorders.push(recorder);
        return recorder;
      },
    },
  );
  session.subscribeChatStates((states) => seen.push([...states].sort().join('+')));
  session.subscribeChatLog(([newest]) => seen.push(`${newest?.isUser ? 'user' : 'ai'}: ${newest?.text}`));
  session.setErrorHandler((error) => errors.push(error));
  session.onClose((manual) => seen.push(`closed ${manual}`));
  return session;
}

function connectWithoutPicture(capability: unknown = [{ name: 'LLM' }]): Promise<Session> {
  fake.on('/session/s1/', () => Response.json({ capability }));
  return connect();
}

const answers = (...reads: string[]): void => fake.on(llmPath, () => streamResponse(reads));
const commands = (): unknown[] => peer.message.commands().slice(1);
const stf = (duration: unknown): void => peer.message.command('stf', { message: 'x', duration } as object);
const requestMessages = (call: number): unknown =>
  (fake.callsTo(llmPath)[call]?.body as { messages: unknown } | undefined)?.messages;

describe('createSession', () => {
  // keeps: sdk-8.3.2-order
  it('reads the session, connects, and sends the size', async () => {
    await connect();
    expect(fake.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${apiServer}/api/v1/session/s1/`,
      `GET ${apiServer}/api/v1/session/s1/ice-servers/`,
      `POST ${apiServer}/api/v1/session/s1/exchange/`,
    ]);
    expect(fake.calls[2]?.body).toEqual({
      client_sdp: { type: 'offer', sdp: 'offer-sdp' },
      recoverable: true,
    });
    expect(peer.message.commands()).toEqual([{ type: 'change-size', data: { width: 1080, height: 1920 } }]);
    expect(session).toMatchObject({
      apiServer,
      sessionId: 's1',
      clientTools: [],
      lastRecordedAudioFile: null,
    });
    expect(session.getSessionId()).toBe('s1');
    expect(session.perso).not.toBeNull();
    expect(session.getRemoteStream()).toBe(peer.remoteStream);
  });

  // keeps: sdk-8.2-api-server
  it('changes the size', async () => {
    await connect({ apiServer: toConnectOptions(` ${apiServer}// `, 's1', 1, 1, [], undefined).apiServer });
    expect(session.apiServer).toBe(apiServer);
    session.changeSize(1920, 1080);
    expect(commands()).toEqual([{ type: 'change-size', data: { width: 1920, height: 1080 } }]);
  });

  // keeps: sdk-8.3.2-failure
  it.each(['/session/s1/', '/ice-servers/', '/exchange/'])('passes on a refusal of %s', async (path) => {
    fake.on(path, () => apiErrorResponse(400, 'invalid_session_state', 'Ended'));
    await expect(connect()).rejects.toEqual(new ApiError(400, 'invalid_session_state', 'Ended', null));
  });

  it('accepts STF_ONPREMISE', async () => {
    fake.on('/session/s1/', () => Response.json({ capability: [{ name: 'STF_ONPREMISE' }] }));
    expect((await connect()).perso).not.toBeNull();
  });

  // keeps: sdk-8.3.2-legacy, sdk-8.3.2-failure
  it('acquires local audio in the older form, and releases it on failure', async () => {
    const release = vi.fn();
    const stream = { getAudioTracks: () => [{}] } as unknown as MediaStream;
    const openLocalAudio = vi.fn(async () => ({ stream, release }));
    const createPeerConnection = (configuration: RTCConfiguration): RTCPeerConnection =>
      asPeerConnection(new FakePeer(configuration));
    const internals = { fetch: fake.fetch, openLocalAudio, createPeerConnection };
    const options = {
      apiServer,
      sessionId: 's1',
      width: 1,
      height: 1,
      clientTools: [],
      enableVoiceChat: true,
    };
    session = await connectSession(options, internals);
    expect(openLocalAudio).toHaveBeenCalledExactlyOnceWith(true);
    expect(session.getLocalStream()).toBe(stream);
    session.stopSession();
    expect(release).toHaveBeenCalledExactlyOnceWith(true);

    release.mockClear();
    fake.on('/ice-servers/', () => apiErrorResponse(404, 'not_found', 'x'));
    await expect(connectSession(options, internals)).rejects.toBeInstanceOf(ApiError);
    expect(release).toHaveBeenCalledWith(true);

    release.mockClear();
    fake.on('/session/s1/', () => Response.json({ capability: [] }));
    const withoutPicture = await connectSession({ ...options, enableVoiceChat: false }, internals);
    expect(release).toHaveBeenCalledExactlyOnceWith(false);
    expect(withoutPicture.getLocalStream()).toBeNull();
    withoutPicture.stopSession();
  });

  // keeps: sdk-8.2-forms
  it('understands its call forms', () => {
    const tools = [new ChatTool('t', '', {}, () => ({}))];
    const common = { apiServer, sessionId: 's1', width: 1, height: 2 };
    const options = { sessionId: 's1', width: 1, height: 2 };
    expect(
      toConnectOptions(
        { ...options, apiServer: `${apiServer}/`, clientTools: tools },
        '',
        0,
        0,
        undefined,
        undefined,
      ),
    ).toEqual({ ...common, clientTools: tools });
    expect(toConnectOptions(options, '', 0, 0, undefined, undefined)).toEqual({
      ...common,
      apiServer: 'https://platform.perso.ai',
      clientTools: [],
    });
    expect(toConnectOptions(apiServer, 's1', 1, 2, tools, undefined)).toEqual({
      ...common,
      clientTools: tools,
    });
    expect(toConnectOptions(apiServer, 's1', 1, 2, undefined, undefined)).toEqual({
      ...common,
      clientTools: [],
    });
    expect(toConnectOptions(apiServer, 's1', 1, 2, true, tools)).toEqual({
      ...common,
      clientTools: tools,
      enableVoiceChat: true,
    });
    expect(toConnectOptions(apiServer, 's1', 1, 2, false, undefined)).toEqual({
      ...common,
      clientTools: [],
      enableVoiceChat: false,
    });
  });
});

describe('processChat', () => {
  // keeps: sdk-9.1-turn
  it('logs, speaks, and goes through the states in order', async () => {
    await connect();
    answers(messageLine('Hi 😀.') + messageLine(' Bye.'), finishLine);
    await session.processChat('Hello');
    await settle();
    expect(commands()).toEqual([
      { type: 'ttstf', data: { message: 'Hi .' } },
      { type: 'ttstf', data: { message: 'Bye.' } },
    ]);
    stf(0);
    stf(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen).toEqual([
      'user: Hello',
      'LLM',
      'ANALYZING+LLM',
      'ai: Hi . Bye.',
      'ANALYZING',
      'ANALYZING+SPEAKING',
      'SPEAKING',
      '',
    ]);
    expect(requestMessages(0)).toEqual([{ role: 'user', content: 'Hello' }]);
  });

  // keeps: sdk-9.2-blank
  it('ignores white space', async () => {
    await connect();
    await session.processChat(' \n ');
    expect(seen).toEqual([]);
    expect(fake.callsTo(llmPath)).toEqual([]);
  });

  // keeps: sdk-9.2-immediate
  it('resolves before the answer', async () => {
    await connect();
    fake.on(llmPath, () => new Promise(() => undefined));
    await session.processChat('x');
    expect(seen).toEqual(['user: x', 'LLM']);
  });

  // keeps: sdk-9.2-history
  it('commits the history of a whole turn, apart from that of processLLM', async () => {
    await connect();
    answers(messageLine('A'), finishLine);
    session.processTTSTF('Welcome 😀');
    session.processChat('1');
    await settle();
    session.processChat('2');
    await settle();
    expect(requestMessages(1)).toEqual([
      { role: 'assistant', type: 'message', content: 'Welcome 😀' },
      { role: 'user', content: '1' },
      { role: 'assistant', type: 'message', content: 'A' },
      { role: 'user', content: '2' },
    ]);
    expect(session.getMessageHistory()).toEqual([]);
  });

  // keeps: sdk-9.2-tools
  it('runs tools, and logs the text before and after as entries of their own', async () => {
    const square = new ChatTool('square', '', {}, ({ n }: { n: number }) => {
      if (n < 0) throw new Error('negative');
      return { result: n * n };
    });
    await connect({ clientTools: [square] });
    const reads = [
      [messageLine('Wait.') + toolLine(['square', { n: 2 }], ['square', { n: -1 }]), finishLine],
      [messageLine('4.'), finishLine],
    ];
    fake.on(llmPath, () => streamResponse(reads.shift() ?? []));
    session.processChat('x');
    await settle();
    expect(seen.filter((entry) => entry.includes(':'))).toEqual(['user: x', 'ai: Wait.', 'ai: 4.']);
    expect((requestMessages(1) as object[]).slice(3)).toEqual([
      { role: 'tool', content: '{"result":4}', tool_call_id: 'c1' },
      { role: 'tool', content: '{"result":"error!"}', tool_call_id: 'c2' },
    ]);
  });

  it('logs and keeps an answer without a finish line', async () => {
    await connect();
    answers(messageLine('A').trimEnd());
    session.processChat('x');
    await settle();
    expect(seen).toContain('ai: A');
    session.processChat('y');
    await settle();
    expect(requestMessages(1)).toHaveLength(3);
  });

  // keeps: sdk-9.2-failures
  it.each([
    ['a refusal', () => apiErrorResponse(429, 'throttled', 'Slow down'), { detail: 'Slow down' }],
    ['a network failure', () => Promise.reject(new TypeError('offline')), { description: 'offline' }],
    [
      'a failure line',
      () => streamResponse([line({ status: 'fail', reason: 'Odd' })]),
      { description: 'Odd' },
    ],
    ['broken JSON', () => streamResponse(['data: {oops\n']), { description: 'Failed to parse SSE JSON' }],
    [
      'an HTML error page',
      () => new Response('<html>', { status: 502 }),
      { description: expect.any(String) },
    ],
  ])('reports %s as LLMError, and ends the state', async (_, answer, underlying) => {
    await connect();
    fake.on(llmPath, answer);
    session.processChat('x');
    await settle();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(LLMError);
    expect((errors[0] as LLMError).underlyingError).toMatchObject(underlying);
    expect(seen).toEqual(['user: x', 'LLM', '']);
    answers(finishLine);
    session.processChat('y');
    await settle();
    expect(requestMessages(1)).toEqual([{ role: 'user', content: 'y' }]);
  });

  // keeps: sdk-9.2-rounds
  it('stops after ten requests', async () => {
    await connect({ clientTools: [new ChatTool('again', '', {}, () => ({}))] });
    answers(toolLine(['again', {}]), finishLine);
    session.processChat('x');
    await settle();
    await settle();
    expect(fake.callsTo(llmPath)).toHaveLength(10);
    expect(errors).toHaveLength(1);
  });
});

describe('processLLM', () => {
  // keeps: sdk-8.5-process-llm
  it('sets LLM, uses the tools of the session, and neither logs nor speaks', async () => {
    await connect({ clientTools: [new ChatTool('a', '', {}, () => ({}))] });
    session.clientTools = [new ChatTool('b', '', {}, () => ({}))];
    answers(messageLine('A'), finishLine);
    for await (const chunk of session.processLLM({ message: 'x' })) expect(chunk.type).toBe('message');
    expect(seen).toEqual(['LLM', '']);
    expect(commands()).toEqual([]);
    expect(fake.callsTo(llmPath)[0]?.body).toMatchObject({ tools: [{ function: { name: 'b' } }] });
    expect(session.getMessageHistory()).toHaveLength(2);
  });

  it('runs turns side by side', async () => {
    await connect();
    answers(messageLine('A'), finishLine);
    const first = session.processLLM({ message: '1' });
    const second = session.processLLM({ message: '2' });
    await Promise.all([first.next(), second.next()]);
    expect(fake.callsTo(llmPath)).toHaveLength(2);
    await second.next();
    await first.next();
    expect(session.getMessageHistory()).toMatchObject([
      { role: 'user', content: '2' },
      { role: 'assistant' },
      { role: 'user', content: '1' },
      { role: 'assistant' },
    ]);
  });

  it('leaves its errors to the chunks', async () => {
    await connect();
    fake.on(llmPath, () => apiErrorResponse(400, 'x', 'x'));
    for await (const chunk of session.processLLM({ message: 'x' })) expect(chunk.type).toBe('error');
    expect(errors).toEqual([]);
  });
});

describe('speaking', () => {
  it('processTTSTF logs the original and speaks without emoji', async () => {
    await connect();
    session.processTTSTF(' Hi 😀 ');
    session.processTTSTF('  ');
    session.processTTSTF('😀');
    expect(commands()).toEqual([{ type: 'ttstf', data: { message: 'Hi' } }]);
    expect(seen).toEqual(['ai:  Hi 😀 ', 'ANALYZING', 'ai: 😀']);
  });

  it('processCustomChat only speaks', async () => {
    await connect();
    session.processCustomChat('Hi');
    session.processCustomChat('  ');
    expect(seen).toEqual(['ANALYZING']);
    expect(commands()).toHaveLength(1);
    answers(finishLine);
    session.processChat('x');
    await settle();
    expect(requestMessages(0)).toHaveLength(1);
  });

  // keeps: sdk-9.1-speaking
  it('speech lasts two seconds longer than the first utterance, and one more with each further', async () => {
    await connect();
    session.processTTSTF('1');
    session.processTTSTF('2');
    stf(3_000);
    await vi.advanceTimersByTimeAsync(1_000);
    stf(500);
    seen.length = 0;
    // 4 s are left of the first, then 0.5 s and 1 s are added.
    await vi.advanceTimersByTimeAsync(5_499);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual(['']);
    session.processTTSTF('3');
    stf(0);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(seen.at(-1)).toBe('SPEAKING');
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.at(-1)).toBe('');
  });

  // keeps: sdk-9.1-late-stf
  it('ignores speech nobody waits for, and durations that are none', async () => {
    await connect();
    stf(1_000);
    expect(seen).toEqual([]);
    for (const duration of ['x', -5, null, undefined, {}, 1e300]) {
      session.processTTSTF('1');
      stf(duration);
    }
    expect(seen.at(-1)).toBe('SPEAKING');
  });

  it('does not wait for speech that could not be ordered', async () => {
    await connect();
    peer.message.close();
    session.processTTSTF('x');
    expect(seen).toEqual(['ai: x']);
  });
});

describe('processTTS', () => {
  const audio = btoa('RIFF');

  beforeEach(async () => {
    await connect();
    fake.on(ttsPath, () => Response.json({ audio }));
  });

  // keeps: sdk-9.5-request
  it.each([
    ['Hi', 'Hi.'],
    ['Hi!', 'Hi!'],
    ['Hi?', 'Hi?'],
    ['Hi.', 'Hi.'],
    ['안녕。', '안녕。.'],
    ['Hi…', 'Hi….'],
    ['"Hi."', '"Hi.".'],
    ['Hi 😀', 'Hi.'],
  ])('%j is requested as %j', async (message, text) => {
    const blob = await session.processTTS(message);
    expect(blob?.type).toBe('audio/wav');
    expect(await blob?.text()).toBe('RIFF');
    expect(fake.callsTo(ttsPath)[0]?.body).toEqual({ text });
    expect(seen).toEqual(['TTS', '']);
  });

  // keeps: sdk-9.5-request
  it('passes on the options', async () => {
    await session.processTTS('Hi.', { locale: 'en', output_format: 'mp3', resample: false });
    await session.processTTS('Hi.', { locale: '', output_format: '' });
    expect(fake.callsTo(ttsPath).map(({ body }) => body)).toEqual([
      { text: 'Hi.', locale: 'en', output_format: 'mp3' },
      { text: 'Hi.' },
    ]);
  });

  // keeps: sdk-9.5-nothing
  it.each(['', '  ', '😀 👍🏽'])('%j is nothing', async (message) => {
    expect(await session.processTTS(message)).toBeUndefined();
    expect(fake.callsTo(ttsPath)).toEqual([]);
    expect(seen).toEqual([]);
  });

  // keeps: sdk-9.5-result
  it('labels MP3', async () => {
    fake.on(ttsPath, () => Response.json({ audio: btoa('ID3x') }));
    expect((await session.processTTS('Hi'))?.type).toBe('audio/mpeg');
  });

  // keeps: sdk-9.5-failures
  it('reports failures to the error handlers', async () => {
    fake.on(ttsPath, () => apiErrorResponse(400, 'invalid', 'No voice'));
    expect(await session.processTTS('Hi')).toBeUndefined();
    fake.on(ttsPath, () => Response.json({ audio: '%%%' }));
    expect(await session.processTTS('Hi')).toBeUndefined();
    const offline = new TypeError('offline');
    fake.on(ttsPath, () => Promise.reject(offline));
    expect(await session.processTTS('Hi')).toBeUndefined();
    expect(errors[0]).toBeInstanceOf(TTSError);
    expect(errors[0]?.message).toBe('400:No voice');
    expect(errors[1]).toBeInstanceOf(TTSError);
    expect((errors[1] as TTSError).underlyingError).toEqual(new TTSDecodeError('Invalid Base64 audio data'));
    expect(errors[2]).toBe(offline);
    expect(seen.at(-1)).toBe('');
  });
});

describe('processSTF', () => {
  const file = new Blob(['sound'], { type: 'audio/mpeg' });

  const upload = async (reference: string): Promise<void> => {
    await settle();
    const channel = peer.channels.at(-1);
    channel?.receive('');
    await settle();
    channel?.receive(reference);
    await settle();
  };

  // keeps: sdk-9.6-upload
  it('uploads, then orders', async () => {
    await connect();
    const reference = session.processSTF(file, undefined, 'Hi');
    expect(seen).toEqual(['ANALYZING']);
    await upload('ref');
    expect(await reference).toBe('ref');
    expect(commands()).toEqual([{ type: 'stf', data: { message: 'Hi', file_ref: 'ref', format: 'mp3' } }]);
    stf(0);
    expect(seen).toEqual(['ANALYZING', 'SPEAKING']);
  });

  it('has no text by default, and is not logged', async () => {
    await connect();
    const reference = session.processSTF(file, 'audio/x-wav; rate=16000');
    await upload('ref');
    await reference;
    expect(commands()).toEqual([{ type: 'stf', data: { message: '', file_ref: 'ref', format: 'wav' } }]);
    expect(seen).toEqual(['ANALYZING']);
  });

  it('takes back its state when the upload fails', async () => {
    await connect();
    const reference = session.processSTF(file).catch((error: Error) => error.message);
    await settle();
    peer.channels.at(-1)?.drop();
    expect(await reference).toBe('File channel closed before transfer completed');
    expect(seen).toEqual(['ANALYZING', '']);
  });

  // keeps: sdk-9.8-pending
  it('orders nothing after clearBuffer, and leaves the states of others alone', async () => {
    await connect();
    const reference = session.processSTF(file);
    await session.clearBuffer();
    session.processTTSTF('x');
    seen.length = 0;
    await upload('ref');
    expect(await reference).toBe('ref');
    expect(commands().map((command) => (command as { type: string }).type)).toEqual([
      'clear-buffer',
      'ttstf',
    ]);
    expect(seen).toEqual([]);
  });
});

describe('clearBuffer', () => {
  // keeps: sdk-9.8-clear
  it('aborts a stalled turn, keeps its text in the log but not in the history, and resets', async () => {
    await connect();
    const stream = openStream();
    fake.on(llmPath, () => stream.response);
    session.processChat('x');
    stream.push(messageLine('A.') + messageLine(' B.'));
    await settle();
    await session.clearBuffer();
    expect(stream.cancelled()).toBe(true);
    expect(fake.callsTo(llmPath)[0]?.signal?.aborted).toBe(true);
    expect(seen).toEqual(['user: x', 'LLM', 'ANALYZING+LLM', 'ai: A. B.', 'ANALYZING', '']);
    expect(commands().at(-1)).toEqual({ type: 'clear-buffer', data: {} });
    expect(errors).toEqual([]);
    answers(finishLine);
    session.processChat('y');
    await settle();
    expect(requestMessages(1)).toEqual([{ role: 'user', content: 'y' }]);
  });

  // keeps: sdk-9.8-clear
  it('tells the server first', async () => {
    await connect();
    fake.on(llmPath, () => openStream().response);
    session.processChat('x');
    const clear = session.clearBuffer();
    expect(commands()).toEqual([{ type: 'clear-buffer', data: {} }]);
    await clear;
  });

  it('notifies even when nothing was under way, any number of times', async () => {
    await connect();
    await Promise.all([session.clearBuffer(), session.clearBuffer()]);
    expect(seen).toEqual(['', '']);
  });

  it('works after a failed turn', async () => {
    await connect();
    fake.on(llmPath, () => Promise.reject(new Error('offline')));
    session.processChat('x');
    await settle();
    await session.clearBuffer();
    answers(messageLine('A'), finishLine);
    session.processChat('y');
    await settle();
    expect(seen.at(-1)).toBe('ANALYZING');
    expect(seen).toContain('ai: A');
  });

  it('ends speech at once, and speech that comes late is ignored', async () => {
    await connect();
    session.processTTSTF('x');
    stf(60_000);
    await session.clearBuffer();
    stf(1_000);
    expect(seen.at(-1)).toBe('');
  });

  // keeps: sdk-9.8-pending
  it('suppresses a synthesis under way, but not the state of the next', async () => {
    await connect();
    let release: (response: Response) => void = () => undefined;
    fake.on(
      ttsPath,
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const first = session.processTTS('1');
    await settle();
    await session.clearBuffer();
    const releaseFirst = release;
    const second = session.processTTS('2');
    await settle();
    releaseFirst(Response.json({ audio: 'AAAA' }));
    expect(await first).toBeUndefined();
    expect(seen.at(-1)).toBe('TTS');
    release(Response.json({ audio: 'AAAA' }));
    expect(await second).toBeInstanceOf(Blob);
    expect(seen.at(-1)).toBe('');
  });

  // keeps: sdk-9.8-pending
  it('leaves processLLM alone', async () => {
    await connect();
    const stream = openStream();
    fake.on(llmPath, () => stream.response);
    const generator = session.processLLM({ message: 'x' });
    const next = generator.next();
    await settle();
    await session.clearBuffer();
    stream.push(messageLine('A'));
    expect(await next).toMatchObject({ value: { message: 'A' } });
    await generator.return(undefined);
  });
});

// keeps: sdk-9.7-recording
describe('recording', () => {
  beforeEach(async () => {
    await connect();
    fake.on(sttPath, () => Response.json({ text: 'hello', locale: 'en', normalized_text: 'HELLO' }));
  });

  it('records, transcribes and keeps the file', async () => {
    await session.startProcessSTT();
    expect(session.isSTTRecording()).toBe(true);
    await expect(session.startProcessSTT()).rejects.toThrow('STT recording is already in progress');
    expect(session.isSTTRecording()).toBe(true);
    expect(await session.stopProcessSTT('ko')).toBe('hello');
    expect(seen).toEqual(['RECORDING', '']);
    expect(session.isSTTRecording()).toBe(false);
    expect(session.lastRecordedAudioFile?.name).toBe('recording.wav');
    const form = fake.callsTo(sttPath)[0]?.body as FormData;
    expect([form.get('language'), (form.get('audio') as File).name]).toEqual(['ko', 'recording.wav']);
    await expect(session.stopProcessSTT()).rejects.toThrow('STT recording is not in progress');
  });

  it('refuses to stop what was never started, but ends the state', async () => {
    session.startVoiceChat();
    await expect(session.stopProcessSTT()).rejects.toThrow('STT recording has not been started');
    expect(seen).toEqual(['RECORDING', '']);
  });

  it('passes on a refused microphone', async () => {
    const refusal = new DOMException('no', 'NotAllowedError');
    nextRecorder.startFailure = refusal;
    await expect(session.startProcessSTT()).rejects.toBe(refusal);
    expect(seen).toEqual(['RECORDING', '']);
    await expect(session.stopProcessSTT()).rejects.toThrow('STT recording is not in progress');
    await session.startProcessSTT();
    expect(session.isSTTRecording()).toBe(true);
  });

  it('stops by itself, and keeps the file until it is fetched', async () => {
    await session.startProcessSTT(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(recorders[0]?.recording).toBe(false);
    expect(session.isSTTRecording()).toBe(true);
    expect(seen).toEqual(['RECORDING']);
    expect(await session.stopProcessSTT()).toBe('hello');
    expect(seen).toEqual(['RECORDING', '']);
    expect(session.isSTTRecording()).toBe(false);
  });

  it('keeps nothing when stopping by itself fails', async () => {
    nextRecorder.stopFailure = new Error('worklet');
    await session.startProcessSTT(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toEqual(['RECORDING', '']);
    expect(session.isSTTRecording()).toBe(false);
    await expect(session.stopProcessSTT()).rejects.toThrow('STT recording is not in progress');
  });

  it('does not stop by itself after it was stopped, or with a limit of zero', async () => {
    await session.startProcessSTT(1_000);
    await session.stopProcessSTT();
    await session.startProcessSTT(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(recorders[1]?.recording).toBe(true);
  });

  it('releases the microphone when it is stopped before it has started', async () => {
    let open: () => void = () => undefined;
    nextRecorder.startGate = new Promise((resolve) => {
      open = resolve;
    });
    const starting = session.startProcessSTT().catch((error: Error) => error.message);
    await expect(session.stopProcessSTT()).rejects.toThrow('STT recording is not in progress');
    open();
    expect(await starting).toBe('STT recording was stopped');
    expect(recorders[0]?.recording).toBe(false);
    expect(seen.at(-1)).toBe('');
  });

  it('wraps refusals in STTError, and keeps the file nevertheless', async () => {
    fake.on(sttPath, () => apiErrorResponse(413, 'payload_too_large', 'Too long'));
    await session.startProcessSTT();
    const error = await session.stopProcessSTT().catch((reason) => reason);
    expect(error).toBeInstanceOf(STTError);
    expect(error).toMatchObject({ message: 'STT Error: Too long', underlyingError: { errorCode: 413 } });
    expect(session.lastRecordedAudioFile).toBeInstanceOf(File);
  });

  it('transcribes files', async () => {
    expect(await session.transcribeAudio(new Blob(['x']))).toBe('hello');
    expect(await session.transcribeAudioDetailed(new Blob(['x']), 'en')).toEqual({ text: 'hello' });
    fake.on(sttPath, () => Promise.reject(new TypeError('offline')));
    await expect(session.transcribeAudio(new Blob(['x']))).rejects.toThrow(new TypeError('offline'));
  });
});

// keeps: sdk-9-voice-chat
describe('voice chat over the connection', () => {
  beforeEach(async () => {
    await connect();
    session.startVoiceChat();
    session.stopVoiceChat();
  });

  it('records and analyzes', () => {
    expect(commands()).toEqual([
      { type: 'record-start', data: {} },
      { type: 'record-end-stt', data: {} },
    ]);
    expect(seen).toEqual(['RECORDING', 'ANALYZING']);
  });

  it('chats with what was recognized', async () => {
    answers(finishLine);
    peer.message.command('stt', { text: 'hello' });
    await settle();
    expect(seen).toContain('user: hello');
  });

  it('does not chat with nothing', async () => {
    peer.message.command('stt', { text: '' });
    peer.message.command('stt', { text: 7 });
    await settle();
    expect(seen.at(-1)).toBe('');
    expect(fake.callsTo(llmPath)).toEqual([]);
  });

  it('hands the text to the last callback, until it is removed', async () => {
    const texts: string[] = [];
    const removeFirst = session.setSttResultCallback((text) => texts.push(`first ${text}`));
    const removeSecond = session.setSttResultCallback((text) => texts.push(`second ${text}`));
    removeFirst();
    peer.message.command('stt', { text: '' });
    peer.message.command('stt', { text: 'a' });
    removeSecond();
    answers(finishLine);
    peer.message.command('stt', { text: 'b' });
    await settle();
    expect(texts).toEqual(['second ', 'second a']);
    expect(seen).toContain('user: b');
  });

  it('ends with a failure', () => {
    peer.message.command('stt-error', { code: 1 });
    expect(seen.at(-1)).toBe('');
  });
});

describe('the end', () => {
  // keeps: sdk-8.5-stop, sdk-8.5-on-close
  it('stopSession closes once, and is silent from then on', async () => {
    await connect();
    session.processTTSTF('x');
    stf(60_000);
    await session.startProcessSTT(60_000);
    seen.length = 0;
    session.stopSession();
    session.stopSession();
    expect(seen).toEqual(['', 'closed true']);
    expect(recorders[0]?.recording).toBe(false);
    expect(peer.closed).toBe(true);
    session.changeSize(1, 1);
    session.processCustomChat('x');
    await session.clearBuffer();
    expect(peer.message.commands()).toHaveLength(2);
  });

  it('stopSession ends a turn', async () => {
    await connect();
    fake.on(llmPath, () => openStream().response);
    session.processChat('x');
    await settle();
    session.stopSession();
    await settle();
    expect(seen.at(-1)).toBe('');
    expect(errors).toEqual([]);
  });

  // keeps: sdk-8.5-on-close
  it('a loss ends speech and closes with false', async () => {
    await connect();
    session.processTTSTF('x');
    const silent = vi.fn();
    session.onClose(silent)();
    seen.length = 0;
    peer.iceState('failed');
    expect(seen).toEqual(['', 'closed false']);
    expect(silent).not.toHaveBeenCalled();
    session.stopSession();
    expect(seen).toHaveLength(2);
  });
});

describe('why it closed', () => {
  it.each([
    ['stopped', true, 200, () => session.stopSession()],
    ['connection-lost', false, 408, () => peer.iceState('disconnected')],
    ['channel-closed', false, 408, () => peer.message.drop()],
    ['silence', false, 408, () => vi.advanceTimersByTime(34_000)],
  ])('%s', async (cause, manual, code, happen) => {
    await connect();
    const told: unknown[] = [];
    session.onClose((...args) => told.push(args));
    happen();
    expect(told).toMatchObject([[manual, { manual, code, cause }]]);
  });

  it('asks for the reason, again when it is not known at once', async () => {
    await connect();
    const closes: SessionClose[] = [];
    session.onClose((_, close) => closes.push(close));
    session.onClose((_, close) => closes.push(close));
    peer.iceState('failed');
    const answers: Array<() => Response | Promise<Response>> = [
      () => Response.json({ termination_reason: null }),
      () => Promise.reject(new TypeError('offline')),
      () => Response.json({ termination_reason: 'SESSION_LOST_AFTER_CONNECTION' }),
    ];
    fake.on('/session/s1/', () => (answers.shift() ?? (() => apiErrorResponse(404, 'not_found', 'x')))());
    const reasons = closes.map((close) => close.terminationReason());
    for (let count = 0; count < 4; count++) {
      await settle();
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(await Promise.all(reasons)).toEqual(Array(2).fill('SESSION_LOST_AFTER_CONNECTION'));
    expect(await closes[0]?.terminationReason()).toBe('SESSION_LOST_AFTER_CONNECTION');
    expect(fake.callsTo('/session/s1/')).toHaveLength(4);
  });

  it('gives up with null', async () => {
    await connect();
    let reason: Promise<string | null> | undefined;
    session.onClose((_, close) => {
      reason = close.terminationReason();
    });
    fake.on('/session/s1/', () => apiErrorResponse(404, 'not_found', 'x'));
    session.stopSession();
    for (let count = 0; count < 8; count++) {
      await settle();
      await vi.advanceTimersByTimeAsync(1_600);
    }
    expect(await reason).toBeNull();
  });
});

describe('a lost connection', () => {
  const exchangePath = '/exchange/';
  let connections: string[];

  /** Connects to a server that keeps sessions for 30 s. */
  const connectRecoverably = async (options: Parameters<typeof connect>[0] = {}): Promise<void> => {
    fake.on(exchangePath, () =>
      Response.json({ server_sdp: { type: 'answer', sdp: 'x' }, recovery: { window_sec: 30 } }),
    );
    await connect(options);
    connections = [];
    session.subscribeConnection((state) => connections.push(state));
  };

  // keeps: sdk-9-recovery
  it('is taken up again with a new peer', async () => {
    await connectRecoverably();
    session.changeSize(1920, 1080);
    const [old] = peers;
    fake.calls.length = 0;
    peer.iceState('failed');
    expect(connections).toEqual(['recovering']);
    expect(old?.closed).toBe(true);
    await settle();
    expect(connections).toEqual(['recovering', 'connected']);
    expect(fake.calls.map(({ method, url }) => `${method} ${url.slice(url.indexOf('s1/'))}`)).toEqual([
      'GET s1/ice-servers/',
      'POST s1/exchange/',
    ]);
    expect(fake.calls[1]?.body).toEqual({
      client_sdp: { type: 'offer', sdp: 'offer-sdp' },
      recoverable: true,
      recover: true,
    });
    expect(peers).toHaveLength(2);
    expect(peer.message.commands()).toEqual([{ type: 'change-size', data: { width: 1920, height: 1080 } }]);
    expect(session.getRemoteStream()).toBe(peer.remoteStream);
    expect(seen).toEqual([]);
    peer.iceState('failed');
    await settle();
    expect(connections).toEqual(['recovering', 'connected', 'recovering', 'connected']);
  });

  it('gets two seconds to come back by itself, and text waits meanwhile', async () => {
    await connectRecoverably();
    peer.iceState('disconnected');
    session.processTTSTF('1');
    session.processTTSTF('2');
    expect(commands()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_900);
    peer.iceState('connected');
    expect(commands()).toHaveLength(2);
    expect(connections).toEqual([]);
    peer.iceState('disconnected');
    await vi.advanceTimersByTimeAsync(2_000);
    await settle();
    expect(connections).toEqual(['recovering', 'connected']);
  });

  it('keeps a running turn, whose later sentences are spoken over the new peer', async () => {
    await connectRecoverably();
    const stream = openStream();
    fake.on(llmPath, () => stream.response);
    session.processChat('x');
    stream.push(messageLine('One.'));
    await settle();
    stf(5_000);
    let release: (response: Response) => void = () => undefined;
    fake.on(
      exchangePath,
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    peer.iceState('failed');
    await settle();
    expect(seen.at(-1)).toBe('LLM');
    stream.push(messageLine(' Two.') + messageLine(' Three.'));
    await settle();
    expect(seen.at(-1)).toBe('ANALYZING+LLM');
    release(Response.json({ server_sdp: { type: 'answer', sdp: 'x' }, recovery: { window_sec: 30 } }));
    await settle();
    expect(connections).toEqual(['recovering', 'connected']);
    expect(commands()).toEqual([
      { type: 'ttstf', data: { message: 'Two.' } },
      { type: 'ttstf', data: { message: 'Three.' } },
    ]);
    stream.push(messageLine(' Four.') + finishLine);
    stream.end();
    await settle();
    expect(commands().at(-1)).toEqual({ type: 'ttstf', data: { message: 'Four.' } });
    stf(0);
    stf(0);
    stf(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.slice(-5)).toEqual([
      'ai: One. Two. Three. Four.',
      'ANALYZING',
      'ANALYZING+SPEAKING',
      'SPEAKING',
      '',
    ]);
    answers(finishLine);
    session.processChat('y');
    await settle();
    expect(requestMessages(1)).toHaveLength(3);
    expect(errors).toEqual([]);
  });

  it('keeps up to 100 utterances in order, and reports what is dropped', async () => {
    await connectRecoverably();
    fake.on('/ice-servers/', () => new Promise(() => undefined));
    peer.iceState('failed');
    for (let count = 1; count <= 102; count++) session.processCustomChat(String(count));
    expect(errors.map(({ message }) => message)).toEqual(Array(2).fill('Speech dropped: too much waits'));
    fake.on('/ice-servers/', () => Response.json({ ice_servers: [] }));
    await vi.advanceTimersByTimeAsync(10_500);
    await settle();
    expect(commands()).toHaveLength(100);
    expect(commands()[99]).toEqual({ type: 'ttstf', data: { message: '100' } });
  });

  it('clearBuffer forgets what waits, and the server is told when it is back', async () => {
    await connectRecoverably();
    peer.iceState('failed');
    session.processCustomChat('1');
    await session.clearBuffer();
    session.processCustomChat('2');
    await settle();
    expect(commands()).toEqual([
      { type: 'clear-buffer', data: {} },
      { type: 'ttstf', data: { message: '2' } },
    ]);
  });

  it('rejects uploads under way, and those begun meanwhile', async () => {
    await connectRecoverably();
    const file = new Blob(['x']);
    const message = (error: Error): string => error.message;
    const first = session.processSTF(file).catch(message);
    await settle();
    fake.on('/ice-servers/', () => new Promise(() => undefined));
    peer.iceState('failed');
    session.processCustomChat('waits');
    const second = session.processSTF(file).catch(message);
    expect(await first).toBe('File channel closed before transfer completed');
    expect(await second).toBe('File channel closed before transfer completed');
    expect(seen.at(-1)).toBe('ANALYZING');
    session.stopSession();
    await settle();
  });

  it('tries until the window ends, then closes once', async () => {
    await connectRecoverably();
    fake.on('/ice-servers/', () => Promise.reject(new TypeError('offline')));
    const closes: SessionClose[] = [];
    session.onClose((_, close) => closes.push(close));
    peer.iceState('failed');
    session.processCustomChat('x');
    for (let second = 0; second < 30; second++) {
      await settle();
      expect(connections).toEqual(['recovering']);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await settle();
    expect(connections).toEqual(['recovering', 'closed']);
    expect(seen.slice(-2)).toEqual(['', 'closed false']);
    expect(closes).toMatchObject([{ cause: 'recovery-timeout', code: 408, manual: false }]);
    expect(fake.callsTo('/ice-servers/').length).toBeGreaterThan(5);
  });

  it.each([
    [400, 'session_terminated'],
    [404, 'not_found'],
  ])('closes at once when the server answers %i', async (status, code) => {
    await connectRecoverably();
    fake.on(exchangePath, () => apiErrorResponse(status, code, 'x'));
    const closes: SessionClose[] = [];
    session.onClose((_, close) => closes.push(close));
    peer.message.drop();
    await settle();
    expect(connections).toEqual(['recovering', 'closed']);
    expect(seen).toEqual(['closed false']);
    expect(closes).toMatchObject([{ cause: 'session-ended' }]);
    expect(peers.every(({ closed }) => closed)).toBe(true);
  });

  it('ends cleanly with stopSession while it is taken up again', async () => {
    await connectRecoverably();
    fake.on(exchangePath, () => new Promise(() => undefined));
    peer.iceState('failed');
    await settle();
    session.stopSession();
    session.stopSession();
    await settle();
    expect(seen).toEqual(['closed true']);
    expect(connections).toEqual(['recovering', 'closed']);
    expect(fake.callsTo(exchangePath)[1]?.signal?.aborted).toBe(true);
    expect(peers.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it.each([undefined, null, {}, { window_sec: 0 }, { window_sec: 'x' }])(
    'is final when the server offers %j',
    async (recovery) => {
      fake.on(exchangePath, () => Response.json({ server_sdp: { type: 'answer', sdp: 'x' }, recovery }));
      await connect();
      peer.iceState('disconnected');
      expect(seen).toEqual(['closed false']);
    },
  );

  it('is told from one that the page closes, to servers that would wait', async () => {
    await connectRecoverably();
    const [old] = peers;
    session.stopSession();
    expect(old?.message.commands().at(-1)).toEqual({ type: 'leave', data: {} });
    await connectRecoverably({ recovery: false });
    session.stopSession();
    expect(peer.message.commands()).not.toContainEqual({ type: 'leave', data: {} });
  });

  it('is final without recovery, which is not asked for then', async () => {
    await connectRecoverably({ recovery: false });
    expect(fake.callsTo(exchangePath)[0]?.body).not.toHaveProperty('recoverable');
    peer.iceState('disconnected');
    expect(seen).toEqual(['closed false']);
    expect(connections).toEqual(['closed']);
  });

  it('leaves the microphone of the older form on', async () => {
    const release = vi.fn();
    const stream = { getAudioTracks: () => [{}] } as unknown as MediaStream;
    fake.on(exchangePath, () =>
      Response.json({ server_sdp: { type: 'answer', sdp: 'x' }, recovery: { window_sec: 30 } }),
    );
    session = await connectSession(
      { apiServer, sessionId: 's1', width: 1, height: 1, clientTools: [], enableVoiceChat: true },
      {
        fetch: fake.fetch,
        openLocalAudio: async () => ({ stream, release }),
        createPeerConnection: (configuration) => {
          peer = new FakePeer(configuration);
          peers.push(peer);
          return asPeerConnection(peer);
        },
      },
    );
    peer.iceState('failed');
    await settle();
    expect(peers.map(({ tracks }) => tracks.length)).toEqual([1, 1]);
    expect(release).not.toHaveBeenCalled();
    session.stopSession();
    expect(release).toHaveBeenCalledExactlyOnceWith(true);
  });
});

describe('video elements', () => {
  const element = (): FakeVideo => ({ srcObject: null, paused: false, ended: false, plays: 0, play });
  async function play(this: FakeVideo): Promise<void> {
    this.plays++;
  }
  interface FakeVideo {
    srcObject: unknown;
    paused: boolean;
    ended: boolean;
    plays: number;
    play(): Promise<void>;
  }

  it('follow the connection, unless the page has given them something else or the user has paused', async () => {
    fake.on('/exchange/', () =>
      Response.json({ server_sdp: { type: 'answer', sdp: 'x' }, recovery: { window_sec: 30 } }),
    );
    await connect();
    const playing = element();
    const paused = { ...element(), paused: true };
    const ended = { ...element(), paused: true, ended: true };
    const other = element();
    for (const video of [playing, paused, ended, other, playing]) {
      // As much of a video element as the session looks at.
      session.setSrc(video as unknown as HTMLVideoElement);
    }
    expect(other.srcObject).toBe(peer.remoteStream);
    other.srcObject = 'a film';
    for (let count = 0; count < 2; count++) {
      peer.iceState('failed');
      await settle();
    }
    expect(peers).toHaveLength(3);
    expect([playing, paused, ended].map(({ srcObject }) => srcObject)).toEqual(
      Array(3).fill(peer.remoteStream),
    );
    expect(other.srcObject).toBe('a film');
    expect([playing, paused, ended, other].map(({ plays }) => plays)).toEqual([2, 0, 2, 0]);
  });
});

describe('signals', () => {
  const reason = new Error('left');
  let controller: AbortController;
  let signal: AbortSignal;

  beforeEach(async () => {
    controller = new AbortController();
    signal = controller.signal;
  });

  const hang = (path: string): void => fake.on(path, () => new Promise(() => undefined));

  it.each(['/session/s1/', '/ice-servers/', '/exchange/'])(
    'createSession gives up during %s',
    async (path) => {
      hang(path);
      const outcome = connect({ signal }).catch((error: unknown) => error);
      await settle();
      controller.abort(reason);
      expect(await outcome).toBe(reason);
      expect(peers.every(({ closed }) => closed)).toBe(true);
      session = undefined as unknown as Session;
    },
  );

  it('createSession releases the microphone, also one that is granted later', async () => {
    const release = vi.fn();
    const stream = { getAudioTracks: () => [{}] } as unknown as MediaStream;
    const begin = (openLocalAudio: () => Promise<LocalAudio>): Promise<unknown> =>
      connectSession(
        { apiServer, sessionId: 's1', width: 1, height: 1, clientTools: [], enableVoiceChat: true, signal },
        {
          fetch: fake.fetch,
          openLocalAudio,
          createPeerConnection: (configuration) => asPeerConnection(new FakePeer(configuration)),
        },
      ).catch((error: unknown) => error);
    hang('/exchange/');
    const first = begin(async () => ({ stream, release }));
    await settle();
    controller.abort(reason);
    expect(await first).toBe(reason);
    expect(release).toHaveBeenCalledWith(true);

    release.mockClear();
    controller = new AbortController();
    signal = controller.signal;
    let grant: (audio: LocalAudio) => void = () => undefined;
    const second = begin(
      () =>
        new Promise((resolve) => {
          grant = resolve;
        }),
    );
    await settle();
    controller.abort(reason);
    expect(await second).toBe(reason);
    grant({ stream, release });
    await settle();
    expect(release).toHaveBeenCalledExactlyOnceWith(true);
  });

  it('have no effect on a session once it is connected', async () => {
    await connect({ signal });
    controller.abort(reason);
    await settle();
    expect(seen).toEqual([]);
  });

  it('end one turn of processChat', async () => {
    await connect();
    const streams = [openStream(), openStream()];
    const responses = streams.map(({ response }) => response);
    fake.on(llmPath, () => responses.shift() ?? streamResponse([]));
    await session.processChat('1', { signal });
    await session.processChat('2');
    streams[0]?.push(messageLine('A.'));
    await settle();
    controller.abort(reason);
    await settle();
    expect(streams[0]?.cancelled()).toBe(true);
    expect(streams[1]?.cancelled()).toBe(false);
    expect(seen).toContain('ai: A.');
    expect(errors).toEqual([]);
    streams[1]?.push(finishLine);
    streams[1]?.end();
    await settle();
    answers(finishLine);
    await session.processChat('3');
    await settle();
    expect(requestMessages(2)).toEqual([
      { role: 'user', content: '2' },
      { role: 'user', content: '3' },
    ]);
  });

  it('that fired before a call reject it, without any effect', async () => {
    await connect();
    controller.abort(reason);
    const before = fake.calls.length;
    const blob = new Blob(['x']);
    for (const call of [
      () => session.processChat('x', { signal }),
      () => session.clearBuffer({ signal }),
      () => session.processSTF(blob, 'wav', '', { signal }),
      () => session.transcribeAudio(blob, 'en', { signal }),
      () => session.transcribeAudioDetailed(blob, 'en', { signal }),
      () => session.startProcessSTT(0, { signal }),
      () => session.logSessionEvent('x', { signal }),
    ]) {
      await expect(call()).rejects.toBe(reason);
    }
    expect(await session.processTTS('x', { signal })).toBeUndefined();
    expect(seen).toEqual([]);
    expect(fake.calls).toHaveLength(before);
    expect(commands()).toEqual([]);
  });

  it('reject requests under way', async () => {
    await connect();
    hang(sttPath);
    hang(eventPath);
    const outcomes = [
      session.transcribeAudio(new Blob(['x']), undefined, { signal }),
      session.logSessionEvent('x', { signal }),
    ].map((promise) => promise.catch((error: unknown) => error));
    await settle();
    controller.abort(reason);
    expect(await Promise.all(outcomes)).toEqual([reason, reason]);
    expect(fake.callsTo(sttPath)[0]?.signal?.aborted).toBe(true);
  });

  it('make processTTS resolve with nothing, and nobody is told', async () => {
    await connect();
    hang(ttsPath);
    const speech = session.processTTS('Hi', { signal });
    await settle();
    controller.abort(reason);
    expect(await speech).toBeUndefined();
    expect(seen).toEqual(['TTS', '']);
    expect(errors).toEqual([]);
  });

  it('end an upload', async () => {
    await connect();
    const upload = session
      .processSTF(new Blob(['x']), 'wav', '', { signal })
      .catch((error: unknown) => error);
    await settle();
    controller.abort(reason);
    expect(await upload).toBe(reason);
    expect(peer.channels.at(-1)?.readyState).toBe('closed');
    expect(seen).toEqual(['ANALYZING', '']);
  });

  it('end a start of recording; another can follow, and the late microphone is released', async () => {
    await connect();
    let open: () => void = () => undefined;
    nextRecorder.startGate = new Promise((resolve) => {
      open = resolve;
    });
    const start = session.startProcessSTT(0, { signal }).catch((error: unknown) => error);
    await settle();
    controller.abort(reason);
    expect(await start).toBe(reason);
    expect(seen).toEqual(['RECORDING', '']);
    await session.startProcessSTT();
    open();
    await settle();
    expect(recorders.map(({ recording }) => recording)).toEqual([false, true]);
    expect(session.isSTTRecording()).toBe(true);
  });

  it('end a transcription, but keep the recording', async () => {
    await connect();
    hang(sttPath);
    await session.startProcessSTT();
    const stop = session.stopProcessSTT('en', { signal }).catch((error: unknown) => error);
    await settle();
    controller.abort(reason);
    expect(await stop).toBe(reason);
    expect(session.lastRecordedAudioFile).toBeInstanceOf(File);
    expect(seen).toEqual(['RECORDING', '']);
  });

  it('end the waiting of clearBuffer, not its work', async () => {
    await connect();
    hang(llmPath);
    await session.processChat('x');
    const clear = session.clearBuffer({ signal }).catch((error: unknown) => error);
    controller.abort(reason);
    expect(await clear).toBe(reason);
    await settle();
    expect(seen.at(-1)).toBe('');
    expect(commands()).toEqual([{ type: 'clear-buffer', data: {} }]);
  });
});

describe('timings', () => {
  let timings: TurnTimings[];

  beforeEach(async () => {
    await connect();
    timings = [];
    session.subscribeTimings((snapshot) => timings.push(snapshot));
  });

  it('tell each step of a turn', async () => {
    session.processTTSTF('Welcome.');
    const stream = openStream();
    fake.on(llmPath, () => stream.response);
    session.processChat('x');
    const after = async (delayMs: number, happen: () => void): Promise<void> => {
      await vi.advanceTimersByTimeAsync(delayMs);
      happen();
      await settle();
    };
    await after(100, () => stream.push(line({ type: 'note' })));
    await after(50, () => stream.push(messageLine('😀')));
    await after(50, () => stream.push(messageLine('One.') + messageLine('Two.')));
    await after(50, () => stf(1_000));
    await after(50, () => stf(1_000));
    await after(50, () => stf(1_000));
    await after(50, () => {
      stream.push(finishLine);
      stream.end();
    });
    expect(timings).toEqual([
      { turn: 1, firstLineMs: 100 },
      { turn: 1, firstLineMs: 100, firstTextMs: 200 },
      { turn: 1, firstLineMs: 100, firstTextMs: 200, spokenMs: 300 },
      { turn: 1, firstLineMs: 100, firstTextMs: 200, spokenMs: 300, finishedMs: 400, outcome: 'completed' },
    ]);
  });

  it('tell failures and cancelled turns, and forget speech that was cleared', async () => {
    fake.on(llmPath, () => apiErrorResponse(400, 'x', 'x'));
    session.processChat('x');
    await settle();
    expect(timings).toEqual([{ turn: 1, finishedMs: 0, outcome: 'failed' }]);
    const stream = openStream();
    fake.on(llmPath, () => stream.response);
    session.processChat('y');
    stream.push(messageLine('A.'));
    await settle();
    await session.clearBuffer();
    session.processTTSTF('B.');
    stf(0);
    expect(timings.at(-1)).toEqual({
      turn: 2,
      firstLineMs: 0,
      firstTextMs: 0,
      finishedMs: 0,
      outcome: 'cancelled',
    });
  });
});

describe('milestones', () => {
  it('are told in order, up to the first picture', async () => {
    const names: string[] = [];
    await connect({
      onMilestone: ({ name, atMs }) => {
        expect(atMs).toBeGreaterThanOrEqual(0);
        names.push(name);
      },
    });
    expect(names).toEqual([
      'session-info',
      'ice-servers',
      'offer',
      'answer',
      'stream',
      'channel-open',
      'connected',
    ]);
    await vi.advanceTimersByTimeAsync(100);
    expect(names).toHaveLength(7);
    peer.framesDecoded = 1;
    await vi.advanceTimersByTimeAsync(50);
    expect(names.at(-1)).toBe('first-frame');
  });

  it('do no harm when the page throws or the session ends early', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await connect({
      onMilestone: () => {
        throw new Error('page');
      },
    });
    session.stopSession();
    await vi.advanceTimersByTimeAsync(100);
    print.mockRestore();
  });
});

describe('without picture', () => {
  // keeps: sdk-7-mode, sdk-7-start
  it.each([[[]], [null], [undefined], ['STF_WEBRTC'], [['STF_WEBRTC']], [[null, { name: 'TTS' }]]])(
    'is chosen for the capabilities %j',
    async (capability) => {
      expect((await connectWithoutPicture(capability)).perso).toBeNull();
      expect(fake.callsTo(eventPath)[0]?.body).toEqual({ detail: '', event: 'SESSION_START' });
    },
  );

  // keeps: sdk-7-heartbeat
  it('sends heartbeats until it is stopped', async () => {
    await connectWithoutPicture();
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    expect(
      fake
        .callsTo(eventPath)
        .slice(1)
        .map(({ body }) => body),
    ).toEqual([
      { detail: '', event: 'SESSION_DURING' },
      { detail: '', event: 'SESSION_DURING' },
    ]);
    session.stopSession();
    session.stopSession();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fake.callsTo(eventPath)).toHaveLength(3);
    expect(seen.filter((entry) => entry.startsWith('closed'))).toEqual([]);
  });

  // keeps: sdk-7-heartbeat-failure
  it('reports a failed heartbeat, and sends no more', async () => {
    await connectWithoutPicture();
    fake.on(eventPath, () => apiErrorResponse(400, 'session_terminated', 'Quota'));
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(errors).toMatchObject([{ detail: 'Quota' }]);
    expect(fake.callsTo(eventPath)).toHaveLength(2);
  });

  // keeps: sdk-7-start
  it('rejects when it may not start', async () => {
    fake.on(eventPath, () => apiErrorResponse(400, 'session_terminated', 'Ended'));
    await expect(connectWithoutPicture()).rejects.toThrow('400:Ended');
  });

  // keeps: sdk-7-limits
  it('chats without speech, and refuses what needs a picture', async () => {
    await connectWithoutPicture();
    answers(messageLine('A'), finishLine);
    session.processChat('x');
    await settle();
    session.processTTSTF('B');
    expect(seen).toEqual(['user: x', 'LLM', 'ai: A', '', 'ai: B']);
    await expect(session.processSTF(new Blob([]))).rejects.toThrow('processSTF requires WebRTC (STF mode)');
    expect(() => session.startVoiceChat()).toThrow('startVoiceChat requires WebRTC (STF mode)');
    expect(() => session.stopVoiceChat()).toThrow('stopVoiceChat requires WebRTC (STF mode)');
    expect(session.getRemoteStream()).toBeUndefined();
    expect(session.getLocalStream()).toBeNull();
    const element = { srcObject: {} };
    // As much of a video element as setSrc looks at.
    session.setSrc(element as unknown as HTMLVideoElement);
    expect(element.srcObject).toBeNull();
    session.changeSize(1, 1);
    session.onClose(() => expect.unreachable())();
    await session.clearBuffer();
    expect(seen.at(-1)).toBe('');
  });

  // keeps: sdk-8.5-log-event
  it('records events', async () => {
    await connectWithoutPicture();
    await session.logSessionEvent('text');
    await session.logSessionEvent({ action: 'click' });
    await session.logSessionEvent();
    // What a page written in JavaScript may pass.
    await session.logSessionEvent(null as unknown as string);
    expect(
      fake
        .callsTo(eventPath)
        .slice(1)
        .map(({ body }) => (body as { detail: string }).detail),
    ).toEqual(['text', '{"action":"click"}', '', 'null']);
    fake.on(eventPath, () => apiErrorResponse(404, 'not_found', 'x'));
    await expect(session.logSessionEvent('x')).rejects.toBeInstanceOf(ApiError);
  });
});

it('error handlers are independent of each other', async () => {
  await connect();
  const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const second: Error[] = [];
  session.setErrorHandler(() => {
    throw new Error('page');
  });
  const remove = session.setErrorHandler((error) => second.push(error));
  fake.on(ttsPath, () => apiErrorResponse(400, 'x', 'x'));
  await session.processTTS('a');
  remove();
  await session.processTTS('a');
  expect([errors.length, second.length]).toEqual([2, 1]);
  print.mockRestore();
});

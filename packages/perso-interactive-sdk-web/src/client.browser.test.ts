/** The script build in a real browser, against a scripted API server and a media connection within the page. */

import type { ServerResponse } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type * as Sdk from './client.ts';
import { chromiumPath, openBrowser, type TestBrowser } from './testing/chromium.ts';
import { type ScriptedPlatform, sendJson, startScriptedPlatform } from './testing/scripted-platform.ts';

declare global {
  interface Window {
    PersoInteractive: typeof Sdk;
    PersoInteractiveSDK: typeof Sdk;
    session: Sdk.Session;
    events: unknown[];
  }
}

const pictureCapabilities = [{ name: 'STF_WEBRTC' }, { name: 'LLM' }, { name: 'TTS' }, { name: 'STT' }];

describe.skipIf(chromiumPath === undefined)('client in Chromium', () => {
  let browser: TestBrowser;
  let platform: ScriptedPlatform;
  let page: Page;
  let pageErrors: string[];

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    page = await browser.context.newPage();
    pageErrors = [];
    page.on('pageerror', (error) => pageErrors.push(String(error)));
    await page.goto(platform.url);
  });

  afterEach(async () => {
    await page.close();
    await platform.close();
    expect(pageErrors).toEqual([]);
  });

  function offerPicture(): void {
    platform.on('GET /api/v1/session/s1/', () => ({ session_id: 's1', capability: pictureCapabilities }));
    platform.on('GET /api/v1/session/s1/ice-servers/', () => ({ ice_servers: [] }));
    platform.on('POST /api/v1/session/s1/exchange/', async (request) => {
      const { client_sdp } = request.json() as { client_sdp: RTCSessionDescriptionInit };
      return { server_sdp: await page.evaluate((offer) => window.platformPeer.answer(offer), client_sdp) };
    });
  }

  async function connect(): Promise<void> {
    offerPicture();
    await page.evaluate(async (apiServer) => {
      const { createSession } = window.PersoInteractive;
      window.events = [];
      window.session = await createSession({
        sessionId: 's1',
        width: 1080,
        height: 1920,
        clientTools: [],
        apiServer,
      });
      window.session.subscribeChatStates((states) => window.events.push([...states].sort()));
      window.session.subscribeChatLog((log) => window.events.push(log[0]?.text));
      window.session.onClose((manual) => window.events.push({ manual }));
      window.session.setErrorHandler((error) => window.events.push({ error: String(error) }));
    }, platform.url);
  }

  const events = (): Promise<unknown[]> => page.evaluate(() => window.events);

  // keeps: sdk-8.1-client-exports, sdk-8.1-iife
  it('offers its exports on the global names', async () => {
    const found = await page.evaluate(() => ({
      names: Object.keys(window.PersoInteractive).sort(),
      alias: window.PersoInteractiveSDK === window.PersoInteractive,
    }));
    expect(found.alias).toBe(true);
    expect(found.names).toEqual(
      [
        ...['ApiError', 'ChatState', 'ChatTool', 'DEFAULT_API_SERVER', 'DoesNotExistError', 'LLMError'],
        ...['LLMStreamingResponseError', 'LlmProcessor', 'NotInOrganizationError', 'STTError', 'Session'],
        ...['SessionCreationError', 'TTSDecodeError', 'TTSError', 'TTS_TARGET_SAMPLE_RATE', 'WavRecorder'],
        ...['createSession', 'createSessionId', 'createWavRecorder', 'getAllSettings', 'getBackgroundImages'],
        ...['getDocuments', 'getLLMs', 'getMcpServers', 'getModelStyles', 'getPrompts', 'getSTTs'],
        ...['getSessionInfo', 'getSessionTemplates', 'getTTSs', 'getTextNormalization'],
        ...['getTextNormalizations', 'getWavSampleRate', 'makeTTS'],
      ].sort(),
    );
  });

  // keeps: sdk-8.3.2-order
  it('connects, shows the picture and sends the size', async () => {
    await connect();
    const shown = await page.evaluate(async () => {
      const video = document.querySelector('video');
      if (video === null) throw new Error('no video element');
      window.session.setSrc(video);
      await new Promise((resolve) => {
        video.onloadeddata = resolve;
      });
      return {
        width: video.videoWidth,
        tracks: window.session
          .getRemoteStream()
          ?.getTracks()
          .map((track) => track.kind)
          .sort(),
        local: window.session.getLocalStream(),
      };
    });
    expect(shown).toEqual({ width: 64, tracks: ['audio', 'video'], local: null });

    const offer = await page.evaluate(() => window.platformPeer.offer);
    expect(offer.match(/^m=(\w+)/gm)).toEqual(['m=audio', 'm=video', 'm=application']);
    expect(offer.match(/^a=(recvonly|sendrecv|sendonly)/gm)).toEqual(['a=recvonly', 'a=recvonly']);
    expect(offer).not.toContain('a=candidate');
    expect(offer).toMatch(/^a=rtpmap:\d+ VP8\/90000/m);

    await page.waitForFunction(() => window.platformPeer.pings >= 2);
    expect(await page.evaluate(() => window.platformPeer.commands)).toEqual([
      { type: 'change-size', data: { width: 1080, height: 1920 } },
    ]);
    expect(platform.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/session/s1/',
      'GET /api/v1/session/s1/ice-servers/',
      'POST /api/v1/session/s1/exchange/',
    ]);
  });

  it('speaks an answer piece by piece, and follows speech in the chat states', async () => {
    platform.on('POST /api/v1/session/s1/llm/v2/', (_, response) =>
      streamLines(response, [
        { status: 'success', type: 'message', role: 'assistant', content: 'Hi 😀.' },
        { status: 'success', type: 'message', role: 'assistant', content: ' Bye.' },
        { status: 'success', type: 'finish' },
      ]),
    );
    await connect();
    await page.evaluate(() => window.session.processChat('Hello'));
    await page.waitForFunction(() => window.platformPeer.commands.length === 3);
    expect(await page.evaluate(() => window.platformPeer.commands.slice(1))).toEqual([
      { type: 'ttstf', data: { message: 'Hi .' } },
      { type: 'ttstf', data: { message: 'Bye.' } },
    ]);
    await page.waitForFunction(() => window.events.length === 5);
    await page.evaluate(() => {
      window.platformPeer.send('{"type":"stf","data":{"message":"Hi .","duration":0}}');
      window.platformPeer.send('{"type":"stf","data":{"message":"Bye.","duration":0}}');
    });
    await page.waitForFunction(() => window.events.length === 8);
    expect(await events()).toEqual([
      'Hello',
      ['LLM'],
      ['ANALYZING', 'LLM'],
      'Hi . Bye.',
      ['ANALYZING'],
      ['ANALYZING', 'SPEAKING'],
      ['SPEAKING'],
      [],
    ]);
  });

  // keeps: sdk-9.6-protocol
  it('uploads speech over a file channel', async () => {
    await connect();
    const references = await page.evaluate(async () => {
      const large = new Blob([new Uint8Array(1_000_000)], { type: 'audio/mpeg; codecs=mp3' });
      return Promise.all([
        window.session.processSTF(large, undefined, 'large'),
        window.session.processSTF(new Blob([]), 'wav'),
      ]);
    });
    expect(references.sort()).toEqual(['file-1', 'file-2']);
    await page.waitForFunction(() => window.platformPeer.commands.length === 3);
    const { uploads, commands } = await page.evaluate(() => window.platformPeer);
    const large = uploads.find((upload) => upload.totalBytes === 1_000_000);
    expect(large).toMatchObject({ label: 'file', protocol: 'file' });
    expect(large?.chunkBytes).toEqual([...Array(15).fill(65_536), 1_000_000 - 15 * 65_536, 0]);
    expect(uploads.find((upload) => upload.totalBytes === 0)?.chunkBytes).toEqual([0]);
    expect(commands.slice(1)).toContainEqual({
      type: 'stf',
      data: {
        message: 'large',
        file_ref: `file-${uploads.indexOf(large ?? (uploads[0] as never)) + 1}`,
        format: 'mp3',
      },
    });
  });

  it('takes no harm from frames of other shapes', async () => {
    await connect();
    const count = await page.evaluate(async () => {
      for (const frame of [
        '',
        'nonsense',
        '[]',
        'null',
        '7',
        '{"type":"stf"}',
        '{"type":"stf","data":null}',
      ]) {
        window.platformPeer.send(frame);
      }
      window.platformPeer.send(new ArrayBuffer(3));
      window.platformPeer.send('{"type":"stt","data":{"text":5}}');
      window.session.processTTSTF('Still here.');
      await new Promise((resolve) => setTimeout(resolve, 300));
      return window.platformPeer.commands.length;
    });
    expect(count).toBe(2);
  });

  it('tells that the page closed the session', async () => {
    await connect();
    await page.evaluate(() => {
      window.session.processTTSTF('One.');
      window.session.stopSession();
      window.session.stopSession();
      window.session.processTTSTF('Two.');
      window.session.changeSize(1, 1);
    });
    expect(await events()).toEqual(['One.', ['ANALYZING'], [], { manual: true }, 'Two.']);
  });

  it('tells that the server closed the session', async () => {
    await connect();
    await page.evaluate(() => window.platformPeer.close());
    await page.waitForFunction(() => window.events.length > 0);
    expect(await events()).toEqual([{ manual: false }]);
  });

  it('takes up a lost connection again, with a turn under way, and the picture follows', async () => {
    let answers = 0;
    platform.on('GET /api/v1/session/s1/', () => ({ session_id: 's1', capability: pictureCapabilities }));
    platform.on('GET /api/v1/session/s1/ice-servers/', () => ({ ice_servers: [] }));
    platform.on('POST /api/v1/session/s1/exchange/', async (request, response) => {
      if (++answers === 2) return sendJson(response, 502, { errors: [] });
      const { client_sdp } = request.json() as { client_sdp: RTCSessionDescriptionInit };
      const server_sdp = await page.evaluate((offer) => window.platformPeer.answer(offer), client_sdp);
      return { server_sdp, recovery: { window_sec: 30 } };
    });
    let llm: ServerResponse | undefined;
    platform.on('POST /api/v1/session/s1/llm/v2/', (_, response) => {
      llm = response;
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      response.write(dataLine({ status: 'success', type: 'message', content: 'One.' }));
    });
    await page.evaluate(async (apiServer) => {
      const milestones: string[] = [];
      const { createSession } = window.PersoInteractive;
      window.session = await createSession({
        ...{ sessionId: 's1', width: 1080, height: 1920, apiServer },
        onMilestone: ({ name }) => milestones.push(name),
      });
      window.events = [milestones];
      window.session.subscribeConnection((state) => window.events.push(state));
      window.session.onClose((manual, close) => window.events.push({ manual, cause: close.cause }));
      const elements = [document.createElement('video'), document.createElement('video')];
      for (const element of elements) {
        element.muted = true;
        document.body.append(element);
        window.session.setSrc(element);
        await element.play();
      }
      elements[1]?.pause();
      await window.session.processChat('Hello');
    }, platform.url);
    await page.waitForFunction(() => window.platformPeer.commands.length === 2);
    await page.waitForFunction(() => (window.events[0] as string[]).includes('first-frame'));

    await page.evaluate(() => window.platformPeer.close());
    await page.waitForFunction(() => window.events.includes('recovering'));
    llm?.write(dataLine({ status: 'success', type: 'message', content: ' Two.' }));
    await page.waitForFunction(() => window.events.includes('connected'), undefined, { timeout: 20_000 });
    llm?.end(dataLine({ status: 'success', type: 'finish' }));
    await page.waitForFunction(() => window.platformPeer.commands.length === 4);
    expect(await page.evaluate(() => window.platformPeer.commands.slice(2))).toEqual([
      { type: 'change-size', data: { width: 1080, height: 1920 } },
      { type: 'ttstf', data: { message: 'Two.' } },
    ]);
    const bodies = platform.requests.filter(({ path }) => path.endsWith('/exchange/')).map((r) => r.json());
    expect(bodies).toEqual([
      { client_sdp: expect.anything(), recoverable: true },
      { client_sdp: expect.anything(), recoverable: true, recover: true },
      { client_sdp: expect.anything(), recoverable: true, recover: true },
    ]);
    const shown = await page.evaluate(async () => {
      const [, playing, paused] = document.querySelectorAll('video');
      if (playing === undefined || paused === undefined) throw new Error('no video elements');
      const before = playing.currentTime;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return {
        follows: [playing, paused].map((element) => element.srcObject === window.session.getRemoteStream()),
        live: window.session.getRemoteStream()?.active,
        advances: playing.currentTime > before && !playing.paused,
        paused: paused.paused,
      };
    });
    expect(shown).toEqual({ follows: [true, true], live: true, advances: true, paused: true });

    platform.on('POST /api/v1/session/s1/exchange/', (_, response) => {
      sendJson(response, 400, { errors: [{ code: 'session_terminated', detail: 'Ended', attr: null }] });
    });
    await page.evaluate(() => window.platformPeer.close());
    await page.waitForFunction(() => window.events.length === 6);
    expect((await events()).slice(1)).toEqual([
      'recovering',
      'connected',
      'recovering',
      'closed',
      { manual: false, cause: 'session-ended' },
    ]);
  });

  it('takes up again a connection whose far end has vanished without a word', async () => {
    const openPeerPage = async (): Promise<Page> => {
      const opened = await browser.context.newPage();
      await opened.goto(platform.url);
      return opened;
    };
    let peerPage = await openPeerPage();
    offerPicture();
    platform.on('POST /api/v1/session/s1/exchange/', async (request) => {
      const { client_sdp } = request.json() as { client_sdp: RTCSessionDescriptionInit };
      const server_sdp = await peerPage.evaluate((offer) => window.platformPeer.answer(offer), client_sdp);
      return { server_sdp, recovery: { window_sec: 30 } };
    });
    await page.evaluate(async (apiServer) => {
      const { createSession } = window.PersoInteractive;
      window.session = await createSession({ sessionId: 's1', width: 1080, height: 1920, apiServer });
      window.events = [];
      window.session.subscribeConnection((state) => window.events.push(state));
      window.session.subscribeChatStates((states) => window.events.push([...states]));
      window.session.processTTSTF('Lost.');
    }, platform.url);
    const vanished = peerPage;
    peerPage = await openPeerPage();
    // The process of the far end dies; nothing is closed in order.
    await vanished.goto('chrome://crash').catch(() => undefined);
    await page.bringToFront();
    await page.waitForFunction(() => window.events.includes('connected'));
    await page.evaluate(() => window.session.processTTSTF('Spoken.'));
    await peerPage.waitForFunction(() => window.platformPeer.commands.length === 2);
    expect(await peerPage.evaluate(() => window.platformPeer.commands)).toEqual([
      { type: 'change-size', data: { width: 1080, height: 1920 } },
      { type: 'ttstf', data: { message: 'Spoken.' } },
    ]);
    expect(await events()).toEqual([['ANALYZING'], [], 'recovering', 'connected', ['ANALYZING']]);
    await page.evaluate(() => window.session.stopSession());
    await vanished.close();
    await peerPage.close();
  });

  it('rejects an upload when the connection is lost, and tells why the session has closed', async () => {
    await connect();
    platform.on('GET /api/v1/session/s1/', () => ({
      termination_reason: 'MAX_MIN_PER_SESSION_QUOTA_EXCEEDED',
    }));
    const outcome = await page.evaluate(async () => {
      window.platformPeer.acceptsFiles = false;
      const upload = window.session.processSTF(new Blob(['sound'])).catch((error: Error) => error.message);
      const closed = new Promise((resolve) => {
        window.session.onClose(async (manual, close) => {
          resolve([manual, close.cause, await close.terminationReason()]);
        });
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      window.platformPeer.close();
      return { upload: await upload, closed: await closed };
    });
    expect(outcome).toEqual({
      upload: 'File channel closed before transfer completed',
      closed: [false, 'channel-closed', 'MAX_MIN_PER_SESSION_QUOTA_EXCEEDED'],
    });
  });

  it('gives up connecting when its signal fires', async () => {
    offerPicture();
    platform.on('POST /api/v1/session/s1/exchange/', () => new Promise(() => undefined));
    const result = await page.evaluate(async (apiServer) => {
      const peers: RTCPeerConnection[] = [];
      const Original = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends Original {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          peers.push(this);
        }
      };
      const { createSession } = window.PersoInteractive;
      const controller = new AbortController();
      const options = { sessionId: 's1', width: 1, height: 1, apiServer, signal: controller.signal };
      const session = createSession(options).catch((error: Error) => error.message);
      while (peers[0]?.signalingState !== 'have-local-offer') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.abort(new Error('left'));
      const message = await session;
      return { message, peers: peers.map((peer) => peer.connectionState) };
    }, platform.url);
    expect(result).toEqual({ message: 'left', peers: ['closed'] });
  });

  // keeps: sdk-9.7-format
  it('records the microphone', async () => {
    const recorded = await page.evaluate(async () => {
      const { createWavRecorder, getWavSampleRate } = window.PersoInteractive;
      const recorder = createWavRecorder({ targetSampleRate: 16_000 });
      await recorder.start();
      const second = await recorder.start().catch((error: Error) => error.message);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const file = await recorder.stop();
      const late = await recorder.stop().catch((error: Error) => error.message);
      const bytes = await file.arrayBuffer();
      const samples = [...new Int16Array(bytes, 44)];
      return {
        second,
        late,
        name: file.name,
        type: file.type,
        rate: getWavSampleRate(bytes),
        seconds: samples.length / 16_000,
        loudest: Math.max(...samples.map(Math.abs)),
      };
    });
    expect(recorded).toMatchObject({
      second: 'WavRecorder is already recording',
      late: 'WavRecorder is not recording',
      name: 'recording.wav',
      type: 'audio/wav',
      rate: 16_000,
    });
    expect(recorded.seconds).toBeGreaterThan(1);
    expect(recorded.seconds).toBeLessThan(3);
    expect(recorded.loudest).toBeGreaterThan(1_000);
  });

  it('records, transcribes and synthesizes over HTTP alone', async () => {
    platform.on('GET /api/v1/session/s1/', () => ({ session_id: 's1', capability: [{ name: 'LLM' }] }));
    platform.on('POST /api/v1/session/s1/event/create/', (request) => request.json());
    platform.on('POST /api/v1/session/s1/stt/', () => ({ text: 'hello', locale: 'en' }));
    platform.on('POST /api/v1/session/s1/tts/', () => ({ audio: btoa('RIFF????WAVE') }));
    const result = await page.evaluate(async (apiServer) => {
      const session = await window.PersoInteractive.createSession(apiServer, 's1', 100, 100, []);
      const video = document.createElement('video');
      session.setSrc(video);
      await session.startProcessSTT(400);
      await new Promise((resolve) => setTimeout(resolve, 800));
      const active = session.isSTTRecording();
      const text = await session.stopProcessSTT('en');
      const speech = await session.processTTS('Hi');
      const stf = await session.processSTF(new Blob([])).catch((error: Error) => error.message);
      session.stopSession();
      return {
        active,
        text,
        stf,
        speech: speech?.type,
        remote: session.getRemoteStream(),
        source: video.srcObject,
        recorded: session.lastRecordedAudioFile?.size,
      };
    }, platform.url);
    expect(result).toMatchObject({
      active: true,
      text: 'hello',
      stf: 'processSTF requires WebRTC (STF mode)',
      speech: 'audio/wav',
      remote: undefined,
      source: null,
    });
    expect(result.recorded).toBeGreaterThan(8_000);
    expect(platform.requests[1]?.json()).toEqual({ detail: '', event: 'SESSION_START' });
    const stt = platform.requests.find(({ path }) => path.endsWith('/stt/'));
    expect(stt?.body.toString('latin1')).toContain('name="audio"; filename="recording.wav"');
    expect(stt?.body.toString('latin1')).toMatch(/name="language"\r\n\r\nen\r\n/);
  });

  /** What a page gets of a synthesized file when it asks for 16 kHz. */
  async function resampled(file: Buffer): Promise<{ rate: number; samples: number[] }> {
    platform.on('GET /api/v1/session/s1/', () => ({ session_id: 's1', capability: [] }));
    platform.on('POST /api/v1/session/s1/event/create/', (request) => request.json());
    platform.on('POST /api/v1/session/s1/tts/', () => ({ audio: file.toString('base64') }));
    return page.evaluate(async (apiServer) => {
      const { createSession, getWavSampleRate } = window.PersoInteractive;
      const session = await createSession({ sessionId: 's1', width: 1, height: 1, apiServer });
      const blob = await session.processTTS('Hi', { resample: true });
      session.stopSession();
      const bytes = (await blob?.arrayBuffer()) ?? new ArrayBuffer(0);
      return { rate: getWavSampleRate(bytes), samples: [...new Int16Array(bytes, 44)] };
    }, platform.url);
  }

  it('converts audio that only the browser can decode', async () => {
    const result = await resampled(floatWav(48_000, 4_800));
    expect(result.rate).toBe(16_000);
    expect(result.samples).toHaveLength(1_600);
    expect(result.samples[800]).toBeGreaterThan(16_000);
  });

  it.each([8, 16, 24, 32])('converts WAV of %i bits and two channels', async (bits) => {
    const result = await resampled(stereoWav(48_000, bits, 4_800));
    expect(result.rate).toBe(16_000);
    expect(result.samples).toHaveLength(1_600);
    // Half of full scale on the left, nothing on the right.
    for (const sample of result.samples.slice(200, -200)) expect(Math.abs(sample - 8_192)).toBeLessThan(300);
  });

  // keeps: sdk-8.3.2-legacy
  it('sends silence in the older form without voice chat', async () => {
    offerPicture();
    const directions = await page.evaluate(async (apiServer) => {
      const session = await window.PersoInteractive.createSession(apiServer, 's1', 100, 100, false);
      const local = session.getLocalStream();
      const before = local?.getAudioTracks().map((track) => track.readyState);
      session.stopSession();
      return { before, offer: window.platformPeer.offer.match(/^a=(recvonly|sendrecv)/gm) };
    }, platform.url);
    expect(directions).toEqual({ before: ['live'], offer: ['a=sendrecv', 'a=recvonly'] });
  });

  // keeps: sdk-8.3.2-legacy
  it('sends the microphone in the older form with voice chat, and releases it', async () => {
    offerPicture();
    const result = await page.evaluate(async (apiServer) => {
      const session = await window.PersoInteractive.createSession(apiServer, 's1', 100, 100, true, []);
      const track = session.getLocalStream()?.getAudioTracks()[0];
      session.startVoiceChat();
      session.stopVoiceChat();
      const texts: string[] = [];
      session.setSttResultCallback((text) => texts.push(text));
      await new Promise((resolve) => setTimeout(resolve, 200));
      window.platformPeer.send('{"type":"stt","data":{"text":"spoken"}}');
      await new Promise((resolve) => setTimeout(resolve, 200));
      session.stopSession();
      return { texts, state: track?.readyState, commands: window.platformPeer.commands.slice(1) };
    }, platform.url);
    expect(result).toEqual({
      texts: ['spoken'],
      state: 'ended',
      commands: [
        { type: 'record-start', data: {} },
        { type: 'record-end-stt', data: {} },
      ],
    });
  });

  it('closes everything when the server refuses the exchange', async () => {
    offerPicture();
    platform.on('POST /api/v1/session/s1/exchange/', (_, response) => {
      sendJson(response, 400, { errors: [{ code: 'quota', detail: 'Too many sessions', attr: null }] });
    });
    const result = await page.evaluate(async (apiServer) => {
      const peers: RTCPeerConnection[] = [];
      const Original = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends Original {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          peers.push(this);
        }
      };
      const { createSession, ApiError } = window.PersoInteractive;
      const error: unknown = await createSession({ sessionId: 's1', width: 1, height: 1, apiServer }).catch(
        (reason: unknown) => reason,
      );
      return {
        api: error instanceof ApiError,
        message: error instanceof Error && error.message,
        states: peers.map((peer) => peer.connectionState),
      };
    }, platform.url);
    expect(result).toEqual({ api: true, message: '400:Too many sessions', states: ['closed'] });
  });
});

/** A WAV file of 32-bit floating-point samples, which the SDK itself does not read, at half volume. */
function floatWav(sampleRateHz: number, samples: number): Buffer {
  const file = wavHeader({ encoding: 3, channels: 1, sampleRateHz, bits: 32, samples });
  for (let index = 0; index < samples; index++) file.writeFloatLE(0.5, 44 + index * 4);
  return file;
}

/** Half of full scale on the left, nothing on the right. */
function stereoWav(sampleRateHz: number, bits: number, samples: number): Buffer {
  const file = wavHeader({ encoding: 1, channels: 2, sampleRateHz, bits, samples });
  const bytes = bits / 8;
  for (let index = 0; index < samples * 2; index++) {
    const value = index % 2 === 0 ? 2 ** (bits - 2) : 0;
    if (bytes === 1) file.writeUInt8(value + 128, 44 + index);
    else file.writeIntLE(value, 44 + index * bytes, bytes);
  }
  return file;
}

/** A file of `samples` in each channel, still silent. */
function wavHeader(form: {
  encoding: number;
  channels: number;
  sampleRateHz: number;
  bits: number;
  samples: number;
}): Buffer {
  const frameBytes = (form.channels * form.bits) / 8;
  const dataBytes = form.samples * frameBytes;
  const file = Buffer.alloc(44 + dataBytes);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + dataBytes, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(form.encoding, 20);
  file.writeUInt16LE(form.channels, 22);
  file.writeUInt32LE(form.sampleRateHz, 24);
  file.writeUInt32LE(form.sampleRateHz * frameBytes, 28);
  file.writeUInt16LE(frameBytes, 32);
  file.writeUInt16LE(form.bits, 34);
  file.write('data', 36);
  file.writeUInt32LE(dataBytes, 40);
  return file;
}

function streamLines(response: ServerResponse, events: readonly object[]): void {
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  for (const event of events) response.write(dataLine(event));
  response.end();
}

const dataLine = (event: object): string => `data: ${JSON.stringify(event)}\n`;

/** Sessions of a customer's page that loads the SDK by script tag from another origin. */
import { spawnSync } from 'node:child_process';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { type CustomerSite, serveCustomerSite } from '../src/pages.ts';
import { createToneVendor } from '../src/tone-vendor.ts';

// The global of the script-tag build, and what tests keep on the window.
declare const PersoInteractive: any;
declare const kept: any;

describe.skipIf(chromiumPath === undefined)('a script-tag page in Chromium', () => {
  let server: RunningServer;
  let api: Api;
  let browser: Browser;
  let site: CustomerSite;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    server = await startTestServer({
      providers: [createToneVendor()],
      environment: { VISAVOX_MEDIA_PROCESSES: '2' },
    });
    api = createApi(server);
    browser = await launchBrowser();
    site = await serveCustomerSite();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
  });
  beforeEach(async () => {
    errors = [];
    page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(site.url);
    await page.evaluate(() => Object.assign(window, { kept: { packets: [], closed: [] } }));
  });
  afterEach(async () => {
    await page.close();
    expect(errors).toEqual([]);
    await expect.poll(() => server.liveSessions(), { timeout: 5000 }).toBe(0);
  });

  /** Connects a session in the page and keeps it under `name`; `element` shows it. */
  async function connect(
    name: string,
    element = 'a',
    size = { width: 480, height: 640 },
    recovery = true,
  ): Promise<string> {
    const sessionId = await api.createSession();
    await page.evaluate(
      async ([apiServer, id, key, elementId, { width, height }, recovers]) => {
        const session = await PersoInteractive.createSession({
          apiServer,
          sessionId: id,
          width,
          height,
          clientTools: [],
          recovery: recovers,
        });
        kept[key] = session;
        session.onClose((manual: boolean) => kept.closed.push(manual));
        session.subscribeChatStates((states: Set<string>) => kept.packets.push([...states]));
        const video = document.getElementById(elementId);
        if (!(video instanceof HTMLVideoElement)) throw new Error('no video');
        session.setSrc(video);
        await video.play();
      },
      [server.url, sessionId, name, element, size, recovery] as const,
    );
    await page.waitForFunction((id) => {
      const video = document.getElementById(id);
      return video instanceof HTMLVideoElement && video.videoWidth > 0;
    }, element);
    return sessionId;
  }

  /** Loudness of two pitches in what an element plays, in decibels, the largest over the time. */
  async function listen(element: string, pitchesHz: readonly number[], ms: number): Promise<number[]> {
    return page.evaluate(
      async ([id, pitches, duration]) => {
        const video = document.getElementById(id);
        if (!(video instanceof HTMLVideoElement) || !(video.srcObject instanceof MediaStream))
          throw new Error('no stream');
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 4096;
        analyser.smoothingTimeConstant = 0;
        context.createMediaStreamSource(video.srcObject).connect(analyser);
        const bins = new Float32Array(analyser.frequencyBinCount);
        const loudest = pitches.map(() => -200);
        const end = performance.now() + duration;
        while (performance.now() < end) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          analyser.getFloatFrequencyData(bins);
          for (const [index, pitch] of pitches.entries()) {
            const bin = Math.round((pitch * analyser.fftSize) / context.sampleRate);
            loudest[index] = Math.max(loudest[index] ?? -200, ...bins.subarray(bin - 2, bin + 3));
          }
        }
        await context.close();
        return loudest;
      },
      [element, pitchesHz, ms] as const,
    );
  }

  test('the global offers the documented calls', async () => {
    const names = await page.evaluate(() => Object.keys(PersoInteractive).sort());
    for (const name of [
      'createSession',
      'createSessionId',
      'ChatTool',
      'ChatState',
      'ApiError',
      'getAllSettings',
    ]) {
      expect(names).toContain(name);
    }
  });

  // keeps: perso-6.2-ttstf
  test('two sessions at once hear only their own answer', async () => {
    await connect('first', 'a');
    await connect('second', 'b');
    await page.evaluate(() => {
      kept.first.processTTSTF('This one hums at 500 Hz.');
      kept.second.processTTSTF('This one hums at 1300 Hz.');
    });
    const [first, second] = await Promise.all([
      listen('a', [500, 1300], 1800),
      listen('b', [500, 1300], 1800),
    ]);
    const [own = 0, foreign = 0] = first;
    const [foreignHere = 0, ownHere = 0] = second;
    expect(own).toBeGreaterThan(-40);
    expect(ownHere).toBeGreaterThan(-40);
    expect(own - foreign, 'own against foreign, dB').toBeGreaterThan(40);
    expect(ownHere - foreignHere, 'own against foreign, dB').toBeGreaterThan(40);
    await page.evaluate(() => {
      kept.first.stopSession();
      kept.second.stopSession();
    });
  });

  // keeps: perso-6.2-clear-buffer
  test('the states go ANALYZING, SPEAKING, nothing; a clear stops the sound and drops what waits', async () => {
    await connect('session');
    await page.evaluate(() => {
      for (const pitch of [500, 700, 900]) kept.session.processTTSTF(`Tone ${pitch}.`);
    });
    await page.waitForFunction(() => kept.packets.some((states: string[]) => states.includes('SPEAKING')));
    await page.evaluate(() => kept.session.clearBuffer());
    await page.waitForTimeout(500);
    const [a = 0, b = 0, c = 0] = await listen('a', [500, 700, 900], 2500);
    expect(Math.max(a, b, c)).toBeLessThan(-70);
    const states = await page.evaluate(() => kept.packets);
    expect(states.at(-1)).toEqual([]);
    // A new command after the clear is spoken.
    await page.evaluate(() => kept.session.processTTSTF('Tone 1100.'));
    const [again = -200] = await listen('a', [1100], 1500);
    expect(again).toBeGreaterThan(-40);
    await page.evaluate(() => kept.session.stopSession());
  });

  // keeps: perso-6.2-change-size
  test('change-size changes the picture to that aspect, even and within the limit', async () => {
    await connect('session');
    for (const [width, height, expected] of [
      [1080, 1920, 1080 / 1920],
      [1920, 1080, 1920 / 1080],
      [333, 777, 333 / 777],
    ] as const) {
      await page.evaluate(([w, h]) => kept.session.changeSize(w, h), [width, height] as const);
      await expect
        .poll(
          () =>
            page.evaluate(() => {
              const video = document.querySelector('video');
              return video === null ? 0 : video.videoWidth / video.videoHeight;
            }),
          { timeout: 8000 },
        )
        .toBeCloseTo(expected, 1);
      const size = await page.evaluate(() => {
        const video = document.querySelector('video');
        return [video?.videoWidth ?? 0, video?.videoHeight ?? 0] as const;
      });
      expect(size[0] * size[1]).toBeLessThanOrEqual(720 * 1280);
      expect(size[0] % 2).toBe(0);
      expect(size[1] % 2).toBe(0);
    }
    await page.evaluate(() => kept.session.stopSession());
  });

  // keeps: perso-6.2-stf
  test('uploaded WAV speech is played with one stf; an empty file is answered too', async () => {
    await connect('session');
    await page.evaluate(() => {
      const samples = new Int16Array(24_000);
      for (let index = 0; index < samples.length; index += 1) {
        samples[index] = 9000 * Math.sin((2 * Math.PI * 600 * index) / 16_000);
      }
      const header = new DataView(new ArrayBuffer(44));
      const text = (at: number, value: string) => {
        for (let index = 0; index < value.length; index += 1)
          header.setUint8(at + index, value.charCodeAt(index));
      };
      text(0, 'RIFF');
      header.setUint32(4, 36 + samples.byteLength, true);
      text(8, 'WAVEfmt ');
      header.setUint32(16, 16, true);
      header.setUint16(20, 1, true);
      header.setUint16(22, 1, true);
      header.setUint32(24, 16_000, true);
      header.setUint32(28, 32_000, true);
      header.setUint16(32, 2, true);
      header.setUint16(34, 16, true);
      text(36, 'data');
      header.setUint32(40, samples.byteLength, true);
      kept.wav = new Blob([header, samples], { type: 'audio/wav' });
    });
    const reference = await page.evaluate(() => kept.session.processSTF(kept.wav, 'wav', 'six hundred'));
    expect(reference).toMatch(/^file-/);
    const [heard = -200] = await listen('a', [600], 1500);
    expect(heard).toBeGreaterThan(-40);
    // The MP3 label on WAV bytes, and a file of no bytes, must not hang the state.
    await page.evaluate(() => kept.session.processSTF(kept.wav, 'mp3', ''));
    await page.evaluate(() => kept.session.processSTF(new Blob([]), 'wav', ''));
    await page.waitForFunction(() => kept.packets.at(-1)?.includes('ANALYZING') !== true, undefined, {
      timeout: 10_000,
    });
    await page.evaluate(() => kept.session.stopSession());
  });

  test.skipIf(spawnSync('ffmpeg', ['-version']).status !== 0)('uploaded MP3 speech is played', async () => {
    const mp3 = spawnSync(
      'ffmpeg',
      [
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        'sine=frequency=800:duration=1.5:sample_rate=44100',
        '-f',
        'mp3',
        '-',
      ],
      { maxBuffer: 1e6 },
    ).stdout.toString('base64');
    await connect('session');
    await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      await kept.session.processSTF(new Blob([bytes], { type: 'audio/mpeg' }), 'mp3', 'eight hundred');
    }, mp3);
    const [heard = -200, other = -200] = await listen('a', [800, 1700], 2000);
    expect(heard).toBeGreaterThan(-45);
    expect(heard - other).toBeGreaterThan(25);
    await page.evaluate(() => kept.session.stopSession());
  });

  test('a server that stops ends its sessions, closes their peers and its media processes', async () => {
    const other = await startTestServer({ providers: [createToneVendor()] });
    const id = await createApi(other).createSession();
    const processes = other.mediaProcessIds();
    await page.evaluate(
      async ([apiServer, sessionId]) => {
        const session = await PersoInteractive.createSession({
          apiServer,
          sessionId,
          width: 360,
          height: 640,
          clientTools: [],
        });
        session.onClose((manual: boolean) => kept.closed.push(manual));
      },
      [other.url, id] as const,
    );
    await other.close();
    await other.close();
    await page.waitForFunction(() => kept.closed.length > 0, undefined, { timeout: 15_000 });
    expect(await page.evaluate(() => kept.closed)).toEqual([false]);
    for (const processId of processes) expect(() => process.kill(processId, 0)).toThrow();
  });

  // keeps: perso-5.5-client-stop, perso-2.13-left
  test('stopSession ends the session with its reason and frees its media', async () => {
    const id = await connect('session');
    await page.evaluate(() => kept.session.stopSession());
    await expect.poll(async () => (await api.session(id)).termination_reason).toBe('GRACEFUL_TERMINATION');
    expect(await page.evaluate(() => kept.closed)).toEqual([true]);
    await expect
      .poll(async () => {
        const stats: any[] = [...(await server.mediaStats({ signal: AbortSignal.timeout(2000) }))];
        return stats.reduce((sum, { sessions }) => sum + sessions, 0);
      })
      .toBe(0);
  });

  // keeps: perso-5.5-server-end
  test('a session that the server ends closes the peer connection; the reason is there when the client looks', async () => {
    const id = await connect('session');
    const ended = await api.post(`session/${id}/event/create/`, { event: 'SESSION_END' });
    expect(ended.terminate).toBe(true);
    await page.waitForFunction(() => kept.closed.length > 0, undefined, { timeout: 15_000 });
    expect(await page.evaluate(() => kept.closed)).toEqual([false]);
    expect(await api.session(id)).toMatchObject({
      status: 'TERMINATED',
      termination_reason: 'GRACEFUL_TERMINATION',
    });
  });

  // keeps: perso-3.3-exchange-once, perso-1.3-session-state
  test('a second exchange is refused', async () => {
    const id = await connect('session');
    const refused = await api.post(`session/${id}/exchange/`, { client_sdp: { type: 'offer', sdp: 'v=0' } });
    expect(refused.errors[0].code).toBe('invalid_session_state');
    await page.evaluate(() => kept.session.stopSession());
  });

  // keeps: perso-6.1-unknown
  test('hostile frames on the data channel are ignored and the session lives on', async () => {
    await connect('session');
    // A second peer of the page's own making, to send what the SDK never would.
    const id = await api.createSession();
    const pong = await page.evaluate(
      async ([apiServer, sessionId]) => {
        const peer = new RTCPeerConnection();
        const channel = peer.createDataChannel('message', { protocol: 'message' });
        peer.addTransceiver('audio', { direction: 'recvonly' });
        peer.addTransceiver('video', { direction: 'recvonly' });
        const offer = await peer.createOffer();
        await peer.setLocalDescription(offer);
        const response = await fetch(`${apiServer}/api/v1/session/${sessionId}/exchange/`, {
          method: 'POST',
          body: JSON.stringify({ client_sdp: offer }),
        });
        const { server_sdp } = await response.json();
        await peer.setRemoteDescription(server_sdp);
        // On a busy machine it may be open by now.
        if (channel.readyState !== 'open')
          await new Promise((resolve) => {
            channel.onopen = resolve;
          });
        const random = (length: number) =>
          String.fromCharCode(...Array.from({ length }, () => Math.random() * 65_536));
        for (let round = 0; round < 200; round += 1) channel.send(random(round));
        channel.send(new Uint8Array([0, 1, 2]));
        channel.send('');
        channel.send('{"type":"ttstf","data":null}');
        channel.send('{"type":"change-size","data":{"width":-5,"height":1e308}}');
        channel.send('{"type":"stf","data":{"message":"","file_ref":"../../etc/passwd","format":"wav"}}');
        channel.send(`{"type":"ttstf","data":{"message":"${'x'.repeat(60_000)}"}}`);
        peer.createDataChannel('unknown');
        const answered = new Promise((resolve) => {
          channel.addEventListener('message', ({ data }) => {
            if (JSON.parse(data).type === 'ping') resolve(true);
          });
        });
        channel.send('{"type":"ping","data":{}}');
        const result = await Promise.race([
          answered,
          new Promise((resolve) => setTimeout(() => resolve(false), 3000)),
        ]);
        channel.close();
        peer.close();
        return result;
      },
      [server.url, id] as const,
    );
    expect(pong).toBe(true);
    await page.evaluate(() => kept.session.processTTSTF('Tone 500.'));
    const [heard = -200] = await listen('a', [500], 1500);
    expect(heard).toBeGreaterThan(-40);
    await page.evaluate(() => kept.session.stopSession());
  });

  // keeps: perso-2.13-misc-error
  test('a media process that dies ends its own sessions with their reason and is replaced', async () => {
    const first = await connect('first', 'a', undefined, false);
    const second = await connect('second', 'b', undefined, false);
    const before = server.mediaProcessIds();
    const stats: any[] = [...(await server.mediaStats({ signal: AbortSignal.timeout(2000) }))];
    expect(stats.map(({ sessions }) => sessions)).toEqual([1, 1]);
    const [victim = 0] = before;
    process.kill(victim, 'SIGKILL');
    await expect
      .poll(async () =>
        [
          (await api.session(first)).termination_reason,
          (await api.session(second)).termination_reason,
        ].sort(),
      )
      .toEqual(['SESSION_MISC_ERROR', null].sort());
    // The survivor still plays.
    const survivor = (await api.session(first)).status === 'IN_PROGRESS' ? ['first', 'a'] : ['second', 'b'];
    await page.evaluate(([name]) => kept[name as string].processTTSTF('Tone 500.'), survivor);
    const [heard = -200] = await listen(survivor[1] ?? 'a', [500], 1500);
    expect(heard).toBeGreaterThan(-40);
    await expect.poll(() => server.mediaProcessIds().length, { timeout: 15_000 }).toBe(2);
    expect(server.mediaProcessIds()).not.toContain(victim);
    await connect('third', survivor[1] === 'a' ? 'b' : 'a');
    await page.evaluate(([name]) => {
      kept[name as string].stopSession();
      kept.third.stopSession();
    }, survivor);
  });

  test('media does not stutter while the API process is busy', async () => {
    await connect('session');
    await page.evaluate(() => kept.session.processTTSTF('Tone 500.'));
    await page.waitForFunction(() => kept.packets.some((states: string[]) => states.includes('SPEAKING')));
    const gaps = page.evaluate(async () => {
      const video = document.querySelector('video');
      if (!(video?.srcObject instanceof MediaStream)) throw new Error('no stream');
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 512;
      context.createMediaStreamSource(video.srcObject).connect(analyser);
      const wave = new Float32Array(512);
      let silent = 0;
      let frames = 0;
      const count = () => {
        frames += 1;
        video.requestVideoFrameCallback(count);
      };
      video.requestVideoFrameCallback(count);
      await new Promise((resolve) => setTimeout(resolve, 150));
      const start = performance.now();
      frames = 0;
      while (performance.now() - start < 1000) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        analyser.getFloatTimeDomainData(wave);
        if (Math.max(...wave.map(Math.abs)) < 0.05) silent += 1;
      }
      await context.close();
      return { silent, frames };
    });
    // The API runs in this very process: block it for most of the time.
    const end = performance.now() + 1200;
    while (performance.now() < end) {
      const busyUntil = performance.now() + 250;
      while (performance.now() < busyUntil);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { silent, frames } = await gaps;
    expect(silent, 'silent moments in a continuous tone').toBeLessThanOrEqual(2);
    expect(frames, 'pictures in one second').toBeGreaterThanOrEqual(20);
    await page.evaluate(() => kept.session.stopSession());
  });

  // keeps: perso-2.13-expired
  test('a session that nobody connects expires with its reason', async () => {
    const other = await startTestServer({
      providers: [createToneVendor()],
      environment: { VISAVOX_START_WINDOW_SECONDS: '1' },
    });
    try {
      const otherApi = createApi(other);
      const id = await otherApi.createSession();
      await expect
        .poll(async () => (await otherApi.session(id)).termination_reason, { timeout: 4000 })
        .toBe('SESSION_EXPIRED_BEFORE_CONNECTION');
    } finally {
      await other.close();
    }
  });
});

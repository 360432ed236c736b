/** Every generation of published clients from creation to end, with Chromium's own peer connection. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import {
  announcedLengths,
  type ConversationVendor,
  createConversationVendor,
} from '../src/conversation-vendor.ts';
import {
  CLASSIC,
  type ConnectionReport,
  connectClient,
  createWav,
  GENERATIONS,
  installClient,
  LAST_OF_FIRST,
  MODERN,
  readReport,
} from '../src/generations.ts';
import { type CustomerSite, serveCustomerSite } from '../src/pages.ts';

// What installClient puts into the page.
declare const clients: any;

describe.skipIf(chromiumPath === undefined)('generations of clients', () => {
  let vendor: ConversationVendor;
  let server: RunningServer;
  let api: Api;
  let browser: Browser;
  let site: CustomerSite;
  let page: Page;
  let folder: string;
  /** Stays connected while all tests run. */
  let lasting: Page;
  /** Falls silent at the beginning, though its network still answers. */
  let silent: Page;
  let silentId: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-e2e-'));
    const microphoneFile = path.join(folder, 'microphone.wav');
    await writeFile(microphoneFile, createWav(700, 30));
    vendor = createConversationVendor();
    server = await startTestServer({ providers: [vendor.provider] });
    api = createApi(server);
    browser = await launchBrowser({ microphoneFile });
    site = await serveCustomerSite();
    page = await openPage();
    lasting = await openPage();
    await connectClient(lasting, 'lasting', LAST_OF_FIRST, server);
    silent = await openPage();
    silentId = await connectClient(silent, 'silent', CLASSIC, server);
    await silent.waitForFunction(() => clients.silent.report.firstPongMs !== undefined);
    await silent.evaluate(() => clients.silent.fallSilent());
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function openPage(): Promise<Page> {
    const opened = await browser.newPage();
    await opened.goto(site.url);
    await installClient(opened);
    return opened;
  }
  const report = (): Promise<ConnectionReport> => readReport(page, 'client');
  const stfs = async () => (await report()).packets.filter(({ type }) => type === 'stf');
  const stop = () => page.evaluate(() => clients.client.stop());

  // keeps: perso-5.1-l-106, perso-5.1-classic, perso-5.1-modern, perso-5.2-sendrecv, perso-5.2-recvonly
  // keeps: perso-5.2-vp8-only, perso-5.2-all-codecs, perso-5.2-no-candidates, perso-5.3-sections, perso-5.3-candidates
  // keeps: perso-5.3-audio, perso-5.3-video, perso-5.3-one-stream, perso-5.3-keyframe, perso-5.4-readiness
  // keeps: perso-5.4-first-ping, perso-5.4-exchange, perso-5.5-client-stop, perso-2.13-left, perso-2.13-connected
  // keeps: perso-6.1-frames, perso-6.2-ping, perso-6.3-stf, perso-6.4-one-each, perso-2.12-sdp, perso-3.3-exchange
  // keeps: perso-16-l, perso-16-c, perso-16-n12, perso-16-n14, perso-16-legacy-form, perso-7-heartbeat
  test.each(GENERATIONS)('$name holds a conversation', async (generation) => {
    const id = await connectClient(page, 'client', generation, server);
    const { offer, answer, exchangeMs, readinessMs, streams } = await report();

    // The offer is what that generation makes.
    expect(offer.match(/^m=\w+/gm)).toEqual(['m=audio', 'm=video', 'm=application']);
    expect(offer).not.toContain('a=candidate');
    const sends = generation.audio !== 'none';
    const directions = /^a=(sendrecv|recvonly|sendonly|inactive)/gm;
    expect(offer.match(directions)).toEqual([sends ? 'a=sendrecv' : 'a=recvonly', 'a=recvonly']);
    const videoCodecs = (offer.split('m=video')[1] ?? '').match(/^a=rtpmap:\d+ \w+/gm)?.length ?? 0;
    expect(videoCodecs).toBe(generation.vp8Only ? 1 : Math.max(2, videoCodecs));

    // The answer takes it whole.
    const [head = '', audio = '', video = '', data = ''] = answer.split(/^m=/m);
    expect(head).toMatch(/^a=group:BUNDLE \S+ \S+ \S+\r$/m);
    for (const section of [audio, video, data]) {
      expect(section).not.toMatch(/^\w+ 0 /);
      expect(section).toMatch(/^a=setup:(active|passive)\r$/m);
    }
    for (const section of [audio, video]) expect(section).toMatch(/^a=rtcp-mux\r$/m);
    expect(answer).toMatch(/^a=candidate:/m);
    expect(audio).toMatch(/^a=rtpmap:\d+ opus\/48000/m);
    expect(audio).toMatch(sends ? /^a=send(recv|only)\r$/m : /^a=sendonly\r$/m);
    expect(video).toMatch(/^a=sendonly\r$/m);
    const payload = /^video \d+ \S+ (\d+)/.exec(video)?.[1];
    expect(video).toMatch(new RegExp(`^a=rtpmap:${payload} VP8/90000\\r$`, 'm'));
    const [ofAudio, ofVideo] = [audio, video].map((section) => /^a=msid:(\S+) \S+\r$/m.exec(section)?.[1]);
    expect(ofAudio).toMatch(/[^-]/);
    expect(ofVideo).toBe(ofAudio);
    expect(streams.map(({ kind }) => kind).sort()).toEqual(['audio', 'video']);
    expect(new Set(streams.flatMap(({ ids }) => ids))).toEqual(new Set([ofAudio]));

    expect(exchangeMs).toBeLessThan(2000);
    expect(readinessMs).toBeLessThan(4900);
    await expect.poll(async () => (await report()).firstPongMs, { timeout: 8000 }).toBeLessThan(8000);
    await expect.poll(async () => (await report()).pictures).toBeGreaterThan(3);
    expect((await report()).firstPictureMs).toBeLessThan(1500);
    const info = await api.session(id);
    expect(info).toMatchObject({ status: 'IN_PROGRESS', client_sdp: offer, server_sdp: answer });

    // It is asked, and answers in two sentences.
    if (generation.family === 'L') {
      await page.evaluate(() => clients.client.send('chat', { message: 'Hi', history: [] }));
    } else {
      const said = await page.evaluate(() => clients.client.chat('Hi'));
      expect(said).toEqual(['Hello there.', 'How are you?']);
    }
    await expect.poll(async () => (await stfs()).length, { timeout: 8000 }).toBe(2);
    expect((await stfs()).map(({ data: { message } }) => message)).toEqual(['Hello there.', 'How are you?']);
    for (const { data: spoken } of await stfs()) {
      expect(announcedLengths(spoken.message)).toContain(spoken.duration);
    }
    await expect.poll(async () => (await report()).sounds.some(({ loud }) => loud)).toBe(true);
    if (generation.beats) {
      await expect.poll(() => page.evaluate(() => clients.client.beats.length)).toBeGreaterThan(1);
    }
    expect((await report()).unreadable).toEqual([]);

    await stop();
    await expect
      .poll(async () => (await api.session(id)).termination_reason, { timeout: 8000 })
      .toBe('GRACEFUL_TERMINATION');
  });

  // keeps: perso-5.5-server-end, perso-2.13-reason-first
  test('sessions that the server ends lose their peer connection, and the reason is there by then', async () => {
    const generations = [LAST_OF_FIRST, CLASSIC, MODERN];
    const ids = [];
    for (const generation of generations) {
      ids.push(await connectClient(page, generation.name, generation, server));
    }
    const reasons = ids.map((id, index) =>
      page.evaluate(
        async ([url, session, name]) => {
          while (!['disconnected', 'failed', 'closed'].includes(clients[name].iceState())) {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          const info = await fetch(`${url}/api/v1/session/${session}/`);
          return (await info.json()).termination_reason;
        },
        [server.url, id, generations[index]?.name ?? ''] as const,
      ),
    );
    for (const id of ids) {
      await api.post(`session/${id}/event/create/`, { event: 'SESSION_ERROR', detail: 'gone' });
    }
    expect(await Promise.all(reasons)).toEqual(ids.map(() => 'SESSION_MISC_ERROR'));
    await page.evaluate(
      (names) => {
        for (const name of names) clients[name].stop();
      },
      generations.map(({ name }) => name),
    );
  });

  // keeps: perso-2.13-silence
  test('a client that falls silent is lost, though its network still answers', async () => {
    await expect
      .poll(async () => (await api.session(silentId)).termination_reason, { timeout: 45_000, interval: 500 })
      .toBe('SESSION_LOST_AFTER_CONNECTION');
    const { iceStates } = await readReport(silent, 'silent');
    expect(iceStates[0]).toBe('checking');
  });

  // keeps: perso-5.3-idle, perso-5.4-ping-gaps
  test('a client that only listens has had pictures, silence and pongs all the time', async () => {
    const before = await readReport(lasting, 'lasting');
    await lasting.waitForTimeout(1000);
    const { pictures, sounds, largestPongGapMs, packets, unreadable } = await readReport(lasting, 'lasting');
    expect(pictures).toBeGreaterThan(before.pictures);
    expect(sounds).toEqual([]);
    expect(packets).toEqual([]);
    expect(unreadable).toEqual([]);
    expect(largestPongGapMs).toBeLessThan(5000);
  });
});

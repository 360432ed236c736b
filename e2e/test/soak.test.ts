/** What many short visits leave behind: nothing. Counted in sessions, pictures prepared, file descriptors, handles, memory. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { type CustomerSite, serveCustomerSite } from '../src/pages.ts';
import { createToneVendor } from '../src/tone-vendor.ts';

// The global of the script-tag build.
declare const PersoInteractive: any;

const ROUNDS = 200;
/** Visitors' windows differ. All of these come in the first ten rounds; a picture is prepared for each. */
const SIZES = [
  [360, 640],
  [368, 640],
  [376, 640],
  [384, 640],
  [392, 640],
] as const;
/** The one in use, the one that each connection begins with, and three that are kept for the next visitor. */
const MAX_STAGES = 5;
/** Counted so often. Preparing the five sizes leaves its mark on the memory until about round 40. */
const COUNT_EVERY = 10;
const WARM_ROUND = 50;
/** A link that is kept would be 20 MB for each visit. */
const MAX_BYTES_PER_VISIT = 2e6;
const START_WINDOW_SECONDS = 3;

const hasProc = existsSync('/proc/self/fd');

interface Counts {
  readonly mediaDescriptors: number;
  readonly apiDescriptors: number;
  readonly apiHandles: number;
  readonly mediaResidentBytes: number;
}

describe.skipIf(chromiumPath === undefined)('many short visits', () => {
  let server: RunningServer;
  let api: Api;
  let browser: Browser;
  let site: CustomerSite;

  beforeAll(async () => {
    server = await startTestServer({
      providers: [createToneVendor()],
      environment: { VISAVOX_START_WINDOW_SECONDS: String(START_WINDOW_SECONDS) },
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

  const mediaStats = async () => {
    const [stats]: any[] = [...(await server.mediaStats({ signal: AbortSignal.timeout(5000) }))];
    return stats;
  };

  /** What the descriptors of a process point at. The embedded database opens a file for each table that is touched. */
  function openFiles(folder: string): readonly string[] {
    return readdirSync(folder).map((name) => {
      try {
        return readlinkSync(`${folder}/${name}`);
      } catch {
        // Closed since it was listed, such as the listing itself.
        return 'closed';
      }
    });
  }

  /** Nothing is live any more, neither here nor in the media process. */
  async function settle(): Promise<void> {
    await expect.poll(() => server.liveSessions(), { timeout: 20_000 }).toBe(0);
    await expect.poll(async () => (await mediaStats()).sessions, { timeout: 10_000 }).toBe(0);
  }

  function count(): Counts {
    const [mediaProcessId] = server.mediaProcessIds();
    if (mediaProcessId === undefined) throw new Error('no media process is running');
    const descriptors = (processId: number | string) =>
      hasProc ? openFiles(`/proc/${processId}/fd`).filter((name) => !name.includes('/database/')).length : 0;
    return {
      mediaDescriptors: descriptors(mediaProcessId),
      apiDescriptors: descriptors('self'),
      // Connections that clients keep open between requests come and go.
      apiHandles: process.getActiveResourcesInfo().filter((name) => !/^TCP|^Timeout$/.test(name)).length,
      mediaResidentBytes: hasProc
        ? Number(readFileSync(`/proc/${mediaProcessId}/statm`, 'utf8').split(' ')[1]) * 4096
        : 0,
    };
  }

  /** Connects, waits for a picture, says something, leaves. */
  async function visit(page: Page, [width, height]: readonly [number, number]): Promise<void> {
    const sessionId = await api.createSession();
    await page.evaluate(
      async ([apiServer, id, size]) => {
        const session = await PersoInteractive.createSession({
          apiServer,
          sessionId: id,
          width: size[0],
          height: size[1],
          clientTools: [],
        });
        const video = document.querySelector('video');
        if (video === null) throw new Error('no video');
        const painted = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
        session.setSrc(video);
        await painted;
        session.processTTSTF('Tone 500.');
        await new Promise((resolve) => setTimeout(resolve, 100));
        session.stopSession();
        video.srcObject = null;
      },
      [server.url, sessionId, [width, height]] as const,
    );
  }

  test(`${ROUNDS} visits leave no session, descriptor, handle or memory behind`, {
    timeout: 300_000,
  }, async (context) => {
    const page = await browser.newPage();
    await page.goto(site.url);
    const counts = new Map<number, Counts>();
    for (let round = 1; round <= ROUNDS; round += 1) {
      await visit(page, SIZES[round < 10 ? round % SIZES.length : 0] ?? SIZES[0]);
      if (round % COUNT_EVERY !== 0) continue;
      await settle();
      counts.set(round, count());
    }
    await page.close();
    expect((await mediaStats()).stages, 'pictures kept prepared').toBeLessThanOrEqual(MAX_STAGES);
    const [early, late] = [counts.get(10), counts.get(ROUNDS)];
    if (early === undefined || late === undefined) throw new Error('not counted');
    expect(late.apiHandles, 'handles of the API process').toBeLessThanOrEqual(early.apiHandles + 2);
    if (!hasProc) context.skip('file descriptors and memory: this system has no /proc');
    expect(late.mediaDescriptors, 'descriptors of the media process').toBeLessThanOrEqual(
      early.mediaDescriptors + 2,
    );
    expect(late.apiDescriptors, 'descriptors of the API process').toBeLessThanOrEqual(
      early.apiDescriptors + 4,
    );
    // What is free but not collected yet comes and goes by 100 MB from one reading to the next: the least of many counts.
    const middle = (WARM_ROUND + ROUNDS) / 2;
    const leastBetween = (from: number, to: number): number =>
      Math.min(
        ...[...counts]
          .filter(([round]) => round >= from && round <= to)
          .map(([, { mediaResidentBytes }]) => mediaResidentBytes),
      );
    const grown = leastBetween(middle, ROUNDS) - leastBetween(WARM_ROUND, middle);
    expect(grown / (ROUNDS - middle), 'bytes that a visit adds to the media process').toBeLessThan(
      MAX_BYTES_PER_VISIT,
    );
  });

  test('ten sessions abandoned in the middle of the exchange leave nothing', async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    const before = count();
    const ids = await Promise.all(Array.from({ length: 10 }, () => api.createSession()));
    const outcomes = await page.evaluate(
      async ([apiServer, sessionIds]) => {
        const abandon = async (sessionId: string, afterMs: number) => {
          const peer = new RTCPeerConnection();
          peer.createDataChannel('message', { protocol: 'message' });
          peer.addTransceiver('audio', { direction: 'recvonly' });
          peer.addTransceiver('video', { direction: 'recvonly' });
          const offer = await peer.createOffer();
          const abort = new AbortController();
          setTimeout(() => abort.abort(), afterMs);
          const outcome = await fetch(`${apiServer}/api/v1/session/${sessionId}/exchange/`, {
            method: 'POST',
            body: JSON.stringify({ client_sdp: offer }),
            signal: abort.signal,
          }).then(
            () => 'answered',
            () => 'abandoned',
          );
          peer.close();
          return outcome;
        };
        // From before the request is read to while candidates are gathered.
        return Promise.all(sessionIds.map((id, index) => abandon(id, 4 * index)));
      },
      [server.url, ids] as const,
    );
    expect(outcomes.filter((outcome) => outcome === 'abandoned').length).toBeGreaterThanOrEqual(5);
    await page.close();
    await settle();
    for (const id of ids) {
      const { status, termination_reason } = await api.session(id);
      expect([status, termination_reason]).toEqual(['TERMINATED', 'SESSION_EXPIRED_BEFORE_CONNECTION']);
    }
    const after = count();
    expect(after.mediaDescriptors).toBeLessThanOrEqual(before.mediaDescriptors + 2);
    // The process still serves.
    const next = await browser.newPage();
    await next.goto(site.url);
    await visit(next, SIZES[0]);
    await next.close();
    await settle();
  });
});

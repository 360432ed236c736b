import { expect, test } from 'vitest';
import type { PlayoutSource } from '../media/playout.ts';
import type { FromMedia, Scene } from '../media/protocol.ts';
import { type LinkHandlers, type MediaLink, OfferError } from '../media/transport.ts';
import { createSessionTable } from './session-table.ts';
import type { StageLease } from './stages.ts';

const scene: Scene = { modelStyle: 'style', placement: { left: 0, top: 0, height: 1 } };
const settled = () => new Promise((resolve) => setImmediate(resolve));

function create() {
  const reports: FromMedia[] = [];
  const errors: unknown[] = [];
  const leases: PromiseWithResolvers<void>[] = [];
  const accepts: { handlers: LinkHandlers; settle: PromiseWithResolvers<void>; signal: AbortSignal }[] = [];
  const playing = new Set<PlayoutSource>();
  const counts = { released: 0, links: 0, closedLinks: 0 };
  const stage: StageLease = {
    stage: { key: 's', widthPx: 2, heightPx: 2, frameBytes: 6, memoryBytes: 0, render: () => {} },
    idleLoop: { id: 's', frameCount: 1, frame: () => ({ widthPx: 2, heightPx: 2, data: new Uint8Array(6) }) },
    release: () => {
      counts.released += 1;
    },
  };
  const link = (): MediaLink => {
    counts.links += 1;
    return {
      pushAudio: () => {},
      showIdle: () => {},
      showLive: () => {},
      startRecording: () => {},
      stopRecording: () => undefined,
      send: () => true,
      close: () => {
        counts.closedLinks += 1;
      },
    };
  };
  const table = createSessionTable({
    transport: {
      name: 'scripted',
      async accept(_, handlers, { signal }) {
        const settle = Promise.withResolvers<void>();
        accepts.push({ handlers, settle, signal });
        await settle.promise;
        return { answerSdp: `answer ${accepts.length}`, link: link() };
      },
      close: () => {},
    },
    stages: {
      count: 0,
      async lease() {
        const settle = Promise.withResolvers<void>();
        leases.push(settle);
        await settle.promise;
        return stage;
      },
    },
    playout: {
      add(source) {
        playing.add(source);
        return () => playing.delete(source);
      },
      stats: () => ({ frames: 0, lateFrames: 0, restarts: 0 }),
      close: () => {},
    },
    report: (message) => reports.push(message),
    now: () => 0,
    logError: (error) => errors.push(error),
  });
  const open = (requestId: number, sessionId = 'a') =>
    table.receive({ kind: 'open', requestId, sessionId, offerSdp: 'offer', scene });
  const step = async (settle: PromiseWithResolvers<void> | undefined, error?: Error) => {
    if (error === undefined) settle?.resolve();
    else settle?.reject(error);
    await settled();
  };
  return {
    table,
    reports,
    errors,
    accepts,
    playing,
    counts,
    open,
    lease: (index = 0) => step(leases[index]),
    failLease: (index = 0) => step(leases[index], new Error('no pack')),
    accept: (index = 0) => step(accepts[index]?.settle),
    refuse: (error: Error, index = 0) => step(accepts[index]?.settle, error),
  };
}

async function createOpen() {
  const parts = create();
  parts.open(1);
  await parts.lease();
  await parts.accept();
  return parts;
}

test('an offer is answered, and the session plays until it is closed', async () => {
  const { table, reports, playing, counts } = await createOpen();
  expect(reports).toEqual([{ kind: 'opened', requestId: 1, answerSdp: 'answer 1' }]);
  expect([table.count, playing.size]).toEqual([1, 1]);
  table.receive({ kind: 'close', sessionId: 'a' });
  table.receive({ kind: 'close', sessionId: 'a' });
  expect([table.count, playing.size]).toEqual([0, 0]);
  expect(counts).toEqual({ released: 1, links: 1, closedLinks: 1 });
});

test.each([
  [new OfferError('no VP8'), 'offer'],
  [new Error('no memory'), 'internal'],
])('an offer that fails leaves nothing behind', async (error, fault) => {
  const { table, reports, counts, open, lease, refuse } = create();
  open(1);
  await lease();
  await refuse(error);
  expect(reports).toEqual([{ kind: 'open-failed', requestId: 1, fault, detail: error.message }]);
  expect([table.count, counts.released]).toEqual([0, 1]);
});

test('a picture that cannot be made is told', async () => {
  const { reports, open, failLease, accepts } = create();
  open(1);
  await failLease();
  expect(reports).toEqual([{ kind: 'open-failed', requestId: 1, fault: 'internal', detail: 'no pack' }]);
  expect(accepts).toEqual([]);
});

test('a session that is closed while its picture is made never gets a peer', async () => {
  const { table, counts, open, lease, accepts } = create();
  open(1);
  table.receive({ kind: 'close', sessionId: 'a' });
  await lease();
  expect(accepts).toEqual([]);
  expect([table.count, counts.released]).toEqual([0, 1]);
});

test('a session that is closed while its offer is answered keeps no peer', async () => {
  const { table, playing, counts, open, lease, accept, accepts, reports } = create();
  open(1);
  await lease();
  table.receive({ kind: 'close', sessionId: 'a' });
  expect(accepts[0]?.signal.aborted).toBe(true);
  await accept();
  expect(reports).toMatchObject([{ kind: 'open-failed' }]);
  expect([table.count, playing.size]).toEqual([0, 0]);
  expect(counts).toEqual({ released: 1, links: 1, closedLinks: 1 });
});

test('a session that was given up and is opened again belongs to the second opening', async () => {
  const { table, counts, open, lease, accept, reports } = create();
  open(1);
  await lease(0);
  table.receive({ kind: 'close', sessionId: 'a' });
  open(2);
  await lease(1);
  await accept(1);
  await accept(0);
  expect(reports.map((message) => [message.kind, 'requestId' in message && message.requestId])).toEqual([
    ['opened', 2],
    ['open-failed', 1],
  ]);
  expect(table.count).toBe(1);
  expect(counts).toEqual({ released: 1, links: 2, closedLinks: 1 });
  table.receive({ kind: 'close', sessionId: 'a' });
  expect([table.count, counts.closedLinks]).toEqual([0, 2]);
});

test('a second opening can still be given up after the first has settled', async () => {
  const { table, counts, open, lease, accepts } = create();
  open(1);
  table.receive({ kind: 'close', sessionId: 'a' });
  open(2);
  await lease(0);
  table.receive({ kind: 'close', sessionId: 'a' });
  await lease(1);
  expect(accepts).toEqual([]);
  expect([table.count, counts.released]).toEqual([0, 2]);
});

test('a peer that ends while it is being answered is gone', async () => {
  const { table, playing, open, lease, accept, accepts, counts } = create();
  open(1);
  await lease();
  accepts[0]?.handlers.onClosed('failed');
  await accept();
  expect([table.count, playing.size, counts.closedLinks]).toEqual([0, 0, 1]);
});

test('a message that one session cannot bear ends that one only', async () => {
  const { table, reports, errors, open, lease, accept } = await createOpen();
  open(2, 'b');
  await lease(1);
  await accept(1);
  table.receive({ kind: 'utterance-start', sessionId: 'a', utteranceId: 'u', sampleRateHz: 3 });
  expect(errors).toHaveLength(1);
  expect(reports.at(-1)).toEqual({ kind: 'closed', sessionId: 'a', reason: 'failed' });
  expect(table.count).toBe(1);
});

test('closing gives up what is being opened and closes what is open', async () => {
  const { table, counts, playing, open, lease, accepts } = await createOpen();
  open(2, 'b');
  table.close();
  await lease(1);
  expect(accepts).toHaveLength(1);
  expect([table.count, playing.size, counts.released, counts.closedLinks]).toEqual([0, 0, 2, 1]);
});

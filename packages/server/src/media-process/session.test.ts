import type { ServerPacket } from '@visavox/contract';
import { describe, expect, test } from 'vitest';
import { REST_POSE, type Stage } from '../avatar/index.ts';
import type { FromMedia, Scene, ToMedia } from '../media/protocol.ts';
import type { I420Frame, MediaLink } from '../media/transport.ts';
import { MediaSession, type SizePx } from './session.ts';
import type { StageLease } from './stages.ts';

const ID = 'session-1';
const SCENE: Scene = { modelStyle: 'style', placement: { left: 0, top: 0, height: 1 } };

function createLink() {
  const sent: ServerPacket[] = [];
  const sounds: number[] = [];
  const pictures: string[] = [];
  let closes = 0;
  const link: MediaLink = {
    pushAudio: (samples) =>
      void sounds.push(samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
    showIdle: (loop, index) => void pictures.push(`idle ${loop.id} ${index}`),
    showLive: (frame: I420Frame) =>
      void pictures.push(`live ${frame.widthPx}x${frame.heightPx} ${frame.data.length} ${frame.data[0]}`),
    startRecording: () => void sounds.push(-1),
    stopRecording: () => ({ samples: Int16Array.of(1, 2), sampleRateHz: 48_000 }),
    send(text) {
      sent.push(JSON.parse(text));
      return true;
    },
    close: () => {
      closes += 1;
    },
  };
  return { link, sent, sounds, pictures, closes: () => closes };
}

/** Stages named by their width; every lease that is out is in `held`. */
function createLeases() {
  const held: string[] = [];
  const released: string[] = [];
  const lease = ({ widthPx, heightPx }: SizePx): StageLease => {
    const name = `${widthPx}x${heightPx}`;
    const stage: Stage = {
      key: name,
      widthPx,
      heightPx,
      frameBytes: (widthPx * heightPx * 3) / 2,
      memoryBytes: 0,
      render: (_, target) => void target.fill(7),
    };
    held.push(name);
    return {
      stage,
      idleLoop: {
        id: name,
        frameCount: 5,
        frame: () => ({ widthPx, heightPx, data: new Uint8Array(stage.frameBytes) }),
      },
      release: () => void released.push(name),
    };
  };
  return { lease, held, released };
}

function create(options: { readonly attached?: boolean } = {}) {
  const leases = createLeases();
  const reports: FromMedia[] = [];
  const wishes: { scene: Scene; size: SizePx; settle: PromiseWithResolvers<StageLease> }[] = [];
  const performed: string[] = [];
  const link = createLink();
  let idle = true;
  let nowMs = 0;
  let closedCalls = 0;
  const session = new MediaSession({
    sessionId: ID,
    report: (message) => reports.push(message),
    performer: {
      speak: ({ startMs }) => void performed.push(`speak ${startMs}`),
      stop: (atMs) => void performed.push(`stop ${atMs}`),
      poseAt: () => REST_POSE,
      isIdleAt: () => idle,
    },
    stage: leases.lease({ widthPx: 64, heightPx: 64 }),
    scene: SCENE,
    size: { widthPx: 64, heightPx: 64 },
    prepareStage(scene, size) {
      const settle = Promise.withResolvers<StageLease>();
      wishes.push({ scene, size, settle });
      return settle.promise;
    },
    now: () => nowMs,
    logError: () => {},
  });
  const attach = () =>
    session.attach(link.link, () => {
      closedCalls += 1;
    });
  if (options.attached !== false) attach();
  let mediaMs = 0;
  return {
    session,
    leases,
    reports,
    wishes,
    performed,
    link,
    attach,
    closedCalls: () => closedCalls,
    setIdle: (value: boolean) => {
      idle = value;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    text: (packet: object) => session.onText(JSON.stringify(packet)),
    tell: (message: DistributiveOmit<Extract<ToMedia, { sessionId: string }>, 'sessionId'>) =>
      // The union loses its tie between `kind` and the rest when the session id is added to all of its members.
      session.receive({ ...message, sessionId: ID } as Extract<ToMedia, { sessionId: string }>),
    /** Plays blocks of 10 ms. */
    play(blocks: number) {
      for (let block = 0; block < blocks; block += 1) {
        session.playAudio(mediaMs);
        mediaMs += 10;
      }
    },
    picture() {
      session.showPicture(mediaMs);
      return link.pictures.at(-1);
    },
  };
}

type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;
type Parts = ReturnType<typeof create>;

const stf = (message: string, duration: number): ServerPacket => ({
  type: 'stf',
  data: { message, duration },
});
const loud = (durationMs: number) => new Int16Array(durationMs * 48).fill(8000);

function say(parts: Parts, utteranceId: string, durationMs = 100): void {
  parts.tell({ kind: 'utterance-start', utteranceId, sampleRateHz: 48_000 });
  parts.tell({
    kind: 'utterance-chunk',
    utteranceId,
    samples: loud(durationMs),
    visemes: [{ viseme: 'aa', startMs: 0, endMs: 50 }],
    announcements: [stf(utteranceId, 1)],
  });
  parts.tell({ kind: 'utterance-end', utteranceId, announcements: [stf(utteranceId, durationMs)] });
}
const settled = () => new Promise((resolve) => setImmediate(resolve));
const kinds = (reports: readonly FromMedia[]) => reports.map(({ kind }) => kind);

describe('packets', () => {
  // keeps: perso-6.2-ping
  test('a ping is answered at once and goes no further', () => {
    const parts = create();
    parts.text({ type: 'ping', data: {} });
    expect(parts.link.sent).toEqual([{ type: 'ping', data: {} }]);
    expect(parts.reports).toEqual([]);
  });

  // keeps: perso-6.1-unknown
  test('commands are forwarded; what is no packet is ignored', () => {
    const parts = create();
    parts.text({ type: 'ttstf', data: { message: 'Hi.' } });
    for (const frame of [
      '',
      'no json',
      '{}',
      '[]',
      'null',
      '{"type":"unknown","data":{}}',
      '{"type":"ttstf"}',
    ]) {
      parts.session.onText(frame);
    }
    parts.text({ type: 'change-size', data: { width: '1', height: 2 } });
    parts.session.onText('{"type":"change-size","data":{"width":1e999,"height":2}}');
    expect(parts.reports).toEqual([
      { kind: 'packet', sessionId: ID, packet: { type: 'ttstf', data: { message: 'Hi.' } } },
    ]);
    expect(parts.wishes).toEqual([]);
    expect(parts.link.sent).toEqual([]);
  });

  test('packets of the API are sent; an open command channel is reported', () => {
    const parts = create();
    parts.session.onOpen();
    parts.tell({ kind: 'packet', packet: { type: 'stt-error', data: { code: 400 } } });
    expect(kinds(parts.reports)).toEqual(['connected']);
    expect(parts.link.sent).toEqual([{ type: 'stt-error', data: { code: 400 } }]);
  });

  test('an upload is reported under the reference that the client is told', () => {
    const parts = create();
    const bytes = Uint8Array.of(1, 2, 3);
    const fileRef = parts.session.onFile(bytes);
    expect(parts.session.onFile(bytes)).not.toBe(fileRef);
    expect(parts.reports[0]).toEqual({ kind: 'file', sessionId: ID, fileRef, bytes });
  });
});

describe('speech', () => {
  // keeps: perso-6.4-at-start, perso-6.4-one-each
  test('is announced when it begins to play, with the latest that is known, once', () => {
    const parts = create();
    say(parts, 'a');
    say(parts, 'b');
    expect(parts.link.sent, 'nothing plays yet').toEqual([]);
    parts.play(1);
    expect(parts.link.sent).toEqual([stf('a', 100)]);
    parts.play(9);
    expect(parts.link.sent).toEqual([stf('a', 100)]);
    parts.play(20);
    expect(parts.link.sent).toEqual([stf('a', 100), stf('b', 100)]);
    expect(kinds(parts.reports)).toEqual([
      'utterance-started',
      'utterance-finished',
      'utterance-started',
      'utterance-finished',
    ]);
    expect(parts.reports.at(-1)).toMatchObject({ utteranceId: 'b', playedMs: 100, complete: true });
    expect(parts.performed).toEqual(['speak 0', 'speak 100']);
  });

  test('that comes in pieces is announced at its first, and not again', () => {
    const parts = create();
    parts.tell({ kind: 'utterance-start', utteranceId: 'a', sampleRateHz: 48_000 });
    parts.play(2);
    expect(parts.link.sent).toEqual([]);
    for (const duration of [500, 600]) {
      parts.tell({
        kind: 'utterance-chunk',
        utteranceId: 'a',
        samples: loud(50),
        visemes: [],
        announcements: [stf('a', duration)],
      });
      parts.play(2);
    }
    expect(parts.link.sent).toEqual([stf('a', 500)]);
  });

  test('without sound is announced in its turn', () => {
    const parts = create();
    say(parts, 'a');
    parts.tell({ kind: 'utterance-start', utteranceId: 'b', sampleRateHz: 48_000 });
    parts.tell({ kind: 'utterance-end', utteranceId: 'b', announcements: [stf('b', 0)] });
    parts.play(5);
    expect(parts.link.sent).toEqual([stf('a', 100)]);
    parts.play(10);
    expect(parts.link.sent).toEqual([stf('a', 100), stf('b', 0)]);
  });

  test('moves the face; else the idle loop shows', () => {
    const parts = create();
    expect(parts.picture()).toBe('idle 64x64 0');
    parts.play(13);
    // The picture of 130 ms ago less 50: sound needs that much longer on its way.
    expect(parts.picture()).toBe('idle 64x64 2');
    parts.setIdle(false);
    expect(parts.picture()).toBe('live 64x64 6144 7');
  });
});

describe('clear-buffer', () => {
  // keeps: perso-6.4-after-clear, perso-6.2-clear-buffer
  test('silences at once, tells the API, and drops what was still on its way until the API has answered', () => {
    const parts = create();
    say(parts, 'playing', 1000);
    say(parts, 'waiting');
    parts.tell({ kind: 'utterance-start', utteranceId: 'half', sampleRateHz: 48_000 });
    parts.play(5);
    parts.text({ type: 'clear-buffer', data: {} });
    expect(parts.performed.at(-1)).toBe('stop 40');
    expect(parts.reports.at(-1)).toEqual({ kind: 'packet', sessionId: ID, packet: { type: 'clear-buffer' } });
    expect(parts.reports.filter(({ kind }) => kind === 'utterance-finished')).toMatchObject([
      { utteranceId: 'playing', complete: false },
      { utteranceId: 'waiting', complete: false },
      { utteranceId: 'half', complete: false },
    ]);
    say(parts, 'late');
    parts.tell({
      kind: 'utterance-chunk',
      utteranceId: 'half',
      samples: loud(50),
      visemes: [],
      announcements: [stf('half', 50)],
    });
    parts.tell({ kind: 'utterance-end', utteranceId: 'half', announcements: [stf('half', 50)] });
    parts.tell({ kind: 'clear' });
    parts.play(30);
    expect(parts.link.sent).toEqual([stf('playing', 1000)]);
    expect(parts.link.sounds.slice(5 + 3).every((peak) => peak === 0)).toBe(true);

    say(parts, 'new');
    parts.play(1);
    expect(parts.link.sent.at(-1)).toEqual(stf('new', 100));
    expect(parts.link.sounds.at(-1)).toBeGreaterThan(7000);
  });

  test('twice needs two answers', () => {
    const parts = create();
    parts.text({ type: 'clear-buffer' });
    parts.text({ type: 'clear-buffer' });
    parts.tell({ kind: 'clear' });
    say(parts, 'between');
    parts.play(5);
    expect(parts.link.sent).toEqual([]);
    parts.tell({ kind: 'clear' });
    say(parts, 'new');
    parts.play(5);
    expect(parts.link.sent).toEqual([stf('new', 100)]);
  });

  test('an answer too many does no harm', () => {
    const parts = create();
    parts.tell({ kind: 'clear' });
    parts.text({ type: 'clear-buffer' });
    say(parts, 'late');
    parts.play(5);
    expect(parts.link.sent).toEqual([]);
  });
});

describe('the size', () => {
  const wish = (parts: Parts, width: number) =>
    parts.text({ type: 'change-size', data: { width, height: 64 } });
  const prepare = async (parts: Parts, index: number) => {
    const entry = parts.wishes[index];
    entry?.settle.resolve(parts.leases.lease(entry.size));
    await settled();
  };

  // keeps: perso-6.2-change-size
  test('changes when the new picture is ready; nothing is replied', async () => {
    const parts = create();
    wish(parts, 128);
    await settled();
    expect(parts.picture()).toBe('idle 64x64 0');
    await prepare(parts, 0);
    expect(parts.picture()).toBe('idle 128x64 0');
    parts.setIdle(false);
    expect(parts.picture()).toBe('live 128x64 12288 7');
    expect(parts.leases.released).toEqual(['64x64']);
    expect(parts.link.sent).toEqual([]);
    expect(parts.reports).toEqual([]);
  });

  test('of many wishes only the latest is prepared after the one in work', async () => {
    const parts = create();
    for (const width of [100, 200, 300, 400]) wish(parts, width);
    await prepare(parts, 0);
    await prepare(parts, 1);
    await settled();
    expect(parts.wishes.map(({ size }) => size.widthPx)).toEqual([100, 400]);
    expect(parts.picture()).toBe('idle 400x64 0');
    expect(parts.leases.released).toEqual(['64x64', '100x64']);
  });

  test('that cannot be prepared keeps the picture, and the next wish works', async () => {
    const parts = create();
    wish(parts, 100);
    parts.wishes[0]?.settle.reject(new Error('no memory'));
    await settled();
    expect(parts.picture()).toBe('idle 64x64 0');
    expect(parts.leases.released).toEqual([]);
    wish(parts, 200);
    await prepare(parts, 1);
    expect(parts.picture()).toBe('idle 200x64 0');
  });

  test('that is ready only after the end is given back', async () => {
    const parts = create();
    wish(parts, 100);
    wish(parts, 200);
    parts.session.close();
    await prepare(parts, 0);
    expect(parts.leases.released).toEqual(['64x64', '100x64']);
    expect(parts.wishes).toHaveLength(1);
  });
});

describe('the end', () => {
  test.each(['left', 'lost', 'failed'] as const)(
    'a link that is %s is reported once and releases everything',
    (reason) => {
      const parts = create();
      parts.session.onClosed(reason);
      parts.session.onClosed('failed');
      expect(parts.reports).toEqual([{ kind: 'closed', sessionId: ID, reason }]);
      expect([parts.link.closes(), parts.closedCalls(), parts.leases.released]).toEqual([1, 1, ['64x64']]);
    },
  );

  test.each(['close', 'message'])('by %s reports nothing, works twice, and nothing follows', (how) => {
    const parts = create();
    say(parts, 'a');
    for (let time = 0; time < 2; time += 1) {
      if (how === 'close') parts.session.close();
      else parts.tell({ kind: 'close' });
    }
    parts.text({ type: 'ping' });
    parts.text({ type: 'ttstf', data: { message: 'Hi.' } });
    parts.text({ type: 'change-size', data: { width: 100, height: 100 } });
    say(parts, 'b');
    parts.play(3);
    parts.session.showPicture(0);
    expect(parts.reports).toEqual([]);
    expect(parts.wishes).toEqual([]);
    expect(parts.link).toMatchObject({ sent: [], sounds: [], pictures: [] });
    expect([parts.link.closes(), parts.closedCalls(), parts.leases.released]).toEqual([1, 1, ['64x64']]);
  });

  test('before the link is attached closes it as soon as it comes', () => {
    const parts = create({ attached: false });
    parts.play(1);
    parts.session.showPicture(0);
    parts.session.close();
    expect(parts.leases.released).toEqual(['64x64']);
    parts.attach();
    expect([parts.link.closes(), parts.closedCalls()]).toEqual([1, 1]);
  });

  // keeps: perso-2.13-silence
  test('a client that pinged and then keeps silent for more than 30 s is lost', () => {
    const parts = create();
    parts.pass(3_600_000);
    parts.play(1);
    expect(parts.reports, 'one that never pings is left to the network').toEqual([]);
    parts.text({ type: 'ping' });
    parts.pass(30_000);
    parts.play(1);
    expect(parts.reports).toEqual([]);
    parts.text({ type: 'ping' });
    parts.pass(30_001);
    parts.play(1);
    parts.play(1);
    expect(parts.reports).toEqual([{ kind: 'closed', sessionId: ID, reason: 'lost' }]);
    expect(parts.closedCalls()).toBe(1);
  });
});

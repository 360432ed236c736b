import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asPeerConnection, FakePeer } from '../testing/fake-peer.ts';
import { type Link, type LossCause, openLink, parseFrame } from './link.ts';
import { preferVp8 } from './prefer-vp8.ts';

const answer = { type: 'answer', sdp: 'answer-sdp' } as const;
let peer: FakePeer;
let connects: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  connects = true;
});
afterEach(() => {
  vi.useRealTimers();
});

function create(
  localStream?: MediaStream,
  exchange: (offer: RTCSessionDescriptionInit) => Promise<RTCSessionDescriptionInit> = async () => answer,
  signal?: AbortSignal,
): Promise<Link> {
  return openLink({
    iceServers: [{ urls: 'stun:a' }],
    localStream,
    exchange,
    signal,
    generation: { pingSilenceLimitMs: 30_000 },
    createPeerConnection: (configuration) => {
      peer = new FakePeer(configuration);
      peer.connects = connects;
      return asPeerConnection(peer);
    },
  });
}

function watch(link: Link): LossCause[] {
  const causes: LossCause[] = [];
  link.onLost = (cause) => causes.push(cause);
  return causes;
}

describe('connecting', () => {
  it('offers to receive sound and picture, and takes the first stream', async () => {
    const offers: unknown[] = [];
    const link = await create(undefined, async (offer) => {
      offers.push(offer);
      return answer;
    });
    expect(peer.configuration).toEqual({ sdpSemantics: 'unified-plan', iceServers: [{ urls: 'stun:a' }] });
    expect([peer.message.label, peer.message.protocol]).toEqual(['message', 'message']);
    expect(peer.transceivers).toEqual([
      ['audio', 'recvonly'],
      ['video', 'recvonly'],
    ]);
    expect(offers).toEqual([{ type: 'offer', sdp: 'offer-sdp' }]);
    expect(peer.remoteDescription).toBe(answer);
    expect(link.remoteStream).toBe(peer.remoteStream);
    link.close();
  });

  it('sends local audio when there is some', async () => {
    const track = { kind: 'audio' };
    // As much of a stream as the link looks at.
    const stream = { getAudioTracks: () => [track] } as unknown as MediaStream;
    const link = await create(stream);
    expect(peer.tracks).toEqual([track]);
    expect(peer.transceivers).toEqual([['video', 'recvonly']]);
    link.close();
  });

  // keeps: sdk-9.11-limits
  it('is ready as late as 4.8 s after the answer', async () => {
    connects = false;
    const link = create();
    await vi.advanceTimersByTimeAsync(4_750);
    peer.ontrack?.({ streams: [peer.remoteStream] });
    peer.message.open();
    await vi.advanceTimersByTimeAsync(100);
    expect(await link).toBeDefined();
  });

  // keeps: sdk-9.11-limits
  it.each([
    ['stream', () => peer.message.open()],
    ['channel', () => peer.ontrack?.({ streams: [peer.remoteStream] })],
    [
      'stream, since the tracks name none',
      () => {
        peer.message.open();
        peer.ontrack?.({ streams: [] });
      },
    ],
  ])('times out without the %s, and closes everything', async (_, happen) => {
    connects = false;
    const outcome = create().catch((error: Error) => error);
    await vi.advanceTimersByTimeAsync(0);
    happen();
    await vi.advanceTimersByTimeAsync(4_899);
    expect(peer.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toEqual(new Error('WebRTC connection timeout'));
    expect(peer.closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('closes everything when the exchange fails', async () => {
    await expect(create(undefined, () => Promise.reject(new Error('quota')))).rejects.toThrow('quota');
    expect(peer.closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('staying connected', () => {
  // keeps: sdk-9.11-limits
  it('pings every second', async () => {
    const link = await create();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(peer.message.sent).toEqual(Array(3).fill({ type: 'ping', data: {} }));
    link.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  // keeps: sdk-9.11-limits
  it('is lost after 33 s without a first reply', async () => {
    const causes = watch(await create());
    await vi.advanceTimersByTimeAsync(33_000);
    expect(causes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(causes).toEqual(['silence']);
    expect(peer.closed).toBe(true);
  });

  // keeps: sdk-9.11-limits
  it('is lost 30 s after the last reply', async () => {
    const causes = watch(await create());
    await vi.advanceTimersByTimeAsync(20_000);
    peer.message.command('ping', {});
    await vi.advanceTimersByTimeAsync(30_000);
    expect(causes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(causes).toHaveLength(1);
  });

  it.each(['disconnected', 'failed'])('is lost at once when ICE is %s', async (state) => {
    const causes = watch(await create());
    peer.iceState('checking');
    peer.iceState('connected');
    expect(causes).toEqual([]);
    peer.iceState(state);
    expect(causes).toEqual(['connection-lost']);
  });

  it('is lost when encryption fails or the channel closes', async () => {
    const first = watch(await create());
    peer.connectionState = 'failed';
    peer.onconnectionstatechange?.();
    expect(first).toEqual(['connection-lost']);
    const second = watch(await create());
    peer.message.drop();
    expect(second).toEqual(['channel-closed']);
  });
});

describe('closing', () => {
  it('tells nobody, and nothing is sent afterwards', async () => {
    const link = await create();
    const causes = watch(link);
    link.close();
    link.close();
    expect(causes).toEqual([]);
    expect([peer.closed, link.closed]).toEqual([true, true]);
    expect(link.send('ttstf', { message: 'x' })).toBe(false);
    expect(peer.message.sent).toEqual([]);
    expect([peer.ontrack, peer.oniceconnectionstatechange, peer.message.onmessage]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('ends an upload under way', async () => {
    const link = await create();
    const upload = link.sendFile(new Blob(['x']), undefined).catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(0);
    peer.iceState('failed');
    expect(await upload).toBe('File channel closed before transfer completed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says so when a command cannot be sent', async () => {
    const link = await create();
    peer.message.send = () => {
      throw new TypeError('too large');
    };
    expect(link.send('ttstf', { message: 'x' })).toBe(false);
    link.close();
  });
});

describe('frames', () => {
  it.each([
    '',
    'x',
    '[]',
    'null',
    '5',
    '{}',
    '{"type":1,"data":{}}',
    '{"type":"stf"}',
    '{"type":"stf","data":"x"}',
    '{"type":"stf","data":null}',
  ])('ignores %j', (text) => {
    expect(parseFrame(text)).toBeUndefined();
  });

  it.each([new ArrayBuffer(0), new Blob([]), undefined, 7])('ignores what is no text', (data) => {
    expect(parseFrame(data)).toBeUndefined();
  });

  it('passes on others', async () => {
    const link = await create();
    const seen: unknown[] = [];
    link.onFrame = (frame) => seen.push(frame);
    peer.message.receive('oops');
    peer.message.command('stf', { message: 'x', duration: 1 });
    link.close();
    expect(seen).toEqual([{ type: 'stf', data: { message: 'x', duration: 1 } }]);
  });
});

describe('grace', () => {
  it('lets ICE come back within its time', async () => {
    const link = await create();
    const causes = watch(link);
    const steady = vi.fn();
    link.onSteady = steady;
    link.graceMs = 2_000;
    peer.iceState('disconnected');
    expect(link.steady).toBe(false);
    await vi.advanceTimersByTimeAsync(1_999);
    peer.iceState('connected');
    expect(link.steady).toBe(true);
    expect(steady).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(causes).toEqual([]);
    link.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with its time, or when ICE gives up', async () => {
    const slow = await create();
    const first = watch(slow);
    slow.graceMs = 2_000;
    peer.iceState('disconnected');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(first).toEqual(['connection-lost']);
    const failed = await create();
    const second = watch(failed);
    failed.graceMs = 2_000;
    peer.iceState('disconnected');
    peer.iceState('failed');
    expect(second).toEqual(['connection-lost']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not granted while connecting', async () => {
    connects = false;
    const outcome = create().catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(50);
    peer.iceState('disconnected');
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcome).toBe('WebRTC connection timeout');
  });
});

describe('abort', () => {
  it.each([
    ['the exchange', () => new Promise<RTCSessionDescriptionInit>(() => undefined)],
    ['getting ready', async () => answer],
  ])('closes everything during %s, and rejects with the reason', async (_, exchange) => {
    connects = false;
    const controller = new AbortController();
    const outcome = create(undefined, exchange, controller.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(150);
    const reason = new Error('left');
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(peer.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('codecs', () => {
  it('offers VP8 alone where asked to, if the browser lets it', async () => {
    const vp8 = { mimeType: 'video/VP8' };
    vi.stubGlobal('RTCRtpReceiver', {
      getCapabilities: () => ({ codecs: [{ mimeType: 'video/rtx' }, vp8, { mimeType: 'video/H264' }] }),
    });
    try {
      const link = await openLink({
        iceServers: [],
        exchange: async () => answer,
        generation: { pingSilenceLimitMs: 5_000, prepareVideo: preferVp8 },
        createPeerConnection: (configuration) => {
          peer = new FakePeer(configuration);
          return asPeerConnection(peer);
        },
      });
      expect(peer.codecs).toEqual([vp8]);
      link.close();
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asPeerConnection, FakePeer } from '../testing/fake-peer.ts';
import { type Connection, type ConnectionStatus, createConnection, parseFrame } from './connection.ts';
import type { LocalAudio } from './local-audio.ts';

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
  localAudio?: LocalAudio,
  exchange: (offer: RTCSessionDescriptionInit) => Promise<RTCSessionDescriptionInit> = async () => answer,
): Promise<Connection> {
  return createConnection({
    iceServers: [{ urls: 'stun:a' }],
    localAudio,
    exchange,
    createPeerConnection: (configuration) => {
      peer = new FakePeer(configuration);
      peer.connects = connects;
      return asPeerConnection(peer);
    },
  });
}

function watch(connection: Connection): ConnectionStatus[] {
  const statuses: ConnectionStatus[] = [];
  connection.onStatus((status) => statuses.push(status));
  return statuses;
}

describe('connecting', () => {
  it('offers to receive sound and picture, and takes the first stream', async () => {
    const offers: unknown[] = [];
    const connection = await create(undefined, async (offer) => {
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
    expect(connection.getRemoteStream()).toBe(peer.remoteStream);
    expect(connection.getLocalStream()).toBeNull();
  });

  it('sends local audio when there is some, and releases it with the microphone', async () => {
    const track = { kind: 'audio' };
    // As much of a stream as the connection looks at.
    const stream = { getAudioTracks: () => [track] } as unknown as MediaStream;
    const release = vi.fn();
    const connection = await create({ stream, release });
    expect(peer.tracks).toEqual([track]);
    expect(peer.transceivers).toEqual([['video', 'recvonly']]);
    expect(connection.getLocalStream()).toBe(stream);
    connection.close();
    expect(release).toHaveBeenCalledExactlyOnceWith(true);
  });

  it('is ready as late as 4.8 s after the answer', async () => {
    connects = false;
    const connection = create();
    await vi.advanceTimersByTimeAsync(4_750);
    peer.ontrack?.({ streams: [peer.remoteStream] });
    peer.message.open();
    await vi.advanceTimersByTimeAsync(100);
    expect(await connection).toBeDefined();
  });

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
  it('pings every second', async () => {
    const connection = await create();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(peer.message.sent).toEqual(Array(3).fill({ type: 'ping', data: {} }));
    connection.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is lost after 33 s without a first reply', async () => {
    const statuses = watch(await create());
    await vi.advanceTimersByTimeAsync(33_000);
    expect(statuses).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(statuses).toEqual([{ live: false, code: 408, reason: 'Request Timeout' }]);
    expect(peer.closed).toBe(true);
  });

  it('is lost 30 s after the last reply', async () => {
    const statuses = watch(await create());
    await vi.advanceTimersByTimeAsync(20_000);
    peer.message.command('ping', {});
    await vi.advanceTimersByTimeAsync(30_000);
    expect(statuses).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(statuses).toHaveLength(1);
  });

  it.each(['disconnected', 'failed'])('is lost at once when ICE is %s', async (state) => {
    const statuses = watch(await create());
    peer.iceState('checking');
    peer.iceState('connected');
    expect(statuses).toEqual([]);
    peer.iceState(state);
    expect(statuses).toMatchObject([{ code: 408 }]);
  });

  it('is lost when encryption fails or the channel closes', async () => {
    const first = watch(await create());
    peer.connectionState = 'failed';
    peer.onconnectionstatechange?.();
    expect(first).toMatchObject([{ code: 408 }]);
    const second = watch(await create());
    peer.message.drop();
    expect(second).toMatchObject([{ code: 408 }]);
  });
});

describe('closing', () => {
  it('tells once, and nothing is sent afterwards', async () => {
    const connection = await create();
    const statuses = watch(connection);
    connection.close();
    connection.close();
    expect(statuses).toEqual([{ live: false, code: 200, reason: 'OK' }]);
    expect(peer.closed).toBe(true);
    expect(connection.send('ttstf', { message: 'x' })).toBe(false);
    expect(peer.message.sent).toEqual([]);
    expect([peer.ontrack, peer.oniceconnectionstatechange, peer.message.onmessage]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('says so when a command cannot be sent', async () => {
    const connection = await create();
    peer.message.send = () => {
      throw new TypeError('too large');
    };
    expect(connection.send('ttstf', { message: 'x' })).toBe(false);
    connection.close();
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
    const connection = await create();
    const seen: unknown[] = [];
    const stop = connection.onFrame((frame) => seen.push(frame));
    peer.message.receive('oops');
    peer.message.command('stf', { message: 'x', duration: 1 });
    stop();
    peer.message.command('stf', {});
    expect(seen).toEqual([{ type: 'stf', data: { message: 'x', duration: 1 } }]);
    connection.close();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asPeerConnection, type FakeChannel, FakePeer } from '../testing/fake-peer.ts';
import { sendFile } from './file-transfer.ts';

let peer: FakePeer;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  peer = new FakePeer({});
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function begin(bytes: number): { channel: FakeChannel; outcome: Promise<unknown> } {
  const outcome = sendFile(asPeerConnection(peer), new Blob([new Uint8Array(bytes)])).catch(
    (error: Error) => error.message,
  );
  peer.message.open();
  return { channel: peer.message, outcome };
}

const sizes = (channel: FakeChannel): number[] =>
  channel.sent.map((data) => (data as ArrayBuffer).byteLength);

describe('sending a file', () => {
  // keeps: sdk-9.6-protocol
  it('waits for the empty text, sends chunks and an empty one, and returns the reference', async () => {
    const { channel, outcome } = begin(150_000);
    expect([channel.label, channel.protocol, channel.binaryType]).toEqual(['file', 'file', 'arraybuffer']);
    channel.receive(new ArrayBuffer(0));
    channel.receive(null);
    await new Promise((resolve) => setImmediate(resolve));
    expect(channel.sent).toEqual([]);
    channel.receive('');
    channel.receive('');
    await vi.waitFor(() => expect(channel.sent).toHaveLength(4));
    expect(sizes(channel)).toEqual([65_536, 65_536, 150_000 - 131_072, 0]);
    channel.receive('ref-1');
    channel.receive('ref-2');
    expect(await outcome).toBe('ref-1');
    expect(channel.readyState).toBe('closed');
    expect(channel.onmessage).toBeNull();
  });

  it('sends an empty file', async () => {
    const { channel, outcome } = begin(0);
    channel.receive('');
    await vi.waitFor(() => expect(sizes(channel)).toEqual([0]));
    channel.receive('ref');
    expect(await outcome).toBe('ref');
  });

  // keeps: sdk-9.6-protocol
  it('pauses above 512 KiB and resumes at 256 KiB', async () => {
    const { channel, outcome } = begin(131_072);
    expect(channel.bufferedAmountLowThreshold).toBe(262_144);
    channel.bufferedAmount = 524_289;
    channel.receive('');
    await new Promise((resolve) => setTimeout(resolve, 0) && setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(channel.sent).toEqual([]);
    channel.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(1);
    channel.onbufferedamountlow?.();
    await vi.waitFor(() => expect(channel.sent).toHaveLength(3));
    channel.receive('ref');
    expect(await outcome).toBe('ref');
  });

  it('waits for its own side to be open when the first frame comes before that', async () => {
    const { channel, outcome } = begin(1);
    channel.readyState = 'connecting';
    channel.receive('');
    await new Promise((resolve) => setImmediate(resolve));
    expect(channel.sent).toEqual([]);
    channel.open();
    await vi.waitFor(() => expect(channel.sent).toHaveLength(2));
    channel.receive('ref');
    expect(await outcome).toBe('ref');
  });

  // keeps: sdk-9.6-protocol
  it('gives up after 30 seconds', async () => {
    const { channel, outcome } = begin(1);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(channel.readyState).toBe('open');
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBe('File transfer timed out');
    expect(channel.readyState).toBe('closed');
  });

  it('reports a channel that closes early', async () => {
    const { channel, outcome } = begin(1);
    channel.drop();
    expect(await outcome).toBe('File channel closed before transfer completed');
  });

  it('reports a channel that closes while it pauses', async () => {
    const { channel, outcome } = begin(1);
    channel.bufferedAmount = 600_000;
    channel.receive('');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    channel.drop();
    expect(await outcome).toBe('File channel closed during transfer');
    await new Promise((resolve) => setImmediate(resolve));
    expect(channel.sent).toEqual([]);
  });

  it('reports errors of the channel, and of sending', async () => {
    const first = begin(1);
    first.channel.onerror?.({ error: { message: 'broken' } });
    expect(await first.outcome).toBe('File channel error: broken');
    peer = new FakePeer({});
    const second = begin(1);
    second.channel.send = () => {
      throw new Error('cannot send');
    };
    second.channel.receive('');
    expect(await second.outcome).toBe('cannot send');
  });
});

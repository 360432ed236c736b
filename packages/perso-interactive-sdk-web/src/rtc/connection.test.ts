import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asPeerConnection, FakePeer } from '../testing/fake-peer.ts';
import { type Connection, createConnection, type OpenedLink } from './connection.ts';
import { openLink } from './link.ts';
import { recover } from './recovery.ts';

let peers: FakePeer[];

beforeEach(() => {
  vi.useFakeTimers();
  peers = [];
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function open(): Promise<OpenedLink> {
  const link = await openLink({
    iceServers: [],
    exchange: async () => ({ type: 'answer', sdp: 'x' }),
    generation: { pingSilenceLimitMs: 30_000 },
    createPeerConnection: (configuration) => {
      const peer = new FakePeer(configuration);
      peers.push(peer);
      return asPeerConnection(peer);
    },
  });
  return { link, recoveryWindowMs: 30_000 };
}

it('closes a link that opens in the moment the page gives up', async () => {
  for (let turns = 0; turns < 40; turns++) {
    peers = [];
    const connection = await createConnection({ open, recover });
    peers[0]?.iceState('failed');
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    connection.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(peers.map(({ closed }) => closed)).toEqual(peers.map(() => true));
  }
  expect(peers).toHaveLength(2);
});

it('tells its states and its end once, whatever is called afterwards', async () => {
  const connection: Connection = await createConnection({ open });
  const told: unknown[] = [];
  connection.onState((state) => told.push(state));
  const silent = connection.onStatus(() => told.push('silent'));
  silent();
  connection.onStatus((status) => told.push(status));
  peers[0]?.iceState('disconnected');
  connection.close();
  expect(told).toEqual([
    'closed',
    { live: false, code: 408, reason: 'Request Timeout', cause: 'connection-lost' },
  ]);
  expect(connection.state).toBe('closed');
  expect(connection.send('ttstf', { message: 'x' })).toBe(false);
});

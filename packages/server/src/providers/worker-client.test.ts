import { expect, it } from 'vitest';
import { createWorkerClient, type WorkerClient } from './worker-client.ts';

const signal = new AbortController().signal;

async function withClient(run: (client: WorkerClient<string, string>) => Promise<void>): Promise<void> {
  const client = createWorkerClient<string, string>({
    url: new URL('./testing/odd-worker.ts', import.meta.url),
    name: 'the odd worker',
    timeoutMs: 1500,
    terminateOnAbort: true,
  });
  try {
    await run(client);
  } finally {
    await client.close();
  }
}

it('replaces a worker that died, and goes on with the calls that waited', () =>
  withClient(async (client) => {
    const dead = client.call('die', { signal });
    const waiting = client.call('hello', { signal });
    await expect(dead).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await waiting).toBe('hello!');
  }));

it('reports a failure without the words of the engine', () =>
  withClient(async (client) => {
    await expect(client.call('fail', { signal })).rejects.toMatchObject({
      kind: 'protocol',
      message: 'it did not work',
    });
  }));

it('replaces a worker that hangs', () =>
  withClient(async (client) => {
    await expect(client.call('hang', { signal })).rejects.toMatchObject({ kind: 'timeout' });
    expect(await client.call('hello', { signal })).toBe('hello!');
  }));

it('replaces a worker whose call is aborted, and drops aborted calls that wait', () =>
  withClient(async (client) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = client.call('hang', { signal: controller.signal });
    const waiting = client.call('hang', { signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await client.call('hello', { signal })).toBe('hello!');
  }));

it('rejects what is under way when it is closed', () =>
  withClient(async (client) => {
    const running = client.call('hang', { signal });
    await Promise.all([client.close(), expect(running).rejects.toMatchObject({ kind: 'unavailable' })]);
    await expect(client.call('hello', { signal })).rejects.toMatchObject({ kind: 'unavailable' });
  }));

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startHeartbeat } from './heartbeat.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

// keeps: sdk-7-heartbeat
it('beats ten seconds after the previous beat succeeded', async () => {
  const release: Array<() => void> = [];
  const beat = vi.fn(() => new Promise<void>((resolve) => release.push(resolve)));
  const stop = startHeartbeat(beat, () => expect.unreachable());
  await vi.advanceTimersByTimeAsync(9_999);
  expect(beat).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(beat).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(beat).toHaveBeenCalledTimes(1);
  release[0]?.();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(beat).toHaveBeenCalledTimes(2);
  stop();
  release[1]?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(beat).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});

// keeps: sdk-7-heartbeat-failure
it('stops after a failure, and tells it', async () => {
  const error = new Error('refused');
  const beat = vi.fn(() => Promise.reject(error));
  const onError = vi.fn();
  startHeartbeat(beat, onError);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(beat).toHaveBeenCalledTimes(1);
  expect(onError).toHaveBeenCalledExactlyOnceWith(error);
});

it('is silent about a failure after it was stopped', async () => {
  let fail: (error: Error) => void = () => undefined;
  const onError = vi.fn();
  const stop = startHeartbeat(
    () =>
      new Promise((_, reject) => {
        fail = reject;
      }),
    onError,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  stop();
  stop();
  fail(new Error('late'));
  await vi.advanceTimersByTimeAsync(0);
  expect(onError).not.toHaveBeenCalled();
});

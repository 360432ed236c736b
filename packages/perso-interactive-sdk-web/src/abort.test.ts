import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { abortable, linkAbort, pause, throwIfAborted } from './abort.ts';

const reason = new Error('left');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('abortable settles like the promise, unless the signal fires first', async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(1), signal)).toBe(1);
  expect(await abortable(Promise.resolve(1), undefined)).toBe(1);
  await expect(abortable(Promise.reject(reason), signal)).rejects.toBe(reason);
  const controller = new AbortController();
  const outcome = abortable(new Promise(() => undefined), controller.signal);
  controller.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  await expect(abortable(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
});

it('a browser that keeps no reason gives an AbortError', () => {
  // As much of a signal as older browsers have.
  const signal = { aborted: true } as AbortSignal;
  expect(() => throwIfAborted(signal)).toThrow(expect.objectContaining({ name: 'AbortError' }));
});

it('pause waits, or ends with the signal', async () => {
  const controller = new AbortController();
  const outcome = pause(1_000, controller.signal);
  await vi.advanceTimersByTimeAsync(1_000);
  await outcome;
  const second = pause(1_000, controller.signal).catch((error: unknown) => error);
  controller.abort(reason);
  expect(await second).toBe(reason);
  await expect(pause(1_000, controller.signal)).rejects.toBe(reason);
});

it('linkAbort passes on the reason, until it is undone', () => {
  const outer = new AbortController();
  const inner = new AbortController();
  const other = new AbortController();
  linkAbort(outer.signal, inner);
  linkAbort(outer.signal, other)();
  outer.abort(reason);
  expect(inner.signal.reason).toBe(reason);
  expect(other.signal.aborted).toBe(false);
});

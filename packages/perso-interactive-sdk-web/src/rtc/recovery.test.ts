import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, ConnectionTimeoutError } from '../errors.ts';
import { recover } from './recovery.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const offline = (): Promise<never> => Promise.reject(new TypeError('offline'));

function begin(attempt: (signal: AbortSignal) => Promise<string>, signal = new AbortController().signal) {
  const times: number[] = [];
  const start = performance.now();
  const outcome = recover({
    attempt: (given) => {
      times.push(performance.now() - start);
      return attempt(given);
    },
    windowMs: 30_000,
    signal,
  }).catch((error: unknown) => error);
  return { outcome, times };
}

describe('recovering', () => {
  it('tries at once', async () => {
    expect(await begin(async () => 'link').outcome).toBe('link');
  });

  it('tries again with growing pauses until the window ends', async () => {
    const { outcome, times } = begin(offline);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await outcome).toEqual(new Error('Not recovered in time'));
    expect(times).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500]);
  });

  it.each([
    [400, 'session_terminated'],
    [404, 'not_found'],
    [409, 'invalid_session_state'],
  ])('ends when the server answers %i', async (status, code) => {
    const refusal = new ApiError(status, code, 'x');
    const { outcome, times } = begin(() => Promise.reject(refusal));
    expect(await outcome).toBe(refusal);
    expect(times).toEqual([0]);
  });

  it.each([
    new ApiError(502, 'error', 'x'),
    new ApiError(429, 'throttled', 'x'),
    new ApiError(408, 'timeout', 'x'),
    new ConnectionTimeoutError(),
    new SyntaxError('not JSON'),
  ])('goes on after %s', async (error) => {
    let count = 0;
    const { outcome } = begin(() => (count++ === 0 ? Promise.reject(error) : Promise.resolve('link')));
    await vi.advanceTimersByTimeAsync(500);
    expect(await outcome).toBe('link');
  });

  it('gives up an attempt that hangs, and makes another', async () => {
    const signals: AbortSignal[] = [];
    const { outcome } = begin((signal) => {
      signals.push(signal);
      return signals.length === 1 ? new Promise<string>(() => undefined) : Promise.resolve('link');
    });
    await vi.advanceTimersByTimeAsync(10_500);
    expect(await outcome).toBe('link');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('does not wait when the browser comes back online', async () => {
    const target = new EventTarget();
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
    vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
    let count = 0;
    const { outcome, times } = begin(() => (count++ < 4 ? offline() : Promise.resolve('link')));
    await vi.advanceTimersByTimeAsync(3_600);
    target.dispatchEvent(new Event('online'));
    expect(await outcome).toBe('link');
    expect(times).toEqual([0, 500, 1_500, 3_500, 3_600]);
  });

  it.each([0, 700])('ends with its signal after %i ms', async (delayMs) => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    const attempt = delayMs === 0 ? () => new Promise<string>(() => undefined) : offline;
    const { outcome } = begin(attempt, controller.signal);
    await vi.advanceTimersByTimeAsync(delayMs);
    controller.abort(reason);
    expect(await outcome).toBe(reason);
  });
});

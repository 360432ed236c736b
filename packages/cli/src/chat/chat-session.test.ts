import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createChatSession } from './chat-session.ts';
import { ChatFailure } from './failure.ts';
import { createFakeApi, type FakeApi } from './fake-api.ts';

const { signal } = new AbortController();
const parameters = { capability: [] };
const ended = new ChatFailure('session_terminated', 'Error 400: The session has ended.', 400);

let api: FakeApi;

beforeEach(() => {
  vi.useFakeTimers();
  api = createFakeApi();
});
afterEach(() => {
  vi.useRealTimers();
});

test('nothing is made before it is needed, and nothing ended that was not made', async () => {
  const session = createChatSession({ api, parameters });
  expect(session.id).toBeUndefined();
  await session.close();
  expect(api.calls).toEqual([]);
});

test('one session for all that ask at once, started and ended once', async () => {
  const session = createChatSession({ api, parameters });
  expect(await Promise.all([session.require({ signal }), session.require({ signal })])).toEqual(['s1', 's1']);
  expect(session.closed).toBe(false);
  await Promise.all([session.close(), session.close()]);
  await session.close();
  expect(session.closed).toBe(true);
  expect(api.calls).toEqual(['create', 'SESSION_START s1', 'SESSION_END s1']);
  await expect(session.require({ signal })).rejects.toThrow('The chat session is closed.');
});

test('it is kept alive while nothing is asked, also over a beat that fails, and not after its end', async () => {
  const session = createChatSession({ api, parameters, heartbeatMs: 10 });
  await session.require({ signal });
  api.failures['SESSION_DURING'] = [new ChatFailure('unreachable', 'No server answers.')];
  await vi.advanceTimersByTimeAsync(35);
  const beats = () => api.calls.filter((call) => call === 'SESSION_DURING s1').length;
  expect(beats()).toBe(3);
  await session.close();
  await vi.advanceTimersByTimeAsync(50);
  expect(beats()).toBe(3);
});

test('a session that was ended by the server is replaced with a word about it, and not ended again', async () => {
  const reasons: string[] = [];
  const session = createChatSession({
    api,
    parameters,
    heartbeatMs: 10,
    onReplaced: (why) => reasons.push(why),
  });
  await session.require({ signal });
  api.failures['SESSION_DURING'] = [ended];
  await vi.advanceTimersByTimeAsync(50);
  expect(api.calls.filter((call) => call.startsWith('SESSION_DURING'))).toHaveLength(1);
  expect(await session.require({ signal })).toBe('s2');
  expect(reasons).toEqual(['Error 400: The session has ended.']);
  await session.close();
  expect(api.calls.filter((call) => call.startsWith('SESSION_END'))).toEqual(['SESSION_END s2']);
});

test('the state of the session is asked for, and an end is noticed', async () => {
  const session = createChatSession({ api, parameters });
  await session.check({ signal });
  expect(api.calls).toEqual([]);
  await session.require({ signal });
  await session.check({ signal });
  expect(await session.require({ signal })).toBe('s1');
  Object.assign(api.sessionState, {
    status: 'TERMINATED',
    terminationReason: 'MAX_MIN_PER_SESSION_QUOTA_EXCEEDED',
  });
  await session.check({ signal });
  expect(await session.require({ signal })).toBe('s2');
});

test('an answer that says that the session is over is noticed, others are not', async () => {
  const session = createChatSession({ api, parameters });
  await session.require({ signal });
  expect(session.noticeFailure(new ChatFailure('throttled', 'Error 429: slow down', 429))).toBe(false);
  expect(session.noticeFailure(new Error('other'))).toBe(false);
  expect(session.noticeFailure(ended)).toBe(true);
});

test('who stops waiting while it is being made leaves no session behind', async () => {
  let open = (): void => {};
  api.gate = new Promise((resolve) => {
    open = resolve;
  });
  const session = createChatSession({ api, parameters });
  const stop = new AbortController();
  const waiting = session.require({ signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  const closed = session.close();
  open();
  await closed;
  expect(api.calls).toEqual(['create', 'SESSION_START s1', 'SESSION_END s1']);
});

test('a session that cannot be started is ended, and the next try makes another', async () => {
  api.failures['SESSION_START'] = [new ChatFailure('throttled', 'Error 429: too many', 429)];
  const session = createChatSession({ api, parameters });
  await expect(session.require({ signal })).rejects.toThrow('Error 429: too many');
  expect(await session.require({ signal })).toBe('s2');
  await session.close();
  expect(api.calls).toEqual([
    'create',
    'SESSION_START s1',
    'SESSION_END s1',
    'create',
    'SESSION_START s2',
    'SESSION_END s2',
  ]);
});

test('who leaves does not wait for a server that is gone', async () => {
  const session = createChatSession({ api, parameters });
  await session.require({ signal });
  api.failures['SESSION_END'] = [new ChatFailure('unreachable', 'No server answers.')];
  await expect(session.close()).resolves.toBeUndefined();
});

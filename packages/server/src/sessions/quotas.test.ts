import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createQuotas } from './quotas.ts';
import {
  createOrganization,
  createScriptedLog,
  createScriptedStore,
} from './testing/scripted-session-parts.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function create(defaults: Parameters<typeof createQuotas>[0]['defaults'] = {}) {
  const stored = createScriptedStore();
  const { log, messages } = createScriptedLog();
  const quotas = createQuotas({
    store: stored.store,
    defaults,
    now: () => new Date('2026-05-20T10:00:00Z'),
    log,
  });
  return { quotas, script: stored.script, messages };
}

test('without limits nothing is refused', async () => {
  const { quotas, script } = create();
  script.activeSessions = 100_000;
  await quotas.checkCreate(createOrganization());
  expect((await quotas.beginStart('ours')).refused).toBeUndefined();
});

test("an organization's own limit goes before the server's", () => {
  const { quotas } = create({ maxActiveSessions: 5, maxMinutesPerMonth: 100 });
  expect(quotas.limitsOf(createOrganization({ limits: { maxActiveSessions: 0 } }))).toEqual({
    maxActiveSessions: 0,
    maxMinutesPerSession: null,
    maxMinutesPerMonth: 100,
  });
});

describe('active sessions', () => {
  // keeps: perso-1.3-throttled, perso-3.2-quota
  test('beyond the limit none is created, with a time to wait', async () => {
    const { quotas, script } = create({ maxActiveSessions: 2 });
    script.activeSessions = 1;
    await quotas.checkCreate(createOrganization());
    script.activeSessions = 2;
    await expect(quotas.checkCreate(createOrganization())).rejects.toMatchObject({
      code: 'throttled',
      status: 429,
      retryAfterSeconds: 30,
    });
  });

  test('two that start at the same moment cannot take one place', async () => {
    const { quotas } = create({ maxActiveSessions: 1 });
    const [first, second] = await Promise.all([quotas.beginStart('ours'), quotas.beginStart('ours')]);
    expect([first.refused, second.refused]).toEqual([undefined, 'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED']);
    first.release();
    first.release();
    expect((await quotas.beginStart('ours')).refused).toBeUndefined();
  });
});

// keeps: perso-2.13-session-minutes
test('a session ends after its minutes, unless it has ended before', async () => {
  const { quotas } = create({ maxMinutesPerSession: 3 });
  const ends: string[] = [];
  const stop = quotas.watch({ organizationId: 'ours', end: (reason) => ends.push(`a ${reason}`) });
  quotas.watch({ organizationId: 'ours', end: (reason) => ends.push(`b ${reason}`) });
  await settled();
  stop();
  vi.advanceTimersByTime(179_000);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect(ends).toEqual(['b MAX_MIN_PER_SESSION_QUOTA_EXCEEDED']);
});

describe('minutes of the month', () => {
  // keeps: perso-2.13-month-minutes, perso-3.2-quota
  test('used up, no session is created or started', async () => {
    const { quotas, script } = create({ maxMinutesPerMonth: 10 });
    script.secondsThisMonth = 600;
    await expect(quotas.checkCreate(createOrganization())).rejects.toMatchObject({ code: 'throttled' });
    expect((await quotas.beginStart('ours')).refused).toBe('TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED');
  });

  // keeps: perso-2.13-month-minutes
  test('sessions that go on end when the last minute is used, on whatever node it was', async () => {
    const { quotas, script } = create({ maxMinutesPerMonth: 10 });
    script.secondsThisMonth = 590;
    const ends: string[] = [];
    for (const name of ['a', 'b']) {
      quotas.watch({ organizationId: 'ours', end: (reason) => ends.push(`${name} ${reason}`) });
    }
    await settled();
    vi.advanceTimersByTime(100);
    await settled();
    expect(ends).toEqual([]);
    script.secondsThisMonth = 600;
    // Ten seconds are left for two sessions: the next look is after five.
    vi.advanceTimersByTime(5100);
    await settled();
    expect(ends).toEqual(['a TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED', 'b TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED']);
  });

  test('a database that fails once is asked again', async () => {
    const { quotas, script, messages } = create({ maxMinutesPerMonth: 10 });
    const ends: string[] = [];
    quotas.watch({ organizationId: 'ours', end: (reason) => ends.push(reason) });
    await settled();
    Object.defineProperty(script, 'secondsThisMonth', {
      configurable: true,
      get() {
        throw new Error('down');
      },
    });
    vi.advanceTimersByTime(20_000);
    await settled();
    expect(messages).toContain('the minutes of the month could not be read');
    Object.defineProperty(script, 'secondsThisMonth', { value: 6000, configurable: true });
    vi.advanceTimersByTime(20_000);
    await settled();
    expect(ends).toEqual(['TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED']);
    quotas.close();
    quotas.close();
  });
});

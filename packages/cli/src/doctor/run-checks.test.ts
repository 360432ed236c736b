import { expect, test } from 'vitest';
import { ok } from './finding.ts';
import { type Check, runChecks } from './run-checks.ts';

const never = new AbortController().signal;
const fine: Check = { name: 'fine', run: async () => [ok('fine', 'works')] };

test('a check that hangs, even one that does not obey, costs its own line and the limit', async () => {
  const aborted: string[] = [];
  const deaf: Check = { name: 'deaf', run: () => new Promise(() => {}) };
  const obedient: Check = {
    name: 'obedient',
    isOptional: true,
    run: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push('obedient');
          reject(signal.reason);
        });
      }),
  };
  const startedMs = performance.now();
  const findings = await runChecks([deaf, fine, obedient], { limitMs: 100, signal: never });
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(findings.map(({ check, state }) => `${check} ${state}`)).toEqual([
    'deaf failed',
    'fine ok',
    'obedient warning',
  ]);
  expect(aborted).toEqual(['obedient']);
});

test('an unexpected error is told by its code; its message may hold a password', async () => {
  const broken: Check = {
    name: 'broken',
    run: async () => {
      throw Object.assign(new Error('postgres://me:secret@host'), { code: 'EWHATEVER' });
    },
  };
  const [finding] = await runChecks([broken], { limitMs: 1000, signal: never });
  expect(finding).toMatchObject({ check: 'broken', state: 'failed' });
  expect(finding?.message).toContain('EWHATEVER');
  expect(JSON.stringify(finding)).not.toContain('secret');
});

test('whoever gives up gets no findings', async () => {
  const given = new AbortController();
  const deaf: Check = { name: 'deaf', run: () => new Promise(() => {}) };
  const running = runChecks([deaf], { limitMs: 5000, signal: given.signal });
  given.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await expect(runChecks([fine], { limitMs: 5000, signal: given.signal })).rejects.toThrow('enough');
});

import { expect, test } from 'vitest';
import { createSecrets } from './secrets.ts';

const secrets = createSecrets('a secret of this test');

test('what is sealed opens again, with the same secret only, and never looks the same twice', () => {
  const sealed = secrets.seal('Bearer 한글');
  expect(sealed).not.toContain('Bearer');
  expect(secrets.seal('Bearer 한글')).not.toBe(sealed);
  expect(secrets.open(sealed)).toBe('Bearer 한글');
  expect(createSecrets('another').open(sealed)).toBeUndefined();
  const [first] = sealed;
  expect(secrets.open(`${first === 'A' ? 'B' : 'A'}${sealed.slice(1)}`)).toBeUndefined();
  expect(secrets.open('')).toBeUndefined();
  expect(secrets.open('not base64 !')).toBeUndefined();
});

test('a signature holds for its path and its time only', () => {
  const signature = secrets.sign('/a', 100);
  expect(secrets.verify('/a', 100, signature)).toBe(true);
  expect(secrets.verify('/b', 100, signature)).toBe(false);
  expect(secrets.verify('/a', 101, signature)).toBe(false);
  expect(secrets.verify('/a', 100, '')).toBe(false);
  expect(createSecrets('another').verify('/a', 100, signature)).toBe(false);
});

test('what an earlier secret sealed opens, and is known to be outdated', () => {
  const old = createSecrets('an old secret');
  const rotated = createSecrets('a new secret', ['an old secret', 'one older still']);
  const sealed = old.seal('key');
  expect([rotated.open(sealed), rotated.isOutdated(sealed)]).toEqual(['key', true]);
  const again = rotated.seal('key');
  expect([rotated.open(again), rotated.isOutdated(again), old.open(again)]).toEqual([
    'key',
    false,
    undefined,
  ]);
  expect(rotated.isOutdated(createSecrets('a stranger').seal('key'))).toBe(false);
  expect(rotated.verify('/a', 100, old.sign('/a', 100))).toBe(false);
});

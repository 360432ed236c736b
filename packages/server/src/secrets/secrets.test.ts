import { expect, test } from 'vitest';
import { createSecrets } from './secrets.ts';

const secrets = createSecrets('a secret of this test');

test('what is sealed opens again, with the same secret only, and never looks the same twice', () => {
  const sealed = secrets.seal('Bearer 한글');
  expect(sealed).not.toContain('Bearer');
  expect(secrets.seal('Bearer 한글')).not.toBe(sealed);
  expect(secrets.open(sealed)).toBe('Bearer 한글');
  expect(createSecrets('another').open(sealed)).toBeUndefined();
  expect(secrets.open(`A${sealed.slice(1)}`)).toBeUndefined();
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

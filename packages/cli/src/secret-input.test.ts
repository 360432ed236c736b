import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { readSecret } from './secret-input.ts';

test.each([true, false])('what is typed is read and not shown (terminal: %s)', async (isTerminal) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const secret = readSecret('Key: ', { input, output, isTerminal });
  input.end('s3cret-key\n');
  expect((await secret).trim()).toBe('s3cret-key');
  output.end();
  expect(await text(output)).toBe(isTerminal ? 'Key: \n' : '');
});

import { createServer } from 'node:http';
import { ApiError } from 'perso-interactive-sdk-web/server';
import { expect, test } from 'vitest';
import { createChatApi } from './api.ts';
import { toFailure } from './failure.ts';

const context = { server: 'http://s.example', doing: 'The answer' };

test('a refusal is one line with status, field and detail', () => {
  const error = new ApiError(400, 'does_not_exist', 'Prompt plp-0\ndoes not exist.', 'prompt');
  expect(toFailure(error, context)).toMatchObject({
    status: 400,
    code: 'does_not_exist',
    message: 'Error 400: prompt: Prompt plp-0 does not exist.',
  });
});

test('what is no failure of a call comes back as it is', () => {
  const abort = new DOMException('stop', 'AbortError');
  expect(toFailure(abort, context)).toBe(abort);
});

test.each<[string, (answer: import('node:http').ServerResponse) => void, string]>([
  ['a page instead of JSON', (answer) => answer.end('<html>'), 'not_understood'],
  ['an error page', (answer) => answer.writeHead(502).end('<html>'), 'not_understood'],
  ['JSON that is no list', (answer) => answer.end('{}'), 'not_understood'],
  ['a connection that is closed', (answer) => answer.socket?.destroy(), 'cut_off'],
])('%s is told', async (_name, respond, code) => {
  const server = createServer((_request, answer) => respond(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    const api = createChatApi({ server: `http://127.0.0.1:${port}`, key: 'secret-key' });
    const failed = api.list('llm_type', {});
    await expect(failed).rejects.toMatchObject({ name: 'ChatFailure', code });
    await expect(failed).rejects.not.toThrow('secret-key');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a call ends with the reason of its signal', async () => {
  const api = createChatApi({ server: 'http://127.0.0.1:9', key: 'k' });
  const reason = new Error('enough');
  await expect(api.list('llm_type', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

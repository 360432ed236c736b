/** The constructor, and what every request carries. */

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Speko, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from './index.ts';
import { json, type ScriptedServer, startScriptedServer } from './testing/scripted-server.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer();
  server.answer(json([]));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await server.close();
});

describe('new Speko', () => {
  it.each([{}, { apiKey: '' }, { apiKey: undefined }, undefined])('needs an API key: not %j', (options) => {
    const create = () => new Speko(options as { apiKey: string });
    expect(create).toThrow(/^Speko: apiKey is required/);
    expect(create).not.toThrow(SpekoApiError);
  });

  it.each([
    ['baseUrl', (url: string) => ({ baseUrl: url })],
    ['baseURL', (url: string) => ({ baseURL: url })],
    ['a slash at the end', (url: string) => ({ baseUrl: `${url}/` })],
    ['both, where baseUrl wins', (url: string) => ({ baseURL: 'http://127.0.0.1:1', baseUrl: url })],
  ])('takes %s', async (_, options) => {
    await new Speko({ apiKey: 'k', ...options(server.url) }).agents.list();
    expect(server.requests[0]?.target).toBe('/v1/agents');
  });

  it('removes exactly one slash', async () => {
    await new Speko({ apiKey: 'k', baseUrl: `${server.url}//` }).agents.list();
    expect(server.requests[0]?.target).toBe('//v1/agents');
  });

  it('keeps the path of a gateway that is not at the root', async () => {
    await new Speko({ apiKey: 'k', baseUrl: `${server.url}/voice/` }).agents.list();
    expect(server.requests[0]?.target).toBe('/voice/v1/agents');
  });

  it('asks the hosted gateway by default', async () => {
    const fetch = vi.fn(async (_url: string) => Response.json([]));
    vi.stubGlobal('fetch', fetch);
    await new Speko({ apiKey: 'k' }).agents.list();
    expect(fetch.mock.calls[0]?.[0]).toBe('https://api.speko.dev/v1/agents');
  });

  it('starts nothing', () => {
    new Speko({ apiKey: 'k', baseUrl: server.url });
    expect(server.requests).toEqual([]);
  });
});

describe('every request', () => {
  it('carries the key, the version of the package and a content type, with or without a body', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const speko = new Speko({ apiKey: 'sk_test_1', baseUrl: server.url });
    await speko.agents.list();
    await speko.agents.delete('a');
    expect(server.requests).toHaveLength(2);
    for (const { headers, body } of server.requests) {
      expect(headers.authorization).toBe('Bearer sk_test_1');
      expect(headers['user-agent']).toBe(`@spekoai/sdk/${version}`);
      expect(headers['content-type']).toBe('application/json');
      expect(headers['x-session-id']).toBeUndefined();
      expect(body).toHaveLength(0);
    }
  });

  it('leaves the user agent to browsers', async () => {
    vi.stubGlobal('document', {});
    await new Speko({ apiKey: 'k', baseUrl: server.url }).agents.list();
    expect(server.requests[0]?.headers['user-agent']).not.toContain('spekoai');
  });
});

describe('errors', () => {
  it('have the documented fields', () => {
    const error = new SpekoApiError('m', 404, 'NOT_FOUND');
    expect(error).toMatchObject({ name: 'SpekoApiError', message: 'm', status: 404, code: 'NOT_FOUND' });
    expect(new SpekoAuthError()).toMatchObject({
      name: 'SpekoAuthError',
      message: 'Invalid or missing API key',
      status: 401,
      code: 'AUTH_ERROR',
    });
    expect(new SpekoAuthError('no').message).toBe('no');
    expect(new SpekoRateLimitError()).toMatchObject({
      name: 'SpekoRateLimitError',
      message: 'Rate limit exceeded',
      status: 429,
      code: 'RATE_LIMITED',
      retryAfter: null,
    });
    expect(new SpekoRateLimitError('slow', 3)).toMatchObject({ message: 'slow', retryAfter: 3 });
  });

  it('are recognized, also those of another copy and of subclasses', async () => {
    const copyUrl = new URL('./errors.ts?copy', import.meta.url).href;
    const copy: typeof import('./errors.ts') = await import(/* @vite-ignore */ copyUrl);
    const foreign = new copy.SpekoRateLimitError();
    expect(copy.SpekoApiError).not.toBe(SpekoApiError);
    expect(foreign).toBeInstanceOf(SpekoApiError);
    expect(foreign).toBeInstanceOf(SpekoRateLimitError);
    expect(foreign).not.toBeInstanceOf(SpekoAuthError);
    expect(foreign).toBeInstanceOf(Error);
    class Own extends SpekoApiError {}
    expect(new Own('', 1, '')).toBeInstanceOf(Own);
    expect(new Own('', 1, '')).toBeInstanceOf(SpekoApiError);
    expect(foreign).not.toBeInstanceOf(Own);
  });
});

import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import * as client from './client.ts';
import * as server from './server.ts';
import { createFakeFetch, type FakeFetch } from './testing/fake-fetch.ts';

const params = { using_stf_webrtc: true, model_style: 'm', prompt: 'p' };
let fake: FakeFetch;
let warn: MockInstance<typeof console.warn>;

beforeEach(() => {
  fake = createFakeFetch();
  fake.on('/api/v1/session/', () => Response.json({ session_id: 's1' }));
  vi.stubGlobal('fetch', fake.fetch);
  warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  warn.mockRestore();
  vi.unstubAllGlobals();
});

// keeps: sdk-8.3.1-warning
it('createSessionId of the client warns in the browser, once a call', async () => {
  vi.stubGlobal('window', {});
  await client.createSessionId('https://a.example', 'k', params);
  await client.createSessionId({ apiKey: 'k', params });
  expect(warn).toHaveBeenCalledTimes(2);
  expect(warn.mock.calls[0]?.[0]).toMatch(
    /^\[perso-interactive-sdk-web\] WARNING: createSessionId is being called from the browser\./,
  );
  expect(warn.mock.calls[0]?.[0]).toContain('perso-interactive-sdk-web/server');
});

// keeps: sdk-8.3.1-warning
it('createSessionId does not warn elsewhere', async () => {
  await client.createSessionId('https://a.example', 'k', params);
  vi.stubGlobal('window', {});
  await server.createSessionId('https://a.example', 'k', params);
  expect(warn).not.toHaveBeenCalled();
});

// keeps: sdk-8.3-helpers
it('has the documented constants', () => {
  expect(client.DEFAULT_API_SERVER).toBe('https://platform.perso.ai');
  expect(server.DEFAULT_API_SERVER).toBe('https://platform.perso.ai');
  expect(client.TTS_TARGET_SAMPLE_RATE).toBe(16_000);
});

// keeps: sdk-8.3-helpers
it('ChatTool keeps what it is given', () => {
  const call = (): object => ({});
  const tool = new client.ChatTool('n', 'd', { type: 'object' }, call);
  expect({ ...tool }).toEqual({
    name: 'n',
    description: 'd',
    parameters: { type: 'object' },
    call,
    executeOnly: false,
  });
  expect(new client.ChatTool('n', 'd', {}, call, true).executeOnly).toBe(true);
});

// keeps: sdk-8.3-helpers
it('recorders come from the class or the factory', () => {
  expect(client.createWavRecorder({ channels: 1 })).toBeInstanceOf(client.WavRecorder);
  expect(new client.WavRecorder().isRecording()).toBe(false);
});

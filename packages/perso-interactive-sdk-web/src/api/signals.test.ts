/** Signals of the top-level functions and of `PersoUtilServer`. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SignalOptions } from '../abort.ts';
import * as client from '../client.ts';
import * as server from '../server.ts';
import { createFakeFetch, type FakeFetch } from '../testing/fake-fetch.ts';

const apiServer = 'https://a.example';
const key = { apiServer, apiKey: 'k' };
const params = { using_stf_webrtc: true, model_style: 'm', prompt: 'p' };
const reason = new Error('left');

let fake: FakeFetch;

beforeEach(() => {
  fake = createFakeFetch();
  fake.on('', () => new Promise(() => undefined));
  vi.stubGlobal('fetch', fake.fetch);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

type Call = (options: SignalOptions) => Promise<unknown>;
const lists = [
  ...(['getLLMs', 'getTTSs', 'getSTTs', 'getModelStyles', 'getBackgroundImages', 'getPrompts'] as const),
  ...(['getDocuments', 'getMcpServers', 'getTextNormalizations', 'getSessionTemplates'] as const),
];
const getters: typeof client = client;
const util = server.PersoUtilServer;
const offer = { type: 'offer', sdp: 'x' } as const;

const calls: Record<string, Call> = {
  ...Object.fromEntries(
    lists.map((name) => [name, (options: SignalOptions) => getters[name]({ ...key, ...options })]),
  ),
  ...Object.fromEntries(
    lists.map((name) => [
      `PersoUtilServer.${name}`,
      (options: SignalOptions) => util[name](apiServer, 'k', options),
    ]),
  ),
  getAllSettings: (options) => client.getAllSettings({ ...key, ...options }),
  getTextNormalization: (options) => client.getTextNormalization({ ...key, configId: 'c', ...options }),
  getSessionInfo: (options) => client.getSessionInfo({ apiServer, sessionId: 's', ...options }),
  makeTTS: (options) => client.makeTTS({ apiServer, sessionId: 's', text: 't', ...options }),
  'createSessionId of the client': (options) => client.createSessionId({ ...key, params, ...options }),
  'createSessionId of the server': (options) => server.createSessionId({ ...key, params, ...options }),
  'createSessionId from a template': (options) =>
    server.createSessionId({ ...key, sessionTemplateId: 't', ...options }),
  getSessionTemplate: (options) => server.getSessionTemplate({ ...key, sessionTemplateId: 't', ...options }),
  getIntroMessage: (options) => server.getIntroMessage({ ...key, promptId: 'p', ...options }),
  createSession: (options) =>
    client.createSession({ apiServer, sessionId: 's', width: 1, height: 1, ...options }),
  'PersoUtilServer.downloadTextNormalization': (options) =>
    util.downloadTextNormalization(apiServer, 'k', 'c', options),
  'PersoUtilServer.getSessionTemplate': (options) => util.getSessionTemplate(apiServer, 'k', 't', options),
  'PersoUtilServer.getSessionInfo': (options) => util.getSessionInfo(apiServer, 's', options),
  'PersoUtilServer.sessionEvent': (options) => util.sessionEvent(apiServer, 's', 'SESSION_LOG', '', options),
  'PersoUtilServer.makeTTS': (options) => util.makeTTS(apiServer, { sessionId: 's', text: 't' }, options),
  'PersoUtilServer.makeSTT': (options) => util.makeSTT(apiServer, 's', new Blob([]), 'en', options),
  'PersoUtilServer.makeLLM': ({ signal }) =>
    util.makeLLM(apiServer, 's', { messages: [], tools: [] }, signal),
  'PersoUtilServer.getIceServers': (options) => util.getIceServers(apiServer, 's', options),
  'PersoUtilServer.exchangeSDP': (options) => util.exchangeSDP(apiServer, 's', offer, options),
};

describe.each(Object.entries(calls))('%s', (_, call) => {
  it('rejects with the reason of a signal that fires under way', async () => {
    const controller = new AbortController();
    const outcome = call({ signal: controller.signal }).catch((error: unknown) => error);
    await Promise.resolve();
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(fake.calls.length).toBeGreaterThan(0);
    expect(fake.calls.every(({ signal }) => signal?.aborted)).toBe(true);
  });

  it('sends nothing when the signal had fired before', async () => {
    await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(fake.calls).toEqual([]);
  });
});

it('getAllSettings does not take an abort for a missing text normalization', async () => {
  const controller = new AbortController();
  fake.on('', ({ url }) =>
    url.includes('normalization') ? new Promise(() => undefined) : Response.json([]),
  );
  const outcome = client
    .getAllSettings({ ...key, signal: controller.signal })
    .catch((error: unknown) => error);
  await vi.waitFor(() => expect(fake.calls).toHaveLength(9));
  controller.abort(reason);
  expect(await outcome).toBe(reason);
});

it('an abort ends the wait for a body too', async () => {
  const controller = new AbortController();
  fake.on('', () => new Response(new ReadableStream({})));
  const outcome = client.getLLMs({ ...key, signal: controller.signal }).catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort(reason);
  expect(await outcome).toBe(reason);
});

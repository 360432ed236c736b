import type { LanguageModelV4 } from '@ai-sdk/provider';
import { createSessionRequest } from '@visavox/contract';
import { expect, test } from 'vitest';
import { createGuardedFetch } from '../outbound/guarded-fetch.ts';
import { createCatalogue } from '../routing/catalogue.ts';
import { createSecrets } from '../secrets/secrets.ts';
import { createQuotas } from '../sessions/quotas.ts';
import { createSessions } from '../sessions/sessions.ts';
import {
  createOrganization,
  createScriptedLog,
  createScriptedPool,
  createScriptedStore,
} from '../sessions/testing/scripted-session-parts.ts';
import { createHttpApp } from './app.ts';
import { createKeyring } from './keyring.ts';
import { createRateLimits } from './rate-limits.ts';
import { createSignedLinks } from './signed-links.ts';

/** A model that waits until it is aborted, or fails by itself when `failure` is given. */
function createWaitingModel(failure?: Error): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'waiting',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('not scripted')),
    doStream: ({ abortSignal }) =>
      new Promise((_, reject) => {
        if (failure !== undefined) reject(failure);
        abortSignal?.addEventListener('abort', () => reject(abortSignal.reason), { once: true });
      }),
  };
}

async function create(failure?: Error) {
  const { log, messages } = createScriptedLog();
  const { store } = createScriptedStore();
  const decodeAudio = () => Promise.reject(new Error('not scripted'));
  const catalogue = createCatalogue([
    {
      id: 'scripted',
      displayName: 'Scripted',
      languageModels: {
        models: [{ id: 'waiting', displayName: 'Waiting' }],
        get: () => createWaitingModel(failure),
      },
      close: async () => {},
    },
  ]);
  const quotas = createQuotas({ store, defaults: {}, now: () => new Date(0), log });
  const describeMcpServer = () => {
    throw new Error('not scripted');
  };
  const sessions = createSessions({
    nodeId: 'node-1',
    store,
    media: createScriptedPool().pool,
    catalogue,
    modelStyles: [],
    log,
    quotas,
    times: { startWindowMs: 60_000, heartbeatMs: 30_000, recoveryWindowMs: 30_000, idleMs: 0 },
    searchPassages: async () => [],
    fetch: () => Promise.reject(new Error('not scripted')),
    describeMcpServer,
    now: () => new Date(0),
    analyse: () => [],
    decodeAudio,
  });
  const { id } = await sessions.create(
    createOrganization(),
    createSessionRequest.parse({ capability: ['LLM'] }),
    {
      hasCapability: true,
      hasUsingStfWebrtc: true,
    },
  );
  const limits = createRateLimits({ keyPerMinute: 1000, sessionPerMinute: 1000, wrongKeysPerMinute: 1000 });
  const app = createHttpApp({
    store,
    sessions,
    catalogue,
    modelStyles: [],
    iceServers: [],
    log,
    decodeAudio,
    version: '0',
    publicUrl: undefined,
    consoleDirectory: undefined,
    sdkDirectory: undefined,
    limits,
    keyring: createKeyring({ store, limits, now: () => performance.now(), onError: () => {} }),
    links: createSignedLinks(createSecrets('secret'), () => new Date(0)),
    secrets: createSecrets('secret'),
    quotas,
    outbound: createGuardedFetch({ allowPrivate: false, maxResponseBytes: 1000 }),
    // No document is touched here.
    knowledge: {} as never,
    // Nor is the voice gateway called.
    gateway: {} as never,
    router: {} as never,
    meter: {} as never,
    reloadScores: async () => {},
    vendorKeys: {} as never,
    serverTools: {} as never,
    voiceAgents: {} as never,
    voiceSessions: {} as never,
    findWebhookProblem: async () => undefined,
    randomHex: () => '',
    admitCall: () => {},
    describeMcpServer,
    now: () => new Date(0),
  });
  const ask = (signal: AbortSignal) =>
    app.fetch(
      new Request(`http://test.invalid/api/v1/session/${id}/llm/v2/`, {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] }),
        signal,
      }),
    );
  return { app, store, sessions, id, ask, messages };
}

test('an answer whose client has gone is not logged as a failure', async () => {
  const { ask, messages } = await create();
  const client = new AbortController();
  const response = await ask(client.signal);
  expect(response.status).toBe(200);
  const body = response.text();
  client.abort();
  expect(await body).toContain('"status":"fail"');
  expect(messages).toEqual([]);
});

test('an answer whose session has ended says so', async () => {
  const { ask, sessions, id, messages } = await create();
  const body = (await ask(new AbortController().signal)).text();
  await (await sessions.requireLive(id)).end('GRACEFUL_TERMINATION');
  expect(await body).toContain('The session has ended (GRACEFUL_TERMINATION).');
  expect(messages).toEqual([]);
});

// keeps: perso-4.2.4-fail
test('an answer that fails is logged, and its reason shows nothing but an id', async () => {
  const { ask, messages } = await create(new Error('secret'));
  const body = await (await ask(new AbortController().signal)).text();
  expect(body).toMatch(/"reason":"The server failed. Its log explains error [0-9a-f-]{36}\."/);
  expect(messages).toEqual(['unexpected error']);
});

// keeps: perso-1.3-server-fault
test.each([true, false])(
  'a call that fails is logged, but not when its client has gone (%s)',
  async (gone) => {
    const { app, store, messages } = await create();
    const client = new AbortController();
    store.backgroundImages.readBlob = async () => {
      if (gone) client.abort();
      throw new Error('secret');
    };
    const response = await app.fetch(
      new Request('http://test.invalid/media/background-images/1', { signal: client.signal }),
    );
    expect(response.status).toBe(gone ? 503 : 500);
    expect(await response.text()).not.toContain('secret');
    expect(messages).toEqual(gone ? [] : ['unexpected error']);
  },
);

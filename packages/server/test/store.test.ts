/** The store on both databases: the same promises, the same migrations. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashApiKey, openStore, type SessionRow, type Store } from '../src/store/store.ts';
import { postgresBinaries, startPostgres, type TestPostgres } from './postgres.ts';

function sessionRow(id: string, changes: Partial<SessionRow> = {}): SessionRow {
  return {
    id,
    organizationId: 'org',
    nodeId: 'node-a',
    status: 'CREATED',
    terminationReason: null,
    capability: ['STF_WEBRTC', 'LLM'],
    legacyClient: false,
    promptId: null,
    documentId: null,
    llmType: 'gpt-35',
    ttsType: null,
    sttType: null,
    modelStyle: 'yuri-front_natural',
    backgroundImageId: null,
    mcpServerIds: ['m'],
    agent: null,
    paddingLeft: -0.25,
    paddingTop: null,
    paddingHeight: 1,
    textNormalizationConfigId: null,
    textNormalizationLocale: null,
    sttTextNormalizationConfigId: null,
    sttTextNormalizationLocale: null,
    extraData: { any: ['json', 1, null] },
    clientSdp: null,
    serverSdp: null,
    createdAt: new Date('2026-01-31T08:00:00.123Z'),
    startedAt: null,
    endedAt: null,
    ...changes,
  };
}

function promises(open: () => Promise<Store>): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
    await store.organizations.insertIfAbsent({ id: 'org', name: 'Organization' });
    await store.organizations.insertIfAbsent({ id: 'org', name: 'again' });
  });
  afterAll(async () => {
    await store?.close();
    await store?.close();
  });

  test('a key is found by its value and kept only as a hash', async () => {
    await store.keys.put({ role: 'operator', organizationId: 'org', key: 'plak-secret', label: 'first' });
    await store.keys.put({ role: 'operator', organizationId: 'org', key: 'plak-secret', label: 'again' });
    expect(await store.keys.findOwner('plak-secret')).toMatchObject({
      role: 'operator',
      organization: { id: 'org' },
    });
    expect(await store.keys.findOwner('plak-other')).toBeUndefined();
    expect(await store.keys.findOwner("' or 1=1 --")).toBeUndefined();
    expect(hashApiKey('plak-secret')).not.toContain('secret');
  });

  test('prompts are listed in order of creation and are not overwritten', async () => {
    const prompt = (id: string, second: number) => ({
      id,
      organizationId: 'org',
      name: id,
      systemPrompt: 'System',
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
    });
    await store.prompts.insertIfAbsent(prompt('plp-b', 2));
    await store.prompts.insertIfAbsent(prompt('plp-a', 1));
    await store.prompts.insertIfAbsent({ ...prompt('plp-a', 1), name: 'changed' });
    expect((await store.prompts.list('org')).map(({ name }) => name)).toEqual(['plp-a', 'plp-b']);
    expect(await store.prompts.list('other')).toEqual([]);
  });

  test('pictures keep their bytes', async () => {
    const image = Uint8Array.from({ length: 256 }, (_, index) => index);
    await store.backgroundImages.insertIfAbsent({
      id: 'pbi-1',
      organizationId: 'org',
      title: 'Wall',
      mediaType: 'image/png',
      image,
    });
    const found = await store.backgroundImages.readBlob('pbi-1');
    expect([...(found?.bytes ?? [])]).toEqual([...image]);
    expect((await store.backgroundImages.list('org'))[0]).not.toHaveProperty('image');
  });

  test('a session comes back as it was written, and changes', async () => {
    const row = sessionRow('s1');
    await store.sessions.insert(row);
    expect(await store.sessions.find('s1')).toEqual(row);
    await store.sessions.update('s1', { status: 'EXCHANGED', clientSdp: 'v=0' });
    expect(await store.sessions.find('s1')).toMatchObject({ status: 'EXCHANGED', clientSdp: 'v=0' });
    expect(await store.sessions.find('none')).toBeUndefined();
  });

  test('sessions left open by an earlier run of this node end; those of other nodes and ended ones stay', async () => {
    await store.sessions.insert(sessionRow('mine', { nodeId: 'node-x' }));
    await store.sessions.insert(sessionRow('theirs', { nodeId: 'node-y' }));
    await store.sessions.insert(
      sessionRow('done', {
        nodeId: 'node-x',
        status: 'TERMINATED',
        terminationReason: 'GRACEFUL_TERMINATION',
      }),
    );
    expect(await store.sessions.endOpen('node-x', 'SESSION_MISC_ERROR', new Date())).toBe(1);
    expect(await store.sessions.find('mine')).toMatchObject({
      status: 'TERMINATED',
      terminationReason: 'SESSION_MISC_ERROR',
    });
    expect(await store.sessions.find('theirs')).toMatchObject({ status: 'CREATED' });
    expect(await store.sessions.find('done')).toMatchObject({ terminationReason: 'GRACEFUL_TERMINATION' });
  });

  test('events belong to their session', async () => {
    await store.sessions.insertEvent({
      id: 'e1',
      sessionId: 's1',
      event: 'SESSION_LOG',
      detail: 'hello',
      createdAt: new Date(),
    });
    expect(await store.sessions.listEvents('s1')).toMatchObject([{ event: 'SESSION_LOG', detail: 'hello' }]);
  });
}

describe('embedded database', () => {
  promises(() => openStore({ dataDirectory: 'memory' }));

  test('what was written is there after closing and opening the folder again', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-store-'));
    try {
      const first = await openStore({ dataDirectory: folder });
      await first.organizations.insertIfAbsent({ id: 'org', name: 'x' });
      await first.keys.put({ role: 'operator', organizationId: 'org', key: 'plak-kept', label: 'x' });
      await first.close();
      const second = await openStore({ dataDirectory: folder });
      expect(await second.keys.findOwner('plak-kept')).toMatchObject({
        role: 'operator',
        organization: { id: 'org' },
      });
      await second.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe.skipIf(postgresBinaries === undefined)('real Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.close());
  promises(() => openStore({ databaseUrl: postgres.url, dataDirectory: 'memory' }));

  test('two nodes that start at once migrate once', async () => {
    const stores = await Promise.all(
      [1, 2, 3].map(() => openStore({ databaseUrl: postgres.url, dataDirectory: 'memory' })),
    );
    for (const store of stores) {
      await store.ping();
      await store.close();
    }
  });
});

test('a database that is not there stops with a sentence that names the variable, without the password', async () => {
  const opening = openStore({
    databaseUrl: 'postgres://user:hunter2@127.0.0.1:9/none',
    dataDirectory: 'memory',
  });
  await expect(opening).rejects.toThrow(/DATABASE_URL/);
  await expect(opening).rejects.not.toThrow(/hunter2/);
});

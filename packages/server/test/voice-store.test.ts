/** What the voice gateway keeps, on both databases: agents, tools, knowledge bases and conversations. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../src/store/store.ts';
import { postgresBinaries, startPostgres, type TestPostgres } from './postgres.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

function promises(open: () => Promise<Store>): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
    for (const id of ['one', 'other']) await store.organizations.insertIfAbsent({ id, name: id });
  });
  afterAll(() => store?.close());

  const addAgent = (id: string, organizationId = 'one') =>
    store.agents.insert(
      {
        id,
        organizationId,
        name: id,
        systemPrompt: 'x',
        intent: { language: 'en' },
        createdAt: at(id.length),
      },
      { id: `kb-${id}`, organizationId, agentId: id, name: 'Default' },
    );
  const addSession = (id: string, more: object = {}) =>
    store.voiceSessions.insert({
      id,
      organizationId: 'one',
      mode: 'cascade',
      status: 'created',
      pipelineConfig: {},
      createdAt: at(0),
      expiresAt: at(60),
      endsAt: at(120),
      ...more,
    });

  test('an agent comes with its knowledge base, once, and the last cannot go', async () => {
    expect(await Promise.all([addAgent('a'), addAgent('a')])).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 'a' }), undefined]),
    );
    expect(await store.knowledgeBases.list('one')).toHaveLength(1);
    expect(await store.agents.remove('one', 'a')).toBe('last');
    expect(await store.agents.remove('other', 'a')).toBe('missing');
    await addAgent('bb');
    const outcomes = await Promise.all([store.agents.remove('one', 'a'), store.agents.remove('one', 'bb')]);
    expect(outcomes.sort()).toEqual(['last', 'removed']);
    expect(await store.agents.list('one')).toHaveLength(1);
    expect(await store.knowledgeBases.list('one')).toHaveLength(1);
  });

  test('tools: one name for each agent, found by name for the owner only', async () => {
    await addAgent('tools');
    const tool = {
      organizationId: 'one',
      agentId: 'tools',
      name: 'book',
      description: 'x',
      parameters: { type: 'object' },
      source: { kind: 'inline' },
    };
    expect(await store.agents.insertTool({ ...tool, id: 't1' })).toMatchObject({ preToolSpeech: 'auto' });
    expect(await store.agents.insertTool({ ...tool, id: 't2' })).toBeUndefined();
    expect(await store.agents.findToolByName('one', 'tools', 'book')).toMatchObject({ id: 't1' });
    expect(await store.agents.findToolByName('other', 'tools', 'book')).toBeUndefined();
    expect(await store.agents.updateTool('tools', 't1', { description: 'y' })).toMatchObject({
      description: 'y',
    });
    expect(await store.agents.updateTool('other', 't1', { description: 'z' })).toBeUndefined();
    expect([
      await store.agents.removeTool('tools', 't1'),
      await store.agents.removeTool('tools', 't1'),
    ]).toEqual([true, false]);
  });

  test('documents: announced, sent, finished once, never seen as resources', async () => {
    await addAgent('docs');
    const { knowledgeBases } = store;
    await knowledgeBases.announce({
      id: 'd1',
      organizationId: 'one',
      knowledgeBaseId: 'kb-docs',
      fileName: 'a.txt',
      mediaType: 'text/plain',
      sizeBytes: 3,
      metadata: null,
    });
    expect(await knowledgeBases.findAnnounced('d1')).toEqual({ sizeBytes: 3 });
    expect(await knowledgeBases.finish('d1', at(1))).toBe(false);
    expect(await store.knowledge.listUnfinished()).not.toContain('d1');
    expect(await knowledgeBases.putFile('d1', Uint8Array.of(1, 2, 3))).toBe(true);
    expect(await knowledgeBases.finish('d1', at(2))).toBe(true);
    expect([
      await knowledgeBases.finish('d1', at(3)),
      await knowledgeBases.putFile('d1', Uint8Array.of(4)),
    ]).toEqual([false, false]);
    expect(await knowledgeBases.findDocument('kb-docs', 'd1')).toMatchObject({
      state: 'waiting',
      storedBytes: 3,
    });
    expect(await store.knowledge.listUnfinished()).toContain('d1');
    expect(await knowledgeBases.find('one', 'kb-docs')).toMatchObject({ documentCount: 1, passageCount: 0 });
    expect(await knowledgeBases.listSearchable('one', 'kb-docs')).toEqual([]);
    expect(await store.documents.find('d1')).toBeUndefined();
    expect((await store.documents.list('one')).map(({ id }) => id)).not.toContain('d1');
    await knowledgeBases.announce({
      id: 'd2',
      organizationId: 'one',
      knowledgeBaseId: 'kb-docs',
      fileName: 'b.txt',
      mediaType: 'text/plain',
      sizeBytes: 3,
      metadata: { a: 1 },
    });
    await knowledgeBases.removeAbandoned('kb-docs', new Date(Date.now() + 60_000));
    expect((await knowledgeBases.listDocuments('kb-docs')).map(({ id }) => id)).toEqual(['d1']);
    await store.agents.remove('one', 'docs');
    expect(await knowledgeBases.find('one', 'kb-docs')).toBeUndefined();
  });

  test('sessions: keys once, pages without gaps, ended once', async () => {
    const { voiceSessions } = store;
    expect(await addSession('s1', { idempotencyKey: 'k', sealedToolSecrets: 'sealed' })).toBeDefined();
    expect(await addSession('s2', { idempotencyKey: 'k' })).toBeUndefined();
    expect(await addSession('s2', { idempotencyKey: 'k', organizationId: 'other' })).toBeDefined();
    await voiceSessions.forgetIdempotencyKey('s1');
    expect(await addSession('s3', { idempotencyKey: 'k' })).toBeDefined();
    // All of one moment.
    expect((await voiceSessions.list('one', { limit: 1 })).map(({ id }) => id)).toEqual(['s3']);
    expect(
      (await voiceSessions.list('one', { limit: 5, after: { createdAt: at(0), id: 's3' } })).map(
        ({ id }) => id,
      ),
    ).toEqual(['s1']);
    expect(await voiceSessions.list('one', { limit: 5, status: 'nonsense' })).toEqual([]);
    expect(await voiceSessions.activate('s1', { at: at(1), endsAt: at(90) })).toBe(true);
    expect(await voiceSessions.activate('s1', { at: at(2) })).toBe(false);
    expect((await voiceSessions.listOverdue(at(60))).map(({ id }) => id).sort()).toEqual(['s2', 's3']);
    expect((await voiceSessions.listOverdue(at(90))).map(({ id }) => id)).toContain('s1');
    expect(await voiceSessions.end('s1', { status: 'ended', at: at(3) })).toMatchObject({
      status: 'ended',
      endedAt: at(3),
      sealedToolSecrets: null,
    });
    expect(await voiceSessions.end('s1', { status: 'ended', at: at(4) })).toBeUndefined();
  });

  test('turns replace, come in order and from a place; events from a moment', async () => {
    await addSession('t1');
    const turn = (index: number, text: string) => ({
      id: `t1:${index}`,
      sessionId: 't1',
      index,
      source: 'user' as const,
      text,
      startedAt: at(index),
    });
    const { voiceSessions } = store;
    await voiceSessions.putTurns([turn(2, 'c'), turn(0, 'a'), turn(1, 'b')]);
    await voiceSessions.putTurns([turn(1, 'B')]);
    expect((await voiceSessions.listTurns('t1')).map(({ text }) => text)).toEqual(['a', 'B', 'c']);
    expect((await voiceSessions.listTurns('t1', 1)).map(({ text }) => text)).toEqual(['c']);
    for (const second of [1, 2]) {
      await voiceSessions.addEvent({
        id: `e${second}`,
        sessionId: 't1',
        provider: 'speko',
        eventType: 'x',
        occurredAt: at(second),
        createdAt: at(second),
      });
    }
    expect((await voiceSessions.listEvents('t1', at(2))).map(({ id }) => id)).toEqual(['e2']);
  });
}

describe('embedded database', () => {
  promises(() => openStore({ dataDirectory: 'memory' }));
});

describe.skipIf(postgresBinaries === undefined)('real Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.close());
  promises(() => openStore({ databaseUrl: postgres.url, dataDirectory: 'memory' }));
});

/** Documents from their upload to the passages of an answer, on both databases. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createKnowledge,
  type FoundPassage,
  type Knowledge,
  type KnowledgeOptions,
} from '../src/knowledge/index.ts';
import { type Embedder, ProviderError } from '../src/providers/provider.ts';
import type { KnowledgeStore } from '../src/store/knowledge.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { postgresBinaries, startPostgres, type TestPostgres } from './postgres.ts';

const { signal } = new AbortController();
const log = { info: () => {}, warn: () => {}, error: () => {} };
const now = () => new Date('2026-01-31T08:00:00.000Z');

/** Twenty sections, in three languages, that share many of their words. */
const HANDBOOK = `# Handbook
## Refunds
A refund is possible within 14 days after the purchase. The money comes back the way it was paid.
## Shipping
Orders are shipped within three days. Shipping abroad takes two weeks and costs extra.
## Warranty
The warranty covers two years. It does not cover water damage.
## Battery
The battery lasts ten hours. Charge it fully before the first use.
## Password
To reset a password, open the settings and choose "Forgot password".
## Opening hours
The shop is open from 9 to 18 on weekdays. It is closed on Sundays.
## Pets
Dogs are allowed in the lobby, but not in the restaurant.
## Parking
Guests park in the garage below the building. The first hour is free.
## Privacy
Personal data is deleted after one year. It is never sold.
## Accessibility
All floors can be reached by lift. Wheelchairs are at the entrance.
## 환불 정책
환불은 구매일로부터 14일 이내에 가능합니다. 결제하신 방법으로 돌려드립니다.
## 배송 안내
주문하신 상품은 3일 이내에 발송됩니다. 제주도는 이틀이 더 걸립니다.
## 회원 탈퇴
회원 탈퇴는 설정 화면에서 하실 수 있습니다. 탈퇴하면 기록이 모두 지워집니다.
## 오시는 길
서울역에서 버스를 타고 두 정거장을 오시면 됩니다. 공항에서는 지하철이 편합니다.
## 점심 메뉴
점심에는 비빔밥과 냉면을 드실 수 있습니다. 저녁에는 예약이 필요합니다.
## 返品について
商品の返品は到着後14日以内に承ります。送料はお客様のご負担です。
## 営業時間
平日は午前9時から午後6時まで営業しています。日曜日は休みです。
## 駐車場
駐車場は建物の地下にあります。最初の一時間は無料です。
## 会員登録
会員登録には電子メールのアドレスが必要です。登録は無料です。
## アクセス
東京駅から電車で十分です。空港からはバスをご利用ください。
`;

async function addDocument(
  store: Store,
  id: string,
  content: string,
  fileName = 'handbook.md',
): Promise<void> {
  await store.documents.insert({
    id,
    organizationId: 'org',
    title: id,
    fileName,
    mediaType: 'text/markdown',
    file: new TextEncoder().encode(content),
  });
}

const headings = (found: readonly FoundPassage[]) => found.map(({ heading }) => heading.split(' › ').at(-1));

function promises(open: () => Promise<Store>): void {
  let store: Store;
  const opened: Knowledge[] = [];
  const start = async (options: Partial<KnowledgeOptions> = {}): Promise<Knowledge> => {
    const knowledge = await createKnowledge({ store: store.knowledge, log, now, ...options });
    opened.push(knowledge);
    return knowledge;
  };
  beforeAll(async () => {
    store = await open();
    await store.organizations.insertIfAbsent({ id: 'org', name: 'Organization' });
    await addDocument(store, 'pld-handbook', HANDBOOK);
    const knowledge = await start();
    await knowledge.settled();
    await knowledge.close();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((knowledge) => knowledge.close()));
  });
  afterAll(() => store?.close());

  test('a document that waits is processed at the start', async () => {
    expect(await store.documents.find('pld-handbook')).toMatchObject({
      state: 'ready',
      failure: null,
      processed: true,
      passageCount: 20,
      embeddingModel: null,
      updatedAt: now(),
    });
  });

  test.each([
    ['Can I get a refund for my purchase?', 'Refunds'],
    ['how long does shipping abroad take', 'Shipping'],
    ['Is water damage covered by the WARRANTY?', 'Warranty'],
    ['My batteries are empty, how do I charge them?', 'Battery'],
    ['I forgot my password', 'Password'],
    ['Are you open on Sunday?', 'Opening hours'],
    ['May I bring my dog?', 'Pets'],
    ['Where can guests park?', 'Parking'],
    ['환불은 언제까지 되나요?', '환불 정책'],
    ['제주도로 배송하면 얼마나 걸려요?', '배송 안내'],
    ['탈퇴 방법을 알려주세요', '회원 탈퇴'],
    ['서울역', '오시는 길'],
    ['공항에서 어떻게 가나요?', '오시는 길'],
    ['냉면 있어요?', '점심 메뉴'],
    ['返品できますか？', '返品について'],
    ['日曜日は営業していますか', '営業時間'],
    ['駐車場はどこですか', '駐車場'],
    ['東京駅からの行き方', 'アクセス'],
    ['メールアドレスは必要ですか', '会員登録'],
  ])('"%s" finds the section %s first', async (query, heading) => {
    const knowledge = await start();
    const found = await knowledge.search({ documentId: 'pld-handbook', query, limit: 3 }, { signal });
    expect(headings(found)[0]).toBe(heading);
    expect(found.length).toBeLessThanOrEqual(3);
    found.forEach(({ score, documentId, passageId }, index) => {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThanOrEqual(found[index - 1]?.score ?? 1);
      expect(documentId).toBe('pld-handbook');
      expect(Number.isInteger(passageId)).toBe(true);
    });
  });

  test.each([
    'Who painted the ceiling of the Sistine Chapel?',
    '오늘 주식 시장은 어땠어요?',
    '明日の天気を教えて',
    'Hello, how are you?',
    '안녕하세요',
    '',
    '   ',
    '?!',
  ])('"%s" finds nothing', async (query) => {
    const knowledge = await start();
    expect(await knowledge.search({ documentId: 'pld-handbook', query }, { signal })).toEqual([]);
  });

  test('any text is a question, never an error', async () => {
    const knowledge = await start();
    for (const query of [
      "'; drop table passages; --",
      "' & | ! () :* <-> \\ ''' refund",
      'refund\0refund',
      '\ud800 refund',
      'a\\',
      "l'été & (foo | bar:*)",
      '🙂🙂🙂',
      '𠮷野家 𠀋',
      'x'.repeat(100_000),
      '가'.repeat(50_000),
      'refund '.repeat(20_000),
      ':* :A <2> % _ $1 {0}',
    ]) {
      await knowledge.search({ documentId: 'pld-handbook', query }, { signal });
    }
    const found = await knowledge.search({ documentId: 'pld-handbook', query: "' & | ! refund" }, { signal });
    expect(headings(found)[0]).toBe('Refunds');
  });

  test('the wanted number of passages is not exceeded, whatever is wanted', async () => {
    const knowledge = await start();
    const search = (limit: number) =>
      knowledge.search(
        { documentId: 'pld-handbook', query: 'open shop warranty shipping 14', limit },
        { signal },
      );
    expect(await search(1)).toHaveLength(1);
    expect((await search(3)).length).toBeLessThanOrEqual(3);
    expect(await search(0)).toHaveLength(1);
  });

  test('only the document itself is searched', async () => {
    await addDocument(store, 'pld-other', '# Zebra\nThe zebra has stripes.');
    const knowledge = await start();
    await knowledge.settled();
    const found = (documentId: string) => knowledge.search({ documentId, query: 'zebra refund' }, { signal });
    expect(headings(await found('pld-other'))).toEqual(['Zebra']);
    expect(headings(await found('pld-handbook'))).toEqual(['Refunds']);
    expect(await found('pld-none')).toEqual([]);
  });

  test('a document that cannot be read fails in words for people; what was searchable stays', async () => {
    await addDocument(store, 'pld-broken', '# Apples\nApples are red.');
    const knowledge = await start();
    await knowledge.settled();
    await store.documents.update('pld-broken', {
      file: new TextEncoder().encode('%PDF-1.7 broken'),
      state: 'waiting',
    });
    knowledge.enqueue('pld-broken');
    await knowledge.settled();
    expect(await store.documents.find('pld-broken')).toMatchObject({
      state: 'failed',
      failure: expect.stringMatching(/PDF is damaged/),
      processed: true,
    });
    const found = await knowledge.search({ documentId: 'pld-broken', query: 'apples' }, { signal });
    expect(headings(found)).toEqual(['Apples']);
  });

  test('a new file takes the place of the old one at once, when all of it is stored', async () => {
    await addDocument(store, 'pld-replaced', '# Fruit\nCherries in summer.');
    const first = await start();
    await first.settled();
    await first.close();
    await store.documents.update('pld-replaced', {
      file: new TextEncoder().encode('# Fruit\nPlums in autumn.'),
    });
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const knowledge = await start({
      store: {
        ...store.knowledge,
        publish: async (...call) => {
          reached.resolve();
          await gate.promise;
          return store.knowledge.publish(...call);
        },
      },
    });
    const search = async (query: string) =>
      (await knowledge.search({ documentId: 'pld-replaced', query }, { signal })).map(
        ({ content }) => content,
      );
    knowledge.enqueue('pld-replaced');
    await reached.promise;
    expect(await search('cherries')).toEqual(['Cherries in summer.']);
    expect(await search('plums')).toEqual([]);
    gate.resolve();
    await knowledge.settled();
    expect(await search('cherries')).toEqual([]);
    expect(await search('plums')).toEqual(['Plums in autumn.']);
  });

  test('what is enqueued again while it is processed is processed anew, once', async () => {
    await addDocument(store, 'pld-again', '# A\nOld words.');
    let inserts = 0;
    const knowledge: Knowledge = await start({
      store: {
        ...store.knowledge,
        insertPassages: async (...call) => {
          inserts += 1;
          if (inserts === 1) {
            await store.documents.update('pld-again', { file: new TextEncoder().encode('# A\nNew words.') });
            knowledge.enqueue('pld-again');
          }
          return store.knowledge.insertPassages(...call);
        },
      },
    });
    await knowledge.settled();
    const found = await knowledge.search({ documentId: 'pld-again', query: 'words' }, { signal });
    expect(found.map(({ content }) => content)).toEqual(['New words.']);
    expect(await store.documents.find('pld-again')).toMatchObject({ state: 'ready', passageCount: 1 });
  });

  test('a server that ends in the middle takes the document up again, without leftovers', async () => {
    const sections = Array.from(
      { length: 120 },
      (_, index) => `# Part ${index}\nThis is part number ${index}.`,
    );
    await addDocument(store, 'pld-resumed', sections.join('\n'));
    const reached = Promise.withResolvers<void>();
    let inserts = 0;
    const first = await start({
      store: {
        ...store.knowledge,
        insertPassages: async (...call) => {
          await store.knowledge.insertPassages(...call);
          inserts += 1;
          if (inserts === 3) reached.resolve();
        },
      },
    });
    await reached.promise;
    await first.close();
    expect(await store.documents.find('pld-resumed')).toMatchObject({
      state: 'processing',
      processed: false,
    });
    const second = await start();
    expect(await second.search({ documentId: 'pld-resumed', query: 'part number 7' }, { signal })).toEqual(
      [],
    );
    await second.settled();
    expect(await store.documents.find('pld-resumed')).toMatchObject({ state: 'ready', passageCount: 120 });
    const found = await second.search(
      { documentId: 'pld-resumed', query: 'part number 7', limit: 50 },
      { signal },
    );
    expect(new Set(found.map(({ position }) => position)).size).toBe(found.length);
    expect(headings(found)[0]).toBe('Part 7');
  });

  test('a document that is deleted while it is processed is forgotten', async () => {
    await addDocument(store, 'pld-deleted', '# A\nWords.');
    const errors: string[] = [];
    const knowledge = await start({
      log: { ...log, error: (_fields, message) => errors.push(message) },
      store: {
        ...store.knowledge,
        insertPassages: async (...call) => {
          await store.documents.remove('pld-deleted');
          return store.knowledge.insertPassages(...call);
        },
      },
    });
    await knowledge.settled();
    knowledge.enqueue('pld-deleted');
    await knowledge.settled();
    expect(errors).toEqual([]);
    expect(await knowledge.search({ documentId: 'pld-deleted', query: 'words' }, { signal })).toEqual([]);
  });

  test('a fault of the server is kept with the document, without its cause', async () => {
    await addDocument(store, 'pld-fault', '# A\nWords.');
    const knowledge = await start({
      store: {
        ...store.knowledge,
        insertPassages: () => Promise.reject(new Error('disk of 10.0.0.1 is full')),
      },
    });
    await knowledge.settled();
    const row = await store.documents.find('pld-fault');
    expect(row).toMatchObject({ state: 'failed', processed: false });
    expect(row?.failure).toMatch(/server could not process/);
    expect(row?.failure).not.toMatch(/10\.0\.0\.1/);
  });

  test('a search ends with its signal', async () => {
    const knowledge = await start();
    const reason = new Error('left');
    await expect(
      knowledge.search(
        { documentId: 'pld-handbook', query: 'refund' },
        { signal: AbortSignal.abort(reason) },
      ),
    ).rejects.toBe(reason);
  });

  test('closing twice is closing once; then nothing is taken and nothing found', async () => {
    const knowledge = await start();
    await Promise.all([knowledge.close(), knowledge.close()]);
    knowledge.enqueue('pld-handbook');
    await knowledge.settled();
    await expect(
      knowledge.search({ documentId: 'pld-handbook', query: 'refund' }, { signal }),
    ).rejects.toThrow(/closed/);
    expect(await store.documents.find('pld-handbook')).toMatchObject({ state: 'ready' });
  });

  describe('with an embedding model', () => {
    const MEANINGS: readonly (readonly string[])[] = [
      ['refund', 'money back', '환불', '返品'],
      ['dog', 'puppy', 'hound', 'pets'],
      ['parking', 'park', 'car', 'garage', '駐車場'],
      ['wheelchair', 'disabled', 'lift'],
    ];
    /** Texts of one meaning point the same way; all others anywhere. */
    const createEmbedder = (changes: Partial<Embedder> = {}): Embedder & { readonly calls: number[] } => {
      const calls: number[] = [];
      return {
        modelId: 'scripted-embedding',
        calls,
        async embed(texts, options) {
          options.signal.throwIfAborted();
          calls.push(texts.length);
          return texts.map((text) => {
            const lower = text.toLowerCase();
            const vector = new Float32Array(MEANINGS.length + 8);
            MEANINGS.forEach((names, index) => {
              if (names.some((name) => lower.includes(name))) vector[index] = 1;
            });
            for (let index = 0; index < 8; index += 1) {
              vector[MEANINGS.length + index] = 0.1 * (((text.length * (index + 3)) % 7) / 7 + 0.1);
            }
            return vector;
          });
        },
        ...changes,
      };
    };
    let hasVectors = false;
    beforeAll(async () => {
      hasVectors = (await store.knowledge.openVectors()) !== undefined;
    });
    const search = async (knowledge: Knowledge, query: string, efSearch?: number) =>
      headings(
        await knowledge.search(
          { documentId: 'pld-handbook', query, limit: 3, efSearch: efSearch ?? null },
          { signal },
        ),
      );

    test('a question in other words is found by its meaning', async (context) => {
      context.skip(!hasVectors, 'this database has no pgvector');
      const words = await start();
      const question = 'Is a puppy welcome?';
      expect(await search(words, question)).not.toContain('Pets');
      const knowledge = await start({ embedder: createEmbedder() });
      await knowledge.settled();
      expect(await store.documents.find('pld-handbook')).toMatchObject({
        embeddingModel: 'scripted-embedding',
      });
      expect((await search(knowledge, question))[0]).toBe('Pets');
      expect((await search(knowledge, question, 1))[0]).toBe('Pets');
      expect((await search(knowledge, question, 5000))[0]).toBe('Pets');
      expect((await search(knowledge, 'I want my money back'))[0]).toBe('Refunds');
      expect((await search(knowledge, 'water damage warranty'))[0]).toBe('Warranty');
    });

    test('passages are embedded in batches, and again only for another model', async (context) => {
      context.skip(!hasVectors, 'this database has no pgvector');
      await addDocument(
        store,
        'pld-batches',
        Array.from({ length: 70 }, (_, index) => `# T${index}\nText.`).join('\n'),
      );
      const embedder = createEmbedder({ modelId: "it's \\ model" });
      const first = await start({ embedder });
      await first.settled();
      await first.close();
      expect(embedder.calls.every((count) => count <= 64)).toBe(true);
      expect(embedder.calls.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(70);
      const count = embedder.calls.length;
      const second = await start({ embedder });
      await second.settled();
      await second.close();
      expect(embedder.calls).toHaveLength(count);
      const other = createEmbedder({
        modelId: 'other-embedding',
        embed: async (texts) => texts.map(() => Float32Array.of(1, 0, 0)),
      });
      const third = await start({ embedder: other });
      expect((await search(third, 'water damage'))[0]).toBe('Warranty');
      await third.settled();
      expect(await store.documents.find('pld-batches')).toMatchObject({ embeddingModel: 'other-embedding' });
      expect((await search(third, 'water damage'))[0]).toBe('Warranty');
    });

    test('a model that fails or hangs leaves the search by words', async (context) => {
      context.skip(!hasVectors, 'this database has no pgvector');
      const whole = await start({ embedder: createEmbedder() });
      await whole.settled();
      await whole.close();
      const failing = await start({
        embedder: createEmbedder({
          embed: () => Promise.reject(new ProviderError('unavailable', 'not there')),
        }),
      });
      expect((await search(failing, 'water damage warranty'))[0]).toBe('Warranty');
      const hanging = await start({
        queryTimeoutMs: 20,
        embedder: createEmbedder({
          embed: (_texts, options) =>
            new Promise((_resolve, reject) => {
              options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true });
            }),
        }),
      });
      expect((await search(hanging, 'water damage warranty'))[0]).toBe('Warranty');
    });

    test('a document stays searchable by words while its vectors are tried again', async (context) => {
      context.skip(!hasVectors, 'this database has no pgvector');
      await addDocument(store, 'pld-retried', '# Owls\nOwls fly at night.');
      let failures = 2;
      const whole = createEmbedder();
      const embedded = Promise.withResolvers<void>();
      const knowledge = await start({
        retryMs: 1,
        store: {
          ...store.knowledge,
          markVectors: async (edition, options) => {
            const isMarked = await store.knowledge.markVectors(edition, options);
            if (edition.documentId === 'pld-retried') embedded.resolve();
            return isMarked;
          },
        },
        embedder: {
          modelId: whole.modelId,
          embed: (texts, options) => {
            failures -= 1;
            if (failures >= 0) return Promise.reject(new ProviderError('rate-limited', 'slow down'));
            return whole.embed(texts, options);
          },
        },
      });
      await knowledge.settled();
      expect(await store.documents.find('pld-retried')).toMatchObject({ state: 'ready', processed: true });
      await embedded.promise;
      expect(await store.documents.find('pld-retried')).toMatchObject({ embeddingModel: whole.modelId });
    });

    test('a database without pgvector is told once, and searched by words', async () => {
      const messages: string[] = [];
      const plain: KnowledgeStore = { ...store.knowledge, openVectors: async () => undefined };
      const knowledge = await start({
        store: plain,
        embedder: createEmbedder(),
        log: { ...log, info: (_fields, message) => messages.push(message) },
      });
      expect(messages.filter((message) => message.includes('pgvector'))).toHaveLength(1);
      expect((await search(knowledge, 'water damage warranty'))[0]).toBe('Warranty');
    });
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

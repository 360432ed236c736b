/**
 * Measures searches over 10,000 passages of one document and prints a table: `node bench/retrieval.ts`. On the embedded
 * database, and on Postgres where its programs are installed; by words, and by words and vectors where the database has
 * pgvector. `--passages` and `--dimensions` take other numbers than 10,000 and 768; storing vectors takes most of the
 * time. The exit code is 1 when a required value is missed.
 */
import { parseArgs } from 'node:util';
import { createKnowledge, type Knowledge } from '../packages/server/src/knowledge/index.ts';
import type { Embedder } from '../packages/server/src/providers/provider.ts';
import { openStore, type Store } from '../packages/server/src/store/store.ts';
import { postgresBinaries, startPostgres } from '../packages/server/test/postgres.ts';
import { median, quantile } from './src/statistics.ts';

const QUERIES = 300;
const WARM_UP = 30;
const REQUIRED_P95_MS = { pglite: 30, postgres: 15 } as const;

interface Language {
  readonly subjects: readonly string[];
  readonly objects: readonly string[];
  readonly sentence: (subject: string, object: string, number: number) => string;
  readonly question: (subject: string, object: string) => string;
}

const LANGUAGES: readonly Language[] = [
  {
    subjects: words(
      'refund delivery warranty battery subscription invoice password charger camera screen router printer',
    ),
    objects: words(
      'customer warehouse application support account manual service engineer region contract payment device update setting backup network sensor filter pump valve cable adapter license student teacher hospital museum airport station ticket',
    ),
    sentence: (subject, object, number) =>
      `The ${subject} of order ${number} is handled by the ${object} within ${(number % 28) + 2} days after the request, and the person in charge is told by message.`,
    question: (subject, object) => `How long does the ${object} take to handle my ${subject}?`,
  },
  {
    subjects: words('환불 배송 보증 배터리 구독 청구서 비밀번호 충전기 카메라 화면 공유기 프린터'),
    objects: words(
      '고객센터 물류창고 애플리케이션 지원팀 계정 설명서 서비스 기술자 지역 계약 결제 기기 업데이트 설정 백업 네트워크 센서 필터 펌프 밸브 케이블 어댑터 라이선스 학생 교사 병원 박물관 공항 역 승차권',
    ),
    sentence: (subject, object, number) =>
      `주문 ${number}번의 ${subject}은 요청한 날부터 ${(number % 28) + 2}일 이내에 ${object}에서 처리하며 담당자에게 문자로 안내합니다.`,
    question: (subject, object) => `${object}에서 ${subject}을 받으려면 얼마나 걸리나요?`,
  },
  {
    subjects: words('返金 配送 保証 電池 定期購読 請求書 暗証番号 充電器 カメラ 画面 ルーター プリンター'),
    objects: words(
      'お客様窓口 倉庫 アプリケーション 支援班 口座 説明書 サービス 技術者 地域 契約 支払い 機器 更新 設定 バックアップ ネットワーク センサー フィルター ポンプ 弁 ケーブル 変換器 免許 学生 教師 病院 博物館 空港 駅 切符',
    ),
    sentence: (subject, object, number) =>
      `注文${number}の${subject}は、申請の日から${(number % 28) + 2}日以内に${object}で処理され、担当者に連絡されます。`,
    question: (subject, object) => `${object}で${subject}を受けるには何日かかりますか。`,
  },
];

const { values: flags } = parseArgs({
  options: { passages: { type: 'string', default: '10000' }, dimensions: { type: 'string', default: '768' } },
});
const passageCount = readNumber('passages', flags.passages, 100);
const dimensions = readNumber('dimensions', flags.dimensions, 8);

const random = createRandom(7);
const embedder = createScriptedEmbedder();
const rows: string[][] = [];
let missed = 0;
await measureStore(await openStore({ dataDirectory: 'memory' }));
if (postgresBinaries !== undefined) {
  const postgres = await startPostgres();
  try {
    await measureStore(await openStore({ databaseUrl: postgres.url, dataDirectory: 'memory' }));
  } finally {
    await postgres.close();
  }
}
printTable([
  ['Database', 'Search', 'Passages', 'n', 'p50 ms', 'p95 ms', 'p99 ms', 'Required', 'Met'],
  ...rows,
]);
process.exitCode = missed === 0 ? 0 : 1;

async function measureStore(store: Store): Promise<void> {
  const log = { info: () => {}, warn: report, error: report };
  const options = {
    store: store.knowledge,
    log,
    now: () => new Date(),
    limits: { maxCharacters: 20_000_000, timeoutMs: 600_000 },
  };
  try {
    await store.organizations.insertIfAbsent({ id: 'bench', name: 'Bench' });
    await store.documents.insert({
      id: 'pld-bench',
      organizationId: 'bench',
      title: 'Bench',
      fileName: 'bench.md',
      mediaType: 'text/markdown',
      file: Buffer.from(writeDocument()),
    });
    const startedMs = performance.now();
    const byWords = await createKnowledge(options);
    await byWords.settled();
    const found = await store.documents.find('pld-bench');
    if (found?.state !== 'ready') throw new Error(`The document is ${found?.state}: ${found?.failure}`);
    note(`${store.kind}: ${found.passageCount} passages in ${seconds(startedMs)} s`);
    await measure(store, byWords, 'words', found.passageCount);
    await byWords.close();
    if ((await store.knowledge.openVectors()) === undefined) return;
    const embeddedMs = performance.now();
    const byMeaning = await createKnowledge({ ...options, embedder });
    await byMeaning.settled();
    note(`${store.kind}: vectors of ${dimensions} numbers in ${seconds(embeddedMs)} s`);
    await measure(store, byMeaning, 'words + vectors', found.passageCount);
    await byMeaning.close();
  } finally {
    await store.close();
  }
}

async function measure(store: Store, knowledge: Knowledge, name: string, passages: number): Promise<void> {
  const times: number[] = [];
  const { signal } = new AbortController();
  let empty = 0;
  for (let round = -WARM_UP; round < QUERIES; round += 1) {
    const language = pick(LANGUAGES);
    const query = language.question(pick(language.subjects), pick(language.objects));
    await embedder.embed([query], { signal });
    const startedMs = performance.now();
    const found = await knowledge.search({ documentId: 'pld-bench', query, limit: 5 }, { signal });
    if (round >= 0) times.push(performance.now() - startedMs);
    if (found.length === 0) empty += 1;
  }
  if (empty > 0) note(`${store.kind}, ${name}: ${empty} questions found nothing`);
  const required = REQUIRED_P95_MS[store.kind];
  const p95 = quantile(times, 0.95);
  if (p95 > required) missed += 1;
  rows.push([
    store.kind,
    name,
    String(passages),
    String(times.length),
    median(times).toFixed(1),
    p95.toFixed(1),
    quantile(times, 0.99).toFixed(1),
    `p95 ≤ ${required}`,
    p95 <= required ? 'yes' : 'NO',
  ]);
}

/** A document whose sections are one passage each. */
function writeDocument(): string {
  const parts: string[] = [];
  for (let number = 1; number <= passageCount; number += 1) {
    const language = pick(LANGUAGES);
    const subject = pick(language.subjects);
    const sentences = Array.from({ length: 4 }, (_, index) =>
      language.sentence(
        index === 0 ? subject : pick(language.subjects),
        pick(language.objects),
        1000 + 7 * number + index,
      ),
    );
    parts.push(`## ${subject} ${number}\n\n${sentences.join(' ')}`);
  }
  return parts.join('\n\n');
}

/**
 * Vectors that are near when texts share words: a sum of one random direction for each word. Those of questions are
 * made before the clock starts, since in earnest another machine makes them.
 */
function createScriptedEmbedder(): Embedder {
  const directions = new Map<string, Float32Array>();
  const questions = new Map<string, Float32Array>();
  const directionOf = (word: string) => {
    let direction = directions.get(word);
    if (!direction) {
      direction = Float32Array.from({ length: dimensions }, () => random() - 0.5);
      directions.set(word, direction);
    }
    return direction;
  };
  const embedOne = (text: string): Float32Array => {
    const known = questions.get(text);
    if (known) return known;
    const sum = new Float32Array(dimensions);
    for (const word of text.split(/\s+/)) {
      directionOf(word).forEach((value, index) => {
        sum[index] = (sum[index] ?? 0) + value;
      });
    }
    const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
    const vector = sum.map((value) => value / length);
    if (text.length < 100) questions.set(text, vector);
    return vector;
  };
  return { modelId: 'bench-embedding', embed: async (texts) => texts.map(embedOne) };
}

/** The same numbers in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Earlier ones more often, as in real texts. */
function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(random() ** 1.6 * items.length)];
  if (item === undefined) throw new Error('expected something to pick from');
  return item;
}

function readNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${name} takes a number from ${least}, got "${text}".`);
  }
  return value;
}

function words(text: string): readonly string[] {
  return text.split(' ');
}

function seconds(startedMs: number): string {
  return ((performance.now() - startedMs) / 1000).toFixed(0);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function report(fields: object, message: string): void {
  note(`${message} ${'err' in fields ? String(fields.err) : JSON.stringify(fields)}`);
}

function printTable(table: readonly (readonly string[])[]): void {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  table.forEach((row, index) => {
    process.stdout.write(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`);
    if (index === 0) process.stdout.write(`| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`);
  });
}

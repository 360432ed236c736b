/**
 * Every fault of a vendor against every kind of call, with a healthy runner-up and without one. The outcomes stand in
 * docs/faults.md; `UPDATE_FAULT_TABLE=1` writes that file.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { encodeWav } from '@visavox/audio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenAiProvider } from '../src/providers/openai.ts';
import type { ScoreRow } from '../src/routing/scores.ts';
import { FAULTS, type Fault, type FaultVendor, startFaultVendor } from './fault-vendor.ts';
import { startGateway, type TestGateway } from './gateway-app.ts';
import { createGatewayVendor, finish, parts, say, tone } from './gateway-vendor.ts';

const KINDS = ['STT', 'LLM', 'TTS'] as const;
type Kind = (typeof KINDS)[number];

/** Of one try here; 8 s in a real server. */
const DEADLINE_MS = 300;
const DOCUMENT = new URL('../../../docs/faults.md', import.meta.url);
const ANSWER = 'one two three';

/** What a fault leads to when somebody healthy is there. */
type Outcome =
  | 'runner-up answers'
  | 'no failure'
  /** Output had begun: the contract ends the stream with an error then, and nothing is repeated. */
  | 'ends with an error after what was sent';

/** Faults that do not exist for a kind of call. */
const ABSENT: Readonly<Partial<Record<Fault, readonly Kind[]>>> = {
  'all-zero audio': ['STT', 'LLM'],
  'wrong sample rate': ['STT', 'LLM'],
  'tool call only': ['STT', 'TTS'],
};
const BEGUN: readonly (readonly [Fault, Kind])[] = [
  ['cut after some output', 'LLM'],
  ['cut after some output', 'TTS'],
];
/** A rate other than the asked one is converted; a turn of a tool call alone is an answer. */
const HARMLESS: readonly (readonly [Fault, Kind])[] = [
  ['tool call only', 'LLM'],
  ['wrong sample rate', 'TTS'],
];

const cells = FAULTS.flatMap((fault) =>
  KINDS.filter((kind) => ABSENT[fault]?.includes(kind) !== true).map((kind): readonly [Fault, Kind] => [
    fault,
    kind,
  ]),
);
const expectedOf = (fault: Fault, kind: Kind): Outcome => {
  const isIn = (list: readonly (readonly [Fault, Kind])[]) =>
    list.some(([f, k]) => f === fault && k === kind);
  if (isIn(BEGUN)) return 'ends with an error after what was sent';
  return isIn(HARMLESS) ? 'no failure' : 'runner-up answers';
};

interface Seen {
  readonly outcome: Outcome | string;
  /** Words that came, or tenths of a second of sound. */
  readonly words: string;
  readonly milliseconds: number;
}

let faults: FaultVendor;
const measured = new Map<string, { readonly survived: Seen; readonly alone: Seen }>();

beforeAll(async () => {
  faults = await startFaultVendor();
});
afterAll(async () => {
  await faults?.close();
  if (process.env['UPDATE_FAULT_TABLE'] === '1') await writeFile(DOCUMENT, renderDocument());
});

const row = (
  modality: ScoreRow['modality'],
  providerId: string,
  modelId: string,
  quality: number,
): ScoreRow => ({
  runId: 'faults',
  modality,
  providerId,
  modelId,
  language: 'en',
  region: 'global',
  mode: modality === 'llm' ? 'streaming' : 'batch',
  status: 'production',
  quality,
  latencyMs: 100,
  usdPerMinute: 0.01,
  origin: 'operator',
});

/** The faulty vendor is always the better one. */
const SCORES = {
  runId: 'faults',
  rows: [
    row('llm', 'faulty', 'chat-1', 90),
    row('llm', 'healthy', 'chat-2', 10),
    row('stt', 'faulty', 'whisper-1', 1),
    row('stt', 'healthy', 'ears', 9),
    row('tts', 'faulty', 'tts-1', 1),
    row('tts', 'healthy', 'mouth', 9),
  ],
};

async function start(fault: Fault, withRunnerUp: boolean): Promise<TestGateway> {
  const faulty = await createOpenAiProvider({
    id: 'faulty',
    displayName: 'Faulty',
    baseUrl: faults.baseUrlFor(fault),
    apiKey: 'sk-key-of-the-operator',
    modelIds: ['chat-1', 'whisper-1', 'tts-1'],
    embeddingModelId: null,
  });
  const healthy = createGatewayVendor('healthy', { llm: ['chat-2'], stt: ['ears'], tts: ['mouth'] });
  healthy.script.answer = () => parts(say('one '), say('two '), say('three'), finish());
  healthy.script.hear = async () => ({ text: ANSWER });
  healthy.script.speak = async function* () {
    for (let i = 0; i < 3; i++) yield tone(2400);
  };
  return startGateway(withRunnerUp ? [{ provider: faulty }, healthy] : [{ provider: faulty }], {
    scores: SCORES,
    limits: { firstOutputMs: DEADLINE_MS, totalMs: 2000 },
  });
}

const speech = encodeWav({
  samples: new Int16Array(8000).map((_, i) => 8000 * Math.sin(i / 8)),
  sampleRateHz: 16_000,
});

async function call(gateway: TestGateway, kind: Kind): Promise<Seen> {
  const startedAt = performance.now();
  const send = (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    fetch(`${gateway.url}/v1/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${gateway.apiKey}`, ...headers },
      body,
    });
  const intent = { language: 'en' };
  const response = await {
    STT: () =>
      send('transcribe', speech, { 'Content-Type': 'audio/wav', 'X-Speko-Intent': JSON.stringify(intent) }),
    LLM: () =>
      send(
        'complete',
        JSON.stringify({
          messages: [{ role: 'user', content: 'Count.' }],
          tools: [{ name: 'weather', description: '', parameters: { type: 'object' } }],
          intent,
        }),
      ),
    TTS: () => send('synthesize', JSON.stringify({ text: ANSWER, intent })),
  }[kind]();
  const pieces: Uint8Array[] = [];
  let broke = false;
  try {
    for await (const piece of response.body ?? []) pieces.push(piece);
  } catch {
    broke = true;
  }
  const bytes = Buffer.concat(pieces);
  const text = kind === 'TTS' && response.ok ? '' : bytes.toString('utf8');
  expect(text, 'nothing of the vendor or its key is shown').not.toMatch(/sk-|proxy|slow down/);
  const milliseconds = performance.now() - startedAt;
  if (!response.ok) {
    return {
      outcome: `${response.status} ${/"code":"(\w+)","attempts"/.exec(text)?.[1] ?? text}`,
      words: '',
      milliseconds,
    };
  }
  const words =
    kind === 'TTS'
      ? `${bytes.length / 4800} × 0.1 s`
      : [...text.matchAll(/event: (?:delta|transcript)\ndata: \{"text":"([^"]*)"/g)]
          .map(([, said]) => said)
          .join('');
  const failed = broke || text.includes('event: error');
  if (failed) return { outcome: 'ends with an error after what was sent', words, milliseconds };
  const failovers = response.headers.get('x-speko-failover-count');
  return { outcome: failovers === '0' ? 'no failure' : 'runner-up answers', words, milliseconds };
}

describe.each(cells)('%s, %s', (fault, kind) => {
  const expected = expectedOf(fault, kind);

  test('with a healthy runner-up, and without one', async () => {
    const both = await start(fault, true);
    const survived = await call(both, kind).finally(() => both.close());
    const one = await start(fault, false);
    const alone = await call(one, kind).finally(() => one.close());
    measured.set(`${fault} ${kind}`, { survived, alone });

    expect(survived.outcome).toBe(expected);
    if (expected === 'runner-up answers') {
      // Everything once, nothing of the first try.
      expect(survived.words).toBe(kind === 'TTS' ? '3 × 0.1 s' : ANSWER);
      // The deadline of the first, and what a busy machine adds.
      expect(survived.milliseconds).toBeLessThan(DEADLINE_MS + 1500);
    }
    if (fault === 'wrong sample rate') expect(survived.words).toBe('1 × 0.1 s');
    if (expected === 'ends with an error after what was sent') {
      expect(survived.words).toBe(kind === 'TTS' ? '2 × 0.1 s' : 'one ');
    }
    if (expected === 'runner-up answers') {
      const isSilence = fault === 'empty' && kind === 'STT';
      expect(alone.outcome).toBe(isSilence ? 'no failure' : '500 ALL_PROVIDERS_FAILED');
      expect(alone.milliseconds).toBeLessThan(DEADLINE_MS + 1500);
    } else expect(alone.outcome).toBe(expected);
  });
});

test('the documented table is the one that is kept', async () => {
  if (process.env['UPDATE_FAULT_TABLE'] === '1') return;
  const document = await readFile(DOCUMENT, 'utf8');
  const documented = document
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Fault') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 4)
        .map((cell) => cell.trim()),
    );
  expect(documented).toEqual(cells.map(([fault, kind]) => [fault, kind, expectedOf(fault, kind)]));
});

function renderDocument(): string {
  const line = (cellsOfLine: readonly string[]) => `| ${cellsOfLine.join(' | ')} |`;
  const rows = cells.map(([fault, kind]) => {
    const seen = measured.get(`${fault} ${kind}`);
    const ms = (one: Seen | undefined) => (one === undefined ? '–' : `${Math.round(one.milliseconds)} ms`);
    return line([
      fault,
      kind,
      expectedOf(fault, kind),
      ms(seen?.survived),
      seen?.survived.words ?? '–',
      `${seen?.alone.outcome ?? '–'}, ${ms(seen?.alone)}`,
    ]);
  });
  return [
    '# When a vendor breaks',
    '',
    'Each fault, produced by a server on loopback, against each kind of call of the voice gateway. The faulty vendor is ranked',
    'first; a try has 300 ms here until its first output (8 s in a real server). *Came* is what reached the caller: words, or',
    'sound by tenths of a second; a runner-up always says "one two three" or 0.3 s, so nothing is lost and nothing doubled.',
    'After the first output the contract allows no failover: the stream ends with an error, and the caller knows what it has.',
    'An empty transcript of everybody who was asked counts as silence. `packages/server/test/fault-matrix.test.ts` keeps this',
    'table true and wrote its figures.',
    '',
    line(['Fault', 'Call', 'With a healthy runner-up', 'After', 'Came', 'Without one']),
    line(['---', '---', '---', '---', '---', '---']),
    ...rows,
    '',
  ].join('\n');
}

/** Whole benches against scripted models and a clock that moves only when a script says so. */
import { describe, expect, test } from 'vitest';
import { CommandError } from '../client.ts';
import {
  CallError,
  type ChatRequest,
  type GatewayCalls,
  type ListedModel,
  type Stage,
} from './gateway-calls.ts';
import type { Clip } from './measurements.ts';
import { QUESTIONS, SPEED_PROMPT, TOOL_PROMPT } from './questions.ts';
import { toScoreRow, toTableRow } from './results.ts';
import { type BenchPlan, runBench } from './run.ts';
import { sentencesOf } from './sentences.ts';
import { createSpending } from './spending.ts';

const model = (id: string, api: Stage, change: Partial<ListedModel> = {}): ListedModel => {
  const [provider = '', name = ''] = id.split(':');
  return {
    ...{
      id,
      provider,
      model: name,
      api,
      kind: 'vendor',
      costPerMinUsd: null,
      quality: null,
      languages: ['*'],
    },
    ...change,
  };
};

interface Script {
  readonly speak?: (
    model: string,
    text: string,
    call: number,
  ) => Partial<{ firstByteMs: number; totalMs: number; says: string }>;
  /** @param said what the sound says */
  readonly hear?: (model: string, said: string, call: number) => string;
  readonly chat?: (
    model: string,
    request: ChatRequest,
    call: number,
  ) => Partial<Awaited<ReturnType<GatewayCalls['chat']>>>;
  readonly onCall?: (call: number) => void;
}

/** Sounds are their text as bytes. */
function scriptedCalls(models: readonly ListedModel[], script: Script) {
  const made: string[] = [];
  const begin = (name: string, id: string, signal: AbortSignal): number => {
    signal.throwIfAborted();
    made.push(`${name} ${id}`);
    script.onCall?.(made.length);
    signal.throwIfAborted();
    return made.filter((one) => one === `${name} ${id}`).length;
  };
  const calls: GatewayCalls = {
    listModels: async () => models,
    async speak(id, text, _language, signal) {
      const call = begin('speak', id, signal);
      const { says = text, firstByteMs = 100, totalMs = 500 } = script.speak?.(id, text, call) ?? {};
      const sound = { bytes: new TextEncoder().encode(says), mediaType: 'audio/pcm;rate=24000' };
      return { sound, firstByteMs, totalMs, soundMs: 1000 };
    },
    async hear(id, sound, _language, signal) {
      const call = begin('hear', id, signal);
      const said = new TextDecoder().decode(sound.bytes);
      return { text: script.hear?.(id, said, call) ?? said, totalMs: 200 + call };
    },
    async chat(id, request, signal) {
      const call = begin('chat', id, signal);
      const answer = script.chat?.(id, request, call);
      return {
        ...{ text: 'hm', toolCalls: [], firstTokenMs: 300, totalMs: 1300, tokens: 60, outputTokens: 41 },
        ...answer,
      };
    },
  };
  return { calls, made };
}

async function bench(
  models: readonly ListedModel[],
  script: Script,
  change: Partial<BenchPlan> & { readonly budgetUsd?: number; readonly signal?: AbortSignal } = {},
) {
  const { calls, made } = scriptedCalls(models, script);
  const { budgetUsd, signal = new AbortController().signal, ...plan } = change;
  const spending = createSpending(budgetUsd);
  const outcome = await runBench(
    {
      ...{ models, measured: models, languages: ['en'], stages: ['tts', 'stt', 'llm'] },
      ...{ rounds: 1, maxSentences: 2, recordings: new Map(), ...plan },
    },
    { calls, spending, signal, report: () => {} },
  );
  const rows = outcome.measurements.map((one) =>
    toScoreRow(one, { runId: 'run', region: 'global', computedAt: '2026-11-21T10:00:00.000Z' }),
  );
  return { ...outcome, rows, made, spending, table: outcome.measurements.map(toTableRow) };
}

const silly = (said: string): string => said.replace(/\b(\w+) (\w+)/g, '$1 spoon');
const dead = (): never => {
  throw new CallError('the vendor is down');
};

describe('voices', () => {
  test('first byte, total time, speed and errors; the warm-up counts nowhere', async () => {
    const { rows, made } = await bench(
      [model('a:mouth', 'tts', { costPerMinUsd: 30 }), model('b:ears', 'stt')],
      {
        speak: (_id, _text, call) =>
          call === 1 ? { firstByteMs: 9000, totalMs: 9999 } : { firstByteMs: 100 * call, totalMs: 500 },
      },
      { stages: ['tts'], rounds: 2 },
    );
    expect(made.filter((one) => one === 'speak a:mouth')).toHaveLength(1 + 4);
    expect(rows).toEqual([
      {
        run_id: 'run',
        computed_at: '2026-11-21T10:00:00.000Z',
        request_type: 'tts',
        provider_id: 'a',
        model_id: 'mouth',
        language: 'en',
        region: 'global',
        mode: 'batch',
        error_rate: 0,
        samples: 4,
        metrics: {
          cer_p50: 0,
          cer_p95: 0,
          ttfb_p50_ms: 350,
          ttfb_p95_ms: 485,
          total_p50_ms: 500,
          total_p95_ms: 500,
          speed_factor: 2,
          cost_per_1m_chars_usd: 30,
        },
      },
    ]);
  });

  test('the recogniser with the fewest errors listens', async () => {
    const { notes, rows } = await bench(
      [model('v:mouth', 'tts'), model('bad:ears', 'stt'), model('good:ears', 'stt')],
      { hear: (id, said) => (id === 'bad:ears' ? 'what' : said) },
      { stages: ['tts'] },
    );
    expect(notes).toContain('Voices in en were listened to by good:ears.');
    expect(rows[0]?.['metrics']).toMatchObject({ cer_p50: 0 });
  });

  test('a voice that says something else has errors', async () => {
    const { rows } = await bench(
      [model('v:mouth', 'tts'), model('good:ears', 'stt')],
      { speak: (_id, text) => ({ says: text.slice(0, text.length / 2) }) },
      { stages: ['tts'] },
    );
    expect(rows[0]?.['metrics']).toMatchObject({ cer_p50: expect.closeTo(0.5, 1) });
  });

  test('without a recogniser they have no error rate', async () => {
    const { rows, notes } = await bench([model('v:mouth', 'tts')], {});
    expect(rows[0]?.['metrics']).not.toHaveProperty('cer_p50');
    expect(notes).toContain('No recogniser knows en: voices have no error rate in it.');
  });
});

describe('recognisers', () => {
  test('all of them hear the two best voices, and not one that is hard to understand', async () => {
    const { rows, notes, made } = await bench(
      [
        ...['v:clear', 'v:mumble', 'v:fine'].map((id) => model(id, 'tts')),
        ...['r:best', 'r:weak'].map((id) => model(id, 'stt')),
      ],
      {
        speak: (id, text) => (id === 'v:mumble' ? { says: 'mumble mumble' } : { says: text }),
        hear: (id, said) => (id === 'r:weak' ? silly(said) : said),
      },
      { stages: ['tts', 'stt'] },
    );
    expect(notes).toContain('Recognisers in en heard v:clear, v:fine.');
    const ears = rows.filter((row) => row['request_type'] === 'stt');
    expect(ears.map((row) => [row['model_id'], row['samples'], row['mode']])).toEqual([
      ['best', 4, 'batch'],
      ['weak', 4, 'batch'],
    ]);
    expect(ears[0]?.['metrics']).toMatchObject({ wer_p50: 0 });
    expect(ears[1]?.['metrics']).toMatchObject({ wer_p50: expect.closeTo(0.45, 1) });
    // Choosing the listener, the warm-up, and what counts.
    expect(made.filter((one) => one === 'hear r:weak')).toHaveLength(3 + 1 + 4);
  });

  test('one that invents words is above a hundred percent, which rows say in percent', async () => {
    const { rows, table } = await bench(
      [model('v:mouth', 'tts'), model('r:ears', 'stt')],
      { hear: (_id, said) => `${said} ${said} ${said}` },
      { stages: ['stt'] },
    );
    expect(rows[0]?.['metrics']).toMatchObject({ wer_p50: 200 });
    expect(table[0]?.['quality']).toBe('200.0 %');
  });

  test("the operator's own recordings count as well, and suffice without a voice", async () => {
    const text = 'Good evening everybody';
    const recording: Clip = {
      text,
      sound: { bytes: new TextEncoder().encode(text), mediaType: 'audio/wav' },
      soundMs: 2000,
    };
    const { rows, notes } = await bench(
      [model('r:ears', 'stt')],
      { hear: () => 'good evening' },
      { stages: ['stt'], recordings: new Map([['en', [recording]]]) },
    );
    expect(rows[0]).toMatchObject({ samples: 1, metrics: { wer_p50: expect.closeTo(1 / 3, 3) } });
    expect(notes).toEqual(['Recognisers in en heard 1 recording.']);
  });

  test('with nothing to hear they are not measured', async () => {
    const { rows, notes } = await bench([model('r:ears', 'stt')], {}, { stages: ['stt'] });
    expect(rows).toEqual([]);
    expect(notes).toEqual(['Nobody speaks en: recognisers need --recordings to be measured.']);
  });

  test('models are asked only for languages that they know', async () => {
    const { measurements } = await bench(
      [
        model('v:korean', 'tts', { languages: ['ko-KR'] }),
        model('v:any', 'tts'),
        model('r:english', 'stt', { languages: ['en'] }),
      ],
      {},
      { languages: ['en', 'ko'], stages: ['tts', 'stt'] },
    );
    expect(measurements.map((one) => `${one.model.id} ${one.stage === 'llm' ? '' : one.language}`)).toEqual([
      'v:any en',
      'r:english en',
      'v:korean ko',
      'v:any ko',
    ]);
  });
});

describe('language models', () => {
  const answers = new Map([
    [QUESTIONS[0]?.text, '17 + 26 = 43'],
    [QUESTIONS[1]?.text, 'That would be 130.'],
    [QUESTIONS[2]?.text, '**50**'],
  ]);

  test('first token, tokens a second, tools, and the share of right answers', async () => {
    const { rows, table } = await bench(
      [model('l:large', 'llm', { costPerMinUsd: 10 })],
      {
        chat: (_id, { prompt, tools }, call) => ({
          firstTokenMs: call === 1 ? 5000 : 300,
          text: answers.get(prompt) ?? 'hm',
          toolCalls: tools === undefined ? [] : [{ name: 'get_weather', arguments: '{"city":"Oslo"}' }],
        }),
      },
      { stages: ['llm'], maxSentences: 1 },
    );
    expect(rows).toEqual([
      expect.objectContaining({
        request_type: 'llm',
        language: 'en',
        mode: 'streaming_sse',
        error_rate: 0,
        samples: 5,
        metrics: expect.objectContaining({
          aa_index: 66.7,
          tool_calls_right_pct: 100,
          ttft_ms: 300,
          output_tokens_per_sec: 40,
          cost_per_min_usd: 0.0023,
        }),
      }),
    ]);
    expect(table[0]).toMatchObject({
      quality: '67',
      tools: '1 of 1',
      speed: '40 tokens/s',
      cost: '10/1M tokens',
    });
  });

  test('a wrong city is no right tool call', async () => {
    const { table } = await bench(
      [model('l:small', 'llm')],
      {
        chat: (_id, { prompt }) =>
          prompt === TOOL_PROMPT
            ? { text: '', toolCalls: [{ name: 'get_weather', arguments: '{"city":"Bergen"}' }] }
            : {},
      },
      { stages: ['llm'], rounds: 2 },
    );
    expect(table[0]?.['tools']).toBe('0 of 2');
  });

  test.each([
    ['43', true],
    ['The sum is 43.', true],
    ['17 + 26 = 42', false],
  ] as const)('"%s" to the first question: %s', (answer, right) => {
    expect(QUESTIONS[0]?.isRight(answer)).toBe(right);
  });

  test.each([
    ['capital of France', '```json\n{"city": "Paris"}\n```', true],
    ['capital of France', 'The city is Paris.', false],
    ['exactly three words', 'Red, green, blue.', true],
    ['exactly three words', 'Here you go: red green blue', false],
    ['15 percent of 240', '36.', true],
    ['wug', 'Blue.', true],
  ])('%s: %s', (part, answer, right) => {
    expect(QUESTIONS.find(({ text }) => text.includes(part))?.isRight(answer)).toBe(right);
  });
});

describe('failures', () => {
  test('a dead provider has the error rate 1, is given up soon and stops nobody', async () => {
    const { measurements, rows, made, ended } = await bench(
      [
        ...['dead:mouth', 'v:mouth'].map((id) => model(id, 'tts')),
        ...['dead:ears', 'r:ears'].map((id) => model(id, 'stt')),
        ...['dead:mind', 'l:mind'].map((id) => model(id, 'llm')),
      ],
      {
        speak: (id) => (id === 'dead:mouth' ? dead() : {}),
        hear: (id, said) => (id === 'dead:ears' ? dead() : said),
        chat: (id) => (id === 'dead:mind' ? dead() : {}),
      },
      { rounds: 5 },
    );
    expect(ended).toBe('complete');
    expect(rows.map((row) => [row['request_type'], row['provider_id'], row['error_rate']])).toEqual([
      ['tts', 'dead', 1],
      ['tts', 'v', 0],
      ['stt', 'dead', 1],
      ['stt', 'r', 0],
      ['llm', 'dead', 1],
      ['llm', 'l', 0],
    ]);
    expect(rows[0]).toMatchObject({
      samples: 3,
      metrics: {},
      status: 'warned',
      warning: '3 of 3 calls failed when it was measured',
    });
    expect(rows[1]).not.toHaveProperty('status');
    expect(measurements[0]?.lastFailure).toBe('the vendor is down');
    expect(made.filter((one) => one === 'speak dead:mouth')).toHaveLength(4);
  });

  test('failed calls count in the error rate and not in the times', async () => {
    const { rows } = await bench(
      [model('l:mind', 'llm')],
      { chat: (_id, _request, call) => (call % 2 === 0 ? {} : dead()) },
      { stages: ['llm'], maxSentences: 2 },
    );
    expect(rows[0]).toMatchObject({ samples: 8, error_rate: 0.5, metrics: { ttft_ms: 300 } });
  });

  test('an interruption ends with what was measured', async () => {
    const interruption = new AbortController();
    const { ended, rows } = await bench(
      [model('a:mouth', 'tts'), model('b:mouth', 'tts')],
      { onCall: (call) => (call === 5 ? interruption.abort() : undefined) },
      { stages: ['tts'], signal: interruption.signal },
    );
    expect(ended).toBe('interrupted');
    expect(rows.map((row) => [row['provider_id'], row['samples']])).toEqual([['a', 2]]);
  });

  test('a key that is refused ends with what was measured', async () => {
    const { ended, notes, rows } = await bench(
      [model('l:mind', 'llm')],
      {
        chat: (_id, _request, call) => {
          if (call > 3) throw new CommandError('The budget of this key is used up.');
          return {};
        },
      },
      { stages: ['llm'] },
    );
    expect([ended, notes, rows[0]?.['samples']]).toEqual([
      'refused',
      ['The budget of this key is used up.'],
      2,
    ]);
  });
});

describe('the budget', () => {
  const [first = '', second = ''] = sentencesOf('en') ?? [];
  const warmUpAndFirst = ((first.length * 2) / 1e6) * 1000;

  test('ends before it could be passed', async () => {
    const { ended, made, spending, notes } = await bench(
      [model('a:mouth', 'tts', { costPerMinUsd: 1000 })],
      {},
      { stages: ['tts'], budgetUsd: warmUpAndFirst + 1e-6 },
    );
    expect([ended, made.length]).toEqual(['budget', 2]);
    expect(spending.usd).toBeCloseTo(warmUpAndFirst);
    expect(notes.at(-1)).toContain('could pass the budget');
    expect(second).not.toBe('');
  });

  test('what is free never ends it, and what has no price is taken for dear', async () => {
    const free = [model('a:mouth', 'tts', { kind: 'built-in' })];
    expect((await bench(free, {}, { stages: ['tts'], budgetUsd: 0 })).ended).toBe('complete');
    expect((await bench([model('a:mouth', 'tts')], {}, { stages: ['tts'], budgetUsd: 0 })).ended).toBe(
      'budget',
    );
  });

  test('tokens that were not used are given back', async () => {
    const { spending, made } = await bench(
      [model('l:mind', 'llm', { costPerMinUsd: 10 })],
      { chat: (_id, { prompt }) => (prompt === SPEED_PROMPT ? { tokens: 100 } : { tokens: 10 }) },
      { stages: ['llm'], maxSentences: 1 },
    );
    expect(made).toHaveLength(6);
    expect(spending.usd).toBeCloseTo((10 * 3 * (2 * 100 + 4 * 10)) / 1e6);
  });
});

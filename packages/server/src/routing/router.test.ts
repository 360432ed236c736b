import { expect, test } from 'vitest';
import { type Provider, ProviderError } from '../providers/provider.ts';
import { createBreakers } from './breakers.ts';
import type { RoutingIntent } from './intent.ts';
import { createRouter, type KeyedProvider, type RouterOptions } from './router.ts';
import type { ScoreRow } from './scores.ts';
import { SHIPPED_SCORES } from './shipped-scores.ts';

const english: RoutingIntent = { language: 'en', region: 'global', optimizeFor: 'balanced' };

function recognizer(
  id: string,
  models: Readonly<Record<string, readonly string[]>>,
  more: Partial<Provider> = {},
): Provider {
  return {
    id,
    displayName: id,
    recognizer: {
      languages: ['*'],
      limitedVocabulary: false,
      features: ['keywords'],
      models: Object.entries(models).map(([model, languages]) => ({ id: model, languages })),
      recognize: async () => ({ text: 'heard' }),
    },
    close: async () => {},
    ...more,
  };
}

const deepgram = recognizer('deepgram', { 'nova-3': ['en', 'es', 'ko'] });
const elevenlabs = recognizer('elevenlabs', { scribe_v2: ['*'], scribe_v1: ['*'] });
const openai = recognizer('openai', { 'gpt-4o-transcribe': ['*'], 'whisper-1': ['*'] });
const builtIn = recognizer('built-in', { default: ['en'] }, { kind: 'built-in' });
const local = recognizer('local', { large: ['*'] }, { kind: 'endpoint' });

function setUp(providers: readonly Provider[], options: Partial<RouterOptions> = {}) {
  const clock = { ms: 0 };
  const breakers = createBreakers({ now: () => clock.ms });
  const router = createRouter({
    providers,
    scores: SHIPPED_SCORES,
    breakers,
    now: () => clock.ms,
    allowProvisional: true,
    allowUnmeasured: false,
    ...options,
  });
  const order = (
    intent: Partial<RoutingIntent> = {},
    more: Partial<Parameters<typeof router.rank>[0]> = {},
  ) =>
    router
      .rank({ modality: 'stt', intent: { ...english, ...intent }, ...more })
      .candidates.map(({ providerId, modelId }) => `${providerId}:${modelId}`);
  const reasons = (more: Partial<Parameters<typeof router.rank>[0]> = {}) =>
    Object.fromEntries(
      router
        .rank({ modality: 'stt', intent: english, ...more })
        .dropped.map(({ providerId, modelId, reason }) => [`${providerId}:${modelId}`, reason]),
    );
  return { router, breakers, clock, order, reasons };
}

const measured = (model: string, change: Partial<ScoreRow>): ScoreRow => ({
  runId: 'mine',
  modality: 'stt',
  providerId: model.split(':')[0] ?? '',
  modelId: model.split(':')[1] ?? '',
  language: 'en',
  region: 'global',
  mode: 'batch',
  status: 'production',
  quality: 5,
  latencyMs: 500,
  usdPerMinute: 0.01,
  origin: 'operator',
  ...change,
});

test('measured vendors by score, then servers of the operator, the built-in engines last', () => {
  const { order, reasons } = setUp([builtIn, local, deepgram, elevenlabs]);
  const real = ['elevenlabs:scribe_v2', 'elevenlabs:scribe_v1', 'deepgram:nova-3', 'local:large'];
  expect(order({}, { everything: true })).toEqual([...real, 'built-in:default']);
  expect(order()).toEqual(real);
  expect(reasons()['built-in:default']).toBe('stands in only where nothing else is there');
});

test('a built-in engine serves when it is alone, or named', () => {
  expect(setUp([builtIn]).order()).toEqual(['built-in:default']);
  const { order } = setUp([builtIn, deepgram]);
  expect(order({}, { allowed: ['deepgram', 'built-in'] })).toEqual(['deepgram:nova-3', 'built-in:default']);
});

test('every model that is not used is named with its reason', () => {
  const { reasons } = setUp([deepgram, openai]);
  const dropped = reasons({ features: ['diarization'] });
  expect(dropped['openai:gpt-4o-transcribe']).toBe('cannot do diarization');
  expect(reasons()['openai:gpt-4o-transcribe']).toContain('flagged');
  expect(reasons()['elevenlabs:scribe_v2']).toBe('no key for this vendor');
  expect(reasons({ intent: { ...english, language: 'fr' } })['deepgram:nova-3']).toBe(
    'does not know the language fr',
  );
});

test('the same intent and snapshot give the same order', () => {
  const { order } = setUp([openai, deepgram, elevenlabs]);
  expect(new Set(Array.from({ length: 20 }, () => order().join()))).toHaveLength(1);
});

test('a region has measurements of its own; one that nobody measured is like global', () => {
  const { order } = setUp([deepgram, elevenlabs]);
  expect(order({ region: 'us-east4' })).toEqual(['elevenlabs:scribe_v2', 'deepgram:nova-3']);
  expect(order({ region: 'mars-1' })).toEqual(order());
});

test('a regional language tag reorders and never shrinks the choice', () => {
  const { order, router } = setUp([deepgram, elevenlabs], {
    scores: {
      runId: 'mine',
      rows: [
        ...SHIPPED_SCORES.rows,
        measured('deepgram:nova-3', { language: 'en-AU', quality: 1, latencyMs: 300, usdPerMinute: 0.001 }),
      ],
    },
  });
  expect(order({ language: 'en-AU' })).toEqual([
    'deepgram:nova-3',
    'elevenlabs:scribe_v2',
    'elevenlabs:scribe_v1',
  ]);
  expect(order({ language: 'es-MX' })).toHaveLength(3);
  const [first] = router.rank({ modality: 'stt', intent: { ...english, language: 'es-MX' } }).candidates;
  expect(first?.evidence?.language).toBe('other-language');
});

test('lists narrow the choice: a vendor with all its models, or exactly one model', () => {
  const { order } = setUp([deepgram, elevenlabs]);
  // Between these two each wins half of the weight: the cheaper one is first.
  expect(order({}, { allowed: [' ElevenLabs '] })).toEqual(['elevenlabs:scribe_v1', 'elevenlabs:scribe_v2']);
  expect(order({}, { allowed: ['elevenlabs:scribe_v1'] })).toEqual(['elevenlabs:scribe_v1']);
  expect(order({}, { allowed: ['deepgram', 'elevenlabs:scribe_v1'] })).toEqual([
    'elevenlabs:scribe_v1',
    'deepgram:nova-3',
  ]);
  expect(order({}, { allowed: [] })).toHaveLength(3);
  expect(order({}, { allowed: ['nobody'] })).toEqual([]);
  expect(order({}, { denied: ['elevenlabs'] })).toEqual(['deepgram:nova-3']);
  expect(order({}, { maxPrice: 0.005 })).toEqual(['elevenlabs:scribe_v1', 'deepgram:nova-3']);
});

test('a model that nobody measured is used only when the operator says so', () => {
  const custom = recognizer('deepgram', { 'nova-3': ['*'], 'my-model': ['*'] });
  expect(setUp([custom]).order()).toEqual(['deepgram:nova-3']);
  expect(setUp([custom]).reasons()['deepgram:my-model']).toContain('not measured');
  expect(setUp([custom], { allowUnmeasured: true }).order()).toEqual([
    'deepgram:nova-3',
    'deepgram:my-model',
  ]);
});

test("the operator's own measurements count instead of the shipped ones, at once", () => {
  const { router, order } = setUp([deepgram, elevenlabs]);
  router.setScores({
    runId: 'mine',
    rows: [
      measured('deepgram:nova-3', { quality: 1, latencyMs: 100, usdPerMinute: 0.001 }),
      ...SHIPPED_SCORES.rows,
      measured('deepgram:nova-2', { quality: 0.5, latencyMs: 90, usdPerMinute: 0.001 }),
    ],
  });
  expect(order()[0]).toBe('deepgram:nova-2');
  expect(order()[1]).toBe('deepgram:nova-3');
  expect(router.rank({ modality: 'stt', intent: english }).scoresRunId).toBe('mine');
});

test("an organization's own key stands in place of the operator's", () => {
  const mine = recognizer('deepgram', { 'nova-3': ['*'] });
  const own: readonly KeyedProvider[] = [{ provider: mine, keySource: 'BYOK', keyId: 'org 1' }];
  const { router } = setUp([deepgram]);
  const found = router.rank({ modality: 'stt', intent: english, own }).candidates;
  expect(found.map(({ provider, keySource }) => [provider === mine, keySource])).toEqual([[true, 'BYOK']]);
});

test('a model that failed is left alone, unless nobody else is there', () => {
  const { order, reasons, breakers, clock } = setUp([deepgram, elevenlabs]);
  const fail = (id: string) => breakers.failed(id, new ProviderError('auth', 'refused'));
  fail('elevenlabs:scribe_v2 managed');
  expect(order()).toEqual(['elevenlabs:scribe_v1', 'deepgram:nova-3']);
  expect(reasons()['elevenlabs:scribe_v2']).toBe('failed lately; left alone for 60 s more');
  fail('elevenlabs:scribe_v1 managed');
  fail('deepgram:nova-3 managed');
  expect(order()).toHaveLength(3);
  clock.ms = 61_000;
  expect(order()[0]).toBe('elevenlabs:scribe_v2');
});

test('provisional models can be switched off', () => {
  const assembly = recognizer('assemblyai', { 'universal-2': ['*'] });
  expect(setUp([assembly]).order()).toContain('assemblyai:universal-2');
  expect(setUp([assembly], { allowProvisional: false }).order()).toEqual([]);
});

test.each([
  ['elevenlabs:scribe_v1', 'elevenlabs', 'scribe_v1'],
  ['ElevenLabs/scribe_v1', 'elevenlabs', 'scribe_v1'],
  ['elevenlabs', 'elevenlabs', undefined],
  ['scribe_v1', 'elevenlabs', 'scribe_v1'],
  ['local:a/b:c', 'local', 'a/b:c'],
] as const)('the name %s', (name, providerId, modelId) => {
  expect(setUp([elevenlabs, local]).router.resolve('stt', name)).toEqual({ providerId, modelId });
});

test('a name that nobody has, and a model pinned without a measurement', () => {
  const { router } = setUp([elevenlabs, builtIn]);
  expect(router.resolve('stt', 'nova-9')).toBeUndefined();
  expect(router.resolve('llm', 'elevenlabs')).toBeUndefined();
  const pin = (providerId: string, modelId: string) =>
    router.pin({ modality: 'stt', intent: english, providerId, modelId })?.modelId;
  expect(pin('elevenlabs', 'scribe_v9')).toBe('scribe_v9');
  expect(pin('built-in', 'other')).toBeUndefined();
});

test('a measurement in the language of the intent goes before one of its region in another', () => {
  const rows = [
    measured('deepgram:nova-3', { language: 'en', region: 'us-east4', mode: 'streaming', origin: 'shipped' }),
    measured('deepgram:nova-3', { language: 'ko', runId: 'korean' }),
  ];
  const { router } = setUp([deepgram], { scores: { runId: 'r', rows } });
  const evidence = (language: string, region: string) => {
    const intent = { ...english, language, region };
    const [first] = router.rank({ modality: 'stt', intent }).candidates;
    return [first?.evidence?.row.runId, first?.evidence?.row.region, first?.evidence?.language];
  };
  expect(evidence('ko', 'us-east4')).toEqual(['korean', 'global', 'base']);
  expect(evidence('en', 'us-east4')).toEqual(['mine', 'us-east4', 'base']);
  expect(evidence('es', 'us-east4')).toEqual(['mine', 'us-east4', 'other-language']);
});

test("whole recordings that the operator measured in a region count there; published ones don't", () => {
  const shipped = setUp([openai]);
  expect(shipped.order({ region: 'us-east4' })).not.toContain('openai:whisper-1');
  const own = measured('openai:whisper-1', { region: 'us-east4' });
  const { order } = setUp([openai], {
    scores: { runId: 'r', rows: [...SHIPPED_SCORES.rows, own] },
  });
  expect(order({ region: 'us-east4' })).toContain('openai:whisper-1');
});

test('in a region that only the operator measured, the others keep their global figures', () => {
  const own = measured('elevenlabs:scribe_v2', { region: 'office', quality: 1, latencyMs: 100 });
  const { router, order } = setUp([deepgram, elevenlabs], {
    scores: { runId: 'r', rows: [...SHIPPED_SCORES.rows, own] },
  });
  const everybody = ['elevenlabs:scribe_v2', 'deepgram:nova-3', 'elevenlabs:scribe_v1'];
  expect(order({ region: 'office' })).toEqual(everybody);
  const { candidates } = router.rank({ modality: 'stt', intent: { ...english, region: 'office' } });
  expect(candidates.map(({ evidence }) => evidence?.row.region)).toEqual(['office', 'global', 'global']);
});

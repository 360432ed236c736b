/** Sessions go on when the engine that was chosen fails. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { expect, test } from 'vitest';
import { call, createGatewayVendor, finish, parts, say, tone } from '../../test/gateway-vendor.ts';
import { ProviderError } from '../providers/provider.ts';
import { createBreakers } from './breakers.ts';
import { createCatalogue } from './catalogue.ts';
import { createEngines } from './engines.ts';
import { createGateway } from './gateway.ts';
import { createMeter, type UsageRecord } from './meter.ts';
import { createRouter } from './router.ts';
import { SHIPPED_SCORES } from './shipped-scores.ts';

const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
const down = () => {
  throw new ProviderError('unavailable', 'down');
};

function setUp() {
  const good = createGatewayVendor('good', {
    llm: ['large'],
    stt: ['ears'],
    tts: ['mouth'],
    voices: [
      { id: 'ann', displayName: 'Ann', languages: ['en', 'ko'], gender: 'female' },
      { id: 'bob', displayName: 'Bob', languages: ['en'], gender: 'male' },
    ],
  });
  const other = createGatewayVendor('other', {
    llm: ['small'],
    stt: ['ears'],
    tts: ['mouth'],
    voices: [
      { id: 'eve', displayName: 'Eve', languages: ['en'], gender: 'female' },
      { id: 'max', displayName: 'Max', languages: ['en'], gender: 'male' },
    ],
  });
  const written: UsageRecord[] = [];
  const now = () => performance.now();
  const breakers = createBreakers({ now });
  const providers = [good.provider, other.provider];
  const meter = createMeter({
    write: async (records) => void written.push(...records),
    now: () => new Date(0),
    onError: () => {},
  });
  const gateway = createGateway({
    router: createRouter({
      providers,
      scores: SHIPPED_SCORES,
      breakers,
      now,
      allowProvisional: true,
      allowUnmeasured: true,
    }),
    breakers,
    meter,
    keysOf: () => [],
    now,
    hedging: false,
  });
  const catalogue = createCatalogue(providers, { engines: createEngines(gateway) });
  const session = catalogue.forSession({ organizationId: 'o', sessionId: 's' });
  const usage = async () => {
    await meter.close();
    return written;
  };
  return { good, other, catalogue, session, usage };
}

async function answer(
  session: ReturnType<typeof setUp>['session'],
  name: string,
): Promise<LanguageModelV4StreamPart[]> {
  const model = session.findLanguageModel(name);
  if (model === undefined) throw new Error('expected a model');
  const { stream } = await model.doStream({ prompt });
  const read: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) read.push(part);
  return read;
}
const textOf = (read: readonly LanguageModelV4StreamPart[]) =>
  read.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : [])).join('');

test('the chosen model is asked first; another answers when it fails; usage belongs to the session', async () => {
  const { good, other, session, usage } = setUp();
  expect(textOf(await answer(session, 'small'))).toBe('other says hello');
  other.script.answer = down;
  expect(textOf(await answer(session, 'small'))).toBe('good says hello');
  good.script.answer = () => parts(call('c', 'weather', '{}'), finish());
  expect((await answer(session, 'large')).map(({ type }) => type)).toEqual(['tool-call', 'finish']);
  expect((await usage()).map(({ providerId, sessionId, calls }) => [providerId, sessionId, calls])).toEqual([
    ['other', 's', 1],
    ['good', 's', 2],
  ]);
});

test('nothing to say is an answer in a conversation, a failure is none', async () => {
  const { good, other, session } = setUp();
  good.script.answer = () => parts(finish());
  other.script.answer = () => parts(finish());
  expect(textOf(await answer(session, 'large'))).toBe('');
  other.script.answer = down;
  await expect(answer(session, 'large')).rejects.toThrow('Every provider failed');
});

test('an answer that breaks after its first word is not begun again by another', async () => {
  const { good, other, session } = setUp();
  good.script.answer = async function* () {
    yield say('Once');
    down();
  };
  await expect(answer(session, 'large')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(other.asked.completions).toEqual([]);
});

test.each([
  ['good-bob', 'max'],
  ['good-ann', 'eve'],
])('after %s the voice of the same gender speaks', async (name, expected) => {
  const { good, other, session } = setUp();
  good.script.speak = down;
  const voice = session.findVoice(name, 'en');
  const chunks = [];
  for await (const chunk of voice?.synthesizer.synthesize(
    { text: 'Hello', voiceId: voice.voiceId, language: 'en' },
    { signal: new AbortController().signal },
  ) ?? [])
    chunks.push(chunk);
  expect([chunks.length, chunks[0]?.sampleRateHz]).toEqual([1, 24_000]);
  expect(other.asked.syntheses[0]?.voiceId).toBe(expected);
});

test('speech keeps the rate and the mouth shapes of its engine', async () => {
  const { good, session } = setUp();
  const visemes = [{ viseme: 'aa' as const, startMs: 0, endMs: 100 }];
  good.script.speak = async function* () {
    yield { ...tone(2205, 22_050), visemes };
  };
  const voice = session.findVoice('good-ann', 'en');
  for await (const chunk of voice?.synthesizer.synthesize(
    { text: 'Hello', voiceId: 'ann', language: 'en' },
    { signal: new AbortController().signal },
  ) ?? []) {
    expect([chunk.sampleRateHz, chunk.samples.length, chunk.visemes]).toEqual([22_050, 2205, visemes]);
  }
});

test('a recogniser that was chosen by name is not replaced, the default is', async () => {
  const { good, session } = setUp();
  good.script.hear = down;
  const clip = { samples: new Int16Array(16_000).fill(500), sampleRateHz: 16_000 };
  const options = { language: 'en', signal: new AbortController().signal };
  await expect(session.findRecognizer('good', 'en')?.recognize(clip, options)).rejects.toThrow('down');
  expect(await session.findRecognizer('default', 'en')?.recognize(clip, options)).toMatchObject({
    text: 'other heard',
  });
});

test('routed names stand for whoever is best, in every list', async () => {
  const { catalogue, session } = setUp();
  for (const types of [catalogue.llmTypes, catalogue.ttsTypes, catalogue.sttTypes]) {
    expect(types.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['auto', 'auto-accuracy', 'auto-latency', 'auto-cost']),
    );
  }
  expect(textOf(await answer(session, 'auto-latency'))).toMatch(/says hello$/);
  expect(session.findVoice('auto', 'en')).toBeDefined();
  expect(session.findRecognizer('auto', undefined)).toBeDefined();
  expect(session.findLanguageModel('auto-nonsense')).toBeUndefined();
});

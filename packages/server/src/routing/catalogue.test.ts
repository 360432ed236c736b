import type { LanguageModelV4 } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import type { Provider, SpeechRecognizer, SpeechSynthesizer, Voice } from '../providers/provider.ts';
import { createCatalogue, STAND_IN_PROVIDER_ID } from './catalogue.ts';

const close = async () => {};
const model = (modelId: string): LanguageModelV4 => ({
  specificationVersion: 'v4',
  provider: 'scripted',
  modelId,
  supportedUrls: {},
  doGenerate: () => Promise.reject(new Error('not scripted')),
  doStream: () => Promise.reject(new Error('not scripted')),
});
const withModels = (id: string, ...ids: string[]): Provider => ({
  id,
  displayName: `Vendor ${id}`,
  languageModels: {
    models: ids.map((name) => ({ id: name, displayName: `Model ${name}` })),
    get: (name) => model(`${id}/${name}`),
  },
  close,
});
const synthesizer = (voices: readonly Voice[]): SpeechSynthesizer => ({
  voices,
  async *synthesize() {
    yield* [];
  },
});
const withVoices = (id: string, ...voices: Voice[]): Provider => ({
  id,
  displayName: `Vendor ${id}`,
  synthesizer: synthesizer(voices),
  close,
});
const voice = (id: string, languages: string[], gender?: 'female' | 'male'): Voice => ({
  id,
  displayName: `Voice ${id}`,
  languages,
  ...(gender === undefined ? {} : { gender }),
});
const withRecognizer = (id: string, languages: string[], limitedVocabulary = false): Provider => ({
  id,
  displayName: `Vendor ${id}`,
  recognizer: { languages, limitedVocabulary, recognize: async () => ({ text: id }) },
  close,
});
const names = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name);

describe('language models', () => {
  const idOf = (catalogue: ReturnType<typeof createCatalogue>, name: string) =>
    catalogue.findLanguageModel(name)?.modelId;

  test('documented names come first and lead to a configured model, then come the real names, each once', () => {
    const catalogue = createCatalogue([
      withModels('cloud', 'gpt-4o', 'small'),
      withModels('local', 'small', 'tiny'),
      withModels(STAND_IN_PROVIDER_ID, 'rules'),
    ]);
    expect(names(catalogue.llmTypes)).toEqual(['gpt-35', 'gpt-4', 'gpt-4o', 'small', 'tiny', 'rules']);
    expect(idOf(catalogue, 'gpt-35')).toBe('cloud/gpt-4o');
    expect(idOf(catalogue, 'gpt-4o')).toBe('cloud/gpt-4o');
    expect(idOf(catalogue, 'small')).toBe('cloud/small');
    expect(idOf(catalogue, 'tiny')).toBe('local/tiny');
    expect(idOf(catalogue, 'rules')).toBe('stand-in/rules');
    expect(catalogue.llmTypes[0]).toEqual({
      name: 'gpt-35',
      service: 'cloud',
      display_name: 'gpt-35 → Model gpt-4o',
      description: 'Documented name, answered by Vendor cloud',
    });
  });

  test('the default model answers the documented names that do not exist themselves', () => {
    const providers = [withModels('cloud', 'gpt-4', 'big'), withModels('local', 'mine')];
    const catalogue = createCatalogue(providers, { defaultModel: 'mine' });
    expect(idOf(catalogue, 'gpt-35')).toBe('local/mine');
    expect(idOf(catalogue, 'gpt-4')).toBe('cloud/gpt-4');
    expect(idOf(createCatalogue(providers, { defaultModel: 'unknown' }), 'gpt-35')).toBe('cloud/gpt-4');
  });

  test('the stand-in answers only when there is nothing else, wherever it is listed', () => {
    const standIn = withModels(STAND_IN_PROVIDER_ID, 'rules');
    expect(idOf(createCatalogue([standIn]), 'gpt-35')).toBe('stand-in/rules');
    expect(idOf(createCatalogue([standIn, withModels('cloud', 'm')]), 'gpt-35')).toBe('cloud/m');
  });

  test('a name that is not listed is not found', () => {
    const catalogue = createCatalogue([withModels('cloud', 'm')]);
    for (const name of ['', 'M', 'nobody', '__proto__'])
      expect(catalogue.findLanguageModel(name)).toBeUndefined();
  });
});

describe('voices', () => {
  const providers = [
    withVoices('english', voice('jane', ['en-US'], 'female'), voice('john', ['en-GB'], 'male')),
    withVoices('korean', voice('min', ['ko'])),
  ];
  const catalogue = createCatalogue(providers);
  const idOf = (name: string, language: string) => catalogue.findVoice(name, language)?.voiceId;

  test('documented names come first, then those of the vendors in their order', () => {
    expect(names(catalogue.ttsTypes)).toEqual([
      'yuri',
      'azuretts-ko-KR-InJoonNeural-sad',
      'azuretts-en-US-JennyNeural-cheerful',
      'azuretts-ja-JP-NanamiNeural-gentle',
      'k_idol_m_3_yoon_hajin',
      'english-jane',
      'english-john',
      'korean-min',
    ]);
    expect(catalogue.ttsTypes[5]).toMatchObject({
      service: 'english',
      speaker: 'english-jane',
      display_name: 'Voice jane',
      description: 'Vendor english: en-US; female',
      voice_settings: { languages: ['en-US'], gender: 'female' },
    });
  });

  test.each([
    ['yuri', 'en', 'jane'],
    ['k_idol_m_3_yoon_hajin', 'en-AU', 'john'],
    ['k_idol_m_3_yoon_hajin', 'ko-KR', 'min'],
    ['english-john', 'EN-us', 'john'],
    ['english-john', 'ko', 'min'],
    ['korean-min', 'en', 'jane'],
    ['yuri', 'ja', undefined],
    ['english-jane', 'ja', undefined],
    ['nobody', 'en', undefined],
    ['', 'en', undefined],
  ])('%s speaks %s as %s', (name, language, expected) => {
    expect(idOf(name, language)).toBe(expected);
  });

  test('the choice carries the synthesizer and the language of the text', () => {
    expect(catalogue.findVoice('english-jane', 'ko')).toEqual({
      synthesizer: providers[1]?.synthesizer,
      voiceId: 'min',
      language: 'ko',
    });
  });

  test('a voice that takes over has the gender of the one that was wished, when there is one', () => {
    const all = createCatalogue([
      withVoices('a', voice('woman', ['en'], 'female'), voice('man', ['en'], 'male')),
      withVoices('b', voice('eve', ['*'], 'female'), voice('adam', ['*'], 'male')),
    ]);
    expect(all.findVoice('a-man', 'ja')?.voiceId).toBe('adam');
    expect(all.findVoice('a-woman', 'ja')?.voiceId).toBe('eve');
    expect(all.findVoice('b-adam', 'en')?.voiceId, 'it speaks the language itself').toBe('adam');
  });
});

describe('recognisers', () => {
  const english = withRecognizer('english', ['en'], true);
  const any = withRecognizer('any', ['*']);
  const catalogue = createCatalogue([english, any]);
  const find = (name: string, language?: string): SpeechRecognizer | undefined =>
    catalogue.findRecognizer(name, language);

  test('the default comes first and says what it takes', () => {
    expect(names(catalogue.sttTypes)).toEqual(['default', 'english', 'any']);
    expect(catalogue.sttTypes[0]?.description).toContain('Vendor english, Vendor any');
    expect(catalogue.sttTypes[1]?.display_name).toBe('Vendor english (limited vocabulary)');
  });

  test('the first that fits the language is taken', () => {
    expect(find('default')).toBe(english.recognizer);
    expect(find('default', 'en-GB')).toBe(english.recognizer);
    expect(find('default', 'ko')).toBe(any.recognizer);
    expect(find('any', 'en')).toBe(any.recognizer);
    expect(find('english', 'ko'), 'a name that was chosen is not replaced').toBeUndefined();
    expect(find('nobody', 'en')).toBeUndefined();
  });
});

test('without any provider the documented names of speech exist, and nothing stands behind them', () => {
  const catalogue = createCatalogue([]);
  expect(catalogue.llmTypes).toEqual([]);
  expect(catalogue.findLanguageModel('gpt-35')).toBeUndefined();
  expect(names(catalogue.ttsTypes)).toContain('yuri');
  expect(catalogue.findVoice('yuri', 'en')).toBeUndefined();
  expect(names(catalogue.sttTypes)).toEqual(['default']);
  expect(catalogue.sttTypes[0]?.description).toContain('README.md');
  expect(catalogue.findRecognizer('default', undefined)).toBeUndefined();
});

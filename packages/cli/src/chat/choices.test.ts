import { expect, test } from 'vitest';
import { chooseNames } from './choices.ts';
import { createFakeApi, named } from './fake-api.ts';

const all = ['LLM', 'TTS', 'STT'] as const;

test('the usual names are taken where the server has them', async () => {
  const api = createFakeApi();
  Object.assign(api.lists, {
    llm_type: named('other', 'gpt-35'),
    tts_type: named('other', 'yuri'),
    stt_type: named('default'),
    modelstyle: named('yuri-front_natural'),
  });
  expect(await chooseNames(api, {}, all, {})).toEqual({
    names: { llmType: 'gpt-35', ttsType: 'yuri', sttType: 'default', modelStyle: 'yuri-front_natural' },
    capability: all,
    notes: [],
    missing: {},
  });
});

test('the first one stands in for a usual name, with a sentence; a capability without any falls away', async () => {
  const api = createFakeApi();
  Object.assign(api.lists, { llm_type: named('first', 'second'), stt_type: named('default') });
  expect(await chooseNames(api, {}, all, {})).toEqual({
    names: { llmType: 'first', sttType: 'default' },
    capability: ['LLM', 'STT'],
    notes: [
      'The server has no language model "gpt-35"; "first" is used instead.',
      'The server has no voice.',
      'The server has no model style.',
    ],
    missing: { TTS: 'the server has no voice' },
  });
});

test('a name that was given is taken, or refused with those that are possible', async () => {
  const api = createFakeApi();
  Object.assign(api.lists, { llm_type: named('first', 'second'), modelstyle: named('style') });
  expect((await chooseNames(api, { llmType: 'second' }, ['LLM'], {})).names).toMatchObject({
    llmType: 'second',
  });
  await expect(chooseNames(api, { llmType: 'third' }, ['LLM'], {})).rejects.toThrow(
    'The server has no language model "third". --llm-type can be: first, second.',
  );
});

import type { LlmEvent, LlmMessage } from '@visavox/contract';
import { describe, expect, test } from 'vitest';
import { createCatalogue } from '../routing/catalogue.ts';
import type { DocumentRow, PromptRow, TurnRow } from '../store/store.ts';
import { createScriptedModel, type ScriptedPart } from '../turns/testing.ts';
import { type ConversationOptions, createConversation } from './conversation.ts';
import {
  createScriptedLog,
  createScriptedStore,
  createSessionRow,
} from './testing/scripted-session-parts.ts';

const never = () => new AbortController().signal;
const prompt: PromptRow = {
  id: 'plp-1',
  organizationId: 'ours',
  name: 'Guide',
  description: '',
  systemPrompt: 'You are a guide.',
  introMessage: 'Welcome!',
  requireDocument: false,
  createdAt: new Date(0),
};
const document: DocumentRow = {
  id: 'pld-1',
  organizationId: 'ours',
  title: 'Handbook',
  description: '',
  fileName: 'handbook.pdf',
  mediaType: 'application/pdf',
  searchCount: 3,
  efSearch: 40,
  state: 'ready',
  failure: null,
  processed: true,
  embeddingModel: null,
  passageCount: 9,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};
const passage = {
  passageId: 7,
  documentId: 'pld-1',
  position: 2,
  heading: 'Hours',
  content: 'Open from nine to five.',
  score: 0.8,
};

function create(rounds: readonly (readonly ScriptedPart[])[], overrides: Partial<ConversationOptions> = {}) {
  const { model, asked } = createScriptedModel(rounds);
  const turns: TurnRow[] = [];
  const searched: object[] = [];
  const { log, messages } = createScriptedLog();
  const conversation = createConversation({
    row: createSessionRow({ promptId: 'plp-1', documentId: 'pld-1', llmType: 'gpt-35' }),
    store: createScriptedStore({ prompts: [prompt], documents: [document] }).store,
    catalogue: createCatalogue([
      {
        id: 'scripted',
        displayName: 'Scripted',
        languageModels: { models: [{ id: 'm', displayName: 'M' }], get: () => model },
        close: async () => {},
      },
    ]),
    toolbox: { listTools: async () => [], callTool: async () => '', close: async () => {} },
    searchPassages: async (request) => {
      searched.push(request);
      return [passage];
    },
    recordTurn: (turn) => turns.push(turn),
    log,
    now: () => new Date(0),
    ...overrides,
  });
  const ask = async (messagesOf: readonly LlmMessage[]) => {
    const events: LlmEvent[] = [];
    for await (const event of conversation.answer(
      { messages: messagesOf, clientTools: [] },
      { signal: never() },
    )) {
      events.push(event);
    }
    return events;
  };
  const reply = async (message: string, clearHistory = false) => {
    let said = '';
    for await (const sentence of conversation.reply(message, { clearHistory, signal: never() }))
      said += sentence;
    return said;
  };
  return { conversation, asked, turns, searched, messages, ask, reply };
}

const systemOf = (options: { readonly prompt: readonly { role: string; content: unknown }[] } | undefined) =>
  String(options?.prompt.find(({ role }) => role === 'system')?.content);

describe('a document', () => {
  test('is searched for the question as it says, and its passages reach the model and the record', async () => {
    const { ask, asked, searched, turns } = create([['From nine to five.']]);
    await ask([{ role: 'user', content: 'When does the museum open on weekdays?' }]);
    expect(searched).toEqual([
      { documentId: 'pld-1', query: 'When does the museum open on weekdays?', limit: 3, efSearch: 40 },
    ]);
    expect(systemOf(asked[0])).toMatch(
      /^You are a guide\.[\s\S]*Handbook[\s\S]*\[1\] Hours\nOpen from nine to five\./,
    );
    expect(turns).toMatchObject([
      {
        question: 'When does the museum open on weekdays?',
        answer: 'From nine to five.',
        outcome: 'finished',
        passages: [{ documentId: 'pld-1', passageId: 7, position: 2, score: 0.8 }],
      },
    ]);
  });

  test('a short question is searched together with the one before it', async () => {
    const { ask, searched } = create([['Closed.']]);
    await ask([
      { role: 'user', content: 'When does the museum open on weekdays?' },
      { role: 'assistant', content: 'At nine.' },
      { role: 'user', content: 'And on Sunday?' },
    ]);
    expect(searched).toMatchObject([{ query: 'When does the museum open on weekdays?\nAnd on Sunday?' }]);
  });

  test('that cannot be searched costs its passages only', async () => {
    const { ask, asked, messages } = create([['I do not know.']], {
      searchPassages: () => Promise.reject(new Error('down')),
    });
    expect((await ask([{ role: 'user', content: 'Hello there, how are you today?' }])).at(-1)).toEqual({
      type: 'finish',
    });
    expect(systemOf(asked[0])).toBe('You are a guide.');
    expect(messages).toEqual(['the document could not be searched']);
  });
});

describe('the history that the server keeps', () => {
  const said = (options: { readonly prompt: readonly { role: string; content: unknown }[] } | undefined) =>
    options?.prompt.filter(({ role }) => role !== 'system').map(({ role }) => role);

  // keeps: perso-4.1-history, perso-4.1-clear
  test('grows with each reply, and is dropped on request', async () => {
    const { reply, asked } = create([['One.'], ['Two.'], ['Three.']]);
    expect(await reply('First')).toBe('One.');
    await reply('Second');
    expect(said(asked[1])).toEqual(['user', 'assistant', 'user']);
    await reply('Third', true);
    expect(said(asked[2])).toEqual(['user']);
  });

  // keeps: perso-4.1-spaces
  test('sentences keep their leading space, so that they can be joined', async () => {
    const { conversation } = create([['Hello there. How are', ' you?']]);
    const sentences: string[] = [];
    for await (const sentence of conversation.reply('Hi', { clearHistory: false, signal: never() })) {
      sentences.push(sentence);
    }
    expect(sentences).toEqual(['Hello there.', ' How are you?']);
  });

  test('a turn that is given up leaves it as it was', async () => {
    const { conversation, reply, asked, turns } = create([['One. Two. Three.'], ['Again.']]);
    for await (const _ of conversation.reply('First', { clearHistory: false, signal: never() })) break;
    await reply('Second');
    expect(said(asked[1])).toEqual(['user']);
    expect(turns.map(({ outcome }) => outcome)).toEqual(['aborted', 'finished']);
  });

  test('stays bounded: the oldest turns go first', async () => {
    const { reply, asked } = create([['Yes.']]);
    for (let turn = 0; turn < 10; turn++) await reply(`${turn}${'x'.repeat(90_000)}`);
    const texts = JSON.stringify(asked.at(-1)?.prompt);
    expect(texts.length).toBeLessThan(520_000);
    expect(texts).toContain('"9xxx');
    expect(texts).not.toContain('"0xxx');
  });

  test('includes tool rounds', async () => {
    const { reply, asked } = create([[{ call: 'weather', id: 'c1' }], ['Sunny.'], ['You are welcome.']], {
      toolbox: {
        listTools: async () => [{ name: 'weather', description: '', parameters: { type: 'object' } }],
        callTool: async () => '"sunny"',
        close: async () => {},
      },
    });
    expect(await reply('Weather?')).toBe('Sunny.');
    await reply('Thanks');
    expect(said(asked[2])).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
  });
});

test('a model that fails in the middle is recorded as failed, with what it had said', async () => {
  const { model } = createScriptedModel([['One. Two.']]);
  const { conversation, turns } = create([[]], {
    catalogue: createCatalogue([
      {
        id: 'scripted',
        displayName: 'Scripted',
        languageModels: {
          models: [{ id: 'm', displayName: 'M' }],
          get: () => ({
            ...model,
            async doStream(options) {
              const { stream } = await model.doStream(options);
              return {
                stream: stream.pipeThrough(
                  new TransformStream({
                    flush(controller) {
                      controller.error(new Error('broken'));
                    },
                  }),
                ),
              };
            },
          }),
        },
        close: async () => {},
      },
    ]),
  });
  const said: string[] = [];
  await expect(
    (async () => {
      for await (const piece of conversation.reply('Hi', { clearHistory: false, signal: never() })) {
        said.push(piece);
      }
    })(),
  ).rejects.toThrow('broken');
  expect(said).toEqual(['One.']);
  expect(turns).toMatchObject([{ outcome: 'failed', answer: 'One.' }]);
});

test('the intro and a translation', async () => {
  const { conversation, asked } = create([['안녕하세요.']]);
  expect(await conversation.introMessage()).toBe('Welcome!');
  expect(await conversation.translate('Hello.', { from: 'en', to: 'ko', signal: never() })).toBe(
    '안녕하세요.',
  );
  expect(systemOf(asked[0])).toMatch(/"en".*"ko"/);
});

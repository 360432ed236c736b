import { beforeEach, expect, test } from 'vitest';
import { createChatSession } from './chat-session.ts';
import { type Conversation, createConversation } from './conversation.ts';
import { ChatFailure } from './failure.ts';
import { createFakeApi, type FakeApi } from './fake-api.ts';

const wait = { signal: new AbortController().signal };
const ended = (): ChatFailure => new ChatFailure('session_terminated', 'Error 400: ended', 400);

let api: FakeApi;
let conversation: Conversation;

beforeEach(() => {
  api = createFakeApi();
  const session = createChatSession({ api, parameters: { capability: [] } });
  conversation = createConversation({ api, session, unavailable: { STT: 'no ears' } });
});

const ask = async (message: string): Promise<string[]> => {
  const pieces: string[] = [];
  for await (const piece of conversation.answer(message, wait)) pieces.push(piece);
  return pieces;
};

test('what was said is kept in order', async () => {
  expect(await ask('Hello')).toEqual(['One.', ' Two.']);
  expect(await ask('Again')).toEqual(['One.', ' Two.']);
  expect(conversation.turns).toEqual([
    { role: 'Human', text: 'Hello' },
    { role: 'AI', text: 'One. Two.' },
    { role: 'Human', text: 'Again' },
    { role: 'AI', text: 'One. Two.' },
  ]);
  expect(conversation.sessionId).toBe('s1');
  expect(conversation.unavailable('STT')).toBe('no ears');
  expect(conversation.unavailable('LLM')).toBeUndefined();
});

test('an answer that breaks off is kept as far as it came', async () => {
  api.failures['rest'] = [new ChatFailure('cut_off', 'cut off')];
  await expect(ask('Hello')).rejects.toThrow('cut off');
  expect(conversation.turns).toEqual([
    { role: 'Human', text: 'Hello' },
    { role: 'AI', text: 'One.' },
  ]);
});

test('a call that finds the session ended is made again in a new one, once', async () => {
  api.failures['answer'] = [ended()];
  expect(await ask('Hello')).toEqual(['One.', ' Two.']);
  api.failures['speak'] = [ended()];
  await conversation.speak('Hi', wait);
  expect(api.calls.filter((call) => /^(answer|speak)/.test(call))).toEqual([
    'answer s1 Hello',
    'answer s2 Hello',
    'speak s2 Hi',
    'speak s3 Hi',
  ]);
  api.failures['answer'] = [ended(), ended()];
  await expect(ask('Hello')).rejects.toThrow('ended');
  // Not in the middle of an answer: it would begin anew.
  api.failures['rest'] = [ended()];
  await expect(ask('Hello')).rejects.toThrow('ended');
});

test('nothing heard is told', async () => {
  api.transcribe = async () => '';
  await expect(conversation.hear(new File([], 'x.wav'), wait)).rejects.toThrow('Nothing was understood');
});

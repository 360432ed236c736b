import { expect, it } from 'vitest';
import { type Chat, createChatLog } from './chat-log.ts';

// keeps: sdk-9.4-log
it('gives the whole log, newest first, as a new array', () => {
  const log = createChatLog();
  const seen: Chat[][] = [];
  const unsubscribe = log.subscribe((entries) => seen.push(entries));
  log.add('Hi', true);
  log.add('Hello', false);
  seen[1]?.pop();
  log.add('Bye', true);
  unsubscribe();
  log.add('unseen', true);
  expect(seen.map((entries) => entries.map(({ text, isUser }) => `${isUser} ${text}`))).toEqual([
    ['true Hi'],
    ['false Hello'],
    ['true Bye', 'false Hello', 'true Hi'],
  ]);
  expect(seen[0]?.[0]?.timestamp).toBeInstanceOf(Date);
});

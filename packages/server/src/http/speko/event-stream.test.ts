import { expect, test } from 'vitest';
import { type NamedEvent, respondWithEvents } from './event-stream.ts';

async function* eventsThen(error?: Error): AsyncGenerator<NamedEvent> {
  yield ['meta', { provider: 'one' }];
  if (error !== undefined) throw error;
  yield ['delta', { text: 'Hello' }];
  yield ['done', {}];
}

async function piecesOf(
  events: AsyncGenerator<NamedEvent>,
  first: 'when it is there' | 'with the second',
): Promise<string[]> {
  const answer = await respondWithEvents(events, {
    headersOf: ([name]) => ({ 'X-First': name }),
    first,
    onError: (error) => ['error', { message: error instanceof Error ? error.message : '' }],
    onCancel: () => {},
  });
  const response = answer.toResponse();
  expect(response.headers.get('x-first')).toBe('meta');
  const pieces: string[] = [];
  for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

const META = 'event: meta\ndata: {"provider":"one"}\n\n';
const DELTA = 'event: delta\ndata: {"text":"Hello"}\n\n';
const DONE = 'event: done\ndata: {}\n\n';

test('the first event leaves when it is there', async () => {
  expect(await piecesOf(eventsThen(), 'when it is there')).toEqual([META, DELTA, DONE]);
});

test('the first event leaves with the second', async () => {
  expect(await piecesOf(eventsThen(), 'with the second')).toEqual([META + DELTA, DONE]);
});

test('the first event is not lost when there is no second', async () => {
  const error = 'event: error\ndata: {"message":"gone"}\n\n';
  expect(await piecesOf(eventsThen(new Error('gone')), 'with the second')).toEqual([META + error]);
});

test("a failure before the first event is the caller's", async () => {
  async function* refused(): AsyncGenerator<NamedEvent> {
    yield* await Promise.reject<NamedEvent[]>(new Error('refused'));
  }
  await expect(piecesOf(refused(), 'with the second')).rejects.toThrow('refused');
});

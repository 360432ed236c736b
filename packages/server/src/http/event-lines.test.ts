import type { LlmEvent } from '@visavox/contract';
import { encodeLlmEvent } from '@visavox/contract';
import { expect, test } from 'vitest';
import { PLAIN_LINES, streamEvents } from './event-lines.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const message = (content: string): LlmEvent => ({ type: 'message', content });

function create(events: () => AsyncIterable<LlmEvent>) {
  const explained: unknown[] = [];
  let cancels = 0;
  const answer = streamEvents(events(), {
    headers: PLAIN_LINES,
    encode: encodeLlmEvent,
    encodeFailure(error) {
      explained.push(error);
      return encodeLlmEvent({ type: 'fail', reason: 'what the client may read' });
    },
    onCancel: () => {
      cancels += 1;
    },
  });
  return { response: answer.toResponse(), explained, cancels: () => cancels };
}

// keeps: perso-4.2.1-no-blank, perso-4.2.1-line-end, perso-1.1-headers
test('each event is one line without blank lines, and the type keeps proxies from holding it back', async () => {
  const { response, explained, cancels } = create(async function* () {
    yield message('Line\nbreak and ünï.');
    yield { type: 'finish' };
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  const body = await response.text();
  expect(body.split('\n')).toEqual([
    'data: {"status":"success","type":"message","role":"assistant","content":"Line\\nbreak and ünï."}',
    'data: {"status":"success","type":"finish"}',
    '',
  ]);
  expect([explained, cancels()]).toEqual([[], 0]);
});

// keeps: perso-4.2.4-fail
test('a failure is the last line, and tells only what it may', async () => {
  const failure = new Error('inside');
  const { response, explained } = create(async function* () {
    yield message('So far.');
    throw failure;
  });
  const lines = (await response.text()).trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toBe('data: {"status":"fail","reason":"what the client may read"}');
  expect(explained).toEqual([failure]);
});

test('a slow reader holds the events back', async () => {
  let produced = 0;
  const { response } = create(async function* () {
    for (;;) {
      produced += 1;
      yield message('Again.');
    }
  });
  const reader = response.body?.getReader();
  await settled();
  expect(produced).toBeLessThanOrEqual(2);
  await reader?.read();
  await settled();
  expect(produced).toBeLessThanOrEqual(3);
  await reader?.cancel();
});

test('a reader that leaves stops the events and releases them', async () => {
  let released = false;
  const { response, cancels } = create(async function* () {
    try {
      for (;;) yield message('Again.');
    } finally {
      released = true;
    }
  });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect([released, cancels()]).toEqual([true, 1]);
});

test.each(['gives one more', 'fails'])(
  'a reader that leaves while the next event is awaited is told nothing, even when it %s then',
  async (late) => {
    const next = Promise.withResolvers<LlmEvent>();
    const { response, explained } = create(async function* () {
      yield message('One.');
      yield await next.promise;
    });
    const reader = response.body?.getReader();
    await reader?.read();
    const awaited = reader?.read();
    await settled();
    const cancelled = reader?.cancel();
    if (late === 'fails') next.reject(new Error('aborted'));
    else next.resolve(message('Late.'));
    await cancelled;
    expect(await awaited).toEqual({ done: true, value: undefined });
    await settled();
    expect(explained, 'an abort is no failure').toEqual([]);
  },
);

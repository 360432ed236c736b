import { describe, expect, it } from 'vitest';
import { MAX_BLOCK_LENGTH, readEvents, type ServerSentEvent } from './event-stream.ts';

async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? new TextEncoder().encode(part) : part;
}

async function read(...parts: (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  const list: ServerSentEvent[] = [];
  for await (const event of readEvents(pieces(...parts))) list.push(event);
  return list;
}

const sample = [
  'event: meta\ndata: {"provider":"파이썬","n":1}\n\n',
  ': keep-alive\n\n',
  'event:delta\ndata:{"text":"né 🦊 \\n"}\n\n',
  'data: first\ndata: second\n\n',
  'event: done\ndata: {"text":"끝"}',
].join('');

const expected = [
  { name: 'meta', data: { provider: '파이썬', n: 1 } },
  { name: 'delta', data: { text: 'né 🦊 \n' } },
  { name: 'message', data: 'first\nsecond' },
  { name: 'done', data: { text: '끝' } },
];

describe.each([
  ['LF', sample],
  ['CRLF', sample.replaceAll('\n', '\r\n')],
])('events with %s', (_, text) => {
  it('are the same wherever the bytes are cut', async () => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
    }
  });

  it('are the same byte by byte', async () => {
    const bytes = new TextEncoder().encode(text);
    expect(await read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });
});

it.each<[string, string, ServerSentEvent[]]>([
  ['the last event field', 'event: a\nevent: b\ndata: 1\n\n', [{ name: 'b', data: 1 }]],
  ['message as the default name', 'data: {"a":1}\n\n', [{ name: 'message', data: { a: 1 } }]],
  ['data that is no JSON as text', 'data: hello\n\n', [{ name: 'message', data: 'hello' }]],
  ['an event without data', 'event: ping\n\n', [{ name: 'ping', data: '' }]],
  ['one space after the colon as no part of data', 'data:  x\n\n', [{ name: 'message', data: ' x' }]],
  ['JSON over several lines', 'data: {"a":\ndata: 1}\n\n', [{ name: 'message', data: { a: 1 } }]],
  ['fields it does not know as nothing', 'id: 1\nretry: 5\ndata: 1\n\n', [{ name: 'message', data: 1 }]],
  ['blocks without event as nothing', 'id: 1\n\n:\n\n\n\n\n', []],
  ['an unfinished last line', 'event: done\ndata: 1\n', [{ name: 'done', data: 1 }]],
  ['an empty stream as nothing', '', []],
])('reads %s', async (_, text, list) => {
  expect(await read(text)).toEqual(list);
});

it('stays bounded when an event has no end', async () => {
  const filler = 'x'.repeat(MAX_BLOCK_LENGTH / 4);
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield* pieces('data: ', filler, '\n');
  }
  const events = readEvents(endless());
  await expect(events.next()).rejects.toMatchObject({ code: 'INVALID_RESPONSE' });
});

it('stops its source when the reader leaves', async () => {
  let stopped = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield* pieces('data: 1\n\n');
    } finally {
      stopped = true;
    }
  }
  for await (const _ of readEvents(source())) break;
  expect(stopped).toBe(true);
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import {
  createSessionRequest,
  ERROR_TABLE,
  exchangeRequest,
  llmRequest,
  PlatformError,
  ttsRequest,
} from '@visavox/contract';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readBytes, readForm, readJson, validate } from './body.ts';

type Body = string | Uint8Array<ArrayBuffer> | FormData;

const URL_OF_TEST = 'http://test.invalid/';
const post = (body: Body, headers: Record<string, string> = {}) =>
  new Request(URL_OF_TEST, { method: 'POST', body, headers });

/** A body of unknown length that comes in pieces. */
function chunked(count: number, bytesEach: number) {
  let given = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given >= count) {
        controller.close();
        return;
      }
      given += 1;
      controller.enqueue(new Uint8Array(bytesEach).fill(given));
    },
    cancel() {
      cancelled = true;
    },
  });
  // The types of the platform lack `duplex`, which a streamed body needs.
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
  return { request: new Request(URL_OF_TEST, init), given: () => given, cancelled: () => cancelled };
}

const errorOf = async (promise: Promise<unknown>): Promise<PlatformError> => {
  const error = await promise.then(
    () => new Error('It succeeded.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PlatformError)) throw error;
  return error;
};

describe('bytes', () => {
  test('are read to the limit', async () => {
    expect(await readBytes(post(new Uint8Array([1, 2, 3])), 3)).toEqual(Uint8Array.of(1, 2, 3));
    expect(await readBytes(chunked(3, 10).request, 30)).toEqual(
      Uint8Array.from({ length: 30 }, (_, index) => 1 + Math.floor(index / 10)),
    );
    expect(await readBytes(new Request(URL_OF_TEST), 0)).toHaveLength(0);
  });

  test('over the limit are refused by their declared length, before any is read', async () => {
    const { request, given } = chunked(1000, 1);
    const declared = new Request(request, { headers: { 'content-length': '1000' } });
    expect(await errorOf(readBytes(declared, 999))).toMatchObject({ code: 'payload_too_large', status: 413 });
    expect(given(), 'what a stream fetches by itself').toBeLessThanOrEqual(3);
  });

  test.each([undefined, 'nonsense'])(
    'over the limit are refused as they come, whatever length is declared (%s)',
    async (length) => {
      const body = chunked(1_000_000, 1024);
      const request =
        length === undefined
          ? body.request
          : new Request(body.request, { headers: { 'content-length': length } });
      expect(await errorOf(readBytes(request, 10_000))).toMatchObject({ code: 'payload_too_large' });
      expect(body.given(), 'the rest is not read').toBeLessThan(15);
      expect(body.cancelled()).toBe(true);
    },
  );

  test('beyond the declared length do not come in', async () => {
    const read = Promise.withResolvers<number>();
    const server = serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        read.resolve((await readBytes(request, 10_000)).length);
        return new Response('');
      },
    });
    await once(server, 'listening');
    const address = server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\n${'x'.repeat(20_000)}`);
    expect(await read.promise).toBe(3);
    socket.destroy();
    server.close();
  });
});

describe('JSON', () => {
  const schema = z.object({ text: z.string() });
  const read = (body: Body, maxBytes = 1000) => readJson(post(body), schema, maxBytes);

  test('of any content type gives the value and what came', async () => {
    expect(await read('{"text":"ü","more":1}')).toEqual({
      value: { text: 'ü' },
      raw: { text: 'ü', more: 1 },
    });
    expect((await read('\u{feff}{"text":"x"}')).value).toEqual({ text: 'x' });
  });

  test.each<[string, Body]>([
    ['nothing', ''],
    ['half', '{"text":'],
    ['not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
  ])('that is %s is a parse_error', async (_, body) => {
    expect(await errorOf(read(body))).toMatchObject({ code: 'parse_error', status: 400 });
  });

  test.each(['[]', '"text"', '1', 'null', 'true'])('%s is no object', async (body) => {
    expect(await errorOf(read(body))).toMatchObject({ code: 'invalid', items: [{ attr: null }] });
  });

  test('over the limit is 413', async () => {
    expect(await errorOf(read(JSON.stringify({ text: 'x'.repeat(1000) })))).toMatchObject({ status: 413 });
  });

  test.each([
    ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ])('of %s that are nested beyond any use is refused, before it overflows a stack', async (_, deep) => {
    expect(await errorOf(read(`{"text":"x","extra":${deep}}`, 2_000_000))).toMatchObject({ code: 'invalid' });
  });

  test('may be nested as deep as tool schemas are', async () => {
    const deep = '['.repeat(60) + ']'.repeat(60);
    expect((await read(`{"text":"x","extra":${deep}}`)).value).toEqual({ text: 'x' });
  });

  test.each([
    '{"text":"a\\u0000b"}',
    '{"text":"x","more":[{"a":["\\u0000"]}]}',
    '{"text":"x","more":{"\\u0000":1}}',
  ])('%s has a NUL character and is refused', async (body) => {
    expect(await errorOf(read(body))).toMatchObject({
      code: 'invalid',
      items: [{ attr: body.includes('more') ? 'more' : 'text' }],
    });
  });

  test('brackets inside of text are no nesting', async () => {
    const text = `[{"\\${'['.repeat(500)}`;
    expect((await read(JSON.stringify({ text }))).value).toEqual({ text });
  });
});

describe('forms', () => {
  test('are read', async () => {
    const form = new FormData();
    form.append('audio', new Blob(['sound']), 'a.wav');
    form.append('language', 'ko');
    const read = await readForm(post(form), 10_000);
    expect(read.get('language')).toBe('ko');
    expect(await (read.get('audio') as Blob).text()).toBe('sound'); // appended as a file above
  });

  test.each([
    ['{}', { 'content-type': 'application/json' }, 'unsupported_media_type', 415],
    ['a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type', 415],
    ['--x\r\nhalf', { 'content-type': 'multipart/form-data; boundary=x' }, 'parse_error', 400],
    ['--x--', { 'content-type': 'multipart/form-data' }, 'parse_error', 400],
    ['x'.repeat(101), { 'content-type': 'Multipart/Form-Data; boundary=x' }, 'payload_too_large', 413],
  ])('%j as %j is refused', async (body, headers, code, status) => {
    expect(await errorOf(readForm(post(body, headers), 100))).toMatchObject({ code, status });
  });
});

describe('validation', () => {
  const schema = z.object({
    name: z.string().min(1).max(3),
    count: z.number().min(1).max(5).optional(),
    kind: z.enum(['a', 'b']).optional(),
    list: z
      .array(z.object({ id: z.string() }))
      .max(2)
      .optional(),
  });
  test.each<[unknown, string, string, string?]>([
    [{}, 'required', 'name'],
    [{ name: null }, 'null', 'name'],
    [{ name: 5 }, 'invalid', 'name', 'Expected string, but number came.'],
    [{ name: [] }, 'invalid', 'name', 'Expected string, but array came.'],
    [{ name: '' }, 'blank', 'name'],
    [{ name: 'long' }, 'max_length', 'name', 'Ensure this field has no more than 3 characters.'],
    [{ name: 'x', count: 0 }, 'min_value', 'count'],
    [{ name: 'x', count: 6 }, 'max_value', 'count'],
    [{ name: 'x', kind: 'c' }, 'invalid_choice', 'kind', 'Expected one of "a", "b".'],
    [{ name: 'x', list: [{ id: '' }, {}] }, 'required', 'list.1.id'],
    [{ name: 'x', list: [{ id: '' }, { id: '' }, { id: '' }] }, 'max_length', 'list'],
  ])('%j is %s of %s', (raw, code, attr, detail) => {
    const error = catchError(() => validate(schema, raw));
    expect(error.items[0]).toMatchObject({ code, attr, ...(detail === undefined ? {} : { detail }) });
  });

  test('tells up to ten problems', () => {
    const list = z.object({ list: z.array(z.string()) });
    const error = catchError(() => validate(list, { list: Array.from({ length: 50 }, () => 1) }));
    expect(error.items).toHaveLength(10);
    expect(error.items[9]?.attr).toBe('list.9');
  });

  test('whatever JSON comes: a value, or an error that names its problems', () => {
    const random = createRandom(11);
    const schemas = { createSessionRequest, exchangeRequest, llmRequest, ttsRequest };
    let refused = 0;
    let accepted = 0;
    for (let round = 0; round < 400; round += 1) {
      for (const [name, request] of Object.entries(schemas)) {
        const raw = randomJson(random, 0);
        const told = `${name} ${JSON.stringify(raw)}`;
        try {
          expect(validate(request, raw), told).toBeTypeOf('object');
          accepted += 1;
        } catch (error) {
          if (!(error instanceof PlatformError)) throw new Error(told, { cause: error });
          expect(error.status, told).toBe(400);
          for (const { code, detail, attr } of error.items) {
            expect(ERROR_TABLE, told).toHaveProperty(code);
            expect(detail, told).not.toBe('');
            expect(attr === null || attr.length > 0, told).toBe(true);
          }
          refused += 1;
        }
      }
    }
    expect(Math.min(refused, accepted), 'the cases must reach both outcomes').toBeGreaterThan(20);
  });
});

function catchError(action: () => unknown): PlatformError {
  try {
    action();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('It succeeded.');
}

/** Numbers in 0 – 1 that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const KEYS =
  'capability model_style prompt llm_type document mcp_servers padding_left padding_height text_normalization_locale extra_data client_sdp sdp type messages role content tool_calls tool_call_id id function name arguments parameters tools text locale output_format __proto__ constructor'.split(
    ' ',
  );
const SCALARS = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  6,
  1e308,
  '',
  'x',
  'offer',
  'user',
  'tool',
  'assistant',
  'function',
  'wav',
  'STF_WEBRTC',
  'LLM',
  '\u0000',
  '\ud800',
  'x'.repeat(300),
  'x'.repeat(4001),
  'v=0',
];

/** Values made of the words of the contract, so that many come close to being right. */
function randomJson(random: () => number, depth: number): unknown {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const kind = random();
  if (depth === 0 ? kind < 0.05 : kind < 0.5 || depth > 4) return pick(SCALARS);
  if (depth > 0 && kind < 0.7) {
    return Array.from({ length: Math.floor(random() * 4) }, () => randomJson(random, depth + 1));
  }
  // Parsed, as bodies are: "__proto__" is a property of its own then.
  const entries = Array.from(
    { length: Math.floor(random() * 6) },
    () => `${JSON.stringify(pick(KEYS))}:${JSON.stringify(randomJson(random, depth + 1))}`,
  );
  return JSON.parse(`{${entries.join(',')}}`);
}

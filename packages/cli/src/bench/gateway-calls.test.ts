import { describe, expect, test } from 'vitest';
import { CommandError, type GatewayRequest } from '../client.ts';
import { CallError, createGatewayCalls } from './gateway-calls.ts';

const signal = new AbortController().signal;

/** Answers each call with the response; the clock goes on by 10 ms whenever it is looked at. */
function setUp(
  answer: (request: GatewayRequest & { readonly path: string }) => Response | Promise<Response>,
) {
  const asked: (GatewayRequest & { readonly path: string })[] = [];
  const clock = { ms: 0 };
  const calls = createGatewayCalls({
    now: () => {
      clock.ms += 10;
      return clock.ms;
    },
    client: {
      callGateway: async () => ({ data: [] }),
      openGateway: async (_method, path, options = {}) => {
        asked.push({ path, ...options });
        return answer({ path, ...options });
      },
    },
  });
  return { calls, asked, clock };
}

function streamOf(...pieces: readonly (string | Uint8Array | (() => void))[]): ReadableStream<Uint8Array> {
  const rest = [...pieces];
  return new ReadableStream(
    {
      pull(controller) {
        const piece = rest.shift();
        if (piece === undefined) controller.close();
        else if (typeof piece === 'function') {
          piece();
          controller.enqueue(new Uint8Array());
        } else controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      },
    },
    { highWaterMark: 0 },
  );
}

const chunk = (delta: object): string => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
const pcm = { 'content-type': 'audio/pcm;rate=16000' };

describe('speech', () => {
  test('the first byte is the first that holds sound', async () => {
    const { calls, asked, clock } = setUp(
      () =>
        new Response(
          streamOf(
            () => {
              clock.ms += 100;
            },
            new Uint8Array(3200).fill(1),
            () => {
              clock.ms += 1000;
            },
            new Uint8Array(12_800).fill(2),
          ),
          { headers: pcm },
        ),
    );
    const answer = await calls.speak('a:mouth', 'Hello', 'ko', signal);
    expect(answer).toMatchObject({ firstByteMs: 110, totalMs: 1120, soundMs: 500 });
    expect([answer.sound.bytes.length, answer.sound.mediaType]).toEqual([16_000, 'audio/pcm;rate=16000']);
    expect(asked[0]).toMatchObject({
      path: 'audio/speech',
      body: { model: 'a:mouth', input: 'Hello', response_format: 'pcm' },
      headers: { 'X-Speko-Language': 'ko' },
    });
  });

  test('no sound at all is a failure', async () => {
    const { calls } = setUp(() => new Response(streamOf(), { headers: pcm }));
    await expect(calls.speak('a', 'b', 'en', signal)).rejects.toThrow(new CallError('no sound came'));
  });

  test('one that breaks off is a failure that tells nothing of its cause', async () => {
    const { calls } = setUp(
      () =>
        new Response(
          streamOf(new Uint8Array(2), () => {
            throw new Error('secret');
          }),
          { headers: pcm },
        ),
    );
    await expect(calls.speak('a', 'b', 'en', signal)).rejects.toThrow('the answer broke off before its end');
  });
});

describe('recognition', () => {
  const sound = { bytes: new Uint8Array([1, 2]), mediaType: 'audio/pcm;rate=16000' };

  test('sends the sound as it is, with model and language', async () => {
    const { calls, asked } = setUp(() => Response.json({ text: 'hello' }));
    expect(await calls.hear('a:ears', sound, 'en', signal)).toEqual({ text: 'hello', totalMs: 10 });
    const body = asked[0]?.body;
    if (!(body instanceof FormData)) throw new Error('expected a form');
    expect([body.get('model'), body.get('language')]).toEqual(['a:ears', 'en']);
    expect((body.get('file') as Blob).type).toBe('audio/pcm;rate=16000'); // what was set
  });

  test('an answer without a text is a failure', async () => {
    const { calls } = setUp(() => Response.json({ words: [] }));
    await expect(calls.hear('a', sound, 'en', signal)).rejects.toThrow(CallError);
  });
});

describe('chat', () => {
  const ask = { prompt: 'Hi', maxTokens: 9 };

  test('text, tool calls and usage, wherever the pieces are cut', async () => {
    const call = { index: 0, function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } };
    const usage = { choices: [], usage: { completion_tokens: 7, total_tokens: 12 } };
    const all = [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Grüß ' }),
      chunk({ content: 'Gott' }),
      chunk({ tool_calls: [call] }),
      `data: ${JSON.stringify(usage)}\n\n`,
      'data: [DONE]\n\n',
    ].join('');
    const bytes = new TextEncoder().encode(all);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.slice(index * 7, index * 7 + 7),
    );
    const { calls } = setUp(() => new Response(streamOf(...pieces)));
    expect(await calls.chat('a:mind', ask, signal)).toMatchObject({
      text: 'Grüß Gott',
      toolCalls: [{ name: 'get_weather', arguments: '{"city":"Oslo"}' }],
      firstTokenMs: 10,
      totalMs: 20,
      tokens: 12,
      outputTokens: 7,
    });
  });

  test.each([
    ['without an end', [chunk({ content: 'Half' })], 'the answer broke off before its end'],
    ['without anything', [chunk({ content: '' }), 'data: [DONE]\n\n'], 'the answer is empty'],
    [
      'with an error',
      [chunk({ content: 'H' }), 'data: {"error":{"message":"it is down"}}\n\n'],
      'it is down',
    ],
  ])('an answer %s is a failure', async (_name, pieces, message) => {
    const { calls } = setUp(() => new Response(streamOf(...pieces)));
    await expect(calls.chat('a:mind', ask, signal)).rejects.toThrow(new CallError(message));
  });
});

describe('refusals', () => {
  const refuse = (status: number) =>
    setUp(() => Response.json({ error: { message: `status ${status}` } }, { status })).calls.chat(
      'a:mind',
      { prompt: 'Hi', maxTokens: 9 },
      signal,
    );

  test.each([401, 402, 403, 429])('%i concerns the key, not the model', async (status) => {
    await expect(refuse(status)).rejects.toThrow(new CommandError(`status ${status}`));
  });

  test.each([400, 404, 500, 502, 503])('%i counts against the model', async (status) => {
    await expect(refuse(status)).rejects.toThrow(new CallError(`status ${status}`));
  });

  test('an abort is no failure of anybody', async () => {
    const abort = new AbortController();
    const { calls } = setUp(() => {
      abort.abort(new Error('enough'));
      throw new Error('aborted');
    });
    await expect(calls.speak('a', 'b', 'en', abort.signal)).rejects.toThrow('enough');
  });
});

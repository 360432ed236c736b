/** transcribe, synthesize and complete: what they send, and what they make of what comes. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CompleteParams,
  Speko,
  SpekoApiError,
  type SynthesizeOptions,
  type TranscribeOptions,
} from '../index.ts';
import {
  type Answer,
  events,
  frame,
  json,
  type ScriptedEvent,
  type ScriptedServer,
  startScriptedServer,
} from '../testing/scripted-server.ts';

let server: ScriptedServer;
let speko: Speko;
beforeEach(async () => {
  server = await startScriptedServer();
  speko = new Speko({ apiKey: 'k', baseUrl: server.url });
});
afterEach(() => server.close());

const sent = () => {
  const request = server.requests.at(-1);
  if (request === undefined) throw new Error('Nothing was sent.');
  return request;
};
const sentBody = () => JSON.parse(sent().body.toString()) as unknown;

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of stream) list.push(item);
  return list;
}

const routing = { provider: 'deepgram', model: 'nova-3', failoverCount: 1, scoresRunId: 'run' };
const meta: ScriptedEvent = ['meta', routing];
const audio = Uint8Array.of(1, 2, 3);
const ask: CompleteParams = { messages: [{ role: 'user', content: 'hi' }], intent: { language: 'en' } };

describe('transcribe', () => {
  const result = { text: 'Hé', ...routing, confidence: null };
  const list: ScriptedEvent[] = [
    meta,
    ['transcript', { text: 'H', isFinal: false, confidence: 0.5 }],
    ['done', { ...result, extra: 1, type: 'x' }],
  ];

  it('sends the bytes and the intent, and nothing that was not asked for', async () => {
    server.answer(events(list));
    await speko.transcribe(audio, {
      language: 'en',
      region: undefined,
      keywords: [],
      sessionId: ' \t ',
      sttOptions: {},
    });
    const { method, target, headers, body } = sent();
    expect(`${method} ${target}`).toBe('POST /v1/transcribe');
    expect([...body]).toEqual([1, 2, 3]);
    expect(headers['content-type']).toBe('audio/wav');
    expect(headers['x-speko-intent']).toBe('{"language":"en"}');
    expect(headers).not.toHaveProperty('x-speko-constraints');
    expect(headers).not.toHaveProperty('x-speko-stt-options');
    expect(headers).not.toHaveProperty('x-session-id');
    // The event stream is what the gateway sends unless it is asked for JSON.
    expect(headers.accept ?? '').not.toContain('json');
  });

  it('sends everything that was asked for', async () => {
    server.answer(events(list));
    await speko.transcribe(audio, {
      ...{ language: 'es-MX', region: 'us-east4', optimizeFor: 'latency', sessionId: ' s1 ' },
      contentType: 'audio/pcm;rate=16000',
      constraints: { allowedProviders: { stt: ['deepgram:nova-3'] } },
      keywords: ['Visavox'],
      sttOptions: { language: 'multi' },
    });
    const { headers } = sent();
    expect(headers['content-type']).toBe('audio/pcm;rate=16000');
    expect(headers['x-speko-intent']).toBe(
      '{"language":"es-MX","region":"us-east4","optimizeFor":"latency"}',
    );
    expect(headers['x-speko-constraints']).toBe('{"allowedProviders":{"stt":["deepgram:nova-3"]}}');
    expect(headers['x-speko-stt-options']).toBe('{"keywords":["Visavox"],"language":"multi"}');
    expect(headers['x-session-id']).toBe('s1');
  });

  it.each<[string, Partial<TranscribeOptions>, string | undefined]>([
    ['no keywords', { keywords: [] }, undefined],
    ['keywords', { keywords: ['a'] }, '{"keywords":["a"]}'],
    ['no keywords but a language', { keywords: [], sttOptions: { language: 'auto' } }, '{"language":"auto"}'],
    ['an empty language', { sttOptions: { language: '' } }, '{"language":""}'],
    ['an undefined language', { sttOptions: { language: undefined } }, undefined],
  ])('has an options header for %s', async (_, options, header) => {
    server.answer(events(list));
    await speko.transcribe(audio, { language: 'en', ...options });
    expect(sent().headers['x-speko-stt-options']).toBe(header);
  });

  it('escapes what headers cannot hold', async () => {
    server.answer(events(list));
    const keywords = ['Zoë', '파이썬', '🦊', '\u007f'];
    await speko.transcribe(audio, { language: 'en', keywords });
    const header = String(sent().headers['x-speko-stt-options']);
    expect(header).toBe('{"keywords":["Zo\\u00eb","\\ud30c\\uc774\\uc36c","\\ud83e\\udd8a","\\u007f"]}');
    expect(JSON.parse(header)).toEqual({ keywords });
  });

  it.each<[string, Uint8Array]>([
    ['a view of a larger buffer', new Uint8Array(Uint8Array.of(9, 1, 2, 3, 9).buffer, 1, 3)],
    ['a pooled Buffer', Buffer.from([1, 2, 3])],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(3)).fill(7)],
  ])('sends only the bytes of %s', async (_, view) => {
    server.answer(events(list));
    await speko.transcribe(view, { language: 'en' });
    expect([...sent().body]).toEqual([...view]);
  });

  it('returns the documented members', async () => {
    server.answer(events(list));
    expect(await speko.transcribe(audio, { language: 'en' })).toStrictEqual(result);
  });

  it('streams events with the name of the event as type', async () => {
    server.answer(events(list));
    const received = await collect(speko.transcribeStream(audio, { language: 'en' }));
    expect(received).toStrictEqual([
      { type: 'meta', ...routing },
      { type: 'transcript', text: 'H', isFinal: false, confidence: 0.5 },
      { ...result, extra: 1, type: 'done' },
    ]);
  });
});

describe('complete', () => {
  const usage = { promptTokens: 3, completionTokens: 2 };
  const result = { text: 'hello', ...routing, usage };
  const toolCalls = [{ id: 'c', name: 't', args: '{}' }];

  it('sends everything but the session in the body', async () => {
    server.answer(events([['done', result]]));
    const params: CompleteParams = {
      ...ask,
      ...{ systemPrompt: '', temperature: 0, maxTokens: 5, parallelToolCalls: false, maxToolHops: 2 },
      reasoningEffort: 'low',
      toolChoice: 'auto',
      constraints: { allowedProviders: { llm: ['x'] } },
      tools: [{ name: 't', description: 'd', parameters: {} }],
    };
    await speko.complete({ ...params, sessionId: 's1 ' });
    expect(`${sent().method} ${sent().target}`).toBe('POST /v1/complete');
    expect(sentBody()).toStrictEqual(params);
    expect(sent().headers['x-session-id']).toBe('s1');
    expect(sent().headers['content-type']).toBe('application/json');
  });

  it('passes on members that this version does not know, and leaves undefined ones out', async () => {
    server.answer(events([['done', result]]));
    const params: CompleteParams & { voiceOptimized: boolean } = {
      ...ask,
      voiceOptimized: true,
      temperature: undefined,
    };
    await speko.complete(params);
    expect(sentBody()).toStrictEqual({ ...ask, voiceOptimized: true });
  });

  it('returns the documented members, tool calls only when there are some', async () => {
    server.answer(events([['done', { ...result, extra: 1 }]]), events([['done', { ...result, toolCalls }]]));
    expect(await speko.complete(ask)).toStrictEqual(result);
    expect(await speko.complete(ask)).toStrictEqual({ ...result, toolCalls });
  });

  it('streams all kinds of events', async () => {
    const list: ScriptedEvent[] = [
      ['meta', { ...routing, totalFailoverCount: 1, hop: 0 }],
      ['delta', { text: 'hel' }],
      ['server_tool_call', { id: 'x', name: 'search_knowledge_base', status: 'started' }],
      ['tool_call', toolCalls[0]],
      ['delta', { text: 'lo' }],
      ['done', { ...result, toolCalls }],
    ];
    server.answer(events(list));
    const received = await collect(speko.completeStream(ask));
    expect(received).toEqual(list.map(([type, data]) => ({ type, ...(data as object) })));
  });

  it('finds events wherever the bytes are cut', async () => {
    const list: ScriptedEvent[] = [
      ['delta', { text: '파' }],
      ['done', { ...result, text: '파' }],
    ];
    const bytes = Buffer.from(list.map(frame).join(''));
    const cutAt = (at: number): Answer => {
      return (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(bytes.subarray(0, at));
        setImmediate(() => response.end(bytes.subarray(at)));
      };
    };
    for (let at = 1; at < bytes.length; at += 1) {
      server.answer(cutAt(at));
      const received = await collect(speko.completeStream(ask));
      expect(received).toEqual(list.map(([type, data]) => ({ type, ...(data as object) })));
    }
  });
});

describe.each<[string, () => AsyncIterable<{ type: string }>, () => Promise<unknown>]>([
  [
    'transcribe',
    () => speko.transcribeStream(audio, { language: 'en' }),
    () => speko.transcribe(audio, { language: 'en' }),
  ],
  ['complete', () => speko.completeStream(ask), () => speko.complete(ask)],
])('a reply of %s', (_, stream, aggregate) => {
  const done: ScriptedEvent = ['done', { text: 'ok', ...routing }];

  it('is asked for at the first next(), and then once', async () => {
    server.answer(events([meta, done]));
    const iterator = stream()[Symbol.asyncIterator]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.requests).toHaveLength(0);
    await iterator.next();
    await iterator.next();
    expect((await iterator.next()).done).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it('that reports an error yields it as an event, and is thrown as an error', async () => {
    const list: ScriptedEvent[] = [
      ['delta', { text: 'a' }],
      ['error', { error: 'vendor went away', code: 'COMPLETE_FAILED' }],
    ];
    server.answer(events(list));
    expect(await collect(stream())).toEqual([
      { type: 'delta', text: 'a' },
      { type: 'error', error: 'vendor went away', code: 'COMPLETE_FAILED' },
    ]);
    const error = await aggregate().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({
      name: 'SpekoApiError',
      message: 'vendor went away',
      status: 200,
      code: 'COMPLETE_FAILED',
    });
  });

  it('that reports an error without saying which is an error all the same', async () => {
    server.answer(events([['error', 'boom']]));
    await expect(aggregate()).rejects.toMatchObject({ status: 200, code: 'UNKNOWN' });
  });

  it('that ends without a result is an error', async () => {
    server.answer(events([meta]));
    expect(await collect(stream())).toHaveLength(1);
    await expect(aggregate()).rejects.toMatchObject({ status: 200, code: 'STREAM_ENDED' });
  });

  it('without a body is an error', async () => {
    server.answer((response) => response.writeHead(204).end());
    await expect(collect(stream())).rejects.toMatchObject({ code: 'EMPTY_BODY' });
    await expect(aggregate()).rejects.toMatchObject({ name: 'SpekoApiError', code: 'EMPTY_BODY' });
  });

  it('may end without the last blank line', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(frame(done).trimEnd());
    });
    expect(await aggregate()).toMatchObject({ text: 'ok' });
  });

  it('may come with CRLF and with comments', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(`: hello\n\n${frame(meta)}${frame(done)}`.replaceAll('\n', '\r\n'));
    });
    expect(await collect(stream())).toHaveLength(2);
  });

  it('that is refused rejects both forms', async () => {
    server.answer(json({ error: 'Audio body is empty.', code: 'INVALID_AUDIO' }, 400));
    const refusal = { message: 'Audio body is empty.', status: 400, code: 'INVALID_AUDIO' };
    await expect(collect(stream())).rejects.toMatchObject(refusal);
    await expect(aggregate()).rejects.toMatchObject(refusal);
  });

  it('that broke off on the way rejects with what fetch says', async () => {
    const breakOff: Answer = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(frame(meta));
      setTimeout(() => response.destroy(), 20);
    };
    server.answer(breakOff);
    await expect(aggregate()).rejects.toBeInstanceOf(TypeError);
  });

  it('leaves the connection to the next call', async () => {
    server.answer((response, request) => {
      events([meta, done], { stayOpen: true })(response, request);
      setTimeout(() => response.end(), 10);
    });
    for (let call = 0; call < 5; call += 1) await aggregate();
    for (let call = 0; call < 5; call += 1) {
      for await (const event of stream()) if (event.type === 'done') break;
    }
    await collect(stream());
    expect(server.requests).toHaveLength(11);
    // A call that starts at once may be earlier than the news that the connection is free.
    expect(server.connectionCount).toBeLessThanOrEqual(2);
  });

  it('is complete with its last event, also when the server keeps the connection open', async () => {
    server.answer(events([meta, done], { stayOpen: true }));
    const startedMs = performance.now();
    expect(await aggregate()).toMatchObject({ text: 'ok' });
    expect(await collect(stream())).toHaveLength(2);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    await server.requests[1]?.connectionEnd;
  });

  it('gives the connection back when the reader leaves', async () => {
    server.answer(events([meta], { stayOpen: true }));
    for await (const event of stream()) {
      expect(event.type).toBe('meta');
      break;
    }
    await server.requests[0]?.connectionEnd;
  });
});

describe('synthesize', () => {
  const pieces: Answer = (response) => {
    response.writeHead(200, {
      'Content-Type': 'audio/pcm;rate=24000',
      'X-Speko-Provider': 'cartesia',
      'X-Speko-Model': 'sonic-2',
      'X-Speko-Failover-Count': '2',
      'X-Speko-Scores-Run-Id': 'run',
    });
    response.write(Uint8Array.of(1, 2, 3));
    setTimeout(() => response.end(Uint8Array.of(4)), 20);
  };
  const described = {
    contentType: 'audio/pcm;rate=24000',
    provider: 'cartesia',
    model: 'sonic-2',
    failoverCount: 2,
    scoresRunId: 'run',
  };

  it.each<[string, SynthesizeOptions, object]>([
    ['nothing but the intent', { language: 'en', speed: undefined }, { intent: { language: 'en' } }],
    ['an empty voice', { language: 'en', voice: '' }, { intent: { language: 'en' }, voice: '' }],
    [
      'everything',
      {
        ...{ language: 'es-MX', region: 'eu', optimizeFor: 'cost', sessionId: 's', voice: 'v', model: 'm' },
        ...{ speed: 0.5, instructions: 'i', spokenForm: false },
        constraints: { allowedProviders: { tts: ['cartesia'] } },
      },
      {
        intent: { language: 'es-MX', region: 'eu', optimizeFor: 'cost' },
        ...{ voice: 'v', model: 'm', speed: 0.5, instructions: 'i', spokenForm: false },
        constraints: { allowedProviders: { tts: ['cartesia'] } },
      },
    ],
  ])('sends %s', async (_, options, body) => {
    server.answer(pieces);
    await speko.synthesize('Hé', options);
    expect(`${sent().method} ${sent().target}`).toBe('POST /v1/synthesize');
    expect(sentBody()).toStrictEqual({ text: 'Hé', ...body });
    expect(sent().headers['content-type']).toBe('application/json');
    expect(sent().headers['x-session-id']).toBe(options.sessionId);
  });

  it('joins the pieces', async () => {
    server.answer(pieces);
    const result = await speko.synthesize('x', { language: 'en' });
    expect(result).toStrictEqual({ audio: Uint8Array.of(1, 2, 3, 4), ...described });
  });

  it('streams the pieces once the headers are there', async () => {
    server.answer(pieces);
    const { [Symbol.asyncIterator]: iterate, ...rest } = await speko.synthesizeStream('x', {
      language: 'en',
    });
    expect(rest).toStrictEqual(described);
    const received = await collect({ [Symbol.asyncIterator]: iterate });
    expect(received.flatMap((piece) => [...piece])).toEqual([1, 2, 3, 4]);
  });

  it('fills in for missing headers, and gives nothing for no audio', async () => {
    server.answer((response) => response.writeHead(200, { 'X-Speko-Scores-Run-Id': '' }).end());
    expect(await speko.synthesize('x', { language: 'en' })).toStrictEqual({
      audio: new Uint8Array(),
      contentType: 'application/octet-stream',
      provider: 'unknown',
      model: 'unknown',
      failoverCount: 0,
      scoresRunId: null,
    });
  });

  it('without a body is an error', async () => {
    server.answer((response) => response.writeHead(204).end());
    const refusal = { name: 'SpekoApiError', code: 'EMPTY_BODY' };
    await expect(speko.synthesize('x', { language: 'en' })).rejects.toMatchObject(refusal);
    await expect(speko.synthesizeStream('x', { language: 'en' })).rejects.toMatchObject(refusal);
  });

  it.each(['break', 'return before next', 'return during next'])(
    'gives the connection back after %s',
    async (way) => {
      server.answer((response) => {
        response.writeHead(200);
        response.write('x');
      });
      const stream = await speko.synthesizeStream('x', { language: 'en' });
      const iterator = stream[Symbol.asyncIterator]();
      if (way === 'break') for await (const _ of stream) break;
      if (way === 'return before next') await iterator.return?.();
      if (way === 'return during next') {
        await iterator.next();
        const waiting = iterator.next();
        await iterator.return?.();
        expect((await waiting).done).toBe(true);
      }
      await server.requests[0]?.connectionEnd;
      expect((await iterator.next()).done).toBe(true);
    },
  );

  it('holds back a server that is faster than the reader', async () => {
    const piece = Buffer.alloc(64 * 1024);
    let sentBytes = 0;
    server.answer((response) => {
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write(piece)) sentBytes += piece.length;
        response.once('drain', write);
      };
      write();
    });
    const stream = await speko.synthesizeStream('x', { language: 'en' });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
    await iterator.return?.();
  });
});
